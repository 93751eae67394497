"""Many rows as bytes, on their way from the process that reads a list to the one that shows it.

Who takes them copies each byte once, from what came to where it stays, and computes nothing: a thread that takes in a
million rows must not keep the interpreter from the event loop. So this knows columns from within.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from s3tui.s3.columns import Columns
from s3tui.s3.key_column import moved

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
        rows._class_names, etags._odd, keys[len(rows) - 1] if len(rows) else b"",
    )  # fmt: skip
    texts = (
        rows._kinds, rows._classes, rows._sizes.tobytes(), rows._times.tobytes(), etags._digests,
        etags._parts.tobytes(), moved(keys.starts[1:], base).tobytes(), keys._blob,
    )  # fmt: skip
    head = pickle.dumps((tuple(map(len, texts)), facts), protocol=5)
    yield _LENGTH.pack(len(head))
    yield head
    yield from texts


class Packed:
    """What `pack` made; never from anyone but our own process, since some of it is a pickle."""

    def __init__(self, data: memoryview) -> None:
        """`data` must stay as it is until the rows were added."""
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
        kinds, classes, sizes, times, digests, parts, starts, blob = self._texts
        classes = _renumbered(columns, facts.class_names, classes)
        columns._etags._odd.update({len(columns) + row: etag for row, etag in facts.odd_etags.items()})
        for column, text in ((columns._kinds, kinds), (columns._classes, classes), (columns._etags._digests, digests)):
            for piece in pieces(text):
                column += piece
        for numbers, text in ((columns._etags._parts, parts), (columns._sizes, sizes), (columns._times, times)):
            for piece in pieces(text):
                numbers.frombytes(piece)
        columns.total_size += facts.total_size
        columns.prefix_count += facts.prefix_count
        columns._has_versions |= facts.has_versions
        columns.in_order &= facts.in_order
        for is_prefix, (first_key, last_key) in facts.edges.items():
            columns._note_order(is_prefix, first_key, last_key)
        self._add_keys(columns, starts, blob)
        columns._count += facts.count  # after it the new rows are there

    def _add_keys(self, columns: Columns, starts: memoryview, blob: memoryview) -> None:
        keys = columns._keys
        differs = len(keys._blob) - self._facts.base
        for piece in pieces(blob):
            keys._blob += piece
        for piece in pieces(starts):
            if differs:
                keys.starts.extend(moved(piece.cast("Q"), differs))
            else:
                keys.starts.frombytes(piece)


def _renumbered(columns: Columns, names: list[str], classes: memoryview) -> memoryview:
    numbers = bytes(map(columns._class_number, names))
    if numbers == bytes(range(len(numbers))):
        return classes
    return memoryview(bytes(classes).translate(numbers.ljust(256, b"\0")))


def pieces(text: bytes | bytearray | memoryview) -> Iterator[memoryview]:
    """What is copied at a time: neither Python's lock nor a kernel that isn't preempted lets others go on meanwhile."""
    view = memoryview(text)
    return (view[at : at + PIECE] for at in range(0, len(view), PIECE))
