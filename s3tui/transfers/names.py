"""Names on both sides: the content type of a file, and the file that a key becomes.

A key is any Unicode text of up to 1,024 bytes. On disk it becomes a path that never leaves the folder the
user chose, that Linux, macOS and Windows all accept, and that no other key becomes. What can't stay is
percent-encoded (`%3A` for `:`); a `%` that could be mistaken for that is encoded too, so the way back is
unique. `%~` marks names that were cut or that would clash with another's but for their case.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePath

_TYPES = {
    ".iso": "application/x-iso9660-image",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".qcow2": "application/x-qemu-disk",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
_ENCODINGS = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
# Our own table first, then the one in Python: what the machine's files say differs from machine to machine.
_PYTHONS = mimetypes.MimeTypes(filenames=())

# “Naming Files, Paths, and Namespaces” (Windows), and everything that isn't for print; bidi marks make `gpj.exe`
# look like `exe.jpg`.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u2028-\u202e\u2066-\u2069\ud800-\udfff]|%(?=[0-9A-Fa-f]{2}|~)')
_RESERVED = re.compile(r"(?i)\s*(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\..*)?", re.DOTALL)
_LONGEST = 200  # bytes of UTF-8 in one name: 255 less room for a mark and for `.part`


def content_type(path: Path) -> str:
    """The content type that the file's name suggests; `application/octet-stream` when none does."""
    name = str(path).rpartition(os.sep)[2]
    stem, _, suffix = name.rpartition(".")
    # Of a plain name the ending is all that matters.
    is_plain = stem and suffix.isalnum() and "." not in stem and ":" not in stem
    return _content_type(f"x.{suffix}" if is_plain else name)


@lru_cache(maxsize=64)
def _content_type(name: str) -> str:
    known = _TYPES.get(PurePath(name).suffix.lower())
    if known:
        return known
    kind, encoding = _PYTHONS.guess_type(name, strict=True)
    if encoding:
        return _ENCODINGS.get(encoding, "application/octet-stream")
    return kind or "application/octet-stream"


def local_path(folder: Path, key: str) -> Path:
    """The file under `folder` for `key`. Two keys that differ never give one path; on disks that ignore case
    ask for all of them together (`local_paths`)."""
    return folder.joinpath(*(_name(segment) for segment in key.split("/")))


def local_paths(folder: Path, keys: Iterable[str]) -> dict[str, Path]:
    """The file for each key, also apart where the disk ignores case or composes Unicode, and where one key
    (`a`) is a folder of another (`a/b`)."""
    wanted = list(dict.fromkeys(keys))
    plain = {key: local_path(folder, key) for key in wanted}
    folders = {_folded(parent) for path in plain.values() for parent in path.relative_to(folder).parents}
    taken: set[str] = set()
    for key in sorted(wanted):
        path = plain[key]
        folded = _folded(path.relative_to(folder))
        if folded in taken or folded in folders:
            # A slash, or a long name would get the mark that it has, and that its folder has, too.
            path = plain[key] = path.with_name(_marked(path.name, f"/{key}"))
        taken.add(_folded(path.relative_to(folder)))
    return plain


def shared_prefix(keys: Iterable[str]) -> str:
    """The longest prefix ending in `/` that all keys begin with; empty when there is none."""
    shared = os.path.commonprefix(list(keys))  # noqa: RUF071 (of characters: it is cut behind a slash then)
    return shared[: shared.rfind("/") + 1]


def numbered(name: str, number: int, mark: str = "-{}") -> str:
    """Another name like this one, with the number as `mark` has it: `agent-2.iso` for `agent.iso`; works on keys and
    file names."""
    folder, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    if not stem:
        stem, dot, extension = last, "", ""
    return f"{folder}{slash}{stem}{mark.format(number)}{dot}{extension}"


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", str(path)).casefold())


def _name(segment: str) -> str:
    """One part of a key as one file name."""
    if not segment:
        return "%2F"  # an empty part: `a//b`, a leading or a trailing slash
    name = _FORBIDDEN.sub(lambda match: _encoded(match[0]), segment)
    if name in (".", ".."):
        return name.replace(".", "%2E")
    if name[-1] in ". ":  # Windows drops them
        name = name[:-1] + _encoded(name[-1])
    if _RESERVED.fullmatch(name):
        name = _encoded(name[0]) + name[1:]
    return name if len(name.encode()) <= _LONGEST else _marked(name, segment)


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _marked(name: str, key: str) -> str:
    """`name` with a mark made of the whole key, before its extension; no longer than a name may be."""
    mark = "%~" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > 16 or "%" in extension:
        stem, dot, extension = name, "", ""
    room = _LONGEST - len(dot + extension)
    return stem.encode()[:room].decode(errors="ignore") + mark + dot + extension
