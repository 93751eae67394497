"""Serves ready-made pages of ListObjectsV2, so that a listing's time is the client's own.

Buckets: `flat` (a million keys under one prefix), `small` (ten), `folders` (100,000 common prefixes), `versioned`.
Nothing is stored or deleted, whatever DeleteObjects is told, and no signature is looked at. `GET /-/requests` says how many requests there were.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote_plus, unquote_to_bytes

from thin_rows import FOLDER, Bucket, Level, flat_keys, folder_keys

KEYS = 1_000_000
_LARGEST = 1000  # rows a page
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_OK = b"200 OK"
Query = dict[str, str]


@contextmanager
def serving(delays: Sequence[float] = (0,), keys: int = KEYS) -> Iterator[list[str]]:
    """A server in a child process; one endpoint for each of `delays`, in milliseconds a request."""
    command = [sys.executable, str(Path(__file__)), "--keys", str(keys), "--with-parent"]
    for delay in delays:
        command += ["--delay", str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline().strip() for _ in delays]
        finally:
            process.kill()


def main() -> None:
    """Print one endpoint a line, then serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=KEYS, help="in the bucket “flat”")
    parser.add_argument("--delay", type=float, action="append", help="milliseconds before each answer")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    server = Server(arguments.keys)
    gc.collect()
    gc.freeze()
    gc.disable()
    for delay in arguments.delay or [0]:
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=server.accept, args=(listener, delay / 1000)).start()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    if arguments.with_parent:
        sys.stdin.read()
        os._exit(0)


