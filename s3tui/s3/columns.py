"""Rows of a listing, kept in columns: about 100 bytes a row, and nothing for the garbage collector to walk.

Keys stand one after the other in one blob of UTF-8, so a million of them are one Python object. One thread
appends; others may read meanwhile, because a row counts only once all its columns are there, and no reader
holds a view of the blob.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX = -1  # in the sizes: this row is a common prefix
_NO_TIME = -(2**63)
_MD5 = 16  # bytes
# In the parts column: how to read the 16 bytes beside it.
_WHOLE, _NO_ETAG, _ODD_ETAG = 0, 0xFFFE, 0xFFFF


@dataclass(frozen=True, slots=True)
class Row:
    """One object, or one common prefix (its size is 0, its time, ETag and class are not there)."""

    key: str
    is_prefix: bool = False
    size: int = 0  # bytes
    modified: datetime | None = None
    etag: str = ""  # without quotes
    storage_class: str = ""  # empty when the server didn't say


class Columns:
    """Objects and common prefixes in the order they were appended. Row numbers never change."""

    def __init__(self) -> None:
        self._count = 0
        self._keys = bytearray()
        self._starts = array("Q", [0])
        self._sizes = array("q")
        self._times = array("q")  # milliseconds since 1970
        self._etags = bytearray()
        self._parts = array("H")
        self._odd_etags: dict[int, str] = {}
        self._classes = bytearray()
        self._class_names: list[str] = [""]
        self._class_numbers: dict[str, int] = {"": 0}
        self.total_size = 0  # bytes
        self.prefix_count = 0
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
        return bytes(self._keys[self._starts[index] : self._starts[index + 1]])

    def size(self, index: int) -> int:
        """Bytes; 0 for a prefix."""
        return max(self._sizes[index], 0)

    def modified(self, index: int) -> datetime | None:
        time = self._times[index]
        return None if time == _NO_TIME else _EPOCH + timedelta(milliseconds=time)

    def milliseconds(self, index: int) -> int:
        """The time of modification since 1970, to sort by; rows without one come first."""
        return self._times[index]

    def etag(self, index: int) -> str:
        """Without quotes; empty when there is none."""
        parts = self._parts[index]
        if parts == _NO_ETAG:
            return ""
        if parts == _ODD_ETAG:
            return self._odd_etags[index]
        digest = self._etags[index * _MD5 : (index + 1) * _MD5].hex()
        return digest if parts == _WHOLE else f"{digest}-{parts}"

    def storage_class(self, index: int) -> str:
        """As the server said it; empty when it didn't."""
        return self._class_names[self._classes[index]]

    def is_prefix(self, index: int) -> bool:
        return self._sizes[index] == _PREFIX

    def row(self, index: int) -> Row:
        if self.is_prefix(index):
            return Row(self.key(index), is_prefix=True)
        return Row(
            self.key(index),
            False,
            self.size(index),
            self.modified(index),
            self.etag(index),
            self.storage_class(index),
        )

    def all_start_with(self, prefix: bytes) -> bool:
        """Whether every key begins with `prefix`."""
        if self.in_order:  # then the first and the last key of each kind tell
            return all(key.startswith(prefix) for edges in self._edges.values() for key in edges)
        return all(self.key_bytes(index).startswith(prefix) for index in range(len(self)))

    def keys_blob(self) -> tuple[bytes, Sequence[int]]:
        """A copy of all keys, and where each starts in it (one more number than rows): for searching."""
        count = self._count
        starts = self._starts[: count + 1]
        return bytes(self._keys[: starts[count]]), starts

    # -- appending

    def append(
        self, key: str, size: int, modified: datetime | None = None, etag: str = "", storage_class: str = ""
    ) -> None:
        """Add one object; `etag` with or without its quotes."""
        time = _NO_TIME if modified is None else milliseconds(modified)
        self.append_objects([_encoded(key)], [size], [time], [unquoted(etag)], [storage_class])

    def append_prefix(self, key: str) -> None:
        """Add one common prefix."""
        self.append_prefixes([_encoded(key)])

    def append_prefixes(self, keys: Sequence[bytes]) -> None:
        """Add common prefixes."""
        count = len(keys)
        self._sizes.extend([_PREFIX] * count)
        self._times.extend([_NO_TIME] * count)
        self._parts.extend([_NO_ETAG] * count)
        self._etags += bytes(_MD5 * count)
        self._classes += bytes(count)
        self.prefix_count += count
        self._append_keys(keys, True)

    def append_objects(
        self,
        keys: Sequence[bytes],
        sizes: Sequence[int],
        times: Iterable[int],
        etags: Sequence[str],
        storage_classes: Sequence[str],
    ) -> None:
        """Add objects. `times` are milliseconds since 1970, `etags` have no quotes."""
        self._append_etags(etags)
        numbers = {name: self._class_number(name) for name in set(storage_classes)}
        self._classes += bytes(map(numbers.__getitem__, storage_classes))
        self._times.extend(times)
        self._sizes.extend(sizes)
        self.total_size += sum(sizes)
        self._append_keys(keys, False)

    def extend(self, other: Columns) -> None:
        """Add all rows of `other`, which nobody may be appending to."""
        first = self._count
        self._odd_etags.update({first + index: etag for index, etag in other._odd_etags.items()})
        self._etags += other._etags
        self._parts.extend(other._parts)
        renumber = bytes(self._class_number(name) for name in other._class_names).ljust(256, b"\0")
        self._classes += other._classes.translate(renumber)
        self._times.extend(other._times)
        self._sizes.extend(other._sizes)
        self.total_size += other.total_size
        self.prefix_count += other.prefix_count
        self.in_order &= other.in_order
        for is_prefix, (first_key, last_key) in other._edges.items():
            self._note_order(is_prefix, first_key, last_key)
        base = self._starts[-1]
        self._keys += other._keys
        self._starts.extend([base + start for start in other._starts[1:]])
        self._count += len(other)

    def _append_keys(self, keys: Sequence[bytes], are_prefixes: bool) -> None:
        """The last step: after it the new rows are there."""
        if not keys:
            return
        self.in_order &= all(map(operator.lt, keys, keys[1:]))
        self._note_order(are_prefixes, keys[0], keys[-1])
        edges = list(accumulate(map(len, keys), initial=self._starts[-1]))
        self._keys += b"".join(keys)
        self._starts.extend(edges[1:])
        self._count += len(keys)

    def _note_order(self, is_prefix: bool, first_key: bytes, last_key: bytes) -> None:
        before = self._edges.get(is_prefix)
        if before and first_key <= before[1]:
            self.in_order = False
        self._edges[is_prefix] = (before[0] if before else first_key, last_key)

    def _append_etags(self, etags: Sequence[str]) -> None:
        digests = _plain_digests(etags)
        if digests is not None:
            self._etags += digests
            self._parts.frombytes(bytes(2 * len(etags)))
            return
        for number, etag in enumerate(etags, self._count):
            digest, parts = _split_etag(etag)
            if parts == _ODD_ETAG:
                self._odd_etags[number] = etag
            self._etags += digest
            self._parts.append(parts)

    def _class_number(self, name: str) -> int:
        number = self._class_numbers.get(name)
        if number is None:
            if len(self._class_names) > 255:  # more names than S3 will ever have: a server that lies
                return 0
            number = self._class_numbers[name] = len(self._class_names)
            self._class_names.append(name)
        return number


