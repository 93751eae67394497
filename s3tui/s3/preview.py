"""The first bytes of an object, as text or as bytes: never the whole object."""

from __future__ import annotations

import codecs
import zlib
from dataclasses import dataclass, replace
from typing import Any, Literal

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo

LIMIT = 65536
_CHUNK = 16384
Language = Literal["json", "xml", "yaml", "csv"]
_TYPES: tuple[tuple[str, Language], ...] = (("json", "json"), ("xml", "xml"), ("yaml", "yaml"), ("csv", "csv"))
_EXTENSIONS: dict[str, Language] = {
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "geojson": "json",
    "ipynb": "json",
    "xml": "xml",
    "xsd": "xml",
    "xsl": "xml",
    "svg": "xml",
    "html": "xml",
    "rss": "xml",
    "yaml": "yaml",
    "yml": "yaml",
    "csv": "csv",
    "tsv": "csv",
}
_BOMS = (  # UTF-32 first: its little-endian mark starts with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset("\t\n\r\f\x1b\b")


@dataclass(frozen=True, slots=True)
class Preview:
    """What to show: `text` when `kind` is text, else `data`."""

    kind: Literal["text", "hex"]
    language: Language | None
    text: str
    data: bytes
    truncated: bool  # there is more than this
    note: str = ""  # how it was read: `decompressed from gzip`, `read as UTF-16`


def first_bytes(
    connection: Connection, info: ObjectInfo, limit: int = LIMIT, token: CancelToken | None = None
) -> Preview:
    """The first `limit` bytes of the object that `info` describes.

    Raises `errors.Changed` when it is another object by now, `errors.Archived` and other `errors.S3Error`,
    and `Cancelled`. A server that ignores the range is cut off after `limit` bytes.
    """
    if info.size == 0:
        return Preview("text", None, "", b"", False)
    seen = replace(info.uri, version_id=info.version_id).parameters
    same = {"IfMatch": info.quoted_etag} if info.etag else {}
    answer = connection.call("get_object", **seen, **same, Range=f"bytes=0-{limit - 1}")
    raw = _read(answer["Body"], limit, token or CancelToken())
    return interpret(raw, info, limit)


def _read(body: Any, limit: int, token: CancelToken) -> bytes:
    found = bytearray()
    try:
        while len(found) < limit:
            token.check()
            chunk = body.read(min(_CHUNK, limit - len(found)))
            if not chunk:
                break
            found += chunk
    finally:
        body.close()
    return bytes(found)


def interpret(raw: bytes, info: ObjectInfo, limit: int = LIMIT) -> Preview:
    """What the first bytes `raw` of the object that `info` describes are."""
    truncated = info.size > len(raw)
    data, notes = raw, []
    if raw.startswith(b"\x1f\x8b\x08"):
        unpacked, more = _gunzip(raw, limit)
        if unpacked:
            data, truncated = unpacked, truncated or more
            notes.append("decompressed from gzip")
    charset, text = _decode(data, truncated, _declared_charset(info.metadata.content_type))
    if text is None:
        return Preview("hex", None, "", data, truncated, ", ".join(notes))
    if charset not in ("utf-8", "ascii"):
        notes.append(f"read as {charset.upper()}")
    return Preview("text", _language(info, text), text, data, truncated, ", ".join(notes))


def _gunzip(raw: bytes, limit: int) -> tuple[bytes, bool]:
    """Up to `limit` unpacked bytes, and whether there is more; nothing when it isn't gzip after all."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(raw, limit)
    except zlib.error:
        return b"", False
    return data, not unpacker.eof or bool(unpacker.unconsumed_tail)


def _declared_charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


def _decode(data: bytes, truncated: bool, declared: str) -> tuple[str, str | None]:
    """The charset and the text, or no text when the data is not text in any charset we know."""
    for mark, charset in _BOMS:
        if data.startswith(mark):
            return charset, _try(data, charset, truncated)
    for charset in (declared, "utf-8"):
        if charset and (text := _try(data, charset, truncated)) is not None:
            return charset, text
    return "cp1252", _try(data, "cp1252", truncated)


def _try(data: bytes, charset: str, truncated: bool) -> str | None:
    try:
        b"a".decode(charset, "replace")  # refuses codecs that are no charset, such as zlib, which could be a bomb
        text = codecs.getincrementaldecoder(charset)().decode(data, final=not truncated)
    except (LookupError, UnicodeError):
        return None
    return text if _is_text(text) else None


def _is_text(text: str) -> bool:
    sample = text[:8192]
    odd = sum(
        1
        for character in sample
        if not character.isprintable() and character not in _TEXT_CONTROLS and character < "\xa0"
    )
    return "\x00" not in text and odd * 50 <= len(sample)


def _language(info: ObjectInfo, text: str) -> Language | None:
    kind = info.metadata.content_type.partition(";")[0].strip().lower()
    for word, language in _TYPES:
        if kind.endswith((f"/{word}", f"+{word}", f"/x-{word}", f"-{word}")):
            return language
    name = info.uri.name.lower().removesuffix(".gz")
    if known := _EXTENSIONS.get(name.rpartition(".")[2]):
        return known
    start = text.lstrip()[:5]
    if start == "<?xml":
        return "xml"
    return (
        "json" if start[:1] in ("{", "[") and kind in ("", "binary/octet-stream", "application/octet-stream") else None
    )
