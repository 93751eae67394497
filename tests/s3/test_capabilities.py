"""The probe, on a server that knows the sub-resources, and on stubs that answer as real servers were seen to."""

from __future__ import annotations

import pytest

from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.capabilities import Capability, probe_bucket, probe_object, require, require_object
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, stub

RULE = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
LISTING = b"<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'></ListBucketResult>"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><RequestId>r1</RequestId></Error>".encode()


def test_lifecycle_is_known_before_and_after_it_is_set(connection: Connection, bucket: str) -> None:
    assert probe_bucket(connection, bucket, "lifecycle") == Capability(True)
    connection.call("put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration={"Rules": [RULE]})
    assert probe_bucket(connection, bucket, "lifecycle") == Capability(True, is_set=True)


@pytest.mark.parametrize("subresource", ["cors", "tagging", "versioning"])
def test_a_bucket_subresource_that_is_not_set(connection: Connection, bucket: str, subresource: str) -> None:
    assert probe_bucket(connection, bucket, subresource) == Capability(True)


@pytest.mark.parametrize("subresource", ["tagging", "acl"])
def test_an_object_with_a_hostile_name(connection: Connection, bucket: str, subresource: str) -> None:
    key = "a b/%2F?x=1&é+-"
    connection.call("put_object", Bucket=bucket, Key=key, Body=b"x", Tagging="a=b")
    assert probe_object(connection, S3Uri(bucket, key), subresource) == Capability(True, is_set=True)


def test_a_version_of_an_object(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = connection.call("put_object", Bucket=bucket, Key="a", Tagging="a=b")["VersionId"]
    connection.call("put_object", Bucket=bucket, Key="a")
    assert not probe_object(connection, S3Uri(bucket, "a"), "tagging").is_set
    assert probe_object(connection, S3Uri(bucket, "a", first), "tagging").is_set


def test_what_is_not_there_is_an_error_and_not_a_lack(connection: Connection, bucket: str) -> None:
    with pytest.raises(errors.NoSuchBucket):
        probe_bucket(connection, "no-such-bucket-here", "lifecycle")
    with pytest.raises(errors.NoSuchKey):
        probe_object(connection, S3Uri(bucket, "nothing"), "tagging")


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (Answer(200, LISTING), "<ListBucketResult>"),
        (Answer(200, b""), "not XML"),
        (Answer(200, b"\x00\x01" * 40000), "not XML"),
        (Answer(200, b"<!DOCTYPE a [<!ENTITY b 'c'>]><LifecycleConfiguration/>"), "not XML"),
        (Answer(200, b"<html><LifecycleConfiguration/></html>"), "<html>"),
        (Answer(501, error("NotImplemented")), "HTTP 501 NotImplemented"),
        (Answer(405, b""), "HTTP 405"),
        (Answer(404, error("NoSuchCORSConfiguration")), "HTTP 404 NoSuchCORSConfiguration"),
        (Answer(403, error("AccessDenied")), "may not read"),
        (Answer(409, error("BucketAlreadyOwnedByYou")), "HTTP 409"),
    ],
)
def test_any_other_answer_is_no_support(answer: Answer, evidence: str) -> None:
    with stub(lambda asked: answer) as server:
        capability = probe_bucket(Connection(server.profile), "bucket", "lifecycle")
        assert not capability.supported
        assert not capability.is_set
        assert evidence in capability.reason


def test_an_object_whose_content_is_a_tagging_document_does_not_fool_the_probe() -> None:
    with stub(lambda asked: Answer(200, TAGS, {"ETag": '"1"'})) as server:
        capability = probe_object(Connection(server.profile), S3Uri("bucket", "key"), "tagging")
    assert not capability.supported
    assert "the object itself" in capability.reason


def test_only_the_start_of_an_endless_object_is_read() -> None:
    with stub(lambda asked: Answer(200, b"x" * 50_000_000)) as server:
        connection = Connection(server.profile)
        assert len(connection.probe("GET", "bucket", "key", "tagging", limit=100).body) == 100
        assert not probe_object(connection, S3Uri("bucket", "key"), "tagging").supported


@pytest.mark.parametrize(("code", "status"), [("InvalidAccessKeyId", 403), ("RequestTimeTooSkewed", 403)])
def test_a_refusal_that_is_about_us_is_raised(code: str, status: int) -> None:
    with stub(lambda asked: Answer(status, error(code))) as server, pytest.raises(errors.S3Error) as raised:
        probe_bucket(Connection(server.profile), "bucket", "lifecycle")
    assert raised.value.request.code == code
    assert raised.value.request.request_id == "r1"


def test_require_remembers_a_yes_and_asks_again_after_a_no() -> None:
    answers = [Answer(501, error("NotImplemented")), Answer(404, error("NoSuchLifecycleConfiguration"))]
    with stub(lambda asked: answers[min(len(server.asked), 2) - 1]) as server:
        connection = Connection(server.profile)
        with pytest.raises(errors.Unsupported, match="does not know"):
            require(connection, "bucket", "lifecycle")
        require(connection, "bucket", "lifecycle")
        require(connection, "bucket", "lifecycle")
        assert [asked.path for asked in server.asked] == ["/bucket?lifecycle"] * 2


def test_require_refuses_what_it_may_not_look_at() -> None:
    with stub(lambda asked: Answer(403, error("AccessDenied"))) as server, pytest.raises(errors.Unsafe):
        require_object(Connection(server.profile), S3Uri("bucket", "key"), "tagging")


def test_a_bucket_without_object_lock(profile: Profile) -> None:
    with stub(lambda asked: Answer(400, error("InvalidRequest"))) as server:
        capability = probe_object(Connection(server.profile), S3Uri("bucket", "key"), "retention")
    assert capability.reason == "This bucket was made without Object Lock."