class Server:
    """Answers on any number of listening sockets, with a thread for each connection."""

    def __init__(self, keys: int) -> None:
        self._buckets = {
            "flat": Bucket(flat_keys(keys)),
            "folders": Bucket(folder_keys(keys // 10)),
            "small": Bucket(flat_keys(10)),
            "versioned": Bucket(flat_keys(keys // 10)),
        }
        for bucket in self._buckets.values():
            for prefix in (b"", FOLDER):
                bucket.level(prefix, b"/")
        self._requests = itertools.count()

    def accept(self, listener: socket.socket, delay: float) -> None:
        """Serve whoever connects, for ever. `delay` is in seconds."""
        while True:
            connected, _ = listener.accept()
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connected, delay), daemon=True).start()

    def _serve(self, connected: socket.socket, delay: float) -> None:
        with connected, suppress(ConnectionError):
            for method, target, body in _requests(connected):
                if delay:
                    time.sleep(delay)
                send(connected, self._answer(method, target, body))

    def _answer(self, method: str, target: str, body: bytes) -> list[bytes | memoryview]:
        if target == "/-/requests":
            return answer(b"%d" % next(self._requests))
        next(self._requests)
        path, _, rest = target.partition("?")
        name, _, key = path[1:].partition("/")
        query = dict(_word(pair) for pair in rest.split("&") if pair)
        if method == "POST" and name in self._buckets and "delete" in query:
            return _deleted(body)
        if method not in ("GET", "HEAD"):
            return failure(b"501 Not Implemented", b"NotImplemented")
        if not name:
            return self._list_buckets()
        bucket = self._buckets.get(name)
        if bucket is None:
            return failure(b"404 Not Found", b"NoSuchBucket")
        if key:
            return _object(bucket, unquote_to_bytes(key), method, query)
        if method == "HEAD":
            return answer()
        return _bucket(name, bucket, query)

    def _list_buckets(self) -> list[bytes | memoryview]:
        rows = b"".join(
            b"<Bucket><Name>%b</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>" % name.encode()
            for name in sorted(self._buckets)
        )
        return document(b"ListAllMyBucketsResult", b"<Owner><ID>thin</ID></Owner><Buckets>%b</Buckets>" % rows)


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _requests(connected: socket.socket) -> Iterator[tuple[str, str, bytes]]:
    """Method, target and body of each."""
    received = b""
    while True:
        head, ended, rest = received.partition(b"\r\n\r\n")
        length = int(found[1]) if ended and (found := _LENGTH.search(head)) else 0
        if ended and len(rest) >= length:
            received = rest[length:]
            method, target, _ = head[: head.index(b"\r\n")].decode().split(" ")
            yield method, target, rest[:length]
        elif more := connected.recv(262144):
            received += more
        else:
            return


def _word(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, unquote_plus(value) if "%" in value or "+" in value else value


def _bucket(name: str, bucket: Bucket, query: Query) -> list[bytes | memoryview]:
    """A listing, or one of the documents that a client asks for before it shows a bucket."""
    if "versions" in query:
        return _list_versions(bucket, query)
    if "location" in query:
        return document(b"LocationConstraint", b"us-east-1")
    if "versioning" in query:
        return document(b"VersioningConfiguration", b"<Status>Enabled</Status>" if name == "versioned" else b"")
    if "uploads" in query:
        return document(b"ListMultipartUploadsResult", b"<IsTruncated>false</IsTruncated>")
    if query.keys() <= LISTING:
        return _list_objects(bucket, query)
    return failure(b"501 Not Implemented", b"NotImplemented")


LISTING = {
    "continuation-token", "delimiter", "encoding-type", "fetch-owner", "list-type", "marker", "max-keys", "prefix",
    "start-after", "x-id",
}  # fmt: skip


def _list_objects(bucket: Bucket, query: Query) -> list[bytes | memoryview]:
    """Tokens are `objects.prefixes`: how many of each are done."""
    prefix = query.get("prefix", "").encode()
    level = bucket.level(prefix, query.get("delimiter", "").encode())
    limit = min(int(query.get("max-keys") or _LARGEST), _LARGEST)
    if token := query.get("continuation-token"):
        first, first_prefix = map(int, token.split("."))
    else:
        after = (query.get("start-after") or query.get("marker") or "").encode()
        first, first_prefix = _start(bucket, level, after)
    last, last_prefix = _end(level, first, first_prefix, limit)
    more = last < level.within.stop or last_prefix < len(level.prefixes)
    tail = _tail(level, last, last_prefix, query) if more else b"<IsTruncated>false</IsTruncated>"
    prefixes = level.prefixes.between(first_prefix, last_prefix)
    head = b"<Name>bucket</Name><Prefix>%b</Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>%b%b" % (
        prefix, last - first + last_prefix - first_prefix, limit, _encoding(query), tail,
    )  # fmt: skip
    return document(b"ListBucketResult", head, level.objects.between(first, last), prefixes)


def _start(bucket: Bucket, level: Level, after: bytes) -> tuple[int, int]:
    if not after:
        return level.within.start, 0
    first = max(level.within.start, min(level.objects.first_after(after), level.within.stop))
    first_prefix = level.prefixes.first_after(after)
    if first_prefix and after.startswith(inside := level.prefixes.key(first_prefix - 1)) and after != inside:
        # It begins in the midst of a common prefix, which is there while it has keys behind that.
        following = bucket.objects.first_after(after)
        if following < len(bucket.objects) and bucket.objects.key(following).startswith(inside):
            first_prefix -= 1
    return first, first_prefix


def _end(level: Level, first: int, first_prefix: int, limit: int) -> tuple[int, int]:
    """Behind the last object and the last prefix of the page: they count together, in the order of their names."""
    stop, stop_prefix = level.within.stop, len(level.prefixes)
    last, last_prefix = first, first_prefix
    if first_prefix == stop_prefix:
        return min(first + limit, stop), stop_prefix
    if first == stop:
        return stop, min(first_prefix + limit, stop_prefix)
    while last - first + last_prefix - first_prefix < limit and (last < stop or last_prefix < stop_prefix):
        is_prefix = last == stop or (
            last_prefix < stop_prefix and level.prefixes.key(last_prefix) < level.objects.key(last)
        )
        last, last_prefix = (last, last_prefix + 1) if is_prefix else (last + 1, last_prefix)
    return last, last_prefix


def _tail(level: Level, last: int, last_prefix: int, query: Query) -> bytes:
    tail = b"<IsTruncated>true</IsTruncated>"
    if query.get("list-type") == "2":
        return tail + b"<NextContinuationToken>%d.%d</NextContinuationToken>" % (last, last_prefix)
    names = [level.objects.key(last - 1)] if last > level.within.start else []
    names += [level.prefixes.key(last_prefix - 1)] if last_prefix else []
    return tail + b"<NextMarker>%b</NextMarker>" % max(names)


def _list_versions(bucket: Bucket, query: Query) -> list[bytes | memoryview]:
    """Without delimiters, which nobody asks for here."""
    if query.get("delimiter"):
        return failure(b"501 Not Implemented", b"NotImplemented")
    rows = bucket.versions
    prefix, marker = query.get("prefix", "").encode(), query.get("key-marker", "").encode()
    within = rows.range_of(prefix)
    first = int(query["version-id-marker"]) + 1 if query.get("version-id-marker") else rows.first_after(marker)
    first = max(within.start, first if marker else 0)
    last = min(first + min(int(query.get("max-keys") or _LARGEST), _LARGEST), within.stop)
    head = b"<Name>bucket</Name><Prefix>%b</Prefix><MaxKeys>1000</MaxKeys>%b" % (prefix, _encoding(query))
    if last < within.stop:
        head += b"<IsTruncated>true</IsTruncated><NextKeyMarker>%b</NextKeyMarker>" % rows.key(last - 1)
        head += b"<NextVersionIdMarker>%d</NextVersionIdMarker>" % (last - 1)
    else:
        head += b"<IsTruncated>false</IsTruncated>"
    return document(b"ListVersionsResult", head, rows.between(first, max(first, last)))


def _encoding(query: Query) -> bytes:
    """The keys are the same in either way of writing."""
    return b"<EncodingType>url</EncodingType>" if query.get("encoding-type") == "url" else b""


_KEY = re.compile(rb"<Key>([^<]*)</Key>")


def _deleted(body: bytes) -> list[bytes | memoryview]:
    """The answer to DeleteObjects."""
    if b"<Quiet>true</Quiet>" in body:
        return document(b"DeleteResult")
    rows = b"</Key></Deleted><Deleted><Key>".join(_KEY.findall(body))
    return document(b"DeleteResult", b"<Deleted><Key>%b</Key></Deleted>" % rows)


def _object(bucket: Bucket, key: bytes, method: str, query: Query) -> list[bytes | memoryview]:
    """An object is empty, whatever the list says."""
    row = bucket.objects.first_from(key)
    if row == len(bucket.objects) or bucket.objects.key(row) != key:
        return failure(b"404 Not Found", b"NoSuchKey", method)
    if "tagging" in query:
        return document(b"Tagging", b"<TagSet></TagSet>")
    if query.keys() - {"x-id", "versionId"}:
        return failure(b"501 Not Implemented", b"NotImplemented", method)
    return answer(headers=b'ETag: "%032x"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n' % row)


def document(root: bytes, *parts: bytes | memoryview) -> list[bytes | memoryview]:
    opening, closing = b"%b<%b%b>" % (_XML, root, _NAMESPACE), b"</%b>" % root
    length = len(opening) + len(closing) + sum(map(len, parts))
    return [_head(_OK, length, b"Content-Type: application/xml\r\n") + opening, *parts, closing]


def failure(status: bytes, code: bytes, method: str = "GET") -> list[bytes | memoryview]:
    body = b"" if method == "HEAD" else _XML + b"<Error><Code>%b</Code></Error>" % code
    return [_head(status, len(body), b"") + body]


def answer(body: bytes = b"", headers: bytes = b"") -> list[bytes | memoryview]:
    return [_head(_OK, len(body), headers) + body]


def _head(status: bytes, length: int, headers: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n" % (status, headers, length)


def send(connected: socket.socket, parts: list[bytes | memoryview]) -> None:
    """All of it, without joining the parts."""
    sent = connected.sendmsg(parts)
    for part in parts:
        if sent < len(part):
            connected.sendall(memoryview(part)[sent:])
        sent = max(sent - len(part), 0)


if __name__ == "__main__":
    main()
