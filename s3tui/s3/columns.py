"""Rows of a listing, kept in columns: about 100 bytes a row, and nothing for the garbage collector to walk.

Keys stand one after the other in UTF-8, so a million of them are a few Python objects. One thread appends; others
may read meanwhile, because a row counts only once all its columns are there.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from s3tui.s3.column import Column
from s3tui.s3.etag_column import EtagColumn
from s3tui.s3.key_column import KeyColumn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# What a row is. In a plain listing only the first two are met.
OBJECT = 0  # or the current version of one
PREFIX = 1  # a common prefix
NONCURRENT = 2  # a version that is not the current one
DELETED = 3  # a delete marker that is the current version: the key is deleted
OLD_MARKER = 4  # a delete marker that is not
NO_TIME = -(2**63)  # of a row that has none
_PREFIX = bytes([PREFIX])
_PIECE = 32_768  # rows copied at a time, so that other threads get their turn


@dataclass(frozen=True, slots=True)
class Row:
    """One object, or one common prefix (its size is 0, its time, ETag and class are not there)."""

    key: str
    kind: int = OBJECT
    size: int = 0  # bytes
    modified: datetime | None = None
    etag: str = ""  # without quotes
    storage_class: str = ""  # empty when the server didn't say

    @property
    def is_prefix(self) -> bool:
        return self.kind == PREFIX

    @property
    def is_deleted(self) -> bool:
        """Whether the key is deleted: its current version is a delete marker."""
        return self.kind == DELETED


class Columns:
    """Objects and common prefixes in the order they were appended. Row numbers never change."""

    def __init__(self) -> None:
        self._count = 0
        self._keys = KeyColumn()
        self._kinds = Column("B")
        self._sizes = Column("q")
        self._times = Column("q")  # milliseconds since 1970
        self._etags = EtagColumn()
        self._classes = Column("B")
        self._class_names: list[str] = [""]
        self._class_numbers: dict[str, int] = {"": 0}
        self.total_size = 0  # bytes
        self.prefix_count = 0
        self._has_versions = False
        self.in_order = True  # objects and prefixes each came in S3's order, as not all servers send them
        self._edges: dict[bool, tuple[bytes, bytes]] = {}  # is it a prefix -> first and last key

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return map(self.row, range(len(self)))

    @property
    def object_count(self) -> int:
        return self._count - self.prefix_count

    # -- reading

    def key(self, index: int) -> str:
        """The key exactly as S3 holds it; bytes that are not UTF-8 become lone surrogates."""
        return self.key_bytes(index).decode("utf-8", "surrogateescape")

    def key_bytes(self, index: int) -> bytes:
        return self._keys[index]

    def keys(self) -> list[str]:
        """The keys of all rows, sooner than one by one."""
        blob, starts = self.keys_blob()
        if not blob.isascii():
            return [self.key(index) for index in range(len(starts) - 1)]
        text, base = blob.decode("ascii"), starts[0]
        return [text[start - base : end - base] for start, end in pairwise(starts)]

    def size(self, index: int) -> int:
        """Bytes; 0 for a prefix or a delete marker."""
        return self._sizes[index]

    def modified(self, index: int) -> datetime | None:
        time = self._times[index]
        return None if time == NO_TIME else _EPOCH + timedelta(milliseconds=time)

    def milliseconds(self, index: int) -> int:
        """The time of modification since 1970, to sort by; rows without one come first."""
        return self._times[index]

    def etag(self, index: int) -> str:
        """Without quotes; empty when there is none."""
        return self._etags[index]

    def etags(self) -> list[str]:
        """The ETags of all rows."""
        return self._etags.texts()

    def storage_class(self, index: int) -> str:
        """As the server said it; empty when it didn't."""
        return self._class_names[self._classes[index]]

    def kind(self, index: int) -> int:
        """`OBJECT`, `PREFIX`, `NONCURRENT`, `DELETED` or `OLD_MARKER`."""
        return self._kinds[index]

    def is_prefix(self, index: int) -> bool:
        return self._kinds[index] == PREFIX

    def row(self, index: int) -> Row:
        return Row(
            self.key(index),
            self.kind(index),
            self.size(index),
            self.modified(index),
            self.etag(index),
            self.storage_class(index),
        )

    def index_of(self, key: bytes, is_prefix: bool = False) -> int | None:
        """The first row with this key, or None. Quick, except in a listing that is not in order."""
        if is_prefix and not self.prefix_count:
            return None
        if self.in_order:
            row = self._place(key, is_prefix)
            return row if row < self._count and self.key_bytes(row) == key else None
        rows = (row for row in self._keys.find(key) if row < self._count and self.is_prefix(row) == is_prefix)
        return next(rows, None)

    def _place(self, key: bytes, is_prefix: bool) -> int:
        """The first prefix, or the first other row, whose key is not before `key`; the count if there is none."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            row = self._next_of(is_prefix, middle, high)
            if row < high and self.key_bytes(row) < key:
                low = row + 1
            else:
                high = middle
        return self._next_of(is_prefix, low, self._count)

    def _next_of(self, is_prefix: bool, first: int, last: int) -> int:
        """The first row from `first` on that is a prefix, or that is none; `last` if there is none before that."""
        if first < last and (self._kinds[first] == PREFIX) == is_prefix:
            return first
        if is_prefix:
            return next(self._kinds.places(_PREFIX, first, last), last)
        return last - len(self._kinds.raw(first, last).lstrip(_PREFIX))

    def part(self, first: int, last: int) -> Columns:
        """A copy of the rows from `first` up to, and without, `last`."""
        part = Columns()
        part._has_versions = self._has_versions
        part._kinds.extend(self._kinds, first, last)
        part._classes.extend(self._classes, first, last)
        part._class_names = list(self._class_names)
        part._class_numbers = dict(self._class_numbers)
        part._times.extend(self._times, first, last)
        part._sizes.extend(self._sizes, first, last)
        part._etags = self._etags.part(first, last)
        part.total_size = sum(part._sizes)
        part.prefix_count = part._kinds.raw().count(PREFIX)
        part._keys = self._keys.part(first, last)
        part._count = last - first
        part._learn_edges(self.in_order)
        return part

    def column(
        self, name: Literal["kinds", "sizes", "times", "classes", "starts"], first: int = 0, last: int | None = None
    ) -> bytearray:
        """A copy of one column's raw numbers: bytes, int64, int64, bytes, uint64 (one more than rows).

        Of the rows from `first` up to, and without, `last`.
        """
        end = self._count if last is None else last
        column: Column = self._keys.starts if name == "starts" else getattr(self, f"_{name}")
        return column.raw(first, end + (name == "starts"))

    @property
    def class_names(self) -> Sequence[str]:
        """The storage classes; the column `classes` holds indexes into it."""
        return tuple(self._class_names)

    def merged(self, puts: Iterable[Row], gone: Iterable[bytes]) -> Columns:
        """A copy in which the rows `puts` stand in their place, instead of those with the same keys, and `gone` doesn't.

        For listings with one row a key. A million rows take a tenth of a second, each put or gone key some 50 µs.
        """
        edits: dict[tuple[bytes, bool], tuple[int, int, Row | None]] = {}
        for key in gone:
            for is_prefix in (False, True):
                row = self.index_of(key, is_prefix)
                if row is not None:
                    edits[key, is_prefix] = (row, row + 1, None)
        for put in puts:
            key = _encoded(put.key)
            row = self.index_of(key, put.is_prefix)
            at = row if row is not None else self._place(key, put.is_prefix) if self.in_order else self._count
            edits[key, put.is_prefix] = (at, at + (row is not None), put)
        merged = Columns()
        merged._has_versions = self._has_versions
        done = 0
        for _, (first, last, new) in sorted(edits.items(), key=lambda edit: (*edit[1][:2], edit[0])):
            merged._copy(self, done, first)
            done = last
            if new:
                merged._append_row(new)
        merged._copy(self, done, len(self))
        return merged

    def _copy(self, source: Columns, first: int, last: int) -> None:
        for start in range(first, last, _PIECE):
            self.extend(source.part(start, min(start + _PIECE, last)))

    def _append_row(self, row: Row) -> None:
        if row.is_prefix:
            self.append_prefix(row.key)
            return
        time = NO_TIME if row.modified is None else milliseconds(row.modified)
        kinds = bytes([row.kind]) if self._has_versions or row.kind != OBJECT else b""
        self.append_objects([_encoded(row.key)], [row.size], [time], [row.etag], [row.storage_class], kinds)

    # -- as bytes, to send to another process

    @property
    def last_key(self) -> bytes | None:
        """The last key, prefixes and objects taken together, in a page that is in order; None in an empty one."""
        return max((last for _, last in self._edges.values()), default=None)

    @property
    def key_bytes_count(self) -> int:
        """Bytes of all keys together."""
        return self._keys.size

    def all_start_with(self, prefix: bytes) -> bool:
        """Whether every key begins with `prefix`."""
        if self.in_order:  # then the first and the last key of each kind tell
            return all(key.startswith(prefix) for edges in self._edges.values() for key in edges)
        return all(self.key_bytes(index).startswith(prefix) for index in range(len(self)))

    def keys_blob(self, first: int = 0, last: int | None = None) -> tuple[bytearray, array[int]]:
        """A copy of these rows' keys, and where each starts among all keys (one more number than rows)."""
        return self._keys.blob(first, self._count if last is None else last)

    # -- appending

    def append(
        self, key: str, size: int, modified: datetime | None = None, etag: str = "", storage_class: str = ""
    ) -> None:
        """Add one object; `etag` with or without its quotes."""
        time = NO_TIME if modified is None else milliseconds(modified)
        self.append_objects([_encoded(key)], [size], [time], [unquoted(etag)], [storage_class])

    def append_prefix(self, key: str) -> None:
        """Add one common prefix."""
        self.append_prefixes([_encoded(key)])

    def append_prefixes(self, keys: Sequence[bytes]) -> None:
        """Add common prefixes."""
        count = len(keys)
        self._kinds.append(_PREFIX * count)
        self._sizes.append(bytes(8 * count))
        self._times.append(array("q", [NO_TIME]) * count)
        self._etags.append_none(count)
        self._classes.append(bytes(count))
        self.prefix_count += count
        self._append_keys(keys, True)

    def append_objects(
        self,
        keys: Sequence[bytes],
        sizes: Sequence[int],
        times: Iterable[int],
        etags: Sequence[str] | bytes,
        storage_classes: Sequence[str],
        kinds: bytes = b"",
    ) -> None:
        """Add objects, or versions and markers when `kinds` names each one's kind.

        `times` are milliseconds since 1970, `etags` have no quotes, or are the 16 bytes of each one's MD5.
        """
        self._kinds.append(kinds or bytes(len(keys)))
        self._has_versions |= bool(kinds)
        if isinstance(etags, bytes):
            self._etags.append_digests(etags)
        else:
            self._etags.append(etags)
        self._append_classes(storage_classes)
        self._times.append(array("q", times))
        self._sizes.append(array("q", sizes))
        self.total_size += sum(sizes)
        self._append_keys(keys, False)

    def extend(self, other: Columns) -> None:
        """Add all rows of `other`, which nobody may be appending to."""
        self._etags.extend(other._etags)
        renumber = bytes(map(self._class_number, other._class_names)).ljust(256, b"\0")
        self._classes.append(other._classes.raw().translate(renumber))
        self._times.extend(other._times)
        self._kinds.extend(other._kinds)
        self._sizes.extend(other._sizes)
        self.total_size += other.total_size
        self.prefix_count += other.prefix_count
        self._has_versions |= other._has_versions
        self.in_order &= other.in_order
        for is_prefix, (first_key, last_key) in other._edges.items():
            self._note_order(is_prefix, first_key, last_key)
        self._keys.extend(other._keys)
        self._count += len(other)

    def _append_keys(self, keys: Sequence[bytes], are_prefixes: bool) -> None:
        """The last step: after it the new rows are there."""
        if not keys:
            return
        # Versions of one key stand together.
        follows = operator.le if self._has_versions else operator.lt
        self.in_order &= all(map(follows, keys, keys[1:]))
        self._note_order(are_prefixes, keys[0], keys[-1])
        self._keys.append(keys)
        self._count += len(keys)

    def _note_order(self, is_prefix: bool, first_key: bytes, last_key: bytes) -> None:
        before = self._edges.get(is_prefix)
        if before and (first_key < before[1] or (first_key == before[1] and not self._has_versions)):
            self.in_order = False
        self._edges[is_prefix] = (before[0] if before else first_key, last_key)

    def _learn_edges(self, in_order: bool) -> None:
        self.in_order = in_order
        firsts = {is_prefix: self._next_of(is_prefix, 0, self._count) for is_prefix in (False, True)}
        kinds = self._kinds.raw()
        lasts = {False: len(kinds.rstrip(_PREFIX)) - 1, True: kinds.rfind(_PREFIX)}
        for is_prefix, first in firsts.items():
            if first < self._count:
                self._edges[is_prefix] = (self.key_bytes(first), self.key_bytes(lasts[is_prefix]))

    def _append_classes(self, names: Sequence[str]) -> None:
        numbers = {name: self._class_number(name) for name in set(names)}
        if len(numbers) == 1:
            self._classes.append(bytes(numbers.values()) * len(names))
        else:
            self._classes.append(bytes(map(numbers.__getitem__, names)))

    def _class_number(self, name: str) -> int:
        number = self._class_numbers.get(name)
        if number is None:
            if len(self._class_names) > 255:  # more names than S3 will ever have: a server that lies
                return 0
            number = self._class_numbers[name] = len(self._class_names)
            self._class_names.append(name)
        return number


def milliseconds(moment: datetime) -> int:
    """An aware time as whole milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def unquoted(etag: str) -> str:
    """An ETag without the quotes that HTTP puts around it."""
    return etag[1:-1] if etag[:1] == '"' == etag[-1:] and len(etag) > 1 else etag


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
