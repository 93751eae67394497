"""Previews: only the first bytes, and what they are."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import errors, objects, preview
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Metadata
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri


def info_of(data: bytes, key: str = "k", content_type: str = "", size: int | None = None) -> ObjectInfo:
    return ObjectInfo(
        S3Uri("b", key),
        len(data) if size is None else size,
        datetime.now(UTC),
        "",
        None,
        "STANDARD",
        Metadata(content_type=content_type),
    )


@pytest.mark.parametrize(
    ("key", "content_type", "data", "language"),
    [
        ("a.json", "", b'{"a": 1}', "json"),
        ("a", "application/json; charset=utf-8", b"1", "json"),
        ("a", "application/vnd.api+json", b"1", "json"),
        ("a", "application/octet-stream", b' [{"a": 1}]', "json"),
        ("a.JSON.gz", "", gzip.compress(b"[]", mtime=0), "json"),
        ("a.xml", "", b"<a/>", "xml"),
        ("a", "image/svg+xml", b"<svg/>", "xml"),
        ("a", "", b'<?xml version="1.0"?><a/>', "xml"),
        ("a.yml", "", b"a: 1", "yaml"),
        ("a", "application/x-yaml", b"a: 1", "yaml"),
        ("a.csv", "", b"a,b", "csv"),
        ("a", "text/csv", b"a,b", "csv"),
        ("a.txt", "text/plain", b"{not json}", None),
        ("a", "", b"", None),
    ],
)
def test_language(key: str, content_type: str, data: bytes, language: str | None) -> None:
    found = preview.interpret(data, info_of(data, key, content_type))
    assert (found.kind, found.language) == ("text", language)


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "utf-8-sig", "utf-8", "cp1252"])
def test_charsets(charset: str) -> None:
    found = preview.interpret("café – naïve".encode(charset), info_of(b""))
    assert (found.kind, found.text) == ("text", "café – naïve")


def test_declared_charset_is_believed() -> None:
    data = "Привет".encode("koi8-r")
    found = preview.interpret(data, info_of(data, content_type='text/plain; charset="KOI8-R"'))
    assert found.text == "Привет"
    assert "KOI8-R" in found.note


@pytest.mark.parametrize("charset", ["no-such-charset", "base64", "zlib", "bz2", "rot13", "undefined"])
def test_nonsense_charset_is_ignored(charset: str) -> None:
    found = preview.interpret(b"plain", info_of(b"plain", content_type=f"text/plain; charset={charset}"))
    assert found.text == "plain"


@pytest.mark.parametrize("data", [b"\x7fELF\x02\x01\x00\x00", bytes(range(256)), b"\x89PNG\r\n\x1a\n\x00", b"\x00"])
def test_bytes_are_hex(data: bytes) -> None:
    found = preview.interpret(data, info_of(data, "a.json", "application/json"))
    assert (found.kind, found.data, found.text) == ("hex", data, "")


def test_a_letter_cut_in_half_is_still_text() -> None:
    data = "é".encode()[:1]
    assert preview.interpret(b"caf" + data, info_of(b"", size=100)).text == "caf"


def test_gzip_is_unpacked_up_to_the_limit() -> None:
    bomb = gzip.compress(b"a" * 10_000_000)
    found = preview.interpret(bomb, info_of(bomb), limit=1000)
    assert (found.text, found.truncated) == ("a" * 1000, True)
    assert "gzip" in found.note


def test_a_cut_gzip_shows_what_is_there() -> None:
    whole = gzip.compress(bytes(str(list(range(5000))), "ascii"))
    found = preview.interpret(whole[:400], info_of(b"", size=len(whole)))
    assert found.text.startswith("[0, 1, 2")
    assert found.truncated


def test_what_only_starts_like_gzip_is_hex() -> None:
    assert preview.interpret(b"\x1f\x8b\x08nonsense\x00", info_of(b"")).kind == "hex"


def put(connection: Connection, bucket: str, data: bytes) -> ObjectInfo:
    connection.call("put_object", Bucket=bucket, Key="k", Body=data)
    return objects.head(connection, S3Uri(bucket, "k"))


def test_first_bytes_of_a_large_object(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, b"0123456789" * 20_000)
    found = preview.first_bytes(connection, info)
    assert (len(found.data or found.text), found.truncated) == (65536, True)


def test_first_bytes_of_small_and_empty_objects(connection: Connection, bucket: str) -> None:
    assert preview.first_bytes(connection, put(connection, bucket, b"hello")).text == "hello"
    assert not preview.first_bytes(connection, put(connection, bucket, b"hello")).truncated
    assert preview.first_bytes(connection, put(connection, bucket, b"")).text == ""


def test_another_object_by_now(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, b"old")
    put(connection, bucket, b"new")
    with pytest.raises(errors.Changed):
        preview.first_bytes(connection, info)


def test_an_old_version(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    info = put(connection, bucket, b"old")
    put(connection, bucket, b"new")
    assert preview.first_bytes(connection, info).text == "old"


def test_cancelled(connection: Connection, bucket: str) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        preview.first_bytes(connection, put(connection, bucket, b"hello"), token=token)


def test_an_archived_object(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    info = objects.head(connection, S3Uri(bucket, "k"))
    assert info.archived
    with pytest.raises(errors.Archived):
        preview.first_bytes(connection, info)


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[Connection]:
    """A server that reads one request and answers with whatever `answer` writes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(65536)
                try:
                    answer(client)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    remember("raw", Keys("a", "b"))
    port = listener.getsockname()[1]
    try:
        yield Connection(Profile("raw", endpoint=f"http://127.0.0.1:{port}", region="us-east-1", credentials="session"))
    finally:
        listener.close()


def test_a_server_that_ignores_the_range_is_cut_off() -> None:
    written = 0

    def endless(client: socket.socket) -> None:
        nonlocal written
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\nConnection: close\r\n\r\n")
        while True:
            written += client.send(b"a" * 65536)

    with raw_server(endless) as connection:
        info = info_of(b"", size=10_000_000_000)
        found = preview.first_bytes(connection, info, limit=1000)
    assert (found.text, found.truncated) == ("a" * 1000, True)
    assert written < 100_000_000


def test_a_stream_that_breaks_off_is_an_error() -> None:
    def short(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5000\r\nConnection: close\r\n\r\nabc")

    with raw_server(short) as connection, pytest.raises(errors.S3Error):
        preview.first_bytes(connection, info_of(b"", size=5000))
