"""Many small files to one bucket, one request each.

What makes one upload safe and sure costs three requests beside its own: HEAD twice before it, so that nothing is
replaced, and HEAD after it, to compare. Here the first is done by `If-None-Match: *` alone, on an endpoint that has
shown on an object of ours that it honours it, and the second by one listing of all that was sent. Whatever isn't
plain goes the ordinary way, `upload.upload`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers import verify
from s3tui.transfers.checksums import PartSums, sums_of
from s3tui.transfers.create_only import honours
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.notes import Notes
from s3tui.transfers.parts import MIB, Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.reservations import reserved
from s3tui.transfers.sending import Sent, checks
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, holds
from s3tui.transfers.together import together
from s3tui.transfers.upload import UploadRequest

SMALL = MIB  # up to so many bytes a file is held in memory

End = Outcome | S3tuiError | Cancelled
Ended = Callable[[int, End], object]


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    request: UploadRequest


def upload_all(
    connection: Connection,
    requests: Sequence[UploadRequest],
    ended: Ended,
    token: CancelToken,
) -> None:
    """Upload files of up to `SMALL` bytes to one bucket; `ended(index, how)` is told of each of `requests` once,
    from any thread. Larger files come out right as well, only slower."""
    _Flood(connection, requests, ended, token).run()


class _Flood:
    def __init__(
        self,
        connection: Connection,
        requests: Sequence[UploadRequest],
        ended: Ended,
        token: CancelToken,
    ) -> None:
        self._connection, self._ended, self._token = connection, ended, token
        self._items = [_Item(number, request) for number, request in enumerate(requests)]
        self._sent: list[tuple[_Item, Sent]] = []  # and not yet compared

    def run(self) -> None:
        waiting = iter(self._items)
        is_quick = self._prove(waiting)
        together(self._quickly if is_quick else self._ordinary, list(waiting))
        self._compare()

    def _prove(self, waiting: Iterator[_Item]) -> bool:
        """Whether all that is still `waiting` may go in one request each."""
        for item in waiting:
            request, outcome = item.request, self._ordinary(item)
            if outcome and outcome.state == "verified":
                return request.overwrite or self._is_honoured(request)
        return False

    def _is_honoured(self, request: UploadRequest) -> bool:
        def again(conditions: dict[str, Any]) -> None:
            data = b"".join(source.chunks(Part(1, 0, source.size), self._token))
            self._put(request, data, sums_of([data]), conditions)

        with Source(request.path) as source:
            return source.size <= SMALL and honours(self._connection, request.target, again)

    def _ordinary(self, item: _Item) -> Outcome | None:
        outcome: Outcome | None = None
        try:
            self._token.check()
            outcome = item.request.run(self._connection, Progress(), self._token, Notes())
            self._ended(item.number, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
        return outcome

    def _quickly(self, item: _Item) -> None:
        try:
            self._token.check()
            sent = self._send(item.request)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
            return
        if sent is None:
            self._ordinary(item)
        else:
            self._sent.append((item, sent))

    def _send(self, request: UploadRequest) -> Sent | None:
        """None: not in this way."""
        target = request.target
        if complaints := request.problems():
            raise BadInput(complaints[0])
        with (
            reserved((self._connection.profile.endpoint, target.bucket, target.key), str(target)),
            Source(request.path) as source,
        ):
            request.check_same(source)
            if source.size > SMALL:
                return None
            data = source.read(0, source.size)
            if len(data) < source.size:
                return None
            source.check_unchanged()
            sums = sums_of([data])
            try:
                answer = self._put(request, data, sums, {} if request.overwrite else {"IfNoneMatch": "*"})
            except errors.Unsupported:
                return None
            except errors.Changed as error:
                # Sent once, it was refused because of another object; sent twice, perhaps because of itself.
                again = self._connection.attempts > 1
                if again and (ours := holds(self._connection, target, len(data), sums.md5.hex())):
                    return Sent((sums,), False, bare(ours.etag), ours.version_id)
                raise AlreadyExists(str(target)) from error
        return Sent((sums,), False, bare(answer.get("ETag")), answer.get("VersionId"))

    def _put(self, request: UploadRequest, data: bytes, sums: PartSums, conditions: dict[str, Any]) -> dict[str, Any]:
        return self._connection.quickly(
            "put_object", **request.parameters(), **conditions, **checks(self._connection, sums), Body=data
        )

    def _compare(self) -> None:
        """What the endpoint lists of all that was sent; what isn't settled by that is looked at one by one."""
        if not self._sent:
            return
        bucket = self._sent[0][0].request.target.bucket
        keys = [item.request.target.key for item, _ in self._sent]
        try:
            found = found_among(self._connection, bucket, keys, self._token)
        except Cancelled:
            found = {}
        together(self._look, [each for each in self._sent if not self._is_listed(*each, found)])

    def _is_listed(self, item: _Item, sent: Sent, found: dict[str, Found]) -> bool:
        """Whether the list settles it: it doesn't tell metadata and tags."""
        request, etag = item.request, sent.etag
        if request.metadata or request.tags or found.get(request.target.key) != (sent.size, etag):
            return False
        self._ended(item.number, Outcome("verified", "Size and ETag agree.", etag, sent.version_id, sent.size))
        return True

    def _look(self, sent: tuple[_Item, Sent]) -> None:
        item, what = sent
        if self._token.cancelled:
            self._ended(item.number, verify.from_answer(what, "it was cancelled before it was compared"))
            return
        try:
            with Source(item.request.path) as source:
                outcome = verify.uploaded(self._connection, item.request, what, source, self._token)
            self._ended(item.number, outcome)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)
