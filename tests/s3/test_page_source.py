"""Pages of a list: the first by boto3, others as that was asked for; what goes wrong is boto3's again."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from s3tui.profiles.credentials import Keys, remember
from s3tui.s3.client import Connection
from s3tui.s3.errors import AccessDenied, BadCredentials, ServerFault
from s3tui.s3.fan_out import Plan
from s3tui.s3.page_source import EndpointPages
from tests.s3.stub_server import Answer, Asked, Stub, stub

PAGE = (
    b"<ListBucketResult><Name>bucket</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents>"
    b"<Key>a%20b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>"
)
VERSIONS = b"<ListVersionsResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListVersionsResult>"


def by_boto3(asked: Asked) -> bool:
    return "Boto3" in asked.headers.get("user-agent", "")


def lists(asked: Asked) -> Answer:
    return Answer(200, VERSIONS if "versions" in asked.path else PAGE, {"x-amz-request-id": "id"})


@pytest.fixture
def server() -> Iterator[Stub]:
    with stub(lists) as running:
        yield running


def faulty(fault: Callable[[Asked], Answer | None]) -> Callable[[Asked], Answer]:
    """Lists, but answers with `fault` what boto3 did not ask."""
    return lambda asked: (None if by_boto3(asked) else fault(asked)) or lists(asked)


@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.parametrize("delimiter", [b"", b"/"])
@pytest.mark.parametrize("prefix", [b"", "a b/+%é\U0001f600&x=1".encode()])
def test_both_ask_the_same(server: Stub, prefix: bytes, delimiter: bytes, versions: bool) -> None:
    pages = EndpointPages(Connection(server.profile), "bucket", Plan(prefix, delimiter, versions=versions), 7)
    words = {"key-marker": "z é"} if versions else {"continuation-token": "t+/=", "start-after": "z é"}
    got = [pages.page(words, wants_way=True) for _ in range(2)]
    assert [by_boto3(asked) for asked in server.asked] == [True, False]
    first, second = (sorted(parse_qsl(urlsplit(asked.path).query, keep_blank_values=True)) for asked in server.asked)
    assert first == second
    assert [page.columns.keys() for page in got] == [[] if versions else ["a b"]] * 2
    assert got[0].way == got[1].way


def test_the_next_list_of_the_bucket_begins_without_boto3(server: Stub) -> None:
    connection = Connection(server.profile)
    for prefix in (b"one/", b"two/", b"three/"):
        EndpointPages(connection, "bucket", Plan(prefix), 7).page({}, wants_way=True)
    assert [by_boto3(asked) for asked in server.asked] == [True, False, False]
    assert [
        prefix in asked.path for prefix, asked in zip(("=one%2F", "=two%2F", "=three%2F"), server.asked, strict=True)
    ] == [True] * 3
    told = connection.log.newest()
    assert [(each.operation, each.bucket, each.status, each.request_id) for each in told] == [
        ("ListObjectsV2", "bucket", 200, "id")
    ] * 3


def test_other_keys_are_used_at_once(server: Stub) -> None:
    connection = Connection(server.profile)
    pages = EndpointPages(connection, "bucket", Plan(b""), 7)
    pages.page({}, wants_way=True)
    remember("stub", Keys("AKIAOTHER", "another-secret", "a-token"))
    connection.close()
    for _ in range(2):
        pages.page({}, wants_way=True)
    assert [by_boto3(asked) for asked in server.asked] == [True, True, False]
    assert all("AKIAOTHER" in asked.headers["authorization"] for asked in server.asked[1:])


@pytest.mark.parametrize(
    "fault",
    [
        Answer(500),
        Answer(503, b"<Error><Code>SlowDown</Code></Error>"),
        Answer(0),
        Answer(200, PAGE[:-30]),
        Answer(200, PAGE.replace(b"<IsTruncated>false</IsTruncated>", b"")),
        Answer(200, VERSIONS),
        Answer(200, b"<html>Sign in</html>"),
        Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"),
        Answer(400, b"<Error><Code>InvalidArgument</Code></Error>"),
        Answer(307, b"", {"Location": "http://127.0.0.1:1/bucket"}),
    ],
)
def test_what_goes_wrong_is_asked_again_by_boto3(fault: Answer) -> None:
    with stub(faulty(lambda _: fault)) as server:
        connection = Connection(server.profile)
        pages = EndpointPages(connection, "bucket", Plan(b""), 7)
        got = [pages.page({}, wants_way=True) for _ in range(5)]
        assert [page.columns.keys() for page in got] == [["a b"]] * 5
        assert all(page.way for page in got), "children may ask nevertheless"
        first, *twice, rest = True, False, True, False, True, True
        assert [by_boto3(asked) for asked in server.asked] == [first, *twice, rest, rest]
        assert len(connection.log.newest()) == len(server.asked)


def test_a_fault_now_and_then_is_chance() -> None:
    numbers = itertools.count()
    with stub(faulty(lambda _: Answer(0) if next(numbers) % 3 == 0 else None)) as server:
        pages = EndpointPages(Connection(server.profile), "bucket", Plan(b""), 7)
        for _ in range(10):
            assert pages.page({}, wants_way=True).columns.keys() == ["a b"]
        assert not by_boto3(server.asked[-1])


def test_what_may_not_be_listed_says_nothing_of_the_rest_of_the_bucket() -> None:
    def answer(asked: Asked) -> Answer:
        return lists(asked) if "prefix=a" in asked.path else Answer(403, b"<Error><Code>AccessDenied</Code></Error>")

    with stub(answer) as server:
        connection = Connection(server.profile)
        EndpointPages(connection, "bucket", Plan(b"a"), 7).page({}, wants_way=True)
        for _ in range(3):
            with pytest.raises(AccessDenied):
                EndpointPages(connection, "bucket", Plan(b"b"), 7).page({}, wants_way=True)
        assert EndpointPages(connection, "bucket", Plan(b"a"), 7).page({}, wants_way=True).way
        assert not by_boto3(server.asked[-1])


def test_an_endpoint_that_knows_no_versions_has_no_list_of_them() -> None:
    with stub(lambda _: Answer(200, PAGE)) as server:
        connection = Connection(server.profile)
        EndpointPages(connection, "bucket", Plan(b""), 7).page({}, wants_way=True)
        with pytest.raises(ServerFault):
            EndpointPages(connection, "bucket", Plan(b"", versions=True), 7).page({}, wants_way=True)


def test_keys_that_cannot_be_renewed_are_told_of_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, soon = tmp_path / "sealed", datetime.now(UTC) + timedelta(minutes=5)
    keys = {
        "Version": 1,
        "AccessKeyId": "AKIASTUB",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": f"{soon:%FT%TZ}",
    }
    vault = tmp_path / "vault.py"
    vault.write_text(
        f"import os, sys\nsys.exit('sealed') if os.path.exists({str(sealed)!r}) else print({json.dumps(json.dumps(keys))})"
    )
    config = tmp_path / "config"
    config.write_text(f"[profile work]\nregion = us-east-1\ncredential_process = {sys.executable} {vault}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with stub(lists) as server:
        profile = replace(server.profile, credentials="aws:work")
        pages = EndpointPages(Connection(profile), "bucket", Plan(b""), 7)
        pages.page({}, wants_way=True)
        sealed.touch()
        with pytest.raises(BadCredentials):
            pages.page({}, wants_way=True)


def test_few_connections_are_kept_however_many_buckets_are_listed(server: Stub) -> None:
    connection = Connection(server.profile)
    for number in [*range(60), *range(60)]:
        EndpointPages(connection, f"bucket-{number}", Plan(b""), 7).page({}, wants_way=True)
    assert len(connection.directs._known) == 32
    EndpointPages(connection, "bucket-59", Plan(b""), 7).page({}, wants_way=True)
    assert not by_boto3(server.asked[-1])


def test_a_refusal_is_told_as_boto3_tells_it() -> None:
    refused = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
    with stub(lambda asked: refused if len(server.asked) > 1 else lists(asked)) as server:
        pages = EndpointPages(Connection(server.profile), "bucket", Plan(b""), 7)
        pages.page({}, wants_way=True)
        with pytest.raises(AccessDenied):
            pages.page({}, wants_way=True)


def test_pages_that_only_botocore_reads_are_asked_for_once_each() -> None:
    odd = PAGE.replace(b"<ListBucketResult>", b'<s3:ListBucketResult xmlns:s3="x">').replace(
        b"</ListBucketResult>", b"</s3:ListBucketResult>"
    )
    with stub(lambda _: Answer(200, odd)) as server:
        pages = EndpointPages(Connection(server.profile), "bucket", Plan(b""), 7)
        for _ in range(3):
            assert not pages.page({}, wants_way=True).is_plain
        assert [by_boto3(asked) for asked in server.asked] == [True] * 3
