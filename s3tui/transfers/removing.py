"""Batches of keys removed to the end: asked again where that is safe, looked after where an answer was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Answer, Doomed, Failure, delete_batch, delete_one, fitting
from s3tui.s3.uri import S3Uri
from s3tui.transfers.stored import find

_NOT_DONE = errors.Throttled, errors.Damaged  # the endpoint said so
PAUSES = (1.0, 4.0)  # s before each further try; botocore has tried some times before the first
# Refusals that would be the same for any other key.
_ABOUT_ALL = (errors.NoSuchBucket, errors.BadCredentials, errors.ClockSkew, errors.ReadOnly, errors.WrongRegion)


@dataclass(slots=True)
class Removed:
    """What became of some keys. Those in no list were not asked for."""

    deleted: list[Doomed] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unknown: list[Doomed] = field(default_factory=list)  # asked for, but no answer came
    why: errors.S3Error | None = None  # nothing more was asked for after this

    def join(self, other: Removed) -> None:
        """Take in what became of more keys."""
        self.deleted += other.deleted
        self.failures += other.failures
        self.unknown += other.unknown
        self.why = self.why or other.why


class Remover:
    """Removes keys of one bucket. Thread-safe."""

    def __init__(
        self, connection: Connection, bucket: str, repeatable: bool, etags: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`repeatable`: a key without a version id may be deleted twice. False where the bucket puts a delete
        marker each time. A key of `etags` goes only while it has that ETag (without quotes), where the endpoint looks
        at that."""
        self._connection = connection
        self._bucket = bucket
        self._etags = etags
        self._repeatable = repeatable and not etags  # a second attempt would meet the first one's doing
        self._knows_batches = True

    def remove(self, batch: list[Doomed], token: CancelToken, look_first: bool = False) -> Removed:
        """Delete `batch`; `look_first` leaves out what is gone already, since it may have been asked for before.

        Never raises for what happened to a key, so that what was deleted is always known. When `token` is cancelled,
        the request on its way is waited for, and the rest left.
        """
        removed = Removed()
        try:
            if look_first:
                batch = self._still_there(batch, removed, token)
            together = fitting(batch) if self._knows_batches else []
            if together:
                self._together(together, removed, token)
            if len(together) < len(batch):
                fit = {*together}
                self._one_by_one([doomed for doomed in batch if doomed not in fit], removed, token)
        except Cancelled:
            pass
        except errors.S3Error as error:
            removed.why = error
        if removed.unknown:
            settled = {*removed.deleted}
            removed.unknown = [doomed for doomed in removed.unknown if doomed not in settled]
        return removed

    def _together(self, left: list[Doomed], removed: Removed, token: CancelToken) -> None:
        for pause in (*PAUSES, None):
            token.check()
            try:
                answer = delete_batch(self._connection, self._bucket, left, self._once(left), self._etags)
            except (errors.Unsupported, errors.Refused) as error:
                # As a whole: perhaps because of one key, perhaps of the document.
                self._knows_batches &= not isinstance(error, errors.Unsupported)
                removed.unknown = left if error.request.status == 200 else []
                self._one_by_one(self._settle(left, removed, token), removed, token)
                return
            except errors.S3Error as error:
                if pause is None or not error.retryable:
                    self._note_lost(left, removed, error)
                    raise
                self._note_lost(left, removed, error)
            else:
                left = self._take(left, answer, removed, token, is_last=pause is None)
            if not left or pause is None:
                return
            token.wait(pause)
            left = self._settle(left, removed, token)
            if not left:
                return

    def _take(
        self, batch: list[Doomed], answer: Answer, removed: Removed, token: CancelToken, is_last: bool
    ) -> list[Doomed]:
        """Note what was said; what the endpoint failed at for the moment is returned, to be asked for again."""
        removed.unknown = []
        removed.deleted += answer.deleted
        if len(answer.deleted) == len(batch):
            return []
        again = [failure.doomed for failure in answer.failures if failure.error.retryable and not is_last]
        removed.failures += [failure for failure in answer.failures if failure.doomed not in again]
        told = {*answer.deleted, *(failure.doomed for failure in answer.failures)}
        if untold := [doomed for doomed in batch if doomed not in told]:
            removed.unknown = untold
            self._one_by_one(self._settle(untold, removed, token), removed, token)
        return again

    def _one_by_one(self, batch: list[Doomed], removed: Removed, token: CancelToken) -> None:
        for doomed in batch:
            for pause in (*PAUSES, None):
                token.check()
                try:
                    etag = self._etags.get(doomed.key, "")
                    delete_one(self._connection, self._bucket, doomed, self._once([doomed]), etag)
                except errors.S3Error as error:
                    if not error.retryable:
                        if isinstance(error, _ABOUT_ALL):
                            raise
                        removed.failures.append(Failure(doomed, error))
                        break
                    self._note_lost([doomed], removed, error)
                    if pause is None:
                        raise
                    token.wait(pause)
                    if not self._settle([doomed], removed, token):
                        break
                else:
                    removed.unknown = []
                    removed.deleted.append(doomed)
                    break

    def _note_lost(self, batch: list[Doomed], removed: Removed, error: errors.S3Error) -> None:
        """It may have been done all the same, unless the endpoint said that it wasn't."""
        removed.unknown = [] if isinstance(error, _NOT_DONE) or not error.retryable else batch

    def _settle(self, batch: list[Doomed], removed: Removed, token: CancelToken) -> list[Doomed]:
        """What must be asked for again, if answers about `removed.unknown` were lost."""
        left = self._still_there(batch, removed, token) if removed.unknown else batch
        removed.unknown = []
        return left

    def _still_there(self, batch: list[Doomed], removed: Removed, token: CancelToken) -> list[Doomed]:
        """`batch` without what is gone already, where a second delete would put a second delete marker."""
        if not self._once(batch):
            return batch
        left = []
        for doomed in batch:
            token.check()
            if find(self._connection, S3Uri(self._bucket, doomed.key)) is None:
                removed.deleted.append(doomed)
            else:
                left.append(doomed)
        return left

    def _once(self, batch: list[Doomed]) -> bool:
        return not self._repeatable and any(not doomed.version_id for doomed in batch)
