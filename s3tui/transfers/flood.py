"""Many small files to one bucket, one request each.

What makes one upload safe and sure costs three requests beside its own: HEAD twice before it, so that nothing is
replaced, and HEAD after it, to compare. Here the first is done by `If-None-Match: *` alone, on an endpoint that has
shown on an object of ours that it honours it, and the second by one listing of all that was sent. Whatever isn't
plain is given back, to go the ordinary way, `upload.upload`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.underway import Underway
from s3tui.transfers import seen, verify
from s3tui.transfers.begun import Begun
from s3tui.transfers.checksums import PartSums, sums_of_all
from s3tui.transfers.create_only import honours, is_honoured
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.notes import Notes
from s3tui.transfers.parts import MIB, Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.reservations import reserved
from s3tui.transfers.sending import Sent, checks
from s3tui.transfers.source import Source, content, identity_of
from s3tui.transfers.stored import bare, holds
from s3tui.transfers.sums_file import has_sums
from s3tui.transfers.together import Work, in_flight, together
from s3tui.transfers.upload import UploadRequest

SMALL = MIB  # up to so many bytes a file is held in memory

End = Outcome | Exception
Ended = Callable[[int, End | None], object]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Item(Generic[R]):
    """One of many, which the caller knows by its `number`."""

    number: int
    request: R
    progress: Progress = field(default_factory=Progress)
    token: CancelToken = field(default_factory=CancelToken)
    notes: Notes = field(default_factory=Notes)


Note = Callable[[Sequence[tuple[Item[UploadRequest], Begun]]], object]


def upload_all(
    connection: Connection,
    items: Sequence[Item[UploadRequest]],
    ended: Ended,
    note: Note = lambda _: None,
) -> None:
    """Upload files of up to `SMALL` bytes to one bucket.

    `ended(number, how)` is told of each once, from any thread; None when it was not sent, since it must go by itself.
    `note` is told what is about to be sent, many at a time, and has kept it when it returns.
    """
    _Flood(connection, items, ended, note).run()


def suits(request: UploadRequest) -> bool:
    """Whether it is to be sent in this way, as far as its file tells."""
    try:
        told = os.stat(request.path)
    except OSError:
        return False
    return stat.S_ISREG(told.st_mode) and told.st_size <= SMALL and not request.adopt and not request.sidecar


class _Flood:
    def __init__(self, connection: Connection, items: Sequence[Item[UploadRequest]], ended: Ended, note: Note) -> None:
        self._connection, self._items, self._ended, self._note = connection, items, ended, note
        self._sent: list[tuple[Item[UploadRequest], Sent]] = []  # and not yet compared
        self._promised: dict[str, bool] = {}  # folders, and whether checksum files are in them

    def run(self) -> None:
        waiting = iter(self._items)
        going = []
        known = self._is_known()
        if known or self._one_went_well(waiting):
            for item in waiting:
                if known or self._may_go(item.request):
                    going.append(item)
                else:
                    self._ended(item.number, None)
            self._send_all(going)
        self._compare()

    def _one_went_well(self, waiting: Iterator[Item[UploadRequest]]) -> bool:
        """Try until one is verified; then it is known whether those that may replace nothing can go in one request."""
        for item in waiting:
            outcome = self._ordinary(item)
            if outcome and outcome.state == "verified":
                self._find_out(item.request)
                return True
        return False

    def _is_known(self) -> bool:
        """Whether all of them can go in one request each, and one of ours has gone well here before."""
        bucket = self._items[0].request.target.bucket
        before = is_honoured(self._connection, bucket) or seen.is_honoured(self._connection, bucket)
        return before and self._are_honoured(self._wanted(), bucket)

    def _may_go(self, request: UploadRequest) -> bool:
        """Whether one request is enough not to replace what nobody chose to replace."""
        return self._are_honoured(set(seen.conditions(request)), request.target.bucket)

    def _wanted(self) -> set[str]:
        """The conditions that their requests need."""
        return {name for item in self._items for name in seen.conditions(item.request)}

    def _are_honoured(self, wanted: set[str], bucket: str) -> bool:
        by_match = "IfMatch" not in wanted or seen.is_honoured(self._connection, bucket)
        return by_match and ("IfNoneMatch" not in wanted or is_honoured(self._connection, bucket))

    def _find_out(self, request: UploadRequest) -> None:
        """Whether the conditions that are needed are honoured."""

        def again(conditions: dict[str, Any]) -> None:
            data = b"".join(source.chunks(Part(1, 0, source.size), CancelToken()))
            self._put(request, data, sums_of_all(data), conditions).finish()

        wanted = self._wanted()
        with Source(request.path) as source:
            if source.size > SMALL:
                return
            if "IfNoneMatch" in wanted:
                honours(self._connection, request.target, again)
            if "IfMatch" in wanted:
                seen.honours(self._connection, request.target, again)

    def _ordinary(self, item: Item[UploadRequest]) -> Outcome | None:
        outcome: Outcome | None = None
        try:
            item.token.check()
            outcome = item.request.run(self._connection, item.progress, item.token, item.notes)
            self._ended(item.number, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
        return outcome

    def _send_all(self, items: Sequence[Item[UploadRequest]]) -> None:
        going = []
        for item in items:
            begun = self._begun(item)
            if begun:
                going.append((item, begun))
            else:
                self._ended(item.number, None)
        self._note(going)
        in_flight(self._connection, self._quickly, going, lambda each: each[1].file[0])

    def _begun(self, item: Item[UploadRequest]) -> Begun | None:
        """What is to be noted of it; None when it must go by itself."""
        request, path = item.request, str(item.request.path)
        folder = path[: path.rfind(os.sep) + 1]
        if folder not in self._promised:
            self._promised[folder] = has_sums(Path(folder))
        if request.check_sums == "required" or (request.check_sums == "beside" and self._promised[folder]):
            return None
        try:
            told = os.stat(path)
        except OSError:
            return None
        identity = identity_of(told)
        return Begun(identity, making=True) if told.st_size <= SMALL and request.seen in (None, identity) else None

    def _quickly(self, going: tuple[Item[UploadRequest], Begun]) -> Work:
        item, begun = going
        try:
            item.token.check()
            yield from self._send(item, begun)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)

    def _send(self, item: Item[UploadRequest], begun: Begun) -> Work:
        request, target = item.request, item.request.target
        if complaints := request.problems():
            raise BadInput(complaints[0])
        with reserved((self._connection.profile.endpoint, target.bucket, target.key), target):
            data = content(request.path, begun.file)
            if data is None:
                self._ended(item.number, None)
                return
            sums = sums_of_all(data)
            underway = self._put(request, data, sums, seen.conditions(request))
            yield underway
            try:
                told = underway.finish_briefly()
                etag, version_id = bare(told.etag), told.version_id
            except errors.Unsupported:
                self._ended(item.number, None)
                return
            except (errors.Changed, errors.NoSuchKey) as error:
                # Sent once, it was refused because of another object; sent twice, perhaps because of itself.
                again = self._connection.attempts > 1
                ours = holds(self._connection, target, len(data), sums.md5.hex()) if again else None
                if not ours and request.replaces:
                    self._ended(item.number, None)  # it may be gone, or the endpoint write its ETag otherwise
                    return
                if not ours and isinstance(error, errors.Changed):
                    raise AlreadyExists(str(target)) from error
                if not ours:
                    raise
                etag, version_id = bare(ours.etag), ours.version_id
        self._sent.append((item, Sent((sums,), False, etag, version_id)))
        item.progress.add_all(len(data))

    def _put(self, request: UploadRequest, data: bytes, sums: PartSums, conditions: dict[str, Any]) -> Underway:
        return self._connection.begin(
            "put_object", **request.parameters(), **conditions, **checks(self._connection, sums), Body=data
        )

    def _compare(self) -> None:
        """What the endpoint lists of all that was sent; what isn't settled by that is looked at one by one."""
        if not self._sent:
            return
        bucket = self._sent[0][0].request.target.bucket
        keys = [item.request.target.key for item, _ in self._sent]
        found = found_among(self._connection, bucket, keys, CancelToken())
        together(self._look, [each for each in self._sent if not self._is_listed(*each, found)])

    def _is_listed(self, item: Item[UploadRequest], sent: Sent, found: dict[str, Found]) -> bool:
        """Whether the list settles it: it doesn't tell metadata and tags."""
        request, size, etag = item.request, sent.size, sent.etag
        if request.metadata or request.tags or found.get(request.target.key) != (size, etag):
            return False
        self._ended(item.number, Outcome("verified", "Size and ETag agree.", etag, sent.version_id, size))
        return True

    def _look(self, sent: tuple[Item[UploadRequest], Sent]) -> None:
        item, what = sent
        if item.token.cancelled:
            self._ended(item.number, verify.from_answer(what, "it was cancelled before it was compared"))
            return
        try:
            with Source(item.request.path) as source:
                outcome = verify.uploaded(self._connection, item.request, what, source, item.token)
            self._ended(item.number, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
