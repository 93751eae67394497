from __future__ import annotations

from collections import Counter
from typing import Any
from xml.sax.saxutils import escape

import pytest
from botocore.parsers import ResponseParserError
from hypothesis import assume, given
from hypothesis import strategies as st

from s3tui.s3 import page_parser
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, PREFIX, Row
from tests.s3 import page_samples as samples
from tests.s3.page_samples import (
    MD5,
    SERVERS,
    VERSIONS,
    botocore_answer,
    botocore_rows,
    encode_aws,
    encode_percent,
    filled,
    items,
    keys,
    our_rows,
    page_of_objects,
)

ONE = ("a", "2026-11-20T16:03:04.000Z", MD5, 1, "STANDARD")
encodings = st.sampled_from([encode_aws, encode_percent])
versions = st.lists(st.tuples(items.filter(bool).map(lambda some: some[0]), st.booleans(), st.booleans()), max_size=6)
DAMAGES = ["", "<", ">", "<!-- x -->", "<Contents>", "</Contents>", "<Key>k</Key>", "<Size>1</Size>", "&", "\r\n", " "]
DAMAGES += ["<CommonPrefixes/>", "<Owner/>", "<x>1</x>", "<![CDATA[x]]>", "é", "0", '<Contents a="b">', "<Version>"]


@given(st.sampled_from(list(SERVERS)), items, st.lists(keys, max_size=4), encodings)
def test_encoded_pages_read_as_botocore_reads_them(
    server: str, some: list[Any], prefixes: list[str], encode: Any
) -> None:
    body = page_of_objects(server, some, prefixes, encode)
    ours = our_rows(body)
    assert ours is not None
    assert ours == botocore_rows(body)
    assert [row.key for row in ours] == [*prefixes, *(item[0] for item in some)]


@given(st.sampled_from(list(SERVERS)), items, st.lists(keys, max_size=4))
def test_pages_of_servers_that_do_not_encode(server: str, some: list[Any], prefixes: list[str]) -> None:
    body = page_of_objects(server, some, prefixes, escape)
    try:
        expected = botocore_rows(body)
    except ResponseParserError:
        assume(False)  # XML can't hold these keys; what we read of them is in the next test
    ours = our_rows(body)
    assert ours is None or ours == expected


def test_control_characters_that_xml_forbids_are_still_read() -> None:
    body = page_of_objects("aws", [("a\x01b&#x1;", *ONE[1:])], [], lambda key: key)
    body = body.replace(b"<EncodingType>url</EncodingType>", b"")
    ours = our_rows(body)
    assert ours is not None
    assert ours[0].key == "a\x01b\x01"


@given(st.lists(st.tuples(st.sampled_from(list(SERVERS)), items.filter(bool)), min_size=1, max_size=5))
def test_rows_on_one_page_may_be_written_differently(some: list[Any]) -> None:
    body = samples.page("".join(filled(SERVERS[server], row[0], encode_aws) for server, row in some), encode_aws)
    ours = our_rows(body)
    assert ours is not None
    assert ours == botocore_rows(body)


def test_a_page_on_which_each_row_is_written_differently_is_left_to_botocore() -> None:
    one = SERVERS["without an ETag"]
    some = [one.replace("<Size>", "<Type>x</Type>" * number + "<Size>") for number in range(12)]
    assert our_rows(samples.page("".join(filled(row, ONE, escape) for row in some), escape)) is None


@given(st.sampled_from(list(VERSIONS)), versions, st.booleans(), encodings)
def test_versions_read_as_botocore_reads_them(server: str, some: list[Any], apart: bool, encode: Any) -> None:
    some.sort(key=lambda each: each[0][0].encode())
    if apart:  # as moto sends them: all versions, then all markers
        some.sort(key=lambda each: each[1])
    body = "".join(
        filled(VERSIONS[server][is_marker], item, encode, latest="true" if latest else "false")
        for item, is_marker, latest in some
    )
    page = samples.page(body, encode, "ListVersionsResult")
    ours = our_rows(page)
    assert ours is not None
    assert Counter(ours) == Counter(botocore_rows(page))
    assert [row.key for row in ours] == sorted((each[0][0] for each in some), key=str.encode)
    kinds = {(False, True): OBJECT, (False, False): NONCURRENT, (True, True): DELETED, (True, False): OLD_MARKER}
    assert Counter(row.kind for row in ours) == Counter(kinds[each[1], each[2]] for each in some)


def by_key_and_kind(numbered: tuple[int, Row]) -> tuple[str, bool, int]:
    number, row = numbered
    return row.key, row.kind in (DELETED, OLD_MARKER), number


