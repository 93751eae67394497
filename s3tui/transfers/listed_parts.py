"""The parts that an endpoint says it has of an unfinished upload. None is believed before it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers.checksums import PartSums
from s3tui.transfers.parts import LARGEST_PART, MIB, MOST_PARTS
from s3tui.transfers.stored import bare

# “Amazon S3 multipart upload limits”; the last part may be smaller.
_SMALLEST_PART = 5 * MIB


@dataclass(frozen=True, slots=True)
class ListedPart:
    """One part as ListParts tells it. `crc64` is base64, empty when it isn't told."""

    size: int
    etag: str
    crc64: str

    def holds(self, sums: PartSums) -> bool:
        """Whether it is what `sums` were made of. The checksum decides when there is one: encryption makes ETags
        that are no MD5."""
        if self.size != sums.length:
            return False
        return self.crc64 == sums.checksum if self.crc64 else self.etag == sums.md5.hex()


@dataclass(frozen=True, slots=True)
class Listed:
    """The parts by number, and the checksum algorithm that the upload was begun with, if it was told."""

    parts: Mapping[int, ListedPart] = field(default_factory=dict)
    algorithm: str = ""

    def part_size(self, size: int) -> int | None:
        """How an object of `size` bytes was being cut: as long as its first part, or the longest that is there. None
        when that can't be."""
        lengths = [part.size for number, part in self.parts.items() if number == 1] or [
            part.size for part in self.parts.values()
        ]
        longest = max(lengths, default=0)
        fits = min(_SMALLEST_PART, size) <= longest <= LARGEST_PART and longest * MOST_PARTS >= size
        return longest if fits and longest else None


def listed_parts(connection: Connection, upload: Mapping[str, str], token: CancelToken) -> Listed:
    """What ListParts tells, all pages. Nothing of it is lost where it is denied or breaks off: a part that isn't known
    is sent again, in place of the one that is there.

    Raises `errors.NoSuchKey` when the upload is gone, and `errors.S3Error`.
    """
    found: dict[int, ListedPart] = {}
    algorithm, marker = "", 0
    while True:
        token.check()
        following: dict[str, Any] = {"PartNumberMarker": marker} if marker else {}
        try:
            answer = connection.call("list_parts", **upload, **following)
        except (errors.AccessDenied, errors.Unsupported):
            return Listed(found, algorithm)
        algorithm = str(answer.get("ChecksumAlgorithm") or algorithm)
        for part in answer.get("Parts") or ():
            found[int(part["PartNumber"])] = ListedPart(
                int(part.get("Size") or 0), bare(part.get("ETag")), str(part.get("ChecksumCRC64NVME") or "")
            )
        last = int(answer.get("NextPartNumberMarker") or 0)
        if not answer.get("IsTruncated") or last <= marker:
            return Listed(found, algorithm)
        marker = last
