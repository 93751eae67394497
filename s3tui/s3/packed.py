"""Many rows as bytes, on their way from the process that reads a list to the one that shows it.

They stay in the memory in which they came, and who takes them computes nothing: a thread that takes in a million rows
must not keep the interpreter from the event loop. So this knows columns from within.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from s3tui.s3.columns import Columns
from s3tui.s3.key_column import KeyColumn, moved

PIECE = 1 << 16  # bytes that are copied at a time
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of the rows together. `base`: how many bytes of keys were expected before them."""

    count: int
    base: int
    total_size: int
    prefix_count: int
    has_versions: bool
    in_order: bool
    edges: dict[bool, tuple[bytes, bytes]]
    class_names: list[str]
    odd_etags: dict[int, str]
    last_key: bytes


def pack(rows: Columns, base: int = 0) -> Iterator[bytes | bytearray]:
    """`rows` for a `Packed`, piece by piece. They will most likely follow on keys of `base` bytes together."""
    keys, etags = rows._keys, rows._etags
    facts = _Facts(
        len(rows), base, rows.total_size, rows.prefix_count, rows._has_versions, rows.in_order, rows._edges,
        rows._class_names, etags.odd, keys[len(rows) - 1] if len(rows) else b"",
    )  # fmt: skip
    texts = (
        rows._kinds.raw(), rows._classes.raw(), rows._sizes.raw(), rows._times.raw(), etags.digests.raw(),
        etags.parts.raw(), moved(keys.starts.numbers(1), base).tobytes(), keys.text.raw(),
    )  # fmt: skip
    head = pickle.dumps((tuple(map(len, texts)), facts), protocol=5)
    yield _LENGTH.pack(len(head))
    yield head
    yield from texts


class Packed:
    """What `pack` made; never from anyone but our own process, since some of it is a pickle."""

    def __init__(self, data: memoryview) -> None:
        """`data` must stay as it is from now on."""
        at = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        self._facts: _Facts
        lengths, self._facts = pickle.loads(data[_LENGTH.size : at])
        self._texts: list[memoryview] = []
        for length in lengths:
            self._texts.append(data[at : at + length])
            at += length

    def __len__(self) -> int:
        return self._facts.count

    @property
    def last_key(self) -> bytes:
        """That of the last row."""
        return self._facts.last_key

    @property
    def columns(self) -> Columns:
        """The rows for themselves."""
        columns = Columns()
        self.add_to(columns)
        return columns

    def add_to(self, columns: Columns) -> None:
        """They come behind those that it has."""
        facts = self._facts
        kinds, classes, sizes, times, digests, parts, starts, text = self._texts
        etags = columns._etags
        etags.odd.update({len(columns) + row: etag for row, etag in facts.odd_etags.items()})
        etags.digests.adopt(digests)
        etags.parts.adopt(parts)
        columns._kinds.adopt(kinds)
        columns._classes.adopt(_renumbered(columns, facts.class_names, classes))
        columns._sizes.adopt(sizes)
        columns._times.adopt(times)
        columns.total_size += facts.total_size
        columns.prefix_count += facts.prefix_count
        columns._has_versions |= facts.has_versions
        columns.in_order &= facts.in_order
        for is_prefix, (first_key, last_key) in facts.edges.items():
            columns._note_order(is_prefix, first_key, last_key)
        self._add_keys(columns._keys, starts, text)
        columns._count += facts.count  # after it the new rows are there

    def _add_keys(self, keys: KeyColumn, starts: memoryview, text: memoryview) -> None:
        differs = keys.size - self._facts.base
        keys.text.adopt(text)
        if not differs:
            keys.starts.adopt(starts)
            return
        for piece in pieces(starts):
            keys.starts.append(moved(piece.cast("Q"), differs))


def _renumbered(columns: Columns, names: list[str], classes: memoryview) -> memoryview:
    numbers = bytes(map(columns._class_number, names))
    if numbers == bytes(range(len(numbers))):
        return classes
    return memoryview(bytes(classes).translate(numbers.ljust(256, b"\0")))


def pieces(text: bytes | bytearray | memoryview) -> Iterator[memoryview]:
    """What is copied at a time: neither Python's lock nor a kernel that isn't preempted lets others go on meanwhile."""
    view = memoryview(text)
    return (view[at : at + PIECE] for at in range(0, len(view), PIECE))
