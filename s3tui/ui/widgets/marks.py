"""Which rows are selected: one byte a row, so that a million selected rows cost a megabyte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Marks:
    """A set of row numbers."""

    def __init__(self) -> None:
        self._flags = bytearray()

    def __contains__(self, row: int) -> bool:
        return row < len(self._flags) and bool(self._flags[row])

    def __len__(self) -> int:
        return self._flags.count(1)

    def __iter__(self) -> Iterator[int]:
        """Row numbers, ascending."""
        row = self._flags.find(1)
        while row >= 0:
            yield row
            row = self._flags.find(1, row + 1)

    def add(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._reach(row)
            self._flags[row] = 1

    def toggle(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._reach(row)
            self._flags[row] ^= 1

    def clear(self) -> None:
        self._flags.clear()

    def _reach(self, row: int) -> None:
        if row >= len(self._flags):
            self._flags.extend(bytes(row + 1 - len(self._flags)))
