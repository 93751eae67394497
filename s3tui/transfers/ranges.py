"""Receiving stretches of one object, each tried again where it broke off, all of the same version of it."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from typing import Any

from s3tui.background import PARTS, CancelToken
from s3tui.s3 import errors
from s3tui.s3.body import Body
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers.parts import AT_ONCE, MIB, Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.stored import bare

# Seconds before each further try after a connection was cut; the count begins anew when bytes have come.
PAUSES = (0.5, 2.0, 8.0)
_SPACE = 4 * MIB  # bytes in memory for each part that comes: writing fewer at a time, parts wait for each other
PIECE = 8 * MIB  # bytes that come in one request when they are wanted in order; `AT_ONCE` of them are in memory

Write = Callable[[memoryview, int], object]  # some bytes, and where in the object they lie


class Ranges:
    """The object at `source`, which is what `stored` says of it."""

    def __init__(self, connection: Connection, source: S3Uri, stored: ObjectInfo, progress: Progress) -> None:
        self._connection, self._source, self._stored, self._progress = connection, source, stored, progress

    def are_given(self) -> bool:
        """A server that ignores Range would send everything once for each part."""
        with self._ask(0, 1) as (_, whole):
            return not whole

    def receive(self, part: Part, write: Write, token: CancelToken) -> None:
        """Hand the bytes of `part` to `write`, in their order.

        Raises what `write` raises, `errors.S3Error` (of which `Changed` when the object is another by now) and
        `Cancelled`.
        """
        at, end, pauses = part.offset, part.offset + part.length, iter(PAUSES)
        while at < end:
            try:
                came = self._receive_some(at, end, write, token)
                failure: errors.S3Error | None = None
            except _Cut as cut_off:
                came, failure = cut_off.came, cut_off.reason
            at += came
            if failure is None:
                continue
            if came:
                pauses = iter(PAUSES)
            pause = next(pauses, None)
            if pause is None or not failure.retryable:
                raise failure
            token.wait(pause)

    def receive_in_order(self, feed: Callable[[memoryview], object], token: CancelToken) -> None:
        """Hand all bytes to `feed` from this thread, first to last, while others receive what follows.

        Raises as `receive`; nothing moves after this returns.
        """
        size = self._stored.size
        if size <= PIECE or not self.are_given():
            self.receive(Part(1, 0, size), lambda data, _: feed(data), token)
            return
        # One after the other, and never larger: an object may have terabytes, or say so.
        left = (Part(0, at, min(PIECE, size - at)) for at in range(0, size, PIECE))
        stop, coming = CancelToken(), deque[Future[bytearray]]()
        token.on_cancel(stop.cancel)
        try:
            coming.extend(PARTS.submit(self._piece, piece, stop) for piece in islice(left, AT_ONCE))
            while coming:
                data = coming.popleft().result()
                coming.extend(PARTS.submit(self._piece, piece, stop) for piece in islice(left, 1))
                token.check()
                feed(memoryview(data))
        except BaseException:
            stop.cancel()
            for future in coming:
                future.cancel()
            wait(coming)
            raise

    def _piece(self, piece: Part, stop: CancelToken) -> bytearray:
        data = bytearray(piece.length)

        def write(some: memoryview, at: int) -> None:
            data[at - piece.offset : at - piece.offset + len(some)] = some

        self.receive(piece, write, stop)
        return data

    def _receive_some(self, at: int, end: int, write: Write, token: CancelToken) -> int:
        """Bytes from `at` on, as many as come. Raises `_Cut` with those that came before it broke off."""
        came = 0
        buffer = memoryview(bytearray(min(_SPACE, end - at)))
        try:
            with self._ask(at, end) as (body, whole):
                skip = at if whole else 0
                while at + came < end:
                    token.check()
                    room = min(len(buffer), skip or end - at - came)
                    count = body.readinto(buffer[:room])
                    if not count:
                        raise errors.Unreachable("The connection was cut.", "Try again.")
                    if skip:
                        skip -= count
                        continue
                    write(buffer[:count], at + came)
                    came += count
                    self._progress.add(count)
        except errors.S3Error as error:
            raise _Cut(came, error) from error
        return came

    @contextlib.contextmanager
    def _ask(self, at: int, end: int) -> Iterator[tuple[Body, bool]]:
        """The body of the bytes from `at` to `end`, and whether it begins at the object's own beginning though
        something else was asked for. Raises `errors.Changed` when the object is another by now."""
        uri, parameters = self._source, dict[str, Any]()
        if (at, end) != (0, self._stored.size):
            parameters["Range"] = f"bytes={at}-{end - 1}"
        if self._stored.etag:
            parameters["IfMatch"] = self._stored.quoted_etag
        answer = self._connection.quickly("get_object", **uri.parameters, **parameters)
        body: Body = answer["Body"]
        try:
            self._check_same(bare(answer.get("ETag")))
            partial = str(answer.get("ContentRange") or "").startswith(f"bytes {at}-")
            yield body, "Range" in parameters and not partial
        finally:
            body.close()

    def _check_same(self, etag: str) -> None:
        if etag and etag != bare(self._stored.etag):
            raise errors.Changed(
                f"“{self._source}” was replaced while it was being read; nothing was kept of it.",
                "Begin again.",
                errors.Request("GetObject", self._source.bucket, self._source.key, code="PreconditionFailed"),
            )


class _Cut(Exception):
    """Receiving broke off after `came` bytes."""

    def __init__(self, came: int, reason: errors.S3Error) -> None:
        super().__init__(str(reason))
        self.came, self.reason = came, reason
