"""HeadObject told in brief: the same as in full, and “alike” only what doesn't differ where it matters."""

from __future__ import annotations

from typing import Any

import pytest

from s3tui.s3.client import Connection
from s3tui.s3.description import Description, is_same
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, Asked, Stub, stub
from tests.s3.test_quick import is_quick, known

SAID = {
    "Content-Length": "70",
    "ETag": '"e"',
    "Last-Modified": "Thu, 01 Jan 2026 00:00:07 GMT",
    "Content-Type": "text/plain",
    "Server": "MinIO",
    "x-amz-request-id": "ID",
    "x-amz-meta-name": "a",
}
# What each object has for itself.
OWN = {
    "Content-Length": "71",
    "ETag": 'W/"f"',
    "Last-Modified": "Fri, 02 Jan 2026 00:00:07 GMT",
    "x-amz-meta-name": "other",
    "x-amz-request-id": "ID-2",
    "X-Ratelimit-Remaining": "7",
}


def describe(connection: Connection, key: str) -> Description:
    uri = S3Uri("bucket", key)
    asked = connection.begin("head_object", **uri.parameters, ChecksumMode="ENABLED")
    return asked.describe(uri)


def saying(**answers: dict[str, str]) -> Any:
    """A server that has an object for each name."""

    def answer(asked: Asked) -> Answer:
        return Answer(200, headers=answers.get(asked.path.removeprefix("/bucket/"), {}))

    return stub(answer)


def quick_ones(server: Stub) -> list[bool]:
    return [is_quick(asked) for asked in server.asked]


@pytest.mark.parametrize(
    "more",
    [
        {},
        OWN,
        {"x-amz-version-id": "V.1", "x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="true"'},
        {"x-amz-tagging-count": "2", "x-amz-missing-meta": "1", "x-amz-mp-parts-count": "3", "ETag": '"e-3"'},
        {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-bucket-key-enabled": "true"},
        {"x-amz-checksum-sha256": "abc=", "x-amz-checksum-type": "FULL_OBJECT", "x-amz-object-lock-legal-hold": "ON"},
        {"x-amz-meta-name": "fran\xc3\xa7ais", "Content-Disposition": "attachment", "Cache-Control": "no-store"},
        {"x-amz-expiration": 'expiry-date="Fri, 02 Jan 2026 00:00:00 GMT", rule-id="r"', "Accept-Ranges": "bytes"},
    ],
)
def test_it_tells_what_is_told_in_full(more: dict[str, str]) -> None:
    with saying(k={**SAID, **more}) as server:
        connection = known(server)
        brief = describe(connection, "k")
        assert quick_ones(server) == [True]
        full = head(connection, S3Uri("bucket", "k"))
        assert brief.tell() == full
        told = (brief.uri, brief.size, brief.modified, brief.etag, brief.version_id, brief.quoted_etag)
        assert told == (full.uri, full.size, full.modified, full.etag, full.version_id, full.quoted_etag)
        assert {**dict(brief.tell().headers), "date": ""} == {**dict(full.headers), "date": ""}
        one, other = connection.log.newest(2)
        assert (one.operation, one.key, one.status, one.request_id) == (
            other.operation,
            "k",
            200,
            {**SAID, **more}["x-amz-request-id"],
        )


def test_space_around_a_value_is_none_of_it() -> None:
    padded = {name: f"\t {SAID[name]} \t" for name in ("Content-Type", "ETag", "Last-Modified")}
    with saying(k={**SAID, **padded, "x-amz-version-id": " V.1 "}) as server:
        described = describe(known(server), "k")
        info = described.tell()
        assert described.alike and info.metadata.content_type == "text/plain"
        assert (described.etag, described.version_id) == (info.etag, info.version_id) == ("e", "V.1")
        assert described.modified == info.modified


def test_those_are_alike_that_differ_in_what_is_their_own() -> None:
    with saying(k=SAID, l={**SAID, **OWN}, m={**SAID, "X-Ratelimit-Remaining": "8"}) as server:
        connection = known(server)
        one, other, third = (describe(connection, key) for key in "klm")
        assert other.alike and other.alike is third.alike
        assert one.alike and one.alike is not third.alike  # it says less
        assert one.alike is describe(connection, "k").alike


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type",
        "Content-Encoding",
        "Cache-Control",
        "Server",
        "x-amz-storage-class",
        "x-amz-server-side-encryption",
        "x-amz-website-redirect-location",
        "x-amz-object-lock-mode",
        "x-amz-replication-status",
        "x-amz-checksum-type",
        "x-amz-restore",
    ],
)
def test_those_are_not_alike_that_differ_in_anything_else(name: str) -> None:
    answers: list[dict[str, str]] = [{**SAID, name: "one"}, {**SAID, name: "two"}, SAID]
    with saying(k=answers[0], l=answers[1], m={key: value for key, value in SAID.items() if key != name}) as server:
        connection = known(server)
        assert len({describe(connection, key).alike for key in "klm"}) == 3


