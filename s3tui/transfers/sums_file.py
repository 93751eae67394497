"""Checksum files as they stand beside downloads: `SHA256SUMS`, `NAME.sha256`, `CHECKSUM` and their like.

Four ways to write a line: `HASH  NAME` and `HASH *NAME` (GNU; a backslash in front means that the name holds escapes),
`SHA256 (NAME) = HASH` (BSD, Fedora), and the hash alone in `NAME.sha256`. Signatures around them are passed over, and
not checked: that is for who downloads. Such a file comes from strangers: whatever is no such line is ignored, and a
line is about a file in the same folder or about nothing here.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from s3tui.transfers.failures import LocalFailure, SumsDisagree, local_failure

LARGEST = 8 << 20  # bytes; the sums of a whole distribution are under 1 MiB
# hashlib's names, by the number of hexadecimal digits
_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_DIGITS = {name: digits for digits, name in _BY_LENGTH.items()}
_ALGORITHM = r"(?:md5|sha1|sha224|sha256|sha384|sha512)"
_IS_SUMS = re.compile(
    rf"(?:.*\.)?{_ALGORITHM}(?:sums?)?(?:\.txt)?|(?:.*-)?checksums?(?:\.txt)?", re.IGNORECASE | re.DOTALL
)
_OF_ONE = re.compile(rf"(.+)\.{_ALGORITHM}(?:sums?)?(?:\.txt)?", re.IGNORECASE | re.DOTALL)
_GNU = re.compile(r"(\\?)([0-9a-fA-F]{32,128}) [ *](.+)")
_BSD = re.compile(r"(\\?)([A-Za-z0-9-]+) ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})")
_BARE = re.compile(r"[0-9a-fA-F]{32,128}")
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
_KEPT = 4  # folders, and parsed files
_SETTLED = 1e9  # ns; what changed later than that ago may change again without showing it in its time


@dataclass(frozen=True, slots=True)
class Promise:
    """What a checksum file says of a file: `hex` in small letters, `algorithm` as hashlib calls it."""

    name: str
    algorithm: str
    hex: str


def parse(data: bytes, own_name: str = "") -> Iterator[Promise]:
    """The promises in the content of a checksum file that is called `own_name`."""
    text = data.decode("utf-8-sig", "surrogateescape")
    for line in _without_signature(io.StringIO(text, newline="\n")):
        if (promise := _promise(line)) is not None:
            yield promise
    of_one, said = _OF_ONE.fullmatch(own_name), text.strip()
    if of_one and _BARE.fullmatch(said) and len(said) in _BY_LENGTH:
        yield Promise(of_one[1], _BY_LENGTH[len(said)], said.lower())


def _without_signature(lines: Iterable[str]) -> Iterator[str]:
    """“Cleartext signature framework” of OpenPGP: what is signed has `- ` before lines that begin with a dash."""
    signed = signature = False
    for line in (ended.rstrip("\r\n") for ended in lines):
        if line.startswith("-----BEGIN PGP"):
            signed, signature = "SIGNED MESSAGE" in line, "SIGNATURE" in line
        elif line.startswith("-----END PGP"):
            signature = False
        elif not signature:
            yield line.removeprefix("- ") if signed else line


def _promise(line: str) -> Promise | None:
    if found := _GNU.fullmatch(line):
        escaped, digits, name = found.groups()
        algorithm = _BY_LENGTH.get(len(digits), "")
    elif found := _BSD.fullmatch(line):
        escaped, word, name, digits = found.groups()
        algorithm = word.lower().replace("sha2-", "sha").replace("-", "")
    else:
        return None
    if _DIGITS.get(algorithm) != len(digits):
        return None
    if escaped:
        name = re.sub(r"\\[\\nr]", lambda match: _ESCAPES[match[0]], name)
    return Promise(re.sub(r"\A(?:\./+)+", "", name), algorithm, digits.lower())


def beside(path: Path) -> dict[Promise, Path]:
    """What the checksum files in the folder of `path` say of it, each with the file that says so; one for each
    algorithm. A name with a `/` in it is never that of a file beside it.

    Raises `SumsDisagree`, and `LocalFailure` when one of them can't be read or is larger than 8 MiB.
    """
    found: dict[str, tuple[Promise, Path]] = {}
    for file in _checksum_files(path.absolute().parent):
        if file.name == path.name:
            continue
        for promise in _promises(file).get(path.name, ()):
            before, where = found.setdefault(promise.algorithm, (promise, file))
            if before != promise:
                raise SumsDisagree(path, where, file)
    return dict(found.values())


def has_sums(folder: Path) -> bool:
    """Whether checksum files are in `folder`, or may be: it can't be read."""
    try:
        return bool(_checksum_files(folder.absolute()))
    except LocalFailure:
        return True


def _checksum_files(folder: Path) -> tuple[Path, ...]:
    try:
        changed = folder.stat().st_mtime_ns
        return (_listed if _settled(changed) else _listed.__wrapped__)(folder, changed)
    except OSError as error:
        if error.errno == errno.EACCES:
            return ()  # a file in it may be open to us all the same, but none that we can't name
        raise local_failure(error, folder) from error


def _settled(changed: int) -> bool:
    return time.time_ns() - changed > _SETTLED


@lru_cache(_KEPT)
def _listed(folder: Path, _changed: int) -> tuple[Path, ...]:
    """Once for all the files that are sent from there; a new name in it changes the folder's time."""
    with os.scandir(folder) as entries:
        return tuple(sorted(folder / entry.name for entry in entries if _IS_SUMS.fullmatch(entry.name)))


def _promises(file: Path) -> dict[str, tuple[Promise, ...]]:
    try:
        seen = file.stat()
        if not stat.S_ISREG(seen.st_mode):  # a pipe would be waited for
            return {}
        if seen.st_size > LARGEST:
            raise LocalFailure(
                f"“{file}” is called like a file of checksums, but is too large for one.",
                "Move it elsewhere, or send without the check (--no-check-sums).",
            )
        read = _read if _settled(seen.st_mtime_ns) else _read.__wrapped__
        return read(file, seen.st_mtime_ns, seen.st_size, seen.st_ino)
    except FileNotFoundError:
        return {}  # gone since, or a dangling link
    except OSError as error:
        failure = local_failure(error, file)
        failure.advice = "What it says of the file is not known. Send without the check (--no-check-sums) to go on."
        raise failure from error


@lru_cache(_KEPT)
def _read(file: Path, _changed: int, _size: int, _inode: int) -> dict[str, tuple[Promise, ...]]:
    found: dict[str, tuple[Promise, ...]] = {}
    with file.open("rb") as opened:
        for promise in dict.fromkeys(parse(opened.read(LARGEST), file.name)):
            found[promise.name] = (*found.get(promise.name, ()), promise)
    return found
