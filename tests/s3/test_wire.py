"""Long bodies as they come over one connection: in large pieces where it is fast, in small ones where it isn't."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from s3tui.s3.line import Place
from s3tui.s3.wire import Answer, Wire

MIB = 1 << 20
SMALL = 256 << 10  # bytes: no more are waited for on a slow line


@contextmanager
def answering(size: int, send: Callable[[socket.socket], None]) -> Iterator[Answer]:
    """The answer of a server that announces `size` bytes and then does `send`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connected, _ = listener.accept()
        with connected:
            connected.recv(65536)
            connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            send(connected)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    wire = Wire(Place("127.0.0.1", listener.getsockname()[1], False, "", (5.0, 1.0)))
    with listener:
        yield wire.ask("GET", b"GET / HTTP/1.1\r\n\r\n").answer()
    wire.close()
    thread.join()


def pieces(answer: Answer) -> Iterator[bytes]:
    space = bytearray(4 * MIB)
    while count := answer.readinto(space):
        yield bytes(space[:count])


def test_all_comes_in_order() -> None:
    body = bytes(range(256)) * (20 * MIB // 256) + b"end"
    with answering(len(body), lambda connected: connected.sendall(body)) as answer:
        assert b"".join(pieces(answer)) == body


def test_what_comes_slowly_is_not_waited_for() -> None:
    fast, tick, ticks = b"f" * (16 * MIB), b"t" * 1000, 60

    def send(connected: socket.socket) -> None:
        connected.sendall(fast)
        for _ in range(ticks):
            time.sleep(0.05)
            connected.sendall(tick)

    with answering(len(fast) + ticks * len(tick), send) as answer:
        came = list(pieces(answer))
    assert b"".join(came) == fast + ticks * tick
    slow = [piece for piece in came if piece.endswith(b"t")]
    assert len(slow) > ticks // 2, "it was told in few pieces: progress would stand still"
    assert max(map(len, slow[-5:])) <= SMALL


def test_what_came_before_a_cut_is_told() -> None:
    body = b"b" * (9 * MIB)
    with answering(20 * MIB, lambda connected: connected.sendall(body)) as answer:
        came = 0
        with pytest.raises(ConnectionResetError):
            for piece in pieces(answer):
                came += len(piece)
    assert came == len(body)


def test_a_server_that_falls_silent_is_not_waited_for_without_end() -> None:
    silent = threading.Event()

    def send(connected: socket.socket) -> None:
        connected.sendall(b"b" * (9 * MIB))
        silent.wait(60)

    with answering(20 * MIB, send) as answer:
        came = 0
        with pytest.raises(TimeoutError):
            for piece in pieces(answer):
                came += len(piece)
        silent.set()
    assert came == 9 * MIB
