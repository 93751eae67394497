"""When a place is listed anew: finds the rows of the old listing in the new one, by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from s3tui.s3.columns import PREFIX
from s3tui.ui.widgets.arrangement import Arrangement, Order, arrange

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

_STRETCH = 4096  # rows that are compared at once; mostly they are the same in both listings
_LEAST = 512  # rows that are no longer halved to find some that are the same
_IS_PREFIX = bytes(kind == PREFIX for kind in range(256))
_Name = tuple[bytes, bool]  # a row's key, and whether it is a prefix: an object may be called the same
_NEAR = 50  # rows on each side of one that is gone, to stand in for it


class Finder:
    """Finds the rows of a listing by their keys."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._plain = arrange(columns, Order(), 0) if columns.in_order else None

    def row_of(self, key: bytes, is_prefix: bool) -> int | None:
        """The row with this key."""
        if self._plain is None:
            return self.columns.index_of(key, is_prefix)
        position = self._plain.place_of(key, is_prefix)
        row = self._plain.row_at(position) if position < len(self._plain) else None
        return row if row is not None and self.columns.key_bytes(row) == key else None

    def between(self, first: bytes, last: bytes, is_prefix: bool) -> Iterable[int]:
        """The rows with keys from `first` to `last`, of columns that are in order."""
        assert self._plain is not None
        start, stop = (self._plain.place_of(key, is_prefix) for key in (first, last))
        return map(self._plain.row_at, range(start, min(stop + 1, len(self._plain))))

    def nearest(self, shown: Arrangement, row: int, here: Arrangement) -> int | None:
        """Where the key of `row`, which is `shown` of another listing, is `here`.

        If it isn't, the next row shown there that is here, or the one before.
        """
        position = shown.position_of(row)
        if position is None:
            return self._position(shown, row, here)
        after = range(position, min(position + _NEAR, len(shown)))
        before = range(position - 1, max(position - _NEAR, 0) - 1, -1)
        found = (self._position(shown, shown.row_at(at), here) for at in chain(after, before))
        return next((position for position in found if position is not None), None)

    def _position(self, shown: Arrangement, row: int, here: Arrangement) -> int | None:
        found = self.row_of(shown.columns.key_bytes(row), shown.columns.is_prefix(row))
        return None if found is None else here.position_of(found)


class Carrying:
    """Selected rows on their way from one listing to another of the same place."""

    def __init__(self, old: Columns, flags: bytes, new: Columns) -> None:
        """`flags` has a 1 for each selected row of `old`."""
        self._old = old
        self._flags = flags.ljust(len(old), b"\0")
        self._new = new
        self._all_chosen: frozenset[_Name] | None = None  # only needed where there is no order
        self.seen = 0  # rows of the new listing that were looked at

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self._old)

    def catch_up(self) -> tuple[int, bytes]:
        """The first row that wasn't looked at before, and a flag for each from there on.

        Some tenths of a second for a million rows.
        """
        first, self.seen = self.seen, len(self._new)
        stretches = range(first, self.seen, _STRETCH)
        return first, b"".join(self._flags_of(start, min(start + _STRETCH, self.seen)) for start in stretches)

    def _flags_of(self, first: int, last: int) -> bytes:
        """Rows that follow each other in both listings are carried at once; others are halved."""
        if not (self._old.in_order and self._new.in_order):
            if self._all_chosen is None:
                self._all_chosen = frozenset(self._chosen(range(len(self._old))))
            return bytes(_name(self._new, row) in self._all_chosen for row in range(first, last))
        at = self._finder.row_of(self._new.key_bytes(first), self._new.is_prefix(first))
        if at is not None and self._is_same(at, first, last):
            return self._flags[at : at + last - first]
        if last - first <= _LEAST:
            return self._one_by_one(first, last)
        middle = (first + last) // 2
        return self._flags_of(first, middle) + self._flags_of(middle, last)

    def _one_by_one(self, first: int, last: int) -> bytes:
        names = [_name(self._new, row) for row in range(first, last)]
        chosen: set[_Name] = set()
        for kind in {is_prefix for _, is_prefix in names}:
            keys = [key for key, is_prefix in names if is_prefix == kind]
            chosen.update(self._chosen(self._finder.between(keys[0], keys[-1], kind)))
        return bytes(name in chosen for name in names)

    def _chosen(self, rows: Iterable[int]) -> Iterator[_Name]:
        return (_name(self._old, row) for row in rows if self._flags[row])

    def _is_same(self, at: int, first: int, last: int) -> bool:
        """Whether the old listing has the same rows from `at` on."""
        end = at + last - first
        if end > len(self._old) or self._kinds(self._old, at, end) != self._kinds(self._new, first, last):
            return False
        old, old_starts = self._old.keys_blob(at, end)
        new, new_starts = self._new.keys_blob(first, last)
        moved = new_starts[0] - old_starts[0]
        return old == new and [start + moved for start in old_starts] == list(new_starts)

    @staticmethod
    def _kinds(columns: Columns, first: int, last: int) -> bytearray:
        """Where the prefixes are."""
        return columns.column("kinds", first, last).translate(_IS_PREFIX)


def _name(columns: Columns, row: int) -> _Name:
    return columns.key_bytes(row), columns.is_prefix(row)
