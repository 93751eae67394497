"""One HTTP/1.1 connection: what goes out over it, the heads of answers, and bodies as they come."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

HEAD = 1 << 16  # bytes that the head of an answer has at most
# Bytes of a body between two looks at whether it shall go on: as many as take some milliseconds, since whoever draws
# the screen waits for each look.
_LEAST, _MOST = 256 << 10, 8 << 20
_SHORT, _LONG = 0.004, 0.02  # s
_PATIENCE = 0.2  # s until what has come is told


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


class Line:
    """One connection."""

    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        connect, wait = place.timeouts
        plain = socket.create_connection((place.host, place.port), connect)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket: socket.socket = plain
        self._limit = _seconds(wait)
        self.is_plain = context is None
        if context is not None:
            self._socket = context.wrap_socket(plain, server_hostname=place.host)
            self._socket.settimeout(wait)
        else:
            # A limit that the kernel keeps saves one call in each direction.
            plain.settimeout(None)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._limit)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self._limit)
        self._space = bytearray(HEAD)
        self._view = memoryview(self._space)
        self._filled = 0  # bytes in it that `head` is to begin with
        self._piece = _LEAST  # bytes of a body to wait for at once
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

    def fill(self, space: memoryview) -> int:
        """As `receive`, for long bodies: it waits for as much as comes in some milliseconds, since each call costs, and
        so does each write of what came."""
        piece = space[: self._piece]
        began = time.perf_counter()
        came = self._patiently(piece) if self.is_plain and len(piece) > _LEAST else None
        if came is None:
            came = self.receive(piece)
        seconds = time.perf_counter() - began
        if came == len(piece) or seconds > _LONG:
            self._piece = _next(self._piece, seconds)
        return came

    def _patiently(self, piece: memoryview) -> int | None:
        """All of `piece`, or what comes before that takes too long; None when nothing does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _seconds(_PATIENCE))
        try:
            return self._socket.recv_into(piece, 0, socket.MSG_WAITALL)
        except BlockingIOError:
            return None
        finally:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._limit)

    def head(self) -> Head:
        """The head of an answer. Raises `NotPlain`, `OSError`."""
        space, filled, self._filled = self._view, self._filled, 0
        while (end := self._space.find(b"\r\n\r\n", 0, filled)) < 0:
            if filled == HEAD:
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


def _seconds(count: float) -> bytes:
    """As the kernel wants them."""
    return struct.pack("ll", int(count), int(count % 1 * 1_000_000))


def _next(piece: int, seconds: float) -> int:
    """How long the next one should be, when one of `piece` bytes took so long."""
    if seconds < _SHORT:
        return min(piece * 2, _MOST)
    return max(int(piece * _LONG / seconds), _LEAST) if seconds > _LONG else piece


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
