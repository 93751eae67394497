"""Checksums of what is moved, in the forms in which S3 tells them: MD5 ETags and x-amz-checksum-*.

“Checking object integrity in Amazon S3”: the ETag of an object that was sent in one request is its MD5; of
one that was sent in N parts it is the MD5 of the parts' MD5s, then `-N`. Encryption with KMS or customer
keys makes ETags that are neither.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple, Protocol

_MD5 = re.compile("[0-9a-f]{32}")


class Hash(Protocol):
    """What `hashlib` makes, and what `Crc` looks like."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class Crc:
    """A CRC with the face of a hash. `step(data, previous)` returns the new value."""

    def __init__(self, step: Callable[[bytes, int], int], width: int) -> None:
        self.value = 0
        self._step, self._width = step, width

    def update(self, data: bytes, /) -> None:
        self.value = self._step(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(self._width, "big")


def crc64nvme() -> Crc:
    return Crc(_crc64nvme(), 8)


@cache
def _crc64nvme() -> Callable[[bytes, int], int]:
    from awscrt import checksums

    step: Callable[[bytes, int], int] = checksums.crc64nvme
    return step


def crc32c() -> Crc:
    from awscrt import checksums

    return Crc(checksums.crc32c, 4)


# By S3's names, cheapest first.
ALGORITHMS: dict[str, Callable[[], Hash]] = {
    "CRC64NVME": crc64nvme,
    "CRC32C": crc32c,
    "CRC32": lambda: Crc(zlib.crc32, 4),
    "SHA256": hashlib.sha256,
    "SHA1": hashlib.sha1,
}


class PartSums(NamedTuple):
    """Of one part: its MD5 (or how to read it, which takes ten times as long as the rest), its CRC64NVME and its
    length in bytes."""

    known_md5: bytes | Callable[[], bytes]
    crc64: int
    length: int

    @property
    def md5(self) -> bytes:
        return self.known_md5 if isinstance(self.known_md5, bytes) else self.known_md5()

    @property
    def content_md5(self) -> str:
        return base64.b64encode(self.md5).decode()

    @property
    def checksum(self) -> str:
        """As `x-amz-checksum-crc64nvme` has it."""
        return base64.b64encode(self.crc64.to_bytes(8, "big")).decode()


def sums_of(chunks: Iterable[bytes]) -> PartSums:
    """Both sums in one reading."""
    md5, crc, length = hashlib.md5(usedforsecurity=False), crc64nvme(), 0
    for chunk in chunks:
        md5.update(chunk)
        crc.update(chunk)
        length += len(chunk)
    return PartSums(md5.digest(), crc.value, length)


def sums_of_all(data: bytes) -> PartSums:
    """The same of what is in memory as a whole, in half the time where that is little."""
    return PartSums(hashlib.md5(data, usedforsecurity=False).digest(), _crc64nvme()(data, 0), len(data))


def crc64_of(chunks: Callable[[], Iterable[bytes]]) -> PartSums:
    """The CRC64NVME only; the MD5 takes another reading, when someone asks for it."""
    crc, length = crc64nvme(), 0
    for chunk in chunks():
        crc.update(chunk)
        length += len(chunk)
    return PartSums(cache(lambda: sums_of(chunks()).md5), crc.value, length)


def whole_crc64(parts: Sequence[PartSums]) -> str:
    """The CRC64NVME of the whole object, as S3 tells it, from those of its parts."""
    from awscrt import checksums

    crc = 0
    for part in parts:
        crc = checksums.combine_crc64nvme(crc, part.crc64, part.length)
    return base64.b64encode(crc.to_bytes(8, "big")).decode()


def etag_of(parts: Sequence[PartSums], multipart: bool) -> str:
    """The ETag that S3 gives to an object sent as these parts."""
    if not multipart:
        return parts[0].md5.hex()
    return f"{hashlib.md5(b''.join(part.md5 for part in parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def is_md5(etag: str) -> bool:
    """Whether `etag` looks like the MD5 of a whole object."""
    return bool(_MD5.fullmatch(etag))
