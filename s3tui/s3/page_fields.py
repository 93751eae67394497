"""The texts of a page's rows made into values. Whatever is not exactly as expected is `NotPlain`."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress

from s3tui.s3 import page_times
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, unquoted
from s3tui.s3.etag_column import MD5
from s3tui.s3.remembered import Remembered
from s3tui.s3.row_shapes import TAG, NotPlain, Rows

_KINDS = {
    (b"Version", b"true"): OBJECT,
    (b"Version", b"false"): NONCURRENT,
    (b"DeleteMarker", b"true"): DELETED,
    (b"DeleteMarker", b"false"): OLD_MARKER,
}
_ESCAPES = re.compile(rb"(%[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*)")  # a literal comes first, or it is slow
_ENTITIES = re.compile(rb"(&(?:#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};|[a-z]+;)?)")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def keys(values: Sequence[bytes], encoded: bool) -> Sequence[bytes]:
    """Keys as S3 holds them; `encoded` are those of a page with `EncodingType` `url`."""
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
    """`value` without URL encoding."""
    value = value.replace(b"+", b" ").replace(b"%2F", b"/")  # which some servers write for each slash
    return _replaced(value, _ESCAPES, _unquoted) if b"%" in value else value


def unescape(value: bytes) -> bytes:
    """`value` without XML's five entities and numbers; with anything else it isn't plain."""
    return _replaced(value, _ENTITIES, _unescaped) if b"&" in value else value


def _replaced(value: bytes, pattern: re.Pattern[bytes], meanings: Remembered[bytes]) -> bytes:
    pieces = pattern.split(value)
    pieces[1::2] = map(meanings.__getitem__, pieces[1::2])
    return b"".join(pieces)


def _character(entity: bytes) -> bytes:
    name = entity[1:-1]
    if name in _NAMED:
        return _NAMED[name]
    if name[:1] != b"#":
        raise NotPlain
    code = int(name[2:], 16) if name[1:2] == b"x" else int(name[1:])
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise NotPlain
    return chr(code).encode()


_unquoted = Remembered(lambda escapes: bytes.fromhex(escapes.replace(b"%", b"").decode()))
_unescaped = Remembered(_character)


def times(rows: Rows) -> array[int]:
    """Milliseconds since 1970."""
    fractions = rows.column("fraction", missing=b"Z") if rows.has("fraction") else []
    return page_times.milliseconds_of(rows.column("hour"), rows.column("minute"), fractions)


def sizes(texts: Sequence[bytes]) -> array[int]:
    """Bytes."""
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
    others = rows.column("ETag")
    if any(others):
        return [digest or unquoted(other) for digest, other in zip(texts(quoted), texts(others), strict=True)]
    return texts(quoted)


def classes(values: Sequence[bytes]) -> list[str]:
    """Storage classes, of which there are few on a page."""
    few = list(set(values))
    if len(few) == 1:
        return texts(few) * len(values)
    names = dict(zip(few, texts(few), strict=True))
    return list(map(names.__getitem__, values))


def kinds(rows: Rows) -> bytes:
    """The kinds of versions; empty when all are objects."""
    if not rows.has(TAG):
        return b""
    try:
        return bytes(map(_KINDS.__getitem__, zip(rows.column(TAG), rows.column("IsLatest"), strict=True)))
    except KeyError as error:
        raise NotPlain from error


def texts(values: Sequence[bytes]) -> list[str]:
    """Values, unescaped, that must be UTF-8."""
    try:
        return list(map(bytes.decode, _each(unescape, values)))
    except UnicodeDecodeError as error:
        raise NotPlain from error
