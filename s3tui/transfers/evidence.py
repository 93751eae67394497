"""What an endpoint tells of an object's content, as claims that its bytes can be held against.

“Checking object integrity in Amazon S3”: a checksum of the whole object; an ETag that is an MD5; an ETag or checksum of
parts, which is one of the parts' digests put together, for whoever knows how large they were.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.copying import USUAL_MIB
from s3tui.s3.objects import ObjectInfo
from s3tui.transfers.checksums import ALGORITHMS, Hash, is_md5
from s3tui.transfers.parts import MIB, MOST_PARTS, PART_SIZE
from s3tui.transfers.stored import bare, opaque_etag, whole_checksums

RECORDED = "sha256"  # the name of the metadata in which an upload records a SHA-256
_MOST_GUESSES = 4  # each costs a digest of all bytes
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

MakeHash = Callable[[], Hash]


def md5() -> Hash:
    return hashlib.md5(usedforsecurity=False)


def digest(make: MakeHash, chunks: Iterable[bytes]) -> bytes:
    """Of all `chunks` together."""
    sums = make()
    for chunk in chunks:
        sums.update(chunk)
    return sums.digest()


class OfParts:
    """The digest of the digests of parts of `each` bytes, with the face of a hash."""

    def __init__(self, make: MakeHash, each: int) -> None:
        self._make, self._each = make, each
        self._all, self._part, self._room = make(), make(), each

    def update(self, data: bytes | memoryview, /) -> None:
        view = memoryview(data)
        while len(view):
            if not self._room:
                self._next()
            some, view = view[: self._room], view[self._room :]
            self._part.update(some)  # type: ignore[arg-type]
            self._room -= len(some)

    def _next(self) -> None:
        self._all.update(self._part.digest())
        self._part, self._room = self._make(), self._each

    def digest(self) -> bytes:
        """At the end, once."""
        self._next()
        return self._all.digest()


class Claim:
    """Something that is told of the content. `proves`: where it doesn't hold, the content is another; other claims
    only prove something where they do."""

    def __init__(self, what: str, make: MakeHash, told: bytes, proves: bool) -> None:
        self.what, self.proves = what, proves
        self.sums = make()
        self._make, self._told = make, told

    def feed(self, data: bytes | memoryview) -> None:
        """The next bytes of the content."""
        self.sums.update(data)  # type: ignore[arg-type]

    def holds(self) -> bool:
        """Whether it is true of what was fed; asked once, at the end."""
        return self.sums.digest() == self._told

    def holds_of(self, chunks: Iterable[bytes]) -> bool:
        """Whether it is true of `chunks` together."""
        return self.is_told(digest(self._make, chunks))

    def is_told(self, digest: bytes) -> bool:
        """Whether it says that the content has this `digest`."""
        return digest == self._told


def checksum(stored: ObjectInfo) -> Claim | None:
    """The checksum of the whole object that is cheapest to compute."""
    told = whole_checksums(stored)
    for name, make in ALGORITHMS.items():
        if name in told:
            return Claim(f"{name} checksum", make, _decoded(told[name]), proves=True)
    return None


def recorded(stored: ObjectInfo) -> Claim | None:
    """The SHA-256 that is recorded as metadata, by us or by others."""
    told = next((value for name, value in stored.metadata.user if name.lower() == RECORDED), "")
    if not _SHA256.fullmatch(told):
        return None
    return Claim("SHA-256 in its metadata", hashlib.sha256, bytes.fromhex(told), proves=True)


def of_etag(connection: Connection, stored: ObjectInfo) -> Iterator[Claim]:
    """What the ETag may be, the likeliest first. Only AWS promises that one of a single part is an MD5."""
    told = bare(stored.etag)
    if opaque_etag(stored):
        return
    if is_md5(told):
        yield Claim("ETag", md5, bytes.fromhex(told), proves=connection.profile.is_aws)
        return
    value, dash, count = told.partition("-")
    if dash and is_md5(value):
        for each in _part_sizes(connection, stored, count):
            yield Claim("ETag", _of_parts(md5, each), bytes.fromhex(value), proves=False)


def of_parts_checksum(connection: Connection, stored: ObjectInfo) -> Iterator[Claim]:
    """What a checksum of parts' checksums (COMPOSITE) may be."""
    told = dict(stored.checksums)
    name = next((name for name in ALGORITHMS if "-" in told.get(name, "")), "")
    if not name:
        return
    value, _, count = told[name].rpartition("-")
    for each in _part_sizes(connection, stored, count):
        yield Claim(f"{name} checksum of its parts", _of_parts(ALGORITHMS[name], each), _decoded(value), proves=False)


def all_of(connection: Connection, stored: ObjectInfo) -> list[Claim]:
    """Everything that is told, to be held against the content in one reading."""
    whole = [claim for claim in (checksum(stored), recorded(stored)) if claim]
    by_parts = [] if whole else list(of_parts_checksum(connection, stored))
    return [*whole, *by_parts, *of_etag(connection, stored)]


def _of_parts(make: MakeHash, each: int) -> MakeHash:
    return lambda: OfParts(make, each)


def _decoded(value: str) -> bytes:
    """What is no base64 is told by nobody's digest."""
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""


def _part_sizes(connection: Connection, stored: ObjectInfo, told: str) -> list[int]:
    """How large the parts may have been: what the endpoint says of the first, or what tools use."""
    count = int(told) if told.isascii() and told.isdigit() and len(told) <= len(str(MOST_PARTS)) else 0
    size = stored.size
    if not 0 < count <= MOST_PARTS or not size:
        return []
    guesses = [PART_SIZE, *(mib * MIB for mib in USUAL_MIB)]
    smallest = -(-size // count)
    guesses.append(-(-smallest // MIB) * MIB)
    try:
        # AWS and some others answer with the part's own length.
        first = connection.call("head_object", **stored.uri.parameters, PartNumber=1)
        guesses.insert(0, int(first.get("ContentLength") or 0))
    except errors.S3Error:
        pass  # not every endpoint knows PartNumber; the guesses remain
    fitting = [each for each in dict.fromkeys(guesses) if each > 0 and -(-size // each) == count]
    return fitting[:_MOST_GUESSES]
