"""What goes over the line between a client and a server, byte by byte: counted, and nothing else done to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_ROOM = 1 << 18  # bytes that the kernel may hold on our side, beyond what was counted


class Meter:
    """Bytes `up` from the clients and `down` to them, their requests' and answers' headers included."""

    def __init__(self) -> None:
        self.up = self.down = 0
        self._moved = threading.Condition()

    def wait_for(self, bytes_: int, seconds: float) -> bool:
        """Wait until so many have gone either way; False when that took too long."""
        with self._moved:
            return self._moved.wait_for(lambda: self.up + self.down >= bytes_, seconds)

    def count(self, up: int, down: int) -> None:
        with self._moved:
            self.up, self.down = self.up + up, self.down + down
            self._moved.notify_all()


@contextmanager
def metered(endpoint: str) -> Iterator[tuple[str, Meter]]:
    """Another endpoint that leads to `endpoint`, and its meter."""
    meter, place = Meter(), urlsplit(endpoint)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        threading.Thread(target=_accept, args=(listener, (place.hostname, place.port), meter), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", meter
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: tuple[str | None, int | None], meter: Meter) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_relay, args=(client, server, meter), daemon=True).start()


def _relay(client: socket.socket, server: tuple[str, int], meter: Meter) -> None:
    with client, contextlib.suppress(OSError), socket.create_connection(server) as upstream:
        for each in (client, upstream):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
        back = threading.Thread(target=_pump, args=(upstream, client, lambda count: meter.count(0, count)), daemon=True)
        back.start()
        _pump(client, upstream, lambda count: meter.count(count, 0))
        back.join()


def _pump(source: socket.socket, sink: socket.socket, count: Callable[[int], None]) -> None:
    """Until either end is gone; then both are, so that nobody waits for what can't come."""
    space = memoryview(bytearray(1 << 17))
    with contextlib.suppress(OSError):
        while came := source.recv_into(space):
            count(came)
            sink.sendall(space[:came])
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
