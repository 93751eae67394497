"""Pages of listings as the servers write them, to be filled with rows, and what botocore reads in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import botocore.session
from botocore.handlers import decode_list_object_v2, decode_list_object_versions
from botocore.parsers import RestXMLParser
from hypothesis import strategies as st

from s3tui.s3 import page_parser
from s3tui.s3.columns import Columns, Row

_MODEL = botocore.session.get_session().get_service_model("s3")
OPERATIONS: dict[str, tuple[Any, Callable[..., None]]] = {
    "ListBucketResult": (_MODEL.operation_model("ListObjectsV2").output_shape, decode_list_object_v2),
    "ListVersionsResult": (_MODEL.operation_model("ListObjectVersions").output_shape, decode_list_object_versions),
}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name><Prefix></Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>{encoding}"
    "<IsTruncated>{truncated}</IsTruncated>{following}{body}</{root}>"
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
    "aws with restores": "<Contents><Key>{key}</Key><LastModified>{time}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<Size>{size}</Size><StorageClass>{class}</StorageClass><RestoreStatus><IsRestoreInProgress>false"
    "</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>",
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
# A version and a delete marker; also {latest}.
VERSIONS = {
    "aws": (
        "<Version><Key>{key}</Key><VersionId>v1</VersionId><IsLatest>{latest}</IsLatest><LastModified>{time}"
        "</LastModified><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>{class}</StorageClass>"
        + OWNER
        + "</Version>",
        "<DeleteMarker><Key>{key}</Key><VersionId>v2</VersionId><IsLatest>{latest}</IsLatest><LastModified>{time}"
        "</LastModified>" + OWNER + "</DeleteMarker>",
    ),
    "moto": (
        '<Version><ETag>"{etag}"</ETag><Size>{size}</Size><StorageClass>{class}</StorageClass><Key>{key}</Key>'
        "<VersionId>null</VersionId><IsLatest>{latest}</IsLatest><LastModified>{time}</LastModified>"
        + OWNER
        + "</Version>",
        "<DeleteMarker>" + OWNER + "<Key>{key}</Key><VersionId>v2</VersionId><IsLatest>{latest}</IsLatest>"
        "<LastModified>{time}</LastModified></DeleteMarker>",
    ),
    "minio": (
        "<Version><Key>{key}</Key><LastModified>{time}</LastModified><ETag>&#34;{etag}&#34;</ETag><Size>{size}</Size>"
        + OWNER
        + "<StorageClass>{class}</StorageClass><IsLatest>{latest}</IsLatest><VersionId>v1</VersionId></Version>",
        "<DeleteMarker><Key>{key}</Key><LastModified>{time}</LastModified><ETag></ETag><Size>0</Size>"
        + OWNER
        + "<StorageClass>STANDARD</StorageClass><IsLatest>{latest}</IsLatest><VersionId>v2</VersionId></DeleteMarker>",
    ),
}
PREFIX = "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>"

any_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
tricky_key = st.text("ab/+% &<>'\";\n\t\0\x1bé😀%41", min_size=1, max_size=20)
xml_like = st.sampled_from(["<Key>k</Key>", "</Contents>", "<!--", "]]>", "&amp;", "&#38;", "%2B", "%252B", "a+b c"])
keys = any_key | tricky_key | xml_like
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


def filled(template: str, item: tuple[Any, ...], encode: Callable[[str], str], **more: str) -> str:
    key, time, etag, size, storage = item
    return template.format_map({"key": encode(key), "time": time, "etag": etag, "size": size, "class": storage, **more})


def page(body: str, encode: Callable[[str], str], root: str = "ListBucketResult", following: str = "") -> bytes:
    encoding = "" if encode is escape else "<EncodingType>url</EncodingType>"
    truncated = "true" if following else "false"
    return HEAD.format(root=root, encoding=encoding, truncated=truncated, following=following, body=body).encode()


def page_of_objects(server: str, some: list[Any], prefixes: list[str], encode: Callable[[str], str]) -> bytes:
    body = "".join(filled(SERVERS[server], item, encode) for item in some)
    return page(body + "".join(PREFIX.format(encode(prefix)) for prefix in prefixes), encode)


def botocore_answer(body: bytes) -> dict[str, Any]:
    """What botocore makes of a page by itself."""
    shape, decode = next(how for root, how in OPERATIONS.items() if f"<{root}".encode() in body)
    answer: dict[str, Any] = RestXMLParser().parse({"headers": {}, "body": body, "status_code": 200}, shape)
    decode(answer, {"encoding_type_auto_set": True})
    return answer


def botocore_rows(body: bytes) -> list[Row]:
    return list(page_parser.page_of(botocore_answer(body)))


def our_rows(body: bytes) -> list[Row] | None:
    """None when the page is left to botocore."""
    try:
        columns, rest = page_parser.parse(body)
    except page_parser.NotPlain:
        return None
    botocore_answer(rest)
    return replaced(columns)


def replaced(columns: Columns) -> list[Row]:
    """The rows with U+FFFD where a key is not UTF-8, as botocore reads it; we keep the bytes."""
    return [
        Row(
            columns.key_bytes(i).decode("utf-8", "replace"),
            *(getattr(columns.row(i), name) for name in Row.__slots__[1:]),
        )
        for i in range(len(columns))
    ]
