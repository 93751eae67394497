"""Which rows are selected: one byte a row, so that a million selected rows cost a megabyte."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import compress
from typing import TYPE_CHECKING

from s3tui.ui.widgets.arrangement import SMALL, Arrangement

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

_FLIP = bytes([1, 0]).ljust(256, b"\0")


class Selection:
    """Row numbers of a listing, and a range that is being made from one row to the cursor."""

    def __init__(self) -> None:
        self._flags = bytearray()
        self._range_from: int | None = None  # a row number
        self._range = range(0)  # positions
        self.changes = 0  # of the flags: tells whether a copy of them still holds

    def __contains__(self, row: int) -> bool:
        """Whether the row is selected for good."""
        return row < len(self._flags) and bool(self._flags[row])

    def __len__(self) -> int:
        return self._flags.count(1)

    @property
    def flags(self) -> bytes:
        """A copy: a 1 for each row that is selected for good; may be shorter than the listing."""
        return bytes(self._flags)

    def toggle(self, row: int) -> None:
        """Select the row, or take it out."""
        self.changes += 1
        self._reach(row + 1)
        self._flags[row] ^= 1

    def invert(self, shown: Arrangement) -> None:
        """Select what isn't selected, among the rows shown."""
        self.leave_range()
        self.changes += 1
        self._reach(len(shown.columns))
        for rows in shown.runs():
            if isinstance(rows, range):
                flags = self._flags[rows.start : rows.stop]
                self._flags[rows.start : rows.stop] = flags.translate(_FLIP)
            elif len(rows) > SMALL:
                from s3tui.ui.widgets import many_rows

                many_rows.flip_flags(self._flags, rows)
            else:
                for row in rows:
                    self._flags[row] ^= 1

    def add(self, first: int, flags: bytes) -> None:
        """Select the rows from `first` on that have a 1 in `flags`."""
        if 1 in flags:
            self.changes += 1
            self._reach(first + len(flags))
            both = int.from_bytes(self._flags[first : first + len(flags)]) | int.from_bytes(flags)
            self._flags[first : first + len(flags)] = both.to_bytes(len(flags))

    def carry(self, flags: bytes, range_from: int | None) -> None:
        """The rows of another listing take the place of these."""
        self.clear()
        self.add(0, flags)
        self._range_from = range_from

    def clear(self) -> None:
        """Select nothing."""
        self.changes += 1
        self._flags.clear()
        self.leave_range()

    def _reach(self, count: int) -> None:
        """Have flags for so many rows."""
        if count > len(self._flags):
            self._flags.extend(bytes(count - len(self._flags)))

    # ---- the range

    @property
    def in_range(self) -> bool:
        """Whether a range is being made."""
        return self._range_from is not None

    @property
    def range_from(self) -> int | None:
        """The row that the range begins at."""
        return self._range_from

    def begin_range(self, row: int, cursor: int) -> None:
        """Begin at `row`, which is shown at the position `cursor`."""
        self._range_from = row
        self._range = range(cursor, cursor + 1)

    def stretch_range(self, shown: Arrangement, cursor: int) -> None:
        """The cursor moved to the position `cursor`, or the rows are in another order."""
        if self._range_from is None:
            return
        start = shown.position_of(self._range_from)
        self._range = range(0) if start is None else range(min(start, cursor), max(start, cursor) + 1)

    def end_range(self, shown: Arrangement) -> None:
        """Select the rows of the range."""
        self.changes += 1
        self._flags = self._with_range(shown)
        self.leave_range()

    def leave_range(self) -> None:
        """Give up the range."""
        self._range_from, self._range = None, range(0)

    def shows(self, row: int, position: int) -> bool:
        """Whether the row at `position` is drawn as selected."""
        return position in self._range or row in self

    # ---- with the range

    def _with_range(self, shown: Arrangement) -> bytearray:
        """The flags of all selected rows, those of the range too."""
        if not self._range:
            return self._flags
        flags = self._flags + bytes(max(len(shown.columns) - len(self._flags), 0))
        for rows in shown.runs(self._range.start, self._range.stop):
            if isinstance(rows, range):
                flags[rows.start : rows.stop] = b"\1" * len(rows)
            elif len(rows) > SMALL:
                from s3tui.ui.widgets import many_rows

                many_rows.set_flags(flags, rows)
            else:
                for row in rows:
                    flags[row] = 1
        return flags

    def rows(self, shown: Arrangement) -> array[int]:
        """All selected rows, those of the range too, ascending."""
        flags = self._with_range(shown)
        return array("Q", compress(range(len(flags)), flags))

    def count(self, shown: Arrangement) -> int:
        """How many rows are selected, those of the range too."""
        return self._with_range(shown).count(1)

    def size(self, shown: Arrangement) -> int:
        """Bytes of the selected objects, those of the range too."""
        return _size(shown.columns, self._with_range(shown))

    def hidden(self, shown: Arrangement) -> int:
        """How many selected rows aren't shown."""
        count = len(self)
        if not count or shown.order.filter.is_empty:
            return 0
        self._reach(len(shown.columns))
        return count - sum(map(self._selected_of, shown.runs()))

    def _selected_of(self, rows: Iterable[int]) -> int:
        if isinstance(rows, range):
            return self._flags.count(1, rows.start, rows.stop)
        if isinstance(rows, array) and len(rows) > SMALL:
            from s3tui.ui.widgets import many_rows

            return many_rows.count_flags(self._flags, rows)
        return sum(map(self._flags.__getitem__, rows))


def _size(columns: Columns, flags: bytearray) -> int:
    count = flags.count(1)
    if count == len(columns):
        return columns.total_size
    if count <= SMALL:
        size, row = 0, flags.find(1)
        while row >= 0:
            size += columns.size(row)
            row = flags.find(1, row + 1)
        return size
    first, last = flags.find(1), flags.rfind(1) + 1
    sizes = array("q")
    sizes.frombytes(columns.column("sizes", first, last))
    return sum(compress(sizes, flags[first:last]))
