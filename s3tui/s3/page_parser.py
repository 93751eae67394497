"""Pages of ListObjectsV2 read straight into columns, fifty times faster than botocore reads them.

The request goes through boto3 as any other. When the answer comes, a hook looks at it before botocore does:
if it is written exactly as S3 writes it, the objects and common prefixes are cut out into columns and botocore
parses only what is left (tokens, names). Any page that looks different in any way is left to botocore.

The hook's name matters: botocore's own `before-parse.s3.*` handler parses the whole page once more to look for
an error, and only a hook whose name has its wildcard further left runs before that one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from s3tui.s3.columns import Columns, milliseconds, unquoted

_PAGE = "s3tui.page"
_wanted: ContextVar[bool] = ContextVar("columns_wanted", default=False)

_FIELDS = {
    "Key": rb"<Key>([^<]*)</Key>\s*",
    "LastModified": (
        rb"<LastModified>([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z)</LastModified>\s*"
    ),
    "ETag": rb"(?:<ETag>([^<]*)</ETag>\s*)?",
    "Size": rb"<Size>([0-9]{1,18})</Size>\s*",
    "StorageClass": rb"(?:<StorageClass>([^<]*)</StorageClass>\s*)?",
}
# Elements that are not kept; servers put them anywhere behind the ETag.
_REST = (
    rb"(?:(?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>|<ChecksumType>[^<]*</ChecksumType>|<Type>[^<]*</Type>"
    rb"|<Owner>\s*(?:(?:<ID>[^<]*</ID>|<DisplayName>[^<]*</DisplayName>|<ID/>|<DisplayName/>)\s*)*</Owner>)\s*)*"
)
# Whatever is no row is swallowed to the end by the last group, so that the last match tells.
_STRAY = rb"|([\s\S]+)"
_PREFIXES = re.compile(rb"<CommonPrefixes>\s*<Prefix>([^<]*)</Prefix>\s*</CommonPrefixes>\s*" + _STRAY)


def _objects_in(*order: str) -> tuple[re.Pattern[bytes], Callable[[Any], Any]]:
    """The pattern of objects whose elements come in this order, and what sorts its groups into ours."""
    fields = b"".join(_FIELDS[name] + (_REST if name in ("ETag", "Size", "StorageClass") else b"") for name in order)
    pattern = re.compile(rb"<Contents>\s*" + fields + rb"</Contents>\s*" + _STRAY)
    return pattern, operator.itemgetter(*(order.index(name) for name in _FIELDS))


_OBJECTS = (
    _objects_in("Key", "LastModified", "ETag", "Size", "StorageClass"),  # AWS, Ceph, MinIO and most others
    _objects_in("Key", "ETag", "Size", "StorageClass", "LastModified"),  # SeaweedFS
)
_HEAD = re.compile(
    rb"\s*(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?[^>]*\?>)?\s*<ListBucketResult[^>]*[^>/]>",
    re.IGNORECASE,
)
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


class _NotPlain(Exception):
    """The page isn't written as expected; botocore reads it."""


def install(client: Any) -> None:
    """Register the hook on a boto3 S3 `client`. It does nothing outside `columns_wanted`."""
    client.meta.events.register("before-parse.*.ListObjectsV2", _before_parse)


@contextmanager
def columns_wanted() -> Iterator[None]:
    """Answers of ListObjectsV2 that come inside are cut into columns; read them with `page_of`."""
    before = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(before)


def page_of(answer: dict[str, Any]) -> Columns:
    """The rows of an answer of ListObjectsV2: common prefixes, then objects."""
    page = answer.get(_PAGE)
    if isinstance(page, Columns):
        return page
    page = Columns()
    for prefix in answer.get("CommonPrefixes") or ():
        page.append_prefix(prefix["Prefix"])
    for item in answer.get("Contents") or ():
        page.append(
            item["Key"],
            int(item.get("Size") or 0),
            item.get("LastModified"),
            str(item.get("ETag") or ""),
            str(item.get("StorageClass") or ""),
        )
    return page


def _before_parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if not _wanted.get() or response_dict["status_code"] != 200:
        return
    try:
        page, rest = parse(response_dict["body"])
    except _NotPlain:
        return
    customized_response_dict[_PAGE] = page
    response_dict["body"] = rest


def parse(body: bytes) -> tuple[Columns, bytes]:
    """The rows of a page, and the page without them. Raises `_NotPlain`."""
    if not _HEAD.match(body):
        raise _NotPlain
    objects, without = _cut(body, b"Contents")
    prefixes, rest = _cut(without, b"CommonPrefixes")
    if b"<!" in rest:
        raise _NotPlain
    encoded = b"<EncodingType>url</EncodingType>" in rest
    page = Columns()
    if prefixes:
        _add_prefixes(page, prefixes, encoded)
    if objects:
        _add_objects(page, objects, encoded)
    return page, rest


def _cut(body: bytes, tag: bytes) -> tuple[bytes, bytes]:
    """The region in which all elements of one kind stand, and the body without it."""
    opening, closing = b"<%b>" % tag, b"</%b>" % tag
    start = body.find(opening)
    end = body.rfind(closing) + len(closing)
    region, rest = (body[start:end], body[:start] + body[end:]) if start >= 0 else (b"", body)
    # XML turns a carriage return into a newline; botocore may do that.
    if opening[:-1] in rest or b"\r" in region or (start >= 0 and not region):
        raise _NotPlain
    return region, rest


def _add_prefixes(page: Columns, region: bytes, encoded: bool) -> None:
    rows = _PREFIXES.findall(region)
    if rows[-1][-1]:
        raise _NotPlain
    page.append_prefixes(_keys([match[0] for match in rows], encoded))


def _add_objects(page: Columns, region: bytes, encoded: bool) -> None:
    for pattern, fields in _OBJECTS:
        rows = pattern.findall(region)
        if not rows[-1][-1]:
            keys, times, etags, sizes, classes = fields(list(zip(*rows, strict=True)))
            page.append_objects(
                _keys(keys, encoded), list(map(int, sizes)), _times(times), _etags(etags), _texts(classes)
            )
            return
    raise _NotPlain


def _keys(values: Sequence[bytes], encoded: bool) -> Sequence[bytes]:
    joined = b"".join(values)
    if b"&" in joined:
        values = [_unescape(value) for value in values]
    if encoded and (b"%" in joined or b"+" in joined):
        values = [unquote_to_bytes(value.replace(b"+", b" ")) for value in values]
    return values


def _unescape(value: bytes) -> bytes:
    """XML's five entities and numbers; anything else isn't plain."""
    return _ENTITY.sub(_character, value) if b"&" in value else value


def _character(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED[name]
    if not decimal and not hexadecimal:
        raise _NotPlain
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise _NotPlain
    return chr(code).encode()


def _times(values: Sequence[bytes]) -> list[int]:
    try:
        return [milliseconds(datetime.fromisoformat(text)) for text in _texts(values)]
    except ValueError as error:
        raise _NotPlain from error


def _etags(values: Sequence[bytes]) -> list[str]:
    return list(map(unquoted, _texts(values)))


def _texts(values: Sequence[bytes]) -> list[str]:
    """The values as text, decoded all at once."""
    # The usual entities first, since they are around each ETag.
    joined = b"\0".join(values).replace(b"&quot;", b'"').replace(b"&#34;", b'"')
    if b"&" in joined:
        joined = _unescape(joined)
    try:
        texts = joined.decode().split("\0")
    except UnicodeDecodeError as error:
        raise _NotPlain from error
    if len(texts) != len(values):
        raise _NotPlain
    return texts
