"""Takes whatever is uploaded and drops it in the kernel, gives out whatever is asked for from memory: the time of a
transfer is the client's own.

A PUT's ETag is the Content-MD5 that came with it, so it is right without being computed here; without one it is no
MD5, as with KMS. Signatures and checksums are not looked at. The bucket `given` holds objects to download: `large.iso`
with a correct CRC64NVME, and `small/…`, 4 KiB each, with a correct ETag. `DELETE /-/` forgets what was sent.
"""

from __future__ import annotations

import argparse
import base64
import gc
import hashlib
import itertools
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_plus

from awscrt import checksums
from thin_server import answer, document, failure, send

LARGE = 4 << 30
SMALL = 4 << 10
COUNT = 5000
GIVEN = "given"
LARGE_KEY = "large.iso"
_BLOCK = 64 << 20  # what a large object repeats
_KEPT = re.compile(rb"\r\n((?:content-type|x-amz-meta-[^:]+|x-amz-storage-class): *[^\r]*)", re.IGNORECASE)
_NAMED = re.compile(rb"\r\n([a-z0-9-]+): *([^\r]*)", re.IGNORECASE)
_DATE = b"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"


@contextmanager
def sinking(delay: float = 0) -> Iterator[str]:
    """The endpoint of a server in a child process. `delay` is in milliseconds a request."""
    command = [sys.executable, str(Path(__file__)), "--with-parent", "--delay", str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@dataclass(frozen=True)
class Stored:
    """What is known of an object. Its bytes repeat the block."""

    size: int
    etag: bytes
    headers: bytes = b""  # of its answers
    crc64: bytes = b""


class Sink:
    """The objects, and the parts of unfinished uploads."""

    def __init__(self) -> None:
        self.block = os.memfd_create("block")
        content = os.urandom(1 << 20) * (_BLOCK >> 20)
        os.write(self.block, content)
        self.small = content[:SMALL]
        each = checksums.crc64nvme(content)
        crc = 0
        for _ in range(LARGE // _BLOCK):
            crc = checksums.combine_crc64nvme(crc, each, _BLOCK)
        told = base64.b64encode(crc.to_bytes(8, "big"))
        small = Stored(SMALL, hashlib.md5(self.small).hexdigest().encode())
        self.given = {(GIVEN, LARGE_KEY): Stored(LARGE, b"%032x-64" % 1, crc64=told)}
        self.given |= {(GIVEN, f"small/{number:05}.bin"): small for number in range(COUNT)}
        self.objects = dict(self.given)
        self.parts: dict[str, dict[int, Stored]] = {}
        self.begun: dict[str, bytes] = {}  # headers of the object that an upload makes
        self._numbers = itertools.count()
        self._sorted: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def forget(self) -> None:
        """All that was sent."""
        with self._lock:
            self.objects, self._sorted = dict(self.given), []

    def put(self, place: tuple[str, str], stored: Stored) -> None:
        self.objects[place] = stored

    def begin(self, headers: bytes) -> str:
        with self._lock:
            name = f"upload{next(self._numbers)}"
            self.begun[name], self.parts[name] = headers, {}
        return name

    def complete(self, place: tuple[str, str], name: str, crc64: bytes) -> Stored:
        parts = [part for _, part in sorted(self.parts.pop(name).items())]
        md5s = [part.etag for part in parts]
        etag = b"unknown-%d" % len(parts)
        if all(len(md5) == 32 for md5 in md5s):
            joined = b"".join(bytes.fromhex(md5.decode()) for md5 in md5s)
            etag = b"%s-%d" % (hashlib.md5(joined).hexdigest().encode(), len(parts))
        stored = Stored(sum(part.size for part in parts), etag, self.begun.pop(name), crc64)
        self.put(place, stored)
        return stored

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """In order."""
        with self._lock:
            if len(self._sorted) != len(self.objects):
                self._sorted = sorted(self.objects)
            return [key for name, key in self._sorted if name == bucket and key.startswith(prefix)]


class Client:
    """One connection."""

    def __init__(self, connected: socket.socket, sink: Sink, delay: float) -> None:
        self._socket, self._sink, self._delay = connected, sink, delay
        self._is_known = False
        self._received = bytearray()
        self._space = bytearray(1 << 18)

    def serve(self) -> None:
        while head := self._head():
            method, target, _ = head[: head.index(b"\r\n")].decode().split(" ")
            headers = {name.lower(): value for name, value in _NAMED.findall(head)}
            if headers.get(b"expect"):
                self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = int(headers.get(b"content-length", b"0"))
            if method == "PUT":
                self._drop(length)
            else:
                self._take(length)
            if self._delay:
                time.sleep(self._delay * (1 if self._is_known else 2))  # connecting takes as long
                self._is_known = True
            path, _, rest = target.partition("?")
            bucket, _, key = unquote(path[1:]).partition("/")
            query = {name: unquote_plus(value) for name, _, value in (pair.partition("=") for pair in rest.split("&"))}
            answer_to = {"PUT": self._put, "POST": self._post, "DELETE": self._delete}.get(method, self._get)
            if given := answer_to(method, (bucket, key), query, head, headers):
                send(self._socket, given)

    def _head(self) -> bytes:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            count = self._socket.recv_into(self._space)
            if not count:
                return b""
            self._received += memoryview(self._space)[:count]
        head = bytes(self._received[: end + 2])
        del self._received[: end + 4]
        return head

    def _drop(self, length: int) -> None:
        """A body that is thrown away before it reaches us."""
        here = min(len(self._received), length)
        del self._received[:here]
        length -= here
        while length:
            length -= self._more(min(length, len(self._space)), socket.MSG_TRUNC)

    def _take(self, length: int) -> bytes:
        while len(self._received) < length:
            self._received += memoryview(self._space)[: self._more(len(self._space), 0)]
        body = bytes(self._received[:length])
        del self._received[:length]
        return body

    def _more(self, count: int, flags: int) -> int:
        came = self._socket.recv_into(self._space, count, flags)
        if not came:
            raise ConnectionResetError
        return came

    def _put(
        self, _: str, place: tuple[str, str], query: dict[str, str], head: bytes, headers: dict[bytes, bytes]
    ) -> list[bytes | memoryview]:
        if not place[1]:
            return answer()
        if source := headers.get(b"x-amz-copy-source"):
            return self._copy(source, place, headers)
        size = int(headers.get(b"x-amz-decoded-content-length") or headers.get(b"content-length", b"0"))
        md5 = headers.get(b"content-md5")
        etag = base64.b64decode(md5).hex().encode() if md5 else b"unknown-0"
        crc64 = headers.get(b"x-amz-checksum-crc64nvme", b"")
        if "uploadId" in query:
            self._sink.parts[query["uploadId"]][int(query["partNumber"])] = Stored(size, etag, crc64=crc64)
        elif b"if-none-match" in headers and place in self._sink.objects:
            return failure(b"412 Precondition Failed", b"PreconditionFailed")
        else:
            self._sink.put(place, Stored(size, etag, _kept(head), crc64))
        told = b"x-amz-checksum-crc64nvme: %s\r\n" % crc64 if crc64 else b""
        return answer(headers=b'ETag: "%b"\r\n%b' % (etag, told))

    def _copy(self, source: bytes, place: tuple[str, str], headers: dict[bytes, bytes]) -> list[bytes | memoryview]:
        bucket, _, key = unquote(source.decode()).removeprefix("/").partition("/")
        stored = self._sink.objects.get((bucket, key))
        if stored is None:
            return failure(b"404 Not Found", b"NoSuchKey")
        expected = headers.get(b"x-amz-copy-source-if-match", stored.etag).strip(b'"')
        if expected != stored.etag or (b"if-none-match" in headers and place in self._sink.objects):
            return failure(b"412 Precondition Failed", b"PreconditionFailed")
        self._sink.put(place, stored)
        return document(b"CopyObjectResult", b"<ETag>&quot;%b&quot;</ETag>" % stored.etag)

    def _post(
        self, _: str, place: tuple[str, str], query: dict[str, str], head: bytes, headers: dict[bytes, bytes]
    ) -> list[bytes | memoryview]:
        if "uploads" in query:
            name = self._sink.begin(_kept(head))
            return document(b"InitiateMultipartUploadResult", b"<UploadId>%b</UploadId>" % name.encode())
        if "uploadId" in query:
            made = self._sink.complete(place, query["uploadId"], headers.get(b"x-amz-checksum-crc64nvme", b""))
            return document(b"CompleteMultipartUploadResult", b"<ETag>&quot;%b&quot;</ETag>" % made.etag)
        return failure(b"501 Not Implemented", b"NotImplemented")

    def _delete(
        self, _: str, place: tuple[str, str], query: dict[str, str], head: bytes, headers: dict[bytes, bytes]
    ) -> list[bytes | memoryview]:
        if place[0] == "-":
            self._sink.forget()
        elif "uploadId" in query:
            self._sink.parts.pop(query["uploadId"], None)
        else:
            self._sink.objects.pop(place, None)
        return [b"HTTP/1.1 204 No Content\r\n\r\n"]

    def _get(
        self, method: str, place: tuple[str, str], query: dict[str, str], head: bytes, headers: dict[bytes, bytes]
    ) -> list[bytes | memoryview]:
        if not place[1]:
            return self._list(place[0], query) if method == "GET" else answer()
        if "uploadId" in query:
            return self._list_parts(query["uploadId"])
        if query.keys() & {"acl", "tagging"}:
            return failure(b"501 Not Implemented", b"NotImplemented")
        stored = self._sink.objects.get(place)
        if stored is None:
            return failure(b"404 Not Found", b"NoSuchKey", method)
        first, last, status = 0, stored.size - 1, b"200 OK"
        extra = b""
        if wanted := headers.get(b"range"):
            begin, _, end = wanted.partition(b"=")[2].partition(b"-")
            first, last, status = int(begin), min(int(end or last), last), b"206 Partial Content"
            extra = b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, stored.size)
        elif stored.crc64 and b"x-amz-checksum-mode" in headers:
            extra = b"x-amz-checksum-crc64nvme: %b\r\nx-amz-checksum-type: FULL_OBJECT\r\n" % stored.crc64
        start = b'HTTP/1.1 %b\r\nETag: "%b"\r\nAccept-Ranges: bytes\r\n%b%b%bContent-Length: %d\r\n\r\n' % (
            status, stored.etag, _DATE, stored.headers, extra, last - first + 1,
        )  # fmt: skip
        if method == "HEAD":
            return [start]
        if stored.size <= SMALL:
            return [start + self._sink.small[first : last + 1]]
        self._give(start, first, last + 1)
        return []

    def _give(self, start: bytes, at: int, end: int) -> None:
        self._socket.sendall(start, socket.MSG_MORE)
        while at < end:
            inside = at % _BLOCK
            at += os.sendfile(self._socket.fileno(), self._sink.block, inside, min(end - at, _BLOCK - inside))

    def _list(self, bucket: str, query: dict[str, str]) -> list[bytes | memoryview]:
        if not bucket:
            return document(b"ListAllMyBucketsResult", b"<Buckets><Bucket><Name>given</Name></Bucket></Buckets>")
        for word, root in (("location", b"LocationConstraint"), ("versioning", b"VersioningConfiguration")):
            if word in query:
                return document(root)
        keys = self._sink.keys(bucket, query.get("prefix", ""))
        after = query.get("continuation-token") or query.get("marker") or query.get("start-after") or ""
        keys = [key for key in keys if key > after]
        page = keys[:1000]
        rows = b"".join(_row(key, self._sink.objects[bucket, key]) for key in page)
        more = len(keys) > len(page)
        tail = b"<IsTruncated>%b</IsTruncated>" % (b"true" if more else b"false")
        if more:
            last = page[-1].encode()
            tail += b"<NextContinuationToken>%b</NextContinuationToken><NextMarker>%b</NextMarker>" % (last, last)
        return document(b"ListBucketResult", b"<Name>b</Name><MaxKeys>1000</MaxKeys>%b%b" % (tail, rows))

    def _list_parts(self, name: str) -> list[bytes | memoryview]:
        parts = self._sink.parts.get(name)
        if parts is None:
            return failure(b"404 Not Found", b"NoSuchUpload")
        rows = b"".join(
            b"<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>&quot;%b&quot;</ETag></Part>"
            % (number, part.size, part.etag)
            for number, part in sorted(parts.items())
        )
        return document(b"ListPartsResult", b"<IsTruncated>false</IsTruncated>%b" % rows)


def _kept(head: bytes) -> bytes:
    return b"".join(b"%b\r\n" % line for line in _KEPT.findall(head))


def _row(key: str, stored: Stored) -> bytes:
    return (
        b"<Contents><Key>%b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;%b&quot;</ETag>"
        b"<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>"
    ) % (key.encode(), stored.etag, stored.size)


def _serve(connected: socket.socket, sink: Sink, delay: float) -> None:
    with connected, suppress(ConnectionError):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Client(connected, sink, delay).serve()


def main() -> None:
    """Print the endpoint, then serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0, help="milliseconds before each answer")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    sink = Sink()
    gc.freeze()
    gc.disable()
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    if arguments.with_parent:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        connected, _ = listener.accept()
        threading.Thread(target=_serve, args=(connected, sink, arguments.delay / 1000), daemon=True).start()


if __name__ == "__main__":
    main()
