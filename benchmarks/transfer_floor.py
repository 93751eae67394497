"""What the thin sink and sockets cost by themselves. Nothing is signed, summed or compared, but for `signed_up`."""

from __future__ import annotations

import base64
import hashlib
import os
import select
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from thin_sink import COUNT, GIVEN, LARGE, LARGE_KEY, SMALL

from s3tui.s3.form import Form
from s3tui.s3.signature import Signer

_AT_ONCE = 4
_AHEAD = 48
_EACH = LARGE // _AT_ONCE


def large_up(endpoint: str, path: Path) -> None:
    def send(connected: socket.socket, number: int) -> None:
        connected.sendall(b"PUT /up/%d HTTP/1.1\r\nHost: floor\r\nContent-Length: %d\r\n\r\n" % (number, _EACH))
        at, end = number * _EACH, (number + 1) * _EACH
        while at < end:
            at += os.sendfile(connected.fileno(), source, at, end - at)
        assert connected.recv(4096).startswith(b"HTTP/1.1 200")

    source = os.open(path, os.O_RDONLY)
    _each(endpoint, send)
    os.close(source)


def large_down(endpoint: str, path: Path) -> None:
    def receive(connected: socket.socket, number: int) -> None:
        at, end = number * _EACH, (number + 1) * _EACH
        place = f"/{GIVEN}/{LARGE_KEY}".encode()
        connected.sendall(b"GET %b HTTP/1.1\r\nHost: floor\r\nRange: bytes=%d-%d\r\n\r\n" % (place, at, end - 1))
        space = memoryview(bytearray(1 << 20))
        came = connected.recv_into(space)
        begin = bytes(space[:came]).index(b"\r\n\r\n") + 4
        while at < end:
            at += os.pwrite(target, space[begin:came], at)
            if at < end:
                begin, came = 0, connected.recv_into(space)

    target = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    _each(endpoint, receive)
    os.close(target)


def small_up(endpoint: str, folder: Path) -> None:
    """Over one connection."""
    with _connected(endpoint) as connected:
        for path in folder.iterdir():
            head = b"PUT /up/%b HTTP/1.1\r\nHost: floor\r\nContent-Length: %d\r\n\r\n" % (path.name.encode(), SMALL)
            connected.sendall(head + path.read_bytes())
            assert connected.recv(4096).startswith(b"HTTP/1.1 200")


def signed_up(endpoint: str, folder: Path) -> None:
    """The least that one process can do for safe uploads: each file is read between two looks at it, hashed twice and
    signed, and the answer's ETag compared; many are on their way at the same time. Nothing is noted or logged."""
    host = urlsplit(endpoint).netloc
    headers = {"ContentMD5": "content-md5", "ContentType": "content-type", "IfNoneMatch": "if-none-match"}
    form = Form("PUT", host, headers, Signer("us-east-1", "s3"), has_token=False, written={})
    idle = [_connected(endpoint) for _ in range(_AHEAD)]
    waiting: dict[int, tuple[socket.socket, str]] = {}
    poll = select.poll()

    def hear(patience: int) -> None:
        for number, _ in poll.poll(patience):
            connected, md5 = waiting.pop(number)
            answer = connected.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200") and b'"%b"' % md5.encode() in answer
            poll.unregister(number)
            idle.append(connected)

    for path in map(str, folder.iterdir()):
        file = os.open(path, os.O_RDONLY)
        before, data, after = os.fstat(file), os.pread(file, SMALL + 1, 0), os.fstat(file)
        os.close(file)
        assert (before.st_mtime_ns, len(data)) == (after.st_mtime_ns, after.st_size)
        md5 = hashlib.md5(data)
        sum_of = base64.b64encode(md5.digest()).decode()
        values = form.values({"ContentMD5": sum_of, "ContentType": "application/octet-stream", "IfNoneMatch": "*"})
        assert values is not None
        place, payload = f"/up/signed/{os.path.basename(path)}", hashlib.sha256(data).hexdigest()
        head = form.head(values, place, ("id", "secret", None), payload, len(data))
        while not idle:
            hear(1000)
        connected = idle.pop()
        connected.sendall(head + data)
        waiting[connected.fileno()] = connected, md5.hexdigest()
        poll.register(connected, select.POLLIN)
        hear(0)
    while waiting:
        hear(1000)
    for connected in idle:
        connected.close()


def small_down(endpoint: str, folder: Path) -> None:
    with _connected(endpoint) as connected:
        for number in range(COUNT):
            name = f"{number:05}.bin"
            connected.sendall(f"GET /{GIVEN}/small/{name} HTTP/1.1\r\nHost: floor\r\n\r\n".encode())
            answer = bytearray()
            while (begin := answer.find(b"\r\n\r\n") + 4) < 4 or len(answer) < begin + SMALL:
                answer += connected.recv(65536)
            (folder / name).write_bytes(answer[begin:])


def _each(endpoint: str, work: Callable[[socket.socket, int], None]) -> None:
    def alone(number: int) -> None:
        with _connected(endpoint) as connected:
            work(connected, number)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(alone, range(_AT_ONCE)))


def _connected(endpoint: str) -> socket.socket:
    place = urlsplit(endpoint)
    connected = socket.create_connection((str(place.hostname), place.port or 80))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected
