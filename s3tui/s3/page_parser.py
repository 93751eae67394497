"""Pages of ListObjectsV2 and ListObjectVersions read straight into columns, fifty times faster than botocore does.

The request goes through boto3 as any other. When the answer comes, a hook looks at it before botocore does:
if it is written as S3 writes it, the rows are cut out into columns and botocore parses only what is left (tokens,
names). Any page that looks different in any way is left to botocore.

The hook's name matters: botocore's own `before-parse.s3.*` handler parses the whole page once more to look for
an error, and only a hook whose name has its wildcard further left runs before that one.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from s3tui.s3 import page_times
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, Columns, unquoted
from s3tui.s3.row_shapes import TAG, Rows, children, rows_in
from s3tui.s3.row_shapes import NotPlain as NotPlain

_PAGE = "s3tui.page"
_MD5 = 16  # bytes
_wanted: ContextVar[bool] = ContextVar("columns_wanted", default=False)

_HEAD = re.compile(
    rb"[ \t\n]*(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:utf|UTF)-8[\"'])?(?: standalone=[\"']\w+[\"'])? ?\?>)?"
    rb"[ \t\n]*<(ListBucketResult|ListVersionsResult)(?: [^<>]*[^<>/])?>"
)
_ROOTS = {b"ListBucketResult": (b"Contents",), b"ListVersionsResult": (b"Version", b"DeleteMarker")}
_KINDS = {
    (b"Version", b"true"): OBJECT,
    (b"Version", b"false"): NONCURRENT,
    (b"DeleteMarker", b"true"): DELETED,
    (b"DeleteMarker", b"false"): OLD_MARKER,
}
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and how to ask for the next one."""

    columns: Columns  # common prefixes, then objects or versions
    truncated: bool  # whether the server says that there is more
    following: dict[str, str]  # the words to add to the query; bytes that are not UTF-8 are lone surrogates


def install(client: Any) -> None:
    """Register the hook on a boto3 S3 `client`. It does nothing outside `columns_wanted`."""
    for operation in ("ListObjectsV2", "ListObjectVersions"):
        client.meta.events.register(f"before-parse.*.{operation}", _before_parse)


@contextmanager
def columns_wanted() -> Iterator[None]:
    """Answers to listings that come inside are cut into columns; read them with `page_of`."""
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


def is_plain(answer: dict[str, Any]) -> bool:
    """Whether an answer that came inside `columns_wanted` was cut here, and not parsed by botocore."""
    return _PAGE in answer


def _before_parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if not _wanted.get() or response_dict["status_code"] != 200:
        return
    try:
        page, rest = parse(response_dict["body"])
    except NotPlain:
        return
    customized_response_dict[_PAGE] = page
    response_dict["body"] = rest


def parse_page(body: bytes) -> Page:
    """A page as the server sent it, without any client. Raises `NotPlain`, also when it ends too early."""
    columns, rest = parse(body)
    root = _HEAD.match(rest)
    assert root is not None
    said = children(b"<%b>" % root[1] + rest[root.end() :].rstrip(b" \t\n"))
    truncated = said.get("IsTruncated", b"false")
    if truncated not in (b"true", b"false"):
        raise NotPlain
    return Page(columns, truncated == b"true", _following(said))


def _following(said: dict[str, bytes]) -> dict[str, str]:
    encoded = said.get("EncodingType") == b"url"
    texts = {
        "continuation-token": _unescape(said.get("NextContinuationToken", b"")),
        "key-marker": _keys([said.get("NextKeyMarker", b"")], encoded)[0],
        "version-id-marker": _unescape(said.get("NextVersionIdMarker", b"")),
    }
    return {word: text.decode("utf-8", "surrogateescape") for word, text in texts.items() if text}


def parse(body: bytes) -> tuple[Columns, bytes]:
    """The rows of a page, and the page without them. Raises `NotPlain`."""
    head = _HEAD.match(body)
    if not head:
        raise NotPlain
    objects, without = _cut(body, *_ROOTS[head[1]])
    prefixes, rest = _cut(without, b"CommonPrefixes")
    # XML turns a carriage return into a newline; botocore may do that.
    if b"<!" in rest or b"\r" in rest:
        raise NotPlain
    encoded = b"<EncodingType>url</EncodingType>" in rest
    page = Columns()
    if prefixes:
        page.append_prefixes(_keys(rows_in(prefixes).column("Prefix"), encoded))
    if objects:
        _add_objects(page, rows_in(objects), encoded)
    return page, rest