@given(
    st.sampled_from(list(SERVERS)), items.filter(bool), st.lists(keys, min_size=1, max_size=3), st.booleans(), st.data()
)
def test_a_damaged_page_is_never_read_differently(
    server: str, some: list[Any], prefixes: list[str], of_versions: bool, data: st.DataObject
) -> None:
    if of_versions:
        rows = "".join(
            filled(VERSIONS["aws"][number % 2], item, encode_aws, latest="true") for number, item in enumerate(some)
        )
        body = samples.page(rows, encode_aws, "ListVersionsResult")
    else:
        body = page_of_objects(server, some, prefixes, encode_aws)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(start + 40, len(body))))
    damaged = body[:start] + data.draw(st.sampled_from(DAMAGES)).encode() + body[end:]
    try:
        ours = our_rows(damaged)
        expected = botocore_rows(damaged)
    except (ResponseParserError, ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return  # botocore refuses what is left or the whole page, so the listing fails, which is right
    if of_versions and ours is not None:  # botocore tells versions and markers of a key apart, not their order
        ours, expected = ([row for _, row in sorted(enumerate(rows), key=by_key_and_kind)] for rows in (ours, expected))
    assert ours is None or ours == expected


@given(st.sampled_from(list(SERVERS)), items.filter(bool), st.lists(keys, max_size=3), st.data())
def test_a_page_that_ends_too_early_is_not_plain(
    server: str, some: list[Any], prefixes: list[str], data: st.DataObject
) -> None:
    body = page_of_objects(server, some, prefixes, encode_aws)
    with pytest.raises(page_parser.NotPlain):
        page_parser.parse_page(body[: data.draw(st.integers(0, len(body) - 1))])


@pytest.mark.parametrize(
    "strange",
    [
        b'<?xml version="1.0" encoding="UTF-16"?><ListBucketResult></ListBucketResult>',
        b'<s3:ListBucketResult xmlns:s3="x"></s3:ListBucketResult>',
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        b"<!DOCTYPE x><ListBucketResult></ListBucketResult>",
        b"<ListBucketResult/>",
        b"",
        b"not xml",
    ],
)
def test_what_looks_strange_is_left_to_botocore(strange: bytes) -> None:
    assert our_rows(strange) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time", "2026-02-30T00:00:00.000Z"),
        ("time", "2026-11-20T16:03:60.000Z"),
        ("time", "2026-11-20T16:03:04.000+01:00"),
        ("time", "yesterday"),
        ("size", "-1"),
        ("size", "1_0"),
        ("size", ""),
        ("size", str(1 << 63)),
        ("etag", "&unknown;"),
        ("key", "a&#xD800;"),
    ],
)
def test_a_value_that_is_none_is_left_to_botocore(field: str, value: str) -> None:
    fields = dict(zip(("key", "time", "etag", "size", "class"), ONE, strict=True)) | {field: value}
    assert our_rows(samples.page(SERVERS["ceph"].format_map(fields), escape)) is None


def test_prefixes_may_stand_among_objects() -> None:
    a, c = (filled(SERVERS["aws"], (key, *ONE[1:]), escape) for key in "ac")
    prefixes = [samples.PREFIX.format(prefix) for prefix in ("Z/", "b/", "d/")]
    body = samples.page(prefixes[0] + a + prefixes[1] + c + prefixes[2], escape)
    ours = our_rows(body)
    assert ours is not None
    assert [row.key for row in ours] == ["Z/", "b/", "d/", "a", "c"]
    assert [row.kind for row in ours] == [PREFIX] * 3 + [OBJECT] * 2
    assert ours == botocore_rows(body)


@given(keys, keys)
def test_the_next_page_is_asked_for_with_the_token_as_it_is(key: str, token: str) -> None:
    following = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>"
    body = samples.page(filled(SERVERS["aws"], (key, *ONE[1:]), encode_aws), encode_aws, following=following)
    assume("\r" not in token)  # XML makes a newline of it
    try:
        answer = botocore_answer(body)
    except ResponseParserError:
        assume(False)
    page = page_parser.parse_page(body)
    assert page.truncated
    assert page.following == page_parser.following_of(answer) == {"continuation-token": token}


@given(keys, st.booleans())
def test_the_next_page_of_versions_begins_behind_the_last_key_whether_it_was_encoded_or_not(
    key: str, is_encoded: bool
) -> None:
    marker = encode_aws(key) if is_encoded else escape(key)
    following = f"<NextKeyMarker>{marker}</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>"
    row = filled(VERSIONS["aws"][0], (key, *ONE[1:]), encode_aws, latest="true")
    body = samples.page(row, encode_aws, "ListVersionsResult", following)
    try:
        answer = botocore_answer(body)
    except ResponseParserError:
        assume(False)
    assume("\r" not in marker)  # XML makes a newline of it
    expected = {"key-marker": key, "version-id-marker": "v1"}
    assert page_parser.following_of(answer) == expected
    assert page_parser.parse_page(body).following == expected


def test_the_last_page_has_no_next() -> None:
    page = page_parser.parse_page(page_of_objects("aws", [ONE], [], encode_aws))
    assert (page.truncated, page.following, len(page.columns)) == (False, {}, 1)


def test_every_client_has_the_hook_and_only_listings_use_it(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
    for operation, field in (("list_objects_v2", "Contents"), ("list_object_versions", "Versions")):
        with page_parser.columns_wanted():
            cut = connection.call(operation, Bucket=bucket)
        plain = connection.call(operation, Bucket=bucket)
        assert field not in cut
        assert [item["Key"] for item in plain[field]] == ["a"]
        assert list(page_parser.page_of(cut)) == list(page_parser.page_of(plain))
        assert page_parser.is_plain(cut)
        assert not page_parser.is_plain(plain)
