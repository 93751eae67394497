"""Pages of ListObjectsV2 and ListObjectVersions read straight into columns, fifty times faster than botocore does.

The request goes through boto3 as any other. When the answer comes, a hook looks at it before botocore does:
if it is written as S3 writes it, the rows are cut out into columns and botocore parses only what is left (tokens,
names). Any page that looks different in any way is left to botocore.

The hook's name matters: botocore's own `before-parse.s3.*` handler parses the whole page once more to look for
an error, and only a hook whose name has its wildcard further left runs before that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from s3tui.s3 import page_fields, page_versions
from s3tui.s3.columns import Columns
from s3tui.s3.row_shapes import NotPlain as NotPlain
from s3tui.s3.row_shapes import Rows, children, rows_in

_PAGE = "s3tui.page"
_wanted: ContextVar[bool] = ContextVar("columns_wanted", default=False)

_HEAD = re.compile(
    rb"[ \t\n]*(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:utf|UTF)-8[\"'])?(?: standalone=[\"']\w+[\"'])? ?\?>)?"
    rb"[ \t\n]*<(ListBucketResult|ListVersionsResult)(?: [^<>]*[^<>/])?>"
)
# Operation -> the root of its answer; root -> its rows.
_ROOTS = {"ListObjectsV2": b"ListBucketResult", "ListObjectVersions": b"ListVersionsResult"}
_ROWS = {b"ListBucketResult": (b"Contents",), b"ListVersionsResult": (b"Version", b"DeleteMarker")}
_PREFIXES = (b"CommonPrefixes",)
_ONE_PREFIX = re.compile(rb"<CommonPrefixes>.*?</CommonPrefixes>[ \t\n]*", re.DOTALL)
# The name of a document's first element, without its namespace.
_ROOT = re.compile(rb"[^<]*(?:<[?!][^>]*>[^<]*)*<(?:[\w.-]+:)?([\w.-]+)")
# Not all endpoints call these as S3 does, or know them: then another list may come, and `uploads` tells them apart.
_OTHERS = ("ListMultipartUploads", "ListParts")
_NO_LIST = b"<Error><Code>NotAList</Code></Error>"
_FOLLOWING = {
    "continuation-token": "NextContinuationToken",
    "key-marker": "NextKeyMarker",
    "version-id-marker": "NextVersionIdMarker",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and how to ask for the next one."""

    columns: Columns  # common prefixes, then objects or versions
    truncated: bool  # whether the server says that there is more
    following: dict[str, str]  # the words to add to the query; bytes that are not UTF-8 are lone surrogates


def page_for(query: Mapping[str, str], body: bytes) -> Page:
    """The page that was asked for by these words. Raises `NotPlain`, also when it is one of another kind of list: not
    all endpoints know versions."""
    root = _HEAD.match(body)
    if not root or (root[1] == _ROOTS["ListObjectVersions"]) != ("versions" in query):
        raise NotPlain
    return parse_page(body)


def install(client: Any) -> None:
    """Register the hooks on a boto3 S3 `client`. Columns are cut inside `columns_wanted` only."""
    for operation in (*_ROOTS, *_OTHERS):
        client.meta.events.register(f"before-parse.*.{operation}", _refuse_others)
    for operation in _ROOTS:
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
    """The rows of an answer of either operation: common prefixes, then objects or versions."""
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
    page_versions.append_parsed(page, answer.get("Versions") or (), answer.get("DeleteMarkers") or ())
    return page


def is_plain(answer: dict[str, Any]) -> bool:
    """Whether an answer that came inside `columns_wanted` was cut here, and not parsed by botocore."""
    return _PAGE in answer


def following_of(answer: dict[str, Any]) -> dict[str, str]:
    """The query words of the page behind this answer; none behind the last."""
    return _words({name: str(answer.get(name) or "") for name in _FOLLOWING.values()}, page_of(answer))


def parse_page(body: bytes) -> Page:
    """A page as the server sent it, without any client. Raises `NotPlain`, also when it ends too early."""
    columns, rest = parse(body)
    root = _HEAD.match(rest)
    assert root is not None
    said = children(b"<%b>" % root[1] + rest[root.end() :].rstrip(b" \t\n"))
    truncated = said.get("IsTruncated")
    if truncated not in (b"true", b"false"):
        raise NotPlain
    texts = {name: page_fields.unescape(said.get(name, b"")) for name in _FOLLOWING.values()}
    if said.get("EncodingType") == b"url":
        texts["NextKeyMarker"] = page_fields.unquote(texts["NextKeyMarker"])
    words = _words({name: text.decode("utf-8", "surrogateescape") for name, text in texts.items()}, columns)
    return Page(columns, truncated == b"true", words)


