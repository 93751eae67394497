"""Tags: S3's limits, and replacing them safely."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import errors, tags
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.s3.tampering import Exchange, Proxy, proxy


@pytest.fixture
def uri(connection: Connection, bucket: str) -> S3Uri:
    connection.call("put_object", Bucket=bucket, Key="a/ü", Body=b"hello", Tagging="a=1")
    return S3Uri(bucket, "a/ü")


@pytest.fixture
def faulty(endpoint: str) -> Iterator[Proxy]:
    with proxy(endpoint) as running:
        yield running


def test_read(connection: Connection, uri: S3Uri) -> None:
    assert tags.read(connection, uri) == {"a": "1"}


def test_replace_and_remove_all(connection: Connection, uri: S3Uri) -> None:
    assert tags.replace(connection, uri, {"a": "1"}, {"b": "2", "c d": ""}) == {"b": "2", "c d": ""}
    assert tags.read(connection, uri) == {"b": "2", "c d": ""}
    assert tags.replace(connection, uri, {"b": "2", "c d": ""}, {}) == {}
    assert connection.call("get_object", Bucket=uri.bucket, Key=uri.key)["Body"].read() == b"hello"


def test_tags_of_one_version(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = connection.call("put_object", Bucket=bucket, Key="k", Body=b"1", Tagging="a=1")["VersionId"]
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"2")
    tags.replace(connection, S3Uri(bucket, "k", first), {"a": "1"}, {"a": "2"})
    assert tags.read(connection, S3Uri(bucket, "k", first)) == {"a": "2"}
    assert tags.read(connection, S3Uri(bucket, "k")) == {}


def test_changed_meanwhile(connection: Connection, uri: S3Uri) -> None:
    with pytest.raises(errors.Changed):
        tags.replace(connection, uri, {}, {"mine": "1"})
    assert tags.read(connection, uri) == {"a": "1"}


def test_read_only_sends_nothing(connection: Connection, uri: S3Uri) -> None:
    connection.read_only = True
    asked = len(connection.log.newest())
    with pytest.raises(errors.ReadOnly):
        tags.replace(connection, uri, {"a": "1"}, {})
    assert len(connection.log.newest()) == asked


def test_a_broken_rule_sends_nothing(connection: Connection, uri: S3Uri) -> None:
    with pytest.raises(BadInput, match="aws:"):
        tags.replace(connection, uri, {"a": "1"}, {"a": "1", "aws:x": "2"})
    assert tags.read(connection, uri) == {"a": "1"}


def test_old_tags_of_other_servers_do_not_stand_in_the_way(faulty: Proxy, uri: S3Uri) -> None:
    def odd(exchange: Exchange) -> None:
        if exchange.method == "GET" and "tagging" in exchange.path:
            rest = b"<Tag><Key>new</Key><Value>1</Value></Tag>" if faulty.sent("PUT", "tagging") else b""
            tag = b"<Tag><Key>a,b</Key><Value>1;2</Value></Tag>"
            exchange.answer = b"<Tagging><TagSet>" + tag + rest + b"</TagSet></Tagging>"

    faulty.after.append(odd)
    faulty.before.append(lambda exchange: exchange.method == "PUT" and setattr(exchange, "status", 200))
    before = {"a,b": "1;2"}
    assert tags.replace(faulty.connection, uri, before, before | {"new": "1"}) == {"a,b": "1;2", "new": "1"}


def test_a_server_that_keeps_other_tags_is_reported(faulty: Proxy, uri: S3Uri) -> None:
    faulty.before.append(lambda exchange: exchange.method == "PUT" and setattr(exchange, "status", 200))
    with pytest.raises(errors.S3Error, match="kept others"):
        tags.replace(faulty.connection, uri, {"a": "1"}, {"a": "2"})


def test_a_server_without_tags_is_not_written_to(faulty: Proxy, connection: Connection, uri: S3Uri) -> None:
    def ignore_subresource(exchange: Exchange) -> None:
        exchange.path = exchange.path.replace("?tagging", "")

    faulty.before.append(ignore_subresource)
    with pytest.raises(errors.Unsupported):
        tags.read(faulty.connection, uri)
    with pytest.raises(errors.Unsupported):
        tags.replace(faulty.connection, uri, {}, {"a": "2"})
    assert {exchange.method for exchange in faulty.seen} == {"GET"}
    assert connection.call("get_object", Bucket=uri.bucket, Key=uri.key)["Body"].read() == b"hello"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ([("", "x")], "no name"),
        ([("a", "1"), ("a", "2")], "twice"),
        ([(str(number), "") for number in range(11)], "11 tags"),
        ([("a" * 129, "")], "129 characters"),
        ([("a", "b" * 257)], "257 characters"),
        ([("AWS:a", "")], "belong to AWS"),
        ([("a;b", "")], "';'"),
        ([("a", "b\n")], "\\n"),
        ([("a", "b\u202e")], "\\u202e"),
    ],
)
def test_each_limit_is_explained(broken: list[tuple[str, str]], said: str) -> None:
    (problem,) = tags.problems(broken)
    assert said in problem


def test_what_is_allowed_has_no_problem() -> None:
    assert tags.problems({"a" * 128: "b" * 256, "Größe 1": "+-=._:/@", "名": ""}) == []
    assert tags.problems({str(number): "" for number in range(10)}) == []