def milliseconds(moment: datetime) -> int:
    """An aware time as milliseconds since 1970, rounded."""
    return round(moment.timestamp() * 1000)


def unquoted(etag: str) -> str:
    """An ETag without the quotes that HTTP puts around it."""
    return etag[1:-1] if etag[:1] == '"' == etag[-1:] and len(etag) > 1 else etag


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def _plain_digests(etags: Sequence[str]) -> bytes | None:
    """The digests of a page on which each ETag is a plain MD5; None when one is not."""
    joined = "".join(etags)
    if set(map(len, etags)) != {2 * _MD5} or not joined.isalnum() or joined != joined.lower():
        return None
    try:
        return bytes.fromhex(joined)
    except ValueError:
        return None


def _split_etag(etag: str) -> tuple[bytes, int]:
    """An ETag as its 16 bytes and its number of parts, or as a mark that it is none or not such a one."""
    nothing = bytes(_MD5)
    if not etag:
        return nothing, _NO_ETAG
    digest = _plain_digests([etag[: 2 * _MD5]])
    rest = etag[2 * _MD5 :]
    if digest is None:
        return nothing, _ODD_ETAG
    if not rest:
        return digest, _WHOLE
    parts = rest[1:]
    if rest[0] == "-" and parts.isascii() and parts.isdigit() and parts[0] != "0" and int(parts) < _NO_ETAG:
        return digest, int(parts)
    return nothing, _ODD_ETAG