def _words(said: dict[str, str], columns: Columns) -> dict[str, str]:
    words = {word: said[name] for word, name in _FOLLOWING.items() if said[name]}
    last = columns.last_key
    if last and "key-marker" in words:
        # Ceph encodes the keys but not this one, which then was decoded once too often.
        marker = words["key-marker"].encode("utf-8", "surrogateescape")
        if marker != last and _shown(marker) == _shown(page_fields.unquote(last)):
            words["key-marker"] = last.decode("utf-8", "surrogateescape")
    return words


def _shown(key: bytes) -> str:
    """As botocore decodes it."""
    return key.decode("utf-8", "replace")


def _refuse_others(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Take what is no list for a failure that may pass, as botocore does with half a document: it would read the page of
    a proxy, or an empty answer, as the end of the list."""
    if 200 <= response_dict["status_code"] < 300:
        found = _ROOT.match(response_dict["body"])
        root = found[1] if found else b""
        wanted = _ROOTS.get(operation_model.name)
        if root != b"Error" and (root != wanted if wanted else root.lower() in (b"", b"html")):
            response_dict.update(status_code=500, body=_NO_LIST)


def _before_parse(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], operation_model: Any, **_: Any
) -> None:
    if not _wanted.get() or response_dict["status_code"] != 200:
        return
    body = response_dict["body"]
    head = _HEAD.match(body)
    if not head or head[1] != _ROOTS[operation_model.name]:
        return
    try:
        page, rest = parse(body)
    except NotPlain:
        return
    customized_response_dict[_PAGE] = page
    response_dict["body"] = rest


def parse(body: bytes) -> tuple[Columns, bytes]:
    """The rows of a page, and the page without them. Raises `NotPlain`."""
    head = _HEAD.match(body)
    if not head:
        raise NotPlain
    tags = _ROWS[head[1]]
    objects, without = _cut(body, tags)
    prefixes, rest = _cut(without, _PREFIXES)
    # XML turns a carriage return into a newline; botocore may do that.
    if b"<!" in rest or b"\r" in rest:
        raise NotPlain
    encoded = b"<EncodingType>url</EncodingType>" in rest
    page = Columns()
    rows = None
    if objects:
        try:
            rows = rows_in(objects, tags)
        except NotPlain:  # perhaps prefixes stand where they belong in the order of keys
            apart = _ONE_PREFIX.sub(b"", objects)
            if apart == objects:
                raise
            rows = rows_in(apart, tags)
            prefixes = b"".join(_ONE_PREFIX.findall(body))
    if prefixes:
        page.append_prefixes(page_fields.keys(rows_in(prefixes, _PREFIXES).column("Prefix"), encoded))
    if rows:
        _add_rows(page, rows, encoded)
    return page, rest


def _cut(body: bytes, tags: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """The region in which all elements with these tags stand, and the body without it."""
    starts = [start for tag in tags if (start := body.find(b"<%b>" % tag)) >= 0]
    region, rest = b"", body
    if starts:
        end = max(body.rfind(b"</%b>" % tag) + len(tag) + 3 for tag in tags)
        region, rest = body[min(starts) : end], body[: min(starts)] + body[end:]
    if b"\r" in region or (starts and not region) or re.search(rb"<(?:%b)[ \t\n/>]" % b"|".join(tags), rest):
        raise NotPlain
    return region, rest


def _add_rows(page: Columns, rows: Rows, encoded: bool) -> None:
    keys = page_fields.keys(rows.column("Key"), encoded)
    sizes = page_fields.sizes(rows.column("Size", missing=b"0"))
    etags = page_fields.etags(rows)
    classes = page_fields.classes(rows.column("StorageClass"))
    kinds = page_fields.kinds(rows)
    if kinds:
        page_versions.append(page, keys, sizes, page_fields.times(rows), etags, classes, kinds)
    else:
        page.append_objects(keys, sizes, page_fields.times(rows), etags, classes)
