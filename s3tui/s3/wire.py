"""HTTP/1.1 over kept connections to one address, for requests whose answer is as plain as S3's usually are.

`http.client` takes longer to read an answer's head than S3 needs to give it, and copies bodies on their way. What
is not plain (another status, chunks, a cut) ends in `NotPlain` or `OSError`, and is for botocore to ask again.
"""

from __future__ import annotations

import os
import re
import ssl
import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from s3tui.s3.line import HEAD, Head, Line, NotPlain, Place, Sendable

_MOST_KEPT = 256
LINES = "user-agent: s3tui\r\naccept-encoding: identity\r\n\r\n"  # the last ones of every head
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,6}")


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """What comes before a body; all of it is ASCII."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{method} {target} HTTP/1.1\r\n{lines}{LINES}".encode("ascii")


class Answer:
    """The head of an answer (names in lower case), and the body as it comes."""

    def __init__(self, wire: Wire, line: Line, head: Head, left: int) -> None:
        self.status, self.headers = head.status, head.headers
        self._wire, self._line, self._rest, self.left = wire, line, head.rest, left
        self._finish()

    def read(self, count: int | None = None) -> bytes:
        """Up to `count` bytes, all that is left without it; empty at the end."""
        wanted = self.left if count is None else min(count, self.left)
        if wanted <= len(self._rest):
            here, self._rest = self._rest[:wanted], self._rest[wanted:]
            self.left -= wanted
            if wanted:
                self._finish()
            return bytes(here)
        body = bytearray(wanted)
        view = memoryview(body)
        while view:
            view = view[self.readinto(view) :]
        return bytes(body)

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` as far as one read goes; 0 at the end. Raises `ConnectionError`, `TimeoutError`."""
        view = memoryview(buffer)[: self.left]
        if not view:
            return 0
        if self._rest:
            count = min(len(view), len(self._rest))
            view[:count] = self._rest[:count]
            self._rest = self._rest[count:]
        else:
            count = self._line.fill(view)
            if not count:
                self.close()
                raise ConnectionResetError("The connection was cut before everything arrived.")
        self.left -= count
        self._finish()
        return count

    def close(self) -> None:
        """Give up the connection unless all was read. May be called from another thread to end a read."""
        if self.left:
            self._line.end()

    def _finish(self) -> None:
        if self.left:
            return
        if self.headers.get("connection", "").lower() == "close":
            self._line.end()
        else:
            self._wire.keep(self._line)


class Exchange:
    """A request that was sent."""

    __slots__ = ("_method", "line", "wire")

    def __init__(self, wire: Wire, line: Line, method: str) -> None:
        self.wire, self.line, self._method = wire, line, method

    def answer(self, in_chunks: int = 0) -> Answer:
        """Wait for the head of the answer; for all of it, up to so many bytes, if it comes `in_chunks`.

        Raises `NotPlain`, `OSError`; then the connection is given up.
        """
        try:
            given = self.line.head()
            if in_chunks and given.headers.get("transfer-encoding", "").lower() == "chunked":
                given = _whole(self.line, given, in_chunks)
            left = 0 if self._method == "HEAD" or given.status in (204, 304) else _length(given.headers)
            if len(given.rest) > left:
                raise NotPlain("more than was announced")
            return Answer(self.wire, self.line, given, left)
        except BaseException:
            self.line.end()
            raise


class Wire:
    """Kept connections to one place. Thread-safe: a list's `append` and `pop` are one step each."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._context = _context(place.authorities) if place.tls else None
        self._idle: list[Line] = []
        self._is_closed = False
        weakref.finalize(self, _end_all, self._idle)

    def ask(self, method: str, head: bytes, body: bytes | Sendable = b"") -> Exchange:
        """Send one request. Raises `OSError`, and what `body` raises; then the connection is given up."""
        return Exchange(self, self.sent(head, body), method)

    def sent(self, head: bytes, body: bytes | Sendable) -> Line:
        """As `ask`; on which connection."""
        line = self._line()
        try:
            line.send(head, body)
        except BaseException:
            line.end()
            raise
        return line

    def keep(self, line: Line) -> None:
        """What `line` was used for has ended well."""
        if self._is_closed or len(self._idle) >= _MOST_KEPT:
            line.end()
        else:
            self._idle.append(line)

    def close(self) -> None:
        """Close what is idle; what is in use when it has ended."""
        self._is_closed = True
        _end_all(self._idle)

    def _line(self) -> Line:
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return Line(self._place, self._context)
            if not line.has_news:
                return line
            line.end()


def _end_all(lines: list[Line]) -> None:
    with suppress(IndexError):  # another thread may take the last one
        while lines:
            lines.pop().end()


def _whole(line: Line, head: Head, most: int) -> Head:
    """`head` with its whole body, which comes in chunks: up to `most` bytes. Raises `NotPlain`, `OSError`."""
    came, space, body, at = bytearray(head.rest), memoryview(bytearray(HEAD)), bytearray(), 0

    def receive() -> None:
        count = line.receive(space)
        if not count or len(came) + count > most:
            raise ConnectionResetError("The connection was cut before everything arrived.")
        came.extend(space[:count])

    size = -1
    while size:
        while (end := came.find(b"\r\n", at)) < 0:
            receive()
        if not _SIZE.fullmatch(came, at, end):
            raise NotPlain("not a chunk")
        size, at = int(came[at:end], 16), end + 2
        while len(came) < (end := at + size) + 2:
            receive()
        if came[end : end + 2] != b"\r\n":
            raise NotPlain("not a chunk")
        body += came[at:end]
        at = end + 2
    if len(came) > at:
        raise NotPlain("more than was announced")
    headers = {name: value for name, value in head.headers.items() if name != "transfer-encoding"}
    return Head(head.status, headers | {"content-length": str(len(body))}, memoryview(body))


def _length(headers: Mapping[str, str]) -> int:
    said = headers.get("content-length", "")
    if "transfer-encoding" in headers or not (said.isascii() and said.isdecimal()):
        raise NotPlain("a body of unknown length")
    return int(said)


def _context(authorities: str) -> ssl.SSLContext:
    return _read(authorities, os.stat(authorities).st_mtime_ns if authorities else 0)


@lru_cache(maxsize=4)
def _read(authorities: str, _changed: int) -> ssl.SSLContext:
    """Takes 20 ms, and all connections can share it."""
    context = ssl.create_default_context(cafile=authorities or None)
    if not authorities:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
