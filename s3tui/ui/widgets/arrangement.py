"""Which rows of a listing a table shows, and in what order: prefixes first, then objects."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from s3tui.s3.columns import PREFIX
from s3tui.s3.filters import EVERYTHING, Filter

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

SortBy = Literal["name", "size", "modified", "class"]
# More rows than this are sorted and filtered off the event loop, with numpy, which isn't imported for fewer.
SMALL = 500


@dataclass(frozen=True, slots=True)
class Order:
    """By what rows are sorted, and what must hold of them."""

    by: SortBy = "name"
    descending: bool = False
    filter: Filter = EVERYTHING


class Arrangement:
    """Row numbers in the order they are shown. `skip` is the length of the listing's prefix in bytes.

    In the plain case (all rows as they were listed) no number is kept for an object, so that it takes no memory.
    """

    def __init__(self, columns: Columns, order: Order, skip: int) -> None:
        self.columns = columns
        self.order = order
        self.skip = skip
        self._prefixes = array("Q")
        self._objects: array[int] | None = None if self.is_plain else array("Q")
        self._seen = 0  # rows of the listing that were looked at

    def __len__(self) -> int:
        return self._seen if self._objects is None else len(self._prefixes) + len(self._objects)

    @property
    def is_plain(self) -> bool:
        """Whether all rows are shown as they were listed, but for the prefixes, which come first."""
        return self._follows_listing and self.order.filter.is_empty

    @property
    def _follows_listing(self) -> bool:
        return self.order.by == "name" and not self.order.descending and self.columns.in_order

    # ---- looking rows up

    def row_at(self, position: int) -> int:
        """The number of the row that is shown at `position`."""
        at = position - len(self._prefixes)
        if at < 0:
            return self._prefixes[position]
        return self._object(at) if self._objects is None else self._objects[at]

    def _object(self, at: int) -> int:
        """In the plain case the row of an object: as many rows later as there are prefixes before it."""
        prefixes = self._prefixes
        before = bisect_right(range(len(prefixes)), at, key=lambda number: prefixes[number] - number)
        return at + before

    def position_of(self, row: int) -> int | None:
        """Where the row is shown; None when it isn't."""
        if self.columns.is_prefix(row):
            return _index(self._prefixes, row, self._follows_listing)
        before = len(self._prefixes)
        if self._objects is None:
            return before + row - bisect_left(self._prefixes, row) if row < self._seen else None
        at = _index(self._objects, row, self._follows_listing)
        return None if at is None else before + at

    def place_of(self, key: bytes, is_prefix: bool) -> int:
        """The position of a key, or where it would be; only right in the plain case."""
        low, high = (0, len(self._prefixes)) if is_prefix else (len(self._prefixes), len(self))
        return bisect_left(
            range(high), key, low, high, key=lambda position: self.columns.key_bytes(self.row_at(position))
        )

    def runs(self, first: int = 0, last: int | None = None) -> Iterator[range | array[int]]:
        """The rows at the positions from `first` up to `last`: ranges where they follow each other."""
        end = len(self) if last is None else last
        before = len(self._prefixes)
        if first < before:
            yield self._prefixes[first : min(end, before)]
        first, end = max(first - before, 0), end - before
        if end <= first:
            return
        if self._objects is not None:
            yield self._objects[first:end]
            return
        start, stop = self._object(first), self._object(end - 1) + 1
        for number in range(bisect_left(self._prefixes, start), bisect_left(self._prefixes, stop)):
            yield range(start, self._prefixes[number])
            start = self._prefixes[number] + 1
        yield range(start, stop)

    def shown_rows(self) -> Iterable[int]:
        """All rows shown, in order."""
        return chain.from_iterable(self.runs())

    # ---- taking rows in

    @property
    def prefix_count(self) -> int:
        """How many common prefixes are shown, above the objects."""
        return len(self._prefixes)

    def extend(self) -> bool:
        """Take in the rows that came since. False when that can't be done at once: `arrange` anew."""
        first, last = self._seen, len(self.columns)
        if self._objects is None:
            if not self.is_plain:
                return False
            self._take_plain(first, last)
            return True
        if not self._follows_listing or last - first > SMALL:
            return first == last
        self._take(self.order.filter.rows(self.columns, first, last, self.skip))
        self._seen = last
        return True

    def _take_plain(self, first: int, last: int) -> None:
        if self.columns.prefix_count > len(self._prefixes):
            kinds = self.columns.column("kinds", first, last)
            at = kinds.find(PREFIX)
            while at >= 0:
                self._prefixes.append(first + at)
                at = kinds.find(PREFIX, at + 1)
        self._seen = last

    def _take(self, rows: Sequence[int]) -> None:
        """Add a few rows as they follow each other in the listing."""
        assert self._objects is not None
        is_prefix = self.columns.is_prefix
        self._prefixes.extend(row for row in rows if is_prefix(row))
        self._objects.extend(row for row in rows if not is_prefix(row))

    def fill(self, before: Arrangement | None) -> None:
        """Look at all rows of the listing, or at those that `before` didn't."""
        columns, last = self.columns, len(self.columns)
        if self._objects is None:
            self._take_plain(0, last)
            return
        first = 0
        if before is not None and before._objects is not None:
            first = before._seen
            self._prefixes, self._objects = before._prefixes, before._objects
        self._seen = last
        if last <= SMALL:
            self._prefixes, self._objects = self._prefixes[:], self._objects[:]
            self._take(self.order.filter.rows(columns, first, last, self.skip))
            self._sort_few()
            return
        from s3tui.ui.widgets import many_rows

        found = None if self.order.filter.is_empty else self.order.filter.rows(columns, first, last, self.skip)
        by = None if self._follows_listing else self.order.by
        so_far = self._prefixes, self._objects
        self._prefixes, self._objects = many_rows.arranged(
            columns, (first, last), found, so_far, by, self.order.descending
        )

    def _sort_few(self) -> None:
        assert self._objects is not None
        if self._follows_listing:
            return
        columns, (by, descending) = self.columns, (self.order.by, self.order.descending)
        self._prefixes = array("Q", sorted(self._prefixes, key=columns.key_bytes, reverse=by == "name" and descending))
        key = {
            "name": columns.key_bytes,
            "size": columns.size,
            "modified": columns.milliseconds,
            "class": columns.storage_class,
        }[by]
        self._objects = array("Q", sorted(self._objects, key=key, reverse=descending))  # type: ignore[arg-type]


def arrange(columns: Columns, order: Order, skip: int, before: Arrangement | None = None) -> Arrangement:
    """The arrangement of all rows there are now. Some tenths of a second for a million, if it isn't plain.

    `before`, when it was of the same rows in the same order, makes it quicker.
    """
    arrangement = Arrangement(columns, order, skip)
    same = before is not None and before.columns is columns and before.order == order
    arrangement.fill(before if same else None)
    return arrangement


def _index(rows: array[int], row: int, are_ascending: bool) -> int | None:
    """Where `row` is among `rows`."""
    if are_ascending:
        at = bisect_left(rows, row)
        return at if at < len(rows) and rows[at] == row else None
    if len(rows) > SMALL:
        from s3tui.ui.widgets import many_rows

        return many_rows.index(rows, row)
    return rows.index(row) if row in rows else None
