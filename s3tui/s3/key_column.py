"""A column of keys: their bytes one after the other, and where each key starts, so that a million are few objects."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from s3tui.s3.column import Column


class KeyColumn:
    """Keys in the order they were appended. A reader in another thread sees whole keys only."""

    def __init__(self) -> None:
        self.text = Column("B")
        self.starts = Column("Q", [0])  # one more than keys

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> bytes:
        return self.text.piece(self.starts[index], self.starts[index + 1])

    @property
    def size(self) -> int:
        """Bytes of all keys together."""
        return self.starts[len(self)]

    def blob(self, first: int, last: int) -> tuple[bytearray, array[int]]:
        """A copy of the keys from `first` up to, and without, `last`, and where each starts among all keys."""
        starts = self.starts.numbers(first, last + 1)
        return self.text.raw(starts[0], starts[-1]), starts

    def find(self, key: bytes) -> Iterator[int]:
        """The numbers of all keys that are this one, which isn't empty."""
        for at in self.text.places(key):
            row = bisect_right(self.starts, at) - 1
            if row < len(self) and self.starts[row] == at and self.starts[row + 1] == at + len(key):
                yield row

    def part(self, first: int, last: int) -> KeyColumn:
        """A copy of the keys from `first` up to, and without, `last`."""
        part = KeyColumn()
        starts = self.starts.numbers(first, last + 1)
        part.text.extend(self.text, starts[0], starts[-1])
        part.starts.append(moved(starts[1:], -starts[0]))
        return part

    def append(self, keys: Sequence[bytes]) -> None:
        """Add keys."""
        starts = array("Q", list(accumulate(map(len, keys), initial=self.size)))
        self.text.append(b"".join(keys))
        self.starts.append(starts[1:])

    def extend(self, other: KeyColumn) -> None:
        """Add all keys of `other`."""
        starts = moved(other.starts.numbers(1), self.size)
        self.text.extend(other.text)
        self.starts.append(starts)


def moved(starts: array[int] | memoryview, by: int) -> array[int]:
    """The numbers, each with `by` added: as one long number, since one by one it takes four times as long."""
    ones = int.from_bytes(array("Q", [1]) * len(starts), sys.byteorder)
    total = int.from_bytes(starts, sys.byteorder) + by * ones
    return array("Q", total.to_bytes(starts.itemsize * len(starts), sys.byteorder))
