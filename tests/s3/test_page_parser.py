"""The fast path against botocore's own parser: whatever it takes, it reads as botocore does."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import botocore.session
import pytest
from botocore.handlers import decode_list_object_v2
from botocore.parsers import ResponseParserError, RestXMLParser
from hypothesis import assume, given
from hypothesis import strategies as st

from s3tui.s3 import page_parser
from s3tui.s3.client import Connection
from s3tui.s3.columns import Row

SHAPE = botocore.session.get_session().get_service_model("s3").operation_model("ListObjectsV2").output_shape
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name><Prefix></Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>{encoding}"
    "<IsTruncated>false</IsTruncated>{body}</ListBucketResult>"
)
MD5 = "9dd4e461268c8034f5c8564e155c67a6"
OWNER = "<Owner><ID>75aa57f0</ID><DisplayName>webfile</DisplayName></Owner>"
CHECKSUMS = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
# One object as each server writes it: {key} {time} {etag} {size} {class} are filled in.
SERVERS = {
    "aws": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    "<Size>{size}</Size><StorageClass>{class}</StorageClass></Contents>",
    "aws with owners": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<Size>{size}</Size>" + OWNER + "<StorageClass>{class}</StorageClass></Contents>",
    "moto": '<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>"{etag}"</ETag>' + CHECKSUMS + ""
    "<Size>{size}</Size><StorageClass>{class}</StorageClass>" + OWNER + "</Contents>",
    "ceph": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<Size>{size}</Size><StorageClass>{class}</StorageClass><Type>Normal</Type><Owner><ID>u</ID><DisplayName/></Owner>"
    "</Contents>",
    "seaweedfs": "<Contents><Key>{key}</Key><ETag>&#34;{etag}&#34;</ETag><Size>{size}</Size>"
    "<StorageClass>{class}</StorageClass><LastModified>{time}</LastModified></Contents>",
    "indented": "<Contents>\n  <Key>{key}</Key>\n  <LastModified>{time}</LastModified>\n  <ETag>&#34;{etag}&#34;</ETag>"
    "\n  <Size>{size}</Size>\n  <StorageClass>{class}</StorageClass>\n  <Owner>\n  </Owner>\n</Contents>\n",
    "without a class": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>{etag}</ETag>"
    "<Size>{size}</Size></Contents>",
    "without an ETag": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><Size>{size}</Size></Contents>",
}
PREFIX = "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>"

any_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
tricky_key = st.text("ab/+% &<>'\";\n\t\0\x1bé😀%41", min_size=1, max_size=20)
keys = any_key | tricky_key
times = (
    st.datetimes().filter(lambda moment: moment.year > 1000).map(lambda m: f"{m.isoformat(timespec='milliseconds')}Z")
)
etags = st.sampled_from([MD5, MD5 + "-12", MD5.upper(), "odd", ""])
classes = st.sampled_from(["STANDARD", "GLACIER", "DEEP_ARCHIVE"])
items = st.lists(st.tuples(keys, times, etags, st.integers(0, 1 << 45), classes), max_size=6)


def encode_aws(key: str) -> str:
    return quote_plus(key, safe="/")


def encode_percent(key: str) -> str:
    return quote(key, safe="/")


def page(server: str, some: list[Any], prefixes: list[str], encode: Any) -> bytes:
    body = "".join(
        SERVERS[server].format_map({"key": encode(key), "time": time, "etag": etag, "size": size, "class": storage})
        for key, time, etag, size, storage in some
    )
    body += "".join(PREFIX.format(encode(prefix)) for prefix in prefixes)
    encoding = "" if encode is escape else "<EncodingType>url</EncodingType>"
    return HEAD.format(encoding=encoding, body=body).encode()


def botocore_rows(body: bytes) -> list[Row]:
    answer = RestXMLParser().parse({"headers": {}, "body": body, "status_code": 200}, SHAPE)
    decode_list_object_v2(answer, {"encoding_type_auto_set": True})
    return list(page_parser.page_of(answer))


def our_rows(body: bytes) -> list[Row] | None:
    """None when the page is left to botocore."""
    try:
        columns, rest = page_parser.parse(body)
    except page_parser.NotPlain:
        return None
    RestXMLParser().parse({"headers": {}, "body": rest, "status_code": 200}, SHAPE)
    # botocore puts U+FFFD where a key is not UTF-8; we keep the bytes.
    return [
        Row(
            columns.key_bytes(i).decode("utf-8", "replace"),
            *(getattr(columns.row(i), name) for name in Row.__slots__[1:]),
        )
        for i in range(len(columns))
    ]


@given(st.sampled_from(list(SERVERS)), items, st.lists(keys, max_size=4), st.sampled_from([encode_aws, encode_percent]))
def test_encoded_pages_read_as_botocore_reads_them(
    server: str, some: list[Any], prefixes: list[str], encode: Any
) -> None:
    body = page(server, some, prefixes, encode)
    ours = our_rows(body)
    assert ours is not None
    assert ours == botocore_rows(body)
    assert [row.key for row in ours] == [*prefixes, *(item[0] for item in some)]


@given(st.sampled_from(list(SERVERS)), items, st.lists(keys, max_size=4))
def test_pages_of_servers_that_do_not_encode(server: str, some: list[Any], prefixes: list[str]) -> None:
    body = page(server, some, prefixes, escape)
    try:
        expected = botocore_rows(body)
    except ResponseParserError:
        assume(False)  # XML can't hold these keys; what we read of them is in the next test
    ours = our_rows(body)
    assert ours is None or ours == expected


def test_control_characters_that_xml_forbids_are_still_read() -> None:
    body = page("aws", [("a\x01b&#x1;", "2026-11-20T16:03:04.000Z", MD5, 1, "STANDARD")], [], lambda key: key)
    body = body.replace(b"<EncodingType>url</EncodingType>", b"")
    ours = our_rows(body)
    assert ours is not None
    assert ours[0].key == "a\x01b\x01"


@given(
    st.sampled_from(list(SERVERS)),
    items.filter(bool),
    st.lists(keys, min_size=1, max_size=3),
    st.data(),
)
def test_a_damaged_page_is_never_read_differently(
    server: str, some: list[Any], prefixes: list[str], data: st.DataObject
) -> None:
    body = page(server, some, prefixes, encode_aws)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(start + 40, len(body))))
    tokens = [
        "",
        "<",
        ">",
        "<!-- x -->",
        "<Contents>",
        "</Contents>",
        "<Key>k</Key>",
        "<Size>1</Size>",
        "&",
        "\r\n",
        " ",
    ]
    tokens += ["<CommonPrefixes/>", "<Owner/>", "<x>1</x>", "<![CDATA[x]]>", "é", "0", '<Contents a="b">']
    insert = data.draw(st.sampled_from(tokens)).encode()
    damaged = body[:start] + insert + body[end:]
    try:
        ours = our_rows(damaged)
        expected = botocore_rows(damaged)
    except (ResponseParserError, ValueError, TypeError, KeyError, AttributeError):
        return  # botocore refuses what is left or the whole page, so the listing fails, which is right
    assert ours is None or ours == expected


@pytest.mark.parametrize(
    "strange",
    [
        b'<?xml version="1.0" encoding="UTF-16"?><ListBucketResult></ListBucketResult>',
        b'<s3:ListBucketResult xmlns:s3="x"></s3:ListBucketResult>',
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        b"<!DOCTYPE x><ListBucketResult></ListBucketResult>",
        b"",
        b"not xml",
    ],
)
def test_what_looks_strange_is_left_to_botocore(strange: bytes) -> None:
    assert our_rows(strange) is None


def test_prefixes_among_objects_are_left_to_botocore() -> None:
    one = SERVERS["aws"].format_map(
        {"key": "a", "time": "2026-11-20T16:03:04.000Z", "etag": MD5, "size": 1, "class": "X"}
    )
    body = HEAD.format(encoding="", body=one + PREFIX.format("b/") + one.replace(">a<", ">c<")).encode()
    assert our_rows(body) is None
    assert [row.key for row in botocore_rows(body)] == ["b/", "a", "c"]


def test_every_client_has_the_hook_and_only_listings_use_it(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
    with page_parser.columns_wanted():
        cut = connection.call("list_objects_v2", Bucket=bucket)
    plain = connection.call("list_objects_v2", Bucket=bucket)
    assert "Contents" not in cut
    assert [item["Key"] for item in plain["Contents"]] == ["a"]
    assert list(page_parser.page_of(cut)) == list(page_parser.page_of(plain))
