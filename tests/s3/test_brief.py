"""Answers that are read in brief: they tell what the whole ones tell, and what odd servers send is left to those."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import brief, errors
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Asked, stub
from tests.s3.test_quick import in_chunks, is_quick, known

MIB = 1 << 20
PUT: dict[str, Any] = {"Bucket": "bucket", "Key": "k", "Body": b"content", "ContentType": "text/plain"}
GET: dict[str, Any] = {"Bucket": "bucket", "Key": "k", "Range": "bytes=0-6", "IfMatch": '"e"'}
SAID = {"ETag": '"E-Tag"', "x-amz-version-id": "V.1", "x-amz-request-id": "ID", "X-Other": "a: b"}
FOUND = {**SAID, "Last-Modified": "Thu, 01 Jan 2026 00:00:07 GMT", "Content-Range": "bytes 0-6/70"}


def asked_twice(connection: Connection, operation: str, parameters: dict[str, Any]) -> list[brief.Told]:
    """What is told in brief, and of boto3's answer."""
    told = connection.begin(operation, **parameters).finish_briefly()
    return [told, brief.told_in(connection.call(operation, **parameters))]


@pytest.mark.parametrize(
    ("operation", "parameters", "answer"),
    [
        ("put_object", PUT, Answer(200, headers=SAID)),
        ("put_object", PUT, Answer(200)),
        ("put_object", PUT, Answer(200, headers={**SAID, "Connection": "keep-alive", "Server": ""})),
        ("put_object", PUT, Answer(200, headers={**SAID, "Vary": "Origin", "vary": "Accept-Encoding"})),
        ("get_object", GET, Answer(206, b"content", FOUND)),
        ("get_object", GET, Answer(206, b"content", {**FOUND, "Content-Range": "bytes 0-6/*"})),
        ("get_object", GET, Answer(200, b"content", {**SAID, "Last-Modified": "Thursday, 01-Jan-26 00:00:07 GMT"})),
        ("get_object", GET, Answer(200, b"", SAID)),
        ("get_object", GET, Answer(200, bytes(range(256)) * 4096, SAID)),
    ],
    ids=["put", "nothing said", "kept", "repeated", "part", "no total", "old date", "empty", "1 MiB"],
)
def test_it_tells_what_boto3_tells(operation: str, parameters: dict[str, Any], answer: Answer) -> None:
    with stub(lambda asked: answer if asked.path == "/bucket/k" else Answer(200)) as server:
        connection = known(server)
        for _ in range(2):
            told, usual = asked_twice(connection, operation, parameters)
            assert told == usual
            assert told.body == answer.body
        assert [is_quick(asked) for asked in server.asked] == [True, False] * 2
        one, other = connection.log.newest(2)
        assert (one.operation, one.bucket, one.key, one.status, one.request_id, one.attempts) == (
            other.operation,
            "bucket",
            "k",
            answer.status,
            answer.headers.get("x-amz-request-id", ""),
            1,
        )


@pytest.mark.parametrize(
    "odd",
    [
        Answer(200, headers={**SAID, "Etag": '"other"'}),
        Answer(200, headers={**SAID, "Vary": "a", "vary": "b", "etag": "c"}),
        Answer(200, headers={**SAID, "Connection": "close"}),
        Answer(200, headers={**SAID, "X-Long": "a\r\n folded"}),
        Answer(206, b"x" * (MIB + 1), FOUND),
        in_chunks(b"content"),
        Answer(206, b"content", {**FOUND, "Last-Modified": "soon"}),
        Answer(200, b"content", {**SAID, "Content-Length": "7, 7"}),
    ],
    ids=["two ETags", "and two of what may repeat", "closed", "folded", "long", "chunks", "no date", "two lengths"],
)
def test_what_is_not_plain_is_read_as_a_whole(odd: Answer) -> None:
    def answer(asked: Asked) -> Answer:
        return odd if asked.path == "/bucket/k" else Answer(200)

    with stub(answer) as server:
        connection = known(server)
        started = connection.begin("get_object", **GET)._started
        assert started is not None
        assert brief.read(started.line) is None
        assert started.line._filled > 0  # nothing of it is lost


@contextmanager
def raw(*answers: bytes, piece: int = 65536) -> Iterator[Connection]:
    """A connection whose requests get these as they are, a piece at a time, after one that boto3 asks; each is the last
    one of its line."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for each in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", *answers):
            with listening.accept()[0] as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while b"\r\n\r\n" not in line.recv(65536):
                    pass
                for at in range(0, len(each), piece):
                    line.sendall(each[at : at + piece])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    remember("raw", Keys("AKIARAW", "not-a-secret"))
    endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
    connection = Connection(Profile("raw", endpoint=endpoint, region="us-east-1", credentials="session"))
    connection.call("head_object", Bucket="bucket", Key="first")
    try:
        yield connection
    finally:
        thread.join(10)
        listening.close()


WHOLE = b'HTTP/1.1 206 Partial Content\r\nContent-Length: 200\r\nETag: "e"\r\n\r\n' + b"0123456789" * 20


@pytest.mark.parametrize("piece", [7, 65536])
@pytest.mark.parametrize("cut", [0, 10, 60, 70, 150, len(WHOLE) - 1])
def test_what_is_cut_is_asked_for_again(cut: int, piece: int) -> None:
    with raw(WHOLE[:cut], WHOLE, piece=piece) as connection:
        told = connection.begin("get_object", **GET).finish_briefly()
    assert told.body == b"0123456789" * 20


def test_pieces_are_put_together() -> None:
    with raw(WHOLE, piece=1) as connection:
        told = connection.begin("get_object", **GET).finish_briefly()
    assert told.body == b"0123456789" * 20
    assert connection.log.newest(1)[0].attempts == 1


def test_more_than_was_announced_is_not_believed() -> None:
    with raw(WHOLE + b"more", WHOLE) as connection:
        told = connection.begin("get_object", **GET).finish_briefly()
    assert told.body == b"0123456789" * 20
    assert connection.log.newest(1)[0].attempts == 2


@pytest.mark.parametrize(
    ("operation", "parameters"), [("get_object", GET), ("put_object", {**PUT, "IfNoneMatch": "*"})]
)
def test_errors_are_those_of_the_whole_answer(operation: str, parameters: dict[str, Any]) -> None:
    code = "404 Not Found" if operation == "get_object" else "412 Precondition Failed"
    kind = errors.NoSuchKey if operation == "get_object" else errors.Changed
    body = b"<Error><Code>NoSuchKey</Code></Error>" if operation == "get_object" else b""
    refusal = f"HTTP/1.1 {code}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    answers = [refusal] * (2 if operation == "get_object" else 1)  # boto3 asks again for a GET
    with raw(*answers) as connection, pytest.raises(kind):
        connection.begin(operation, **parameters).finish_briefly()


def test_a_read_only_connection_sends_nothing() -> None:
    with stub(lambda _: Answer(200)) as server:
        connection = known(server)
        connection.read_only = True
        with pytest.raises(errors.ReadOnly):
            connection.begin("put_object", **PUT)
        assert not server.asked
