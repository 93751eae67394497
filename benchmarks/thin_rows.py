"""What the thin server lists: rows of XML made once, found by key, and sent as they stand."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

FOLDER = b"warehouse/events/"  # where a bucket keeps all its objects
_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # multiplied by a row's number: looks like an MD5
_OBJECT = (
    b"<Contents><Key>%b</Key><LastModified>2026-%02d-%02dT%02d:%02d:%02d.000Z</LastModified>"
    b"<ETag>&quot;%032x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
_VERSION = (
    b"<Version><Key>%b</Key><VersionId>%d</VersionId><IsLatest>%b</IsLatest>"
    b"<LastModified>2026-%02d-%02dT%02d:%02d:%02d.000Z</LastModified>"
    b"<ETag>&quot;%032x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Version>"
)
_MARKER = (
    b"<DeleteMarker><Key>%b</Key><VersionId>%d</VersionId><IsLatest>true</IsLatest>"
    b"<LastModified>2026-12-01T00:00:00.000Z</LastModified></DeleteMarker>"
)
_PREFIX = b"<CommonPrefixes><Prefix>%b</Prefix></CommonPrefixes>"


class Rows:
    """Elements in the order of their keys, one after the other in one blob."""

    def __init__(self, elements: Iterable[bytes]) -> None:
        self._starts = array("Q", [0])
        blob = bytearray()
        for element in elements:
            blob += element
            self._starts.append(len(blob))
        self._blob = bytes(blob)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def key(self, index: int) -> bytes:
        """What stands between the first inner tag of the element and the next one."""
        start = self._blob.index(b"<", self._starts[index] + 1)  # <Key> or <Prefix>
        start = self._blob.index(b">", start) + 1
        return self._blob[start : self._blob.index(b"<", start)]

    def first_from(self, key: bytes) -> int:
        """The first row whose key is `key` or greater."""
        return bisect_left(range(len(self)), key, key=self.key)

    def first_after(self, key: bytes) -> int:
        return bisect_right(range(len(self)), key, key=self.key)

    def range_of(self, prefix: bytes) -> range:
        """The rows that begin with `prefix`."""
        if not prefix:
            return range(len(self))
        return range(self.first_from(prefix), self.first_from(prefix[:-1] + bytes([prefix[-1] + 1])))

    def between(self, first: int, last: int) -> memoryview:
        """The XML of the rows from `first` up to, and without, `last`."""
        return memoryview(self._blob)[self._starts[first] : self._starts[last]]


NOTHING = Rows(())


@dataclass(frozen=True)
class Level:
    """What a listing of one prefix with one delimiter goes through."""

    objects: Rows
    within: range
    prefixes: Rows = NOTHING

    @property
    def count(self) -> int:
        return len(self.within) + len(self.prefixes)


class Bucket:
    """Objects of the keys given, which must be in order."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self.objects = Rows(_OBJECT % (key, *_facts(number)) for number, key in enumerate(keys))
        self._levels: dict[tuple[bytes, bytes], Level] = {}

    @cached_property
    def versions(self) -> Rows:
        """Each fourth key has two older versions, each tenth is deleted. Version ids are row numbers."""
        return Rows(self._versions())

    def _versions(self) -> Iterator[bytes]:
        row = 0
        for number in range(len(self.objects)):
            key = self.objects.key(number)
            deleted = number % 10 == 9
            if deleted:
                yield _MARKER % (key, row)
                row += 1
            for age in range(3 if number % 4 == 0 else 1):
                latest = b"false" if deleted or age else b"true"
                yield _VERSION % (key, row, latest, *_facts(number + age))
                row += 1

    def level(self, prefix: bytes, delimiter: bytes) -> Level:
        """Looks through the keys once for each prefix and delimiter."""
        if not delimiter:
            return Level(self.objects, self.objects.range_of(prefix))
        if (prefix, delimiter) not in self._levels:
            self._levels[prefix, delimiter] = self._split(prefix, delimiter)
        return self._levels[prefix, delimiter]

    def _split(self, prefix: bytes, delimiter: bytes) -> Level:
        within = self.objects.range_of(prefix)
        plain: list[int] = []
        found: dict[bytes, None] = {}
        for index in within:
            name, delimited, _ = self.objects.key(index)[len(prefix) :].partition(delimiter)
            if delimited:
                found[prefix + name + delimiter] = None
            else:
                plain.append(index)
        prefixes = Rows(_PREFIX % key for key in found)
        if len(plain) == len(within):
            return Level(self.objects, within, prefixes)
        objects = Rows(bytes(self.objects.between(index, index + 1)) for index in plain)
        return Level(objects, range(len(objects)), prefixes)


def flat_keys(count: int) -> Iterator[bytes]:
    """47 bytes each, all under one prefix."""
    return (b"%bpart-%07d-%09x.parquet" % (FOLDER, n, n * _SPREAD & 0xFFFFFFFFF) for n in range(count))


def folder_keys(count: int) -> Iterator[bytes]:
    """One object in each of so many folders."""
    return (b"tenant-%06d/manifest.json" % n for n in range(count))


def _facts(number: int) -> tuple[int, int, int, int, int, int, int]:
    """Month, day, hour, minute, second, digest and size."""
    second = number % 86400
    digest = number * _SPREAD & (1 << 128) - 1
    return (
        number % 10 + 1, number % 28 + 1, second // 3600, second // 60 % 60, second % 60,
        digest, number * 7919 % 10_000_000,
    )  # fmt: skip
