"""HTTP/1.1 over kept connections to one address, for requests whose answer is as plain as S3's usually are.

`http.client` takes longer to read an answer's head than S3 needs to give it, and copies bodies on their way. What
is not plain (another status, chunks, a cut) ends in `NotPlain` or `OSError`, and is for botocore to ask again.
"""

from __future__ import annotations

import os
import re
import select
import socket
import ssl
import struct
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

_HEAD = 1 << 16  # bytes that the head of an answer has at most
# Bytes of a body between two looks at whether it shall go on: as many as take some milliseconds, since whoever draws
# the screen waits for each look.
_LEAST, _MOST = 256 << 10, 8 << 20
_SHORT, _LONG = 0.004, 0.02  # s
_MOST_KEPT = 64
LINES = "user-agent: s3tui\r\naccept-encoding: identity\r\n\r\n"  # the last ones of every head
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,6}")


class NotPlain(Exception):
    """The answer isn't one that is understood here."""


class Sendable(Protocol):
    """A body that is read as it is sent."""

    def __len__(self) -> int: ...

    def sending(self) -> None:
        """What is read from here on goes out."""
        ...

    def read(self, size: int) -> bytes: ...

    def seek(self, offset: int) -> int: ...

    def send_to(self, out: int, most: int) -> int:
        """Send up to `most` bytes straight to the socket `out`; how many went, 0 at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how far to trust it."""

    host: str
    port: int
    tls: bool
    authorities: str  # the file by which certificates are checked; empty when they aren't
    timeouts: tuple[float, float]  # s: to connect, to send or receive something


class Head(NamedTuple):
    """What comes before a body (names in lower case), and the `rest` that came with it."""

    status: int
    headers: dict[str, str]
    rest: memoryview


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
            count = self._line.receive(view)
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


class Line:
    """One connection."""

    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        connect, wait = place.timeouts
        plain = socket.create_connection((place.host, place.port), connect)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket: socket.socket = plain
        self.is_plain = context is None
        if context is not None:
            self._socket = context.wrap_socket(plain, server_hostname=place.host)
            self._socket.settimeout(wait)
        else:
            # A limit that the kernel keeps saves one call in each direction.
            limit = struct.pack("ll", int(wait), 0)
            plain.settimeout(None)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._space = bytearray(_HEAD)
        self._view = memoryview(self._space)
        self._filled = 0  # bytes in it that `head` is to begin with
        self._news = select.poll()
        self._news.register(self._socket, select.POLLIN)

    def send(self, head: bytes, body: bytes | Sendable) -> None:
        """Raises `OSError`, and what `body` raises."""
        try:
            if isinstance(body, bytes):
                self._socket.sendall(head + body)
                return
            body.sending()
            self._socket.sendall(head)
            left, piece = len(body), _LEAST
            while left:
                began = time.perf_counter()
                left -= self._send_piece(body, min(left, piece))
                piece = _next(piece, time.perf_counter() - began)
        except BlockingIOError as error:
            raise TimeoutError from error

    def _send_piece(self, body: Sendable, most: int) -> int:
        if self.is_plain:
            return body.send_to(self._socket.fileno(), most)
        data = body.read(most)
        if not data:
            raise ConnectionAbortedError("The body ended too early.")
        self._socket.sendall(data)
        return len(data)

    def receive(self, space: memoryview) -> int:
        """Raises `OSError`."""
        try:
            return self._socket.recv_into(space)
        except BlockingIOError as error:
            raise TimeoutError from error

    def head(self) -> Head:
        """The head of an answer. Raises `NotPlain`, `OSError`."""
        space, filled, self._filled = self._view, self._filled, 0
        while (end := self._space.find(b"\r\n\r\n", 0, filled)) < 0:
            if filled == _HEAD:
                raise NotPlain("a head without end")
            came = self.receive(space[filled:])
            if not came:
                raise ConnectionResetError("The connection was closed.")
            filled += came
        first, *lines = self._space[:end].decode("latin-1").split("\r\n")
        if not first.startswith("HTTP/1.1 ") or not first[9:12].isdecimal() or first[9] == "1":
            raise NotPlain(first[:20])
        return Head(int(first[9:12]), _fields(lines), memoryview(bytes(space[end + 4 : filled])))

    def first(self) -> bytes:
        """What comes first of an answer. Raises `OSError`."""
        return self._view[: self.receive(self._view)].tobytes()

    def give_back(self, first: bytes) -> None:
        """Have `head` begin with what was the `first`."""
        self._filled = len(first)  # it is still where it was

    def whole(self, here: bytes, count: int) -> bytes:
        """A body of `count` bytes, which begins with those that are `here` already. Raises `OSError`."""
        body = bytearray(count)
        body[: len(here)] = here
        left = memoryview(body)[len(here) :]
        while left:
            if not (came := self.receive(left)):
                raise ConnectionResetError("The connection was cut before everything arrived.")
            left = left[came:]
        return bytes(body)

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def has_news(self) -> bool:
        """Whether the other side says something, or has closed it."""
        return bool(self._news.poll(0))

    def end(self) -> None:
        """Also ends what another thread waits for."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _next(piece: int, seconds: float) -> int:
    """How long the next one should be, when one of `piece` bytes took so long."""
    if seconds < _SHORT:
        return min(piece * 2, _MOST)
    return max(piece // 2, _LEAST) if seconds > _LONG else piece


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
    came, space, body, at = bytearray(head.rest), memoryview(bytearray(_HEAD)), bytearray(), 0

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


def _fields(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name[:1] in ("", " ", "\t"):
            raise NotPlain("not a header")
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


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
