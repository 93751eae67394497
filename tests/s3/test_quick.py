"""Requests without boto3 around them: the same requests, the same answers, the same errors, and what odd servers do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import get_cert_path

from s3tui.profiles.credentials import Keys, remember
from s3tui.s3 import errors, quick
from s3tui.s3.client import Connection
from s3tui.s3.direct import MOST_KNOWN
from tests.hostile import NAMES
from tests.s3.stub_server import Answer, Asked, Stub, stub
from tests.s3.test_client import ELSEWHERE, certificate, tls

__all__ = ["certificate"]  # a fixture

OK = Answer(200, headers={"ETag": '"e"'})
EXPIRED = Answer(403, b"<Error><Code>ExpiredToken</Code><Message>old</Message></Error>")
EVERYTHING: dict[str, Any] = {
    "Body": b"content",
    "ContentType": "text/plain",
    "ContentMD5": "mgNkuembtIDdJeHwKEyFVQ==",
    "Metadata": {"Name": "a  b", "note": "x;y"},
    "Tagging": "a=b%20c&d=e",
    "StorageClass": "STANDARD_IA",
    "IfNoneMatch": "*",
}


def is_quick(asked: Asked) -> bool:
    return "Boto3" not in asked.headers["user-agent"]


def known(server: Stub) -> Connection:
    """A connection that has had one answer about the bucket."""
    connection = Connection(server.profile)
    connection.call("put_object", Bucket="bucket", Key="first", Body=b"")
    server.asked.clear()
    return connection


def comparable(asked: Asked) -> dict[str, Any]:
    """What of a request is the same whoever sends it."""
    own = ("user-agent", "authorization", "x-amz-date", "amz-sdk-", "x-amz-content-sha256", "connection", "expect")
    kept = {name: value for name, value in asked.headers.items() if not name.startswith(own)}
    return {"method": asked.method, "path": asked.path, "headers": kept, "body": asked.body}


@pytest.fixture
def plain() -> Iterator[Stub]:
    with stub(lambda _: OK) as server:
        yield server


@pytest.mark.parametrize("key", [*NAMES, "a/./b/../c//d", "/", "~'()*!,;:@$=&"])
def test_a_key_is_sent_as_boto3_sends_it(plain: Stub, key: str) -> None:
    connection = known(plain)
    for send in (connection.quickly, connection.call):
        send("put_object", Bucket="bucket", Key=key, **EVERYTHING)
    quick, usual = plain.asked
    assert (is_quick(quick), is_quick(usual)) == (True, False)
    assert comparable(quick) == comparable(usual)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("put_object", {"Body": b""}),
        ("put_object", {"Body": b"x" * 300_000, "ContentMD5": "mgNkuembtIDdJeHwKEyFVQ=="}),
        ("upload_part", {"Body": b"x", "PartNumber": 7, "UploadId": "a+b/c==&d", "ChecksumCRC64NVME": "M3eFcAZSQlc="}),
        ("get_object", {"Range": "bytes=0-9", "IfMatch": '"e"', "VersionId": "a+b/c="}),
        ("head_object", {"ChecksumMode": "ENABLED"}),
    ],
)
def test_a_request_is_that_of_boto3(plain: Stub, operation: str, parameters: dict[str, Any]) -> None:
    connection = known(plain)
    for send in (connection.quickly, connection.call):
        send(operation, Bucket="bucket", Key="k", **parameters)
    quick, usual = plain.asked
    assert (is_quick(quick), is_quick(usual)) == (True, False)
    assert comparable(quick) == comparable(usual)


@pytest.mark.parametrize(
    "parameters",
    [{"Metadata": {"a": "é"}}, {"ContentType": "a\nb: c"}, {"Expires": "2030-01-01T00:00:00Z"}, {"Nonsense": "x"}],
)
def test_what_is_not_certain_is_left_to_boto3(plain: Stub, parameters: dict[str, Any]) -> None:
    connection = known(plain)
    outcomes = []
    for send in (connection.quickly, connection.call):
        try:
            outcomes.append(send("put_object", Bucket="bucket", Key="k", Body=b"", **parameters)["ETag"])
        except errors.S3Error as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert not any(is_quick(asked) for asked in plain.asked)


def test_answers_are_those_of_boto3(connection: Connection, bucket: str) -> None:
    put = {"Bucket": bucket, "Key": "k", **{name: EVERYTHING[name] for name in EVERYTHING if name != "IfNoneMatch"}}
    connection.call("put_object", **put)
    for operation, parameters in (
        ("put_object", put),
        ("head_object", {"Bucket": bucket, "Key": "k", "ChecksumMode": "ENABLED"}),
        ("get_object", {"Bucket": bucket, "Key": "k"}),
        ("get_object", {"Bucket": bucket, "Key": "k", "Range": "bytes=2-4"}),
    ):
        quick = connection.quickly(operation, **parameters)
        usual = connection.call(operation, **parameters)
        bodies = [answer.pop("Body").read() if "Body" in answer else b"" for answer in (quick, usual)]
        assert bodies[0] == bodies[1]
        for answer in (quick, usual):
            said = answer.pop("ResponseMetadata")
            assert said["HTTPStatusCode"] in (200, 206)
            assert said["HTTPHeaders"]["content-length"]
            assert said["RequestId"]
        assert quick == usual


def failing(answers: list[Answer]) -> Callable[[Asked], Answer]:
    return lambda asked: answers.pop(0) if answers and asked.path.startswith("/bucket/k") else OK


@pytest.mark.parametrize(
    "odd",
    [
        Answer(503, b"<Error><Code>SlowDown</Code></Error>"),
        Answer(0),
        Answer(200, b"short", {"Content-Length": "-5"}),
        Answer(200, b"0\r\n\r\n", {"Transfer-Encoding": "chunked"}),
        Answer(500),
    ],
    ids=["slow down", "cut", "no length", "chunks", "fault"],
)
def test_what_goes_wrong_is_asked_again_by_boto3(odd: Answer) -> None:
    with stub(failing([odd])) as server:
        connection = known(server)
        answer = connection.quickly("put_object", Bucket="bucket", Key="k", Body=b"content")
        assert answer["ETag"] == '"e"'
        assert [is_quick(asked) for asked in server.asked] == [True, False]
        assert {asked.body for asked in server.asked} == {b"content"}
        assert connection.attempts == 2
        assert connection.log.newest(1)[0].attempts == 2


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    with stub(lambda _: Answer(200, headers={"ETag": '"e"', "Connection": "close"})) as server:
        connection = known(server)
        for _ in range(3):
            connection.quickly("put_object", Bucket="bucket", Key="k", Body=b"content")
        assert [is_quick(asked) for asked in server.asked] == [True] * 3


def test_hundreds_of_buckets_keep_few_connections(plain: Stub) -> None:
    connection = known(plain)

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    for number in range(200):
        connection.call("head_object", Bucket=f"bucket-{number}", Key="k")
        connection.quickly("head_object", Bucket=f"bucket-{number}", Key="k")
    assert open_files() - before < 2 * (MOST_KNOWN + 5)  # the stub runs in this process: two for each
    plain.asked.clear()
    for number in (0, 199):  # one that was forgotten, and one that was not
        connection.quickly("head_object", Bucket=f"bucket-{number}", Key="k")
    assert [is_quick(asked) for asked in plain.asked] == [False, True]


def test_errors_are_those_of_boto3() -> None:
    with stub(failing([EXPIRED, EXPIRED])) as server, pytest.raises(errors.ExpiredCredentials) as raised:
        known(server).quickly("put_object", Bucket="bucket", Key="k", Body=b"content")
    assert raised.value.request.code == "ExpiredToken"
    assert raised.value.request.operation == "PutObject"


@pytest.mark.parametrize("operation", ["head_object", "get_object"])
def test_what_is_missing_is_missing(connection: Connection, bucket: str, operation: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="first", Body=b"")
    told = []
    for send in (connection.call, connection.quickly):
        with pytest.raises(errors.NoSuchKey) as raised:
            send(operation, Bucket=bucket, Key="gone")
        told.append((str(raised.value), raised.value.request.code, raised.value.request.status))
    assert told[0] == told[1]


def test_what_is_there_already_is_said_by_the_first_answer(connection: Connection, bucket: str) -> None:
    for key in ("k", "first"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"old")
    with pytest.raises(errors.Changed) as raised:
        connection.quickly("put_object", Bucket=bucket, Key="k", Body=b"new", IfNoneMatch="*")
    assert raised.value.request.status == 412
    assert connection.attempts == 1
    assert connection.call("get_object", Bucket=bucket, Key="k")["Body"].read() == b"old"


def moved(asked: Asked) -> Answer:
    if asked.path == "/bucket/first" or f"/{ELSEWHERE}/s3/aws4_request" in asked.headers["authorization"]:
        return OK
    return Answer(301, b"<Error><Code>PermanentRedirect</Code></Error>", {"x-amz-bucket-region": ELSEWHERE})


def test_a_bucket_that_has_moved_is_followed() -> None:
    with stub(moved) as server:
        connection = known(server)
        for _ in range(3):
            connection.quickly("put_object", Bucket="bucket", Key="k", Body=b"content")
        # The third already goes where the first was sent.
        assert [is_quick(asked) for asked in server.asked][-1]
        assert ELSEWHERE in server.asked[-1].headers["authorization"]


@pytest.mark.parametrize("operation", ["put_object", "upload_part"])
def test_a_read_only_connection_sends_nothing(plain: Stub, operation: str) -> None:
    connection = known(plain)
    connection.read_only = True
    parts = {"PartNumber": 1, "UploadId": "u"} if operation == "upload_part" else {}
    with pytest.raises(errors.ReadOnly):
        connection.quickly(operation, Bucket="bucket", Key="k", Body=b"content", **parts)
    connection.quickly("head_object", Bucket="bucket", Key="k")
    assert [asked.method for asked in plain.asked] == ["HEAD"]


@pytest.mark.parametrize(
    ("url", "unsigned"),
    [
        ("http://127.0.0.1:9/bucket/first", True),
        ("http://localhost/bucket/first", True),
        ("http://[::1]:9/bucket/first", True),
        ("https://s3.example.org/bucket/first", True),
        ("http://10.0.0.1/bucket/first", False),
        ("http://127.example.org/bucket/first", False),
        ("http://localhost.example.org/bucket/first", False),
    ],
)
def test_a_body_is_hashed_where_others_could_change_it_on_the_line(plain: Stub, url: str, unsigned: bool) -> None:
    way = known(plain).way("bucket", 1)
    assert way is not None
    found = quick.road(replace(way, url=url), "first")
    assert found is not None
    assert found.may_be_unsigned == unsigned


def test_new_keys_are_used_at_once(plain: Stub) -> None:
    connection = known(plain)
    remember("stub", Keys("AKIAOTHER", "another-secret", "a-token"))
    connection.close()
    for _ in range(2):
        connection.quickly("put_object", Bucket="bucket", Key="k", Body=b"")
    assert [is_quick(asked) for asked in plain.asked] == [False, True]
    assert all("AKIAOTHER" in asked.headers["authorization"] for asked in plain.asked)
    assert plain.asked[1].headers["x-amz-security-token"] == "a-token"
    told = repr(connection.log.newest()) + repr(connection._roads._roads)
    assert "another-secret" not in told
    assert "a-token" not in told


@pytest.mark.parametrize("trusted", [True, False])
def test_certificates_are_checked_as_boto3_checks_them(certificate: Path, trusted: bool) -> None:
    with stub(lambda _: OK, tls(certificate)) as server:
        server.profile = replace(server.profile, ca_file=str(certificate))
        connection = known(server)
        if not trusted:
            way = replace(connection.way("bucket", 1) or pytest.fail("no way"), authorities=get_cert_path(True))
            connection._roads.forget()
            connection._roads.learn("bucket", quick.road(way, "first"))
        for _ in range(3):
            connection.quickly("put_object", Bucket="bucket", Key="first", Body=b"content", ContentMD5="x")
        assert next(is_quick(asked) for asked in server.asked) == trusted
        assert {asked.headers["x-amz-content-sha256"] for asked in server.asked} == {"UNSIGNED-PAYLOAD"}


# ---- CopyObject, whose answer is a document

COPIED = b"<?xml version='1.0'?>\n<CopyObjectResult xmlns=\"x\"><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
FAILED_LATE = b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code><Message>late</Message></Error>"
COPYING: dict[str, Any] = {
    "CopySource": {"Bucket": "from", "Key": "a b+c/é.txt", "VersionId": "v.1"},
    "CopySourceIfMatch": '"e"',
    "IfNoneMatch": "*",
    "StorageClass": "STANDARD_IA",
    "WebsiteRedirectLocation": "/there",
    "ServerSideEncryption": "AES256",
}


def in_chunks(body: bytes) -> Answer:
    """As Ceph RGW answers, and AWS when a copy takes long: white space first."""
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:5], b"\n", body[5:]) if piece)
    return Answer(200, pieces + b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})


@pytest.mark.parametrize("key", [*NAMES, "a/./b/../c//d", "~'()*!,;:@$=&"])
def test_a_copy_is_asked_for_as_boto3_does(key: str) -> None:
    with stub(lambda asked: Answer(200, COPIED) if "x-amz-copy-source" in asked.headers else OK) as server:
        connection = known(server)
        source = {"Bucket": "from", "Key": key}
        for send in (connection.quickly, connection.call):
            for more in (COPYING, {"CopySource": source}):
                answer = send("copy_object", Bucket="bucket", Key=f"k/{key}", **more)
                assert answer["CopyObjectResult"] == {"ETag": '"e"'}
    quick, usual = server.asked[:2], server.asked[2:]
    assert [is_quick(asked) for asked in server.asked] == [True, True, False, False]
    assert list(map(comparable, quick)) == list(map(comparable, usual))


def test_a_copy_that_is_answered_in_chunks() -> None:
    with stub(lambda asked: in_chunks(COPIED) if "x-amz-copy-source" in asked.headers else OK) as server:
        connection = known(server)
        for _ in range(3):
            answer = connection.quickly("copy_object", Bucket="bucket", Key="k", **COPYING)
            assert answer["CopyObjectResult"] == {"ETag": '"e"'}
        assert [is_quick(asked) for asked in server.asked] == [True] * 3


@pytest.mark.parametrize(
    "odd",
    [
        Answer(200, FAILED_LATE),
        in_chunks(FAILED_LATE),
        in_chunks(COPIED[:40]),
        Answer(200, b"5\r\n<Copy\r\nzz", {"Transfer-Encoding": "chunked", "Connection": "close"}),
        Answer(200, b""),
        Answer(200, COPIED.replace(b"<ETag>&quot;e&quot;</ETag>", b"")),
        Answer(200, COPIED.replace(b"</ETag>", b"</ETag>" + b"<Odd/>" * 9_000)),
    ],
    ids=["late error", "late error in chunks", "half a document", "no chunks", "nothing", "no ETag", "too long"],
)
def test_a_copy_that_is_not_said_to_be_made_is_asked_for_again(odd: Answer) -> None:
    answers = [odd]

    def answer(asked: Asked) -> Answer:
        return (answers.pop() if answers else Answer(200, COPIED)) if "x-amz-copy-source" in asked.headers else OK

    with stub(answer) as server:
        connection = known(server)
        found = connection.quickly("copy_object", Bucket="bucket", Key="k", **COPYING)
        assert found["CopyObjectResult"] == {"ETag": '"e"'}
        assert [is_quick(asked) for asked in server.asked] == [True, False]
        assert connection.attempts == 2


def test_a_read_only_connection_copies_nothing(plain: Stub) -> None:
    connection = known(plain)
    connection.read_only = True
    with pytest.raises(errors.ReadOnly):
        connection.quickly("copy_object", Bucket="bucket", Key="k", **COPYING)
    assert not plain.asked
