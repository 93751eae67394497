"""A column of keys: one blob of bytes and where each key starts in it, so that a million keys are two objects."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate


class KeyColumn:
    """Keys in the order they were appended. A reader in another thread sees whole keys only."""

    def __init__(self) -> None:
        self._blob = bytearray()
        self.starts = array("Q", [0])  # one more than keys

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._blob[self.starts[index] : self.starts[index + 1]])

    def blob(self, first: int, last: int) -> tuple[bytearray, array[int]]:
        """A copy of the keys from `first` up to, and without, `last`, and where each starts among all keys."""
        starts = self.starts[first : last + 1]
        return self._blob[starts[0] : starts[-1]], starts

    def find(self, key: bytes) -> Iterator[int]:
        """The numbers of all keys that are this one."""
        at = -1
        while (at := self._blob.find(key, at + 1)) >= 0:
            row = bisect_right(self.starts, at) - 1
            if row < len(self) and self.starts[row] == at and self.starts[row + 1] == at + len(key):
                yield row

    def part(self, first: int, last: int) -> KeyColumn:
        """A copy of the keys from `first` up to, and without, `last`."""
        part = KeyColumn()
        base = self.starts[first]
        part._blob += self._blob[base : self.starts[last]]
        part.starts = moved(self.starts[first : last + 1], -base)
        return part

    def append(self, keys: Sequence[bytes]) -> None:
        """Add keys."""
        starts = array("Q", list(accumulate(map(len, keys), initial=self.starts[-1])))
        self._blob += b"".join(keys)
        self.starts.extend(starts[1:])

    def extend(self, other: KeyColumn) -> None:
        """Add all keys of `other`."""
        starts = moved(other.starts[1:], self.starts[-1])
        self._blob += other._blob
        self.starts.extend(starts)


def moved(starts: array[int] | memoryview, by: int) -> array[int]:
    """The numbers, each with `by` added: as one long number, since one by one it takes four times as long."""
    ones = int.from_bytes(array("Q", [1]) * len(starts), sys.byteorder)
    total = int.from_bytes(starts, sys.byteorder) + by * ones
    return array("Q", total.to_bytes(starts.itemsize * len(starts), sys.byteorder))
