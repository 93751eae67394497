"""Looking once more at what is to be deleted: another object under that key is not what somebody chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed, Failure
from s3tui.s3.uri import S3Uri
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.removing import Removed, Remover
from s3tui.transfers.stored import bare, find

# What an endpoint may say of a condition that it honours, doesn't know, or reads otherwise.
_BY_CONDITION = (errors.Changed, errors.NoSuchKey, errors.Unsupported, errors.Refused)


class UnchangedRemover:
    """As `Remover`, but of keys that go only while they are as they were `seen` (size, ETag): it looks right before each
    batch, and has the endpoint look at the ETag. What that refuses is looked at once more, and goes by itself. Thread-safe."""

    def __init__(self, connection: Connection, bucket: str, repeatable: bool, seen: Mapping[str, Found]) -> None:
        self._connection, self._bucket, self._seen = connection, bucket, seen
        self._bound = Remover(connection, bucket, repeatable, {key: etag for key, (_, etag) in seen.items() if etag})
        self._plain = Remover(connection, bucket, repeatable)

    def remove(self, batch: list[Doomed], token: CancelToken, look_first: bool = False) -> Removed:
        """See `Remover.remove`. What has changed is a failure, what is gone already in no list."""
        removed = Removed()
        try:
            left, removed.failures = unchanged(self._connection, self._bucket, batch, self._seen, token)
            self._remove(left, removed, token, look_first)
        except Cancelled:
            pass
        except errors.S3Error as error:
            removed.why = error
        return removed

    def _remove(self, left: list[Doomed], removed: Removed, token: CancelToken, look_first: bool) -> None:
        first = self._bound.remove(left, token, look_first) if left else Removed()
        refused = [failure for failure in first.failures if isinstance(failure.error, _BY_CONDITION)]
        first.failures = [failure for failure in first.failures if failure not in refused]
        removed.join(first)
        for failure in refused if not removed.why else ():
            same, changed = unchanged(self._connection, self._bucket, [failure.doomed], self._seen, token)
            removed.failures += changed
            if same:
                removed.join(self._plain.remove(same, token))


def unchanged(
    connection: Connection, bucket: str, batch: Sequence[Doomed], seen: Mapping[str, Found], token: CancelToken
) -> tuple[list[Doomed], list[Failure]]:
    """Those of `batch` that are still as they were `seen`, and a failure for each that isn't. Those that are gone are in
    neither. Raises `errors.S3Error`, `Cancelled`."""
    listed = found_among(connection, bucket, [doomed.key for doomed in batch], token)
    left, changed = list[Doomed](), list[Failure]()
    for doomed in batch:
        now = listed.get(doomed.key)
        if now is None:
            token.check()
            stored = find(connection, S3Uri(bucket, doomed.key))
            if stored is None:
                continue
            now = stored.size, stored.etag
        size, etag = seen[doomed.key]
        if (now[0], bare(now[1])) == (size, bare(etag)):
            left.append(doomed)
        else:
            sentence = f"“{doomed.key}” has changed since it was looked at; it was not deleted."
            changed.append(Failure(doomed, errors.Changed(sentence, "Look again.")))
    return left, changed
