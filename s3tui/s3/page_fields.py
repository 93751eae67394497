"""The texts of a page's rows made into values. Whatever is not exactly as expected is `NotPlain`."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from s3tui.s3 import page_times
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, unquoted
from s3tui.s3.etag_column import MD5
from s3tui.s3.row_shapes import TAG, NotPlain, Rows

_KINDS = {
    (b"Version", b"true"): OBJECT,
    (b"Version", b"false"): NONCURRENT,
    (b"DeleteMarker", b"true"): DELETED,
    (b"DeleteMarker", b"false"): OLD_MARKER,
}
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def keys(values: Sequence[bytes], encoded: bool) -> Sequence[bytes]:
    joined = b"".join(values)
    if b"&" in joined:
        values = _each(unescape, values)
    if encoded and (b"%" in joined or b"+" in joined):
        values = _each(unquote, values)
    return values


def _each(change: Callable[[bytes], bytes], values: Sequence[bytes]) -> Sequence[bytes]:
    """What `change` makes of the values, which hold no `<`: of all at once, if the results hold none either."""
    changed = change(b"<".join(values)).split(b"<")
    return changed if len(changed) == len(values) else list(map(change, values))


def unquote(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def unescape(value: bytes) -> bytes:
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


def times(rows: Rows) -> array[int]:
    fractions = rows.column("fraction", missing=b"Z") if rows.has("fraction") else []
    return page_times.milliseconds_of(rows.column("hour"), rows.column("minute"), fractions)


def sizes(texts: Sequence[bytes]) -> array[int]:
    if not b"".join(texts).isdigit():
        raise NotPlain
    try:
        return array("q", list(map(int, texts)))
    except (ValueError, OverflowError) as error:
        raise NotPlain from error


def etags(rows: Rows) -> Sequence[str] | bytes:
    """The ETags, or only their digests when all are plain MD5s."""
    quoted = rows.column("digest")  # 32 characters that stood in quotes
    joined = b"".join(quoted)
    if b"<" in joined:
        raise NotPlain
    with suppress(ValueError):
        digests = bytes.fromhex(joined.decode())
        if len(digests) == MD5 * len(quoted) and digests.hex().encode() == joined:
            return digests
    others = map(unquoted, _texts(rows.column("ETag")))
    return [digest or other for digest, other in zip(_texts(quoted), others, strict=True)]


def classes(values: Sequence[bytes]) -> list[str]:
    few = list(set(values))
    if len(few) == 1:
        return _texts(few) * len(values)
    names = dict(zip(few, _texts(few), strict=True))
    return list(map(names.__getitem__, values))


def kinds(rows: Rows) -> bytes:
    """The kinds of versions; empty when all are objects."""
    if not rows.has(TAG):
        return b""
    try:
        return bytes(map(_KINDS.__getitem__, zip(rows.column(TAG), rows.column("IsLatest"), strict=True)))
    except KeyError as error:
        raise NotPlain from error


def _texts(values: Sequence[bytes]) -> list[str]:
    try:
        return [value.decode() for value in _each(unescape, values)]
    except UnicodeDecodeError as error:
        raise NotPlain from error