def _cut(body: bytes, *tags: bytes) -> tuple[bytes, bytes]:
    """The region in which all elements with these tags stand, and the body without it."""
    starts = [start for tag in tags if (start := body.find(b"<%b>" % tag)) >= 0]
    region, rest = b"", body
    if starts:
        end = max(body.rfind(b"</%b>" % tag) + len(tag) + 3 for tag in tags)
        region, rest = body[min(starts) : end], body[: min(starts)] + body[end:]
    if b"\r" in region or (starts and not region) or re.search(rb"<(?:%b)[ \t\n/>]" % b"|".join(tags), rest):
        raise NotPlain
    return region, rest


def _add_objects(page: Columns, rows: Rows, encoded: bool) -> None:
    page.append_objects(
        _keys(rows.column("Key"), encoded),
        _sizes(rows.column("Size", missing=b"0")),
        _times(rows),
        _etags(rows),
        _classes(rows.column("StorageClass")),
        _kinds(rows),
    )


def _keys(values: Sequence[bytes], encoded: bool) -> Sequence[bytes]:
    joined = b"".join(values)
    if b"&" in joined:
        values = _each(_unescape, values)
    if encoded and (b"%" in joined or b"+" in joined):
        values = _each(_unquote, values)
    return values


def _each(change: Callable[[bytes], bytes], values: Sequence[bytes]) -> Sequence[bytes]:
    """What `change` makes of the values, which hold no `<`: of all at once, if the results hold none either."""
    changed = change(b"<".join(values)).split(b"<")
    return changed if len(changed) == len(values) else list(map(change, values))


def _unquote(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _unescape(value: bytes) -> bytes:
    """XML's five entities and numbers; anything else isn't plain."""
    return _ENTITY.sub(_character, value) if b"&" in value else value


def _character(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED[name]
    if not decimal and not hexadecimal:
        raise NotPlain
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise NotPlain
    return chr(code).encode()


def _times(rows: Rows) -> array[int]:
    fractions = rows.column("fraction", missing=b"Z") if rows.has("fraction") else []
    return page_times.milliseconds_of(rows.column("hour"), rows.column("minute"), fractions)


def _sizes(texts: Sequence[bytes]) -> array[int]:
    if not b"".join(texts).isdigit():
        raise NotPlain
    try:
        return array("q", list(map(int, texts)))
    except (ValueError, OverflowError) as error:
        raise NotPlain from error


def _etags(rows: Rows) -> Sequence[str] | bytes:
    """The ETags, or only their digests when all are plain MD5s."""
    quoted = rows.column("digest")  # 32 characters that stood in quotes
    joined = b"".join(quoted)
    if b"<" in joined:
        raise NotPlain
    with suppress(ValueError):
        digests = bytes.fromhex(joined.decode())
        if len(digests) == _MD5 * len(quoted) and digests.hex().encode() == joined:
            return digests
    others = map(unquoted, _texts(rows.column("ETag")))
    return [digest or other for digest, other in zip(_texts(quoted), others, strict=True)]


def _classes(values: Sequence[bytes]) -> list[str]:
    few = list(set(values))
    if len(few) == 1:
        return _texts(few) * len(values)
    names = dict(zip(few, _texts(few), strict=True))
    return list(map(names.__getitem__, values))


def _kinds(rows: Rows) -> bytes:
    """The kinds of versions; empty when all are objects."""
    if not rows.has(TAG):
        return b""
    try:
        return bytes(map(_KINDS.__getitem__, zip(rows.column(TAG), rows.column("IsLatest"), strict=True)))
    except KeyError as error:
        raise NotPlain from error


def _texts(values: Sequence[bytes]) -> list[str]:
    try:
        return [value.decode() for value in _each(_unescape, values)]
    except UnicodeDecodeError as error:
        raise NotPlain from error
