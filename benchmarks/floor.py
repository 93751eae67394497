"""What the thin server and a socket cost by themselves: a client that looks at nothing but the token."""

from __future__ import annotations

import re
import socket
import time
from urllib.parse import urlsplit

_TOKEN = re.compile(rb"<NextContinuationToken>([^<]*)<")
_LENGTH = re.compile(rb"Content-Length: (\d+)")


def floor(endpoint: str, bucket: str = "flat") -> tuple[float, int]:
    """Seconds to fetch every page over one connection, and the number of pages."""
    place = urlsplit(endpoint)
    started = time.perf_counter()
    pages = 0
    token = b""
    page = memoryview(bytearray(1 << 20))
    with socket.create_connection((str(place.hostname), place.port or 80)) as connected:
        while pages == 0 or token:
            words = b"&continuation-token=%b" % token if token else b""
            connected.sendall(b"GET /%b?list-type=2%b HTTP/1.1\r\nHost: floor\r\n\r\n" % (bucket.encode(), words))
            found = _TOKEN.search(_receive(connected, page))
            token = found[1] if found else b""
            pages += 1
    return time.perf_counter() - started, pages


def _receive(connected: socket.socket, page: memoryview) -> bytes:
    """The start of the answer, once all of it is there."""
    got = connected.recv_into(page)
    start = bytes(page[:1000])
    length = _LENGTH.search(start)
    assert length
    whole = start.index(b"\r\n\r\n") + 4 + int(length[1])
    while got < whole:
        got += connected.recv_into(page[got:])
    return start