def test_names_of_metadata_and_checksums_count_and_their_values_do_not() -> None:
    sums = [{"x-amz-checksum-sha256": "a="}, {"x-amz-checksum-sha256": "b="}, {"x-amz-checksum-crc32": "a="}]
    with saying(k={**SAID, **sums[0]}, l={**SAID, **sums[1]}, m={**SAID, **sums[2]}) as server:
        connection = known(server)
        one, other, third = (describe(connection, key) for key in "klm")
        assert one.alike is other.alike is not third.alike
        assert [each.tell().checksums for each in (one, other)] == [(("SHA256", "a="),), (("SHA256", "b="),)]


@pytest.mark.parametrize(
    "odd",
    [
        {"x-amz-tagging-count": "many"},
        {"Expires": "soon"},
        {"x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z"},
        {"Last-Modified": "never"},
        {"Connection": "close"},
    ],
)
def test_what_is_told_oddly_is_told_as_botocore_reads_it(odd: dict[str, str]) -> None:
    with saying(k={**SAID, **odd}) as server:
        connection = known(server)
        try:
            usual: Any = head(connection, S3Uri("bucket", "k"))
        except Exception as error:
            usual = type(error)
        try:
            told: Any = describe(connection, "k")
        except Exception as error:
            told = type(error)
        if isinstance(told, Description):
            assert told.alike is None
            told = told.tell()
        assert told == usual


def test_many_sorts_are_forgotten_and_learnt_anew() -> None:
    with saying(**{f"{number:03}": {**SAID, "Content-Type": str(number)} for number in range(300)}) as server:
        connection = known(server)
        first = describe(connection, "000").alike
        assert first is describe(connection, "000").alike
        others = {describe(connection, f"{number:03}").alike for number in range(1, 300)}
        assert len(others) == 299 and first not in others
        assert describe(connection, "000").alike is not first


@pytest.mark.parametrize("more", [{"x-amz-meta-name": "b"}, {"x-amz-meta-more": "b"}, {"Content-Type": "text/html"}])
@pytest.mark.parametrize("is_full", [False, True])
def test_other_metadata_in_the_same_second_is_no_longer_the_same(more: dict[str, str], is_full: bool) -> None:
    """Whichever way it is told now, or was told before."""
    with saying(k=SAID, changed={**SAID, **more}) as server:
        connection = known(server)
        before = describe(connection, "k")
        tell = head if is_full else lambda connection, uri: describe(connection, uri.key)
        now, changed = (tell(connection, S3Uri("bucket", key)) for key in ("k", "changed"))
        assert is_same(now, before) and is_same(before, now)
        assert not is_same(changed, before) and not is_same(before, changed)


def test_names_of_metadata_differ_by_more_than_case() -> None:
    with saying(
        k=SAID, other={**{n: v for n, v in SAID.items() if n != "x-amz-meta-name"}, "X-Amz-Meta-Name": "a"}
    ) as server:
        connection = known(server)
        assert is_same(head(connection, S3Uri("bucket", "other")), describe(connection, "k"))
