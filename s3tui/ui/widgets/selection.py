"""Which rows are selected: one byte a row, so that a million selected rows cost a megabyte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s3tui.ui.widgets.arrangement import Arrangement


class Selection:
    """Row numbers of a listing, and a range that is being made from one row to the cursor."""

    def __init__(self) -> None:
        self._flags = bytearray()
        self._range_from: int | None = None  # a row number
        self._range = range(0)  # positions

    def __contains__(self, row: int) -> bool:
        """Whether the row is selected for good."""
        return row < len(self._flags) and bool(self._flags[row])

    def __len__(self) -> int:
        return self._flags.count(1)

    def __iter__(self) -> Iterator[int]:
        """Row numbers, ascending."""
        row = self._flags.find(1)
        while row >= 0:
            yield row
            row = self._flags.find(1, row + 1)

    def toggle(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._flags[self._reached(row)] ^= 1

    def clear(self) -> None:
        self._flags.clear()
        self.leave_range()

    def _reached(self, row: int) -> int:
        if row >= len(self._flags):
            self._flags.extend(bytes(row + 1 - len(self._flags)))
        return row

    # ---- the range

    @property
    def in_range(self) -> bool:
        """Whether a range is being made."""
        return self._range_from is not None

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
        for position in self._range:
            self._flags[self._reached(shown.row_at(position))] = 1
        self.leave_range()

    def leave_range(self) -> None:
        """Give up the range."""
        self._range_from, self._range = None, range(0)

    def shows(self, row: int, position: int) -> bool:
        """Whether the row at `position` is drawn as selected."""
        return position in self._range or row in self

    def rows(self, shown: Arrangement) -> Iterable[int]:
        """All selected rows, those of the range too, ascending."""
        if not self._range:
            return self
        return sorted({*self, *map(shown.row_at, self._range)})
