"""Which rows of a listing a table shows, and in what order: prefixes first, then objects."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

SortBy = Literal["name", "size", "modified", "class"]
# More rows than this are sorted and searched off the event loop.
SMALL = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """By what rows are sorted, and the text their names must hold."""

    by: SortBy = "name"
    descending: bool = False
    pattern: str = ""

    @property
    def ignores_case(self) -> bool:
        """A pattern without capitals matches them too."""
        return self.pattern == self.pattern.lower()

    def matches(self, name: str) -> bool:
        return self.pattern in (name.lower() if self.ignores_case else name)


class Arrangement:
    """Row numbers in the order they are shown. `skip` is the length of the listing's prefix in bytes."""

    def __init__(self, columns: Columns, order: Order, skip: int) -> None:
        self.columns = columns
        self.order = order
        self._skip = skip
        self._prefixes = array("Q")
        self._objects = array("Q")
        self._seen = 0  # rows of the listing that were looked at

    def __len__(self) -> int:
        return len(self._prefixes) + len(self._objects)

    def row_at(self, position: int) -> int:
        """The number of the row that is shown at `position`."""
        objects_from = len(self._prefixes)
        return self._prefixes[position] if position < objects_from else self._objects[position - objects_from]

    def position_of(self, row: int) -> int | None:
        """Where the row is shown; None when it isn't."""
        is_prefix = self.columns.is_prefix(row)
        rows = self._prefixes if is_prefix else self._objects
        before = 0 if is_prefix else len(self._prefixes)
        if self._follows_listing:
            at = bisect_left(rows, row)
            return before + at if at < len(rows) and rows[at] == row else None
        try:
            return before + rows.index(row)
        except ValueError:
            return None

    def shown_rows(self) -> Iterable[int]:
        """All rows shown, in order."""
        yield from self._prefixes
        yield from self._objects

    @property
    def _follows_listing(self) -> bool:
        return self.order.by == "name" and not self.order.descending and self.columns.in_order

    def extend(self) -> bool:
        """Take in the rows that came since. False when that can't be done quickly: `arrange` anew."""
        first, last = self._seen, len(self.columns)
        if not self._follows_listing or last - first > SMALL:
            return first == last
        columns = self.columns
        rows: Sequence[int] = range(first, last)
        if self.order.pattern:
            rows = [row for row in rows if self.order.matches(_name(columns, row, self._skip))]
        self._take(rows)
        self._seen = last
        return True

    def _take(self, rows: Sequence[int]) -> None:
        is_prefix = self.columns.is_prefix
        if self.columns.prefix_count:
            self._prefixes.extend(row for row in rows if is_prefix(row))
            self._objects.extend(row for row in rows if not is_prefix(row))
        else:
            self._objects.extend(rows)

    def fill(self) -> None:
        """Look at all rows of the listing; may take a second for a million."""
        columns, order = self.columns, self.order
        self._seen = len(columns)
        self._take(_matching(columns, self._seen, order, self._skip) if order.pattern else range(self._seen))
        if order.by == "name":
            self._prefixes = self._by_name(self._prefixes, order.descending)
            self._objects = self._by_name(self._objects, order.descending)
            return
        self._prefixes = self._by_name(self._prefixes, False)
        key = {"size": columns.size, "modified": columns.milliseconds, "class": columns.storage_class}[order.by]
        self._objects = array("Q", sorted(self._objects, key=key, reverse=order.descending))  # type: ignore[arg-type]

    def _by_name(self, rows: array[int], descending: bool) -> array[int]:
        if not self.columns.in_order:
            rows = array("Q", sorted(rows, key=self.columns.key_bytes))
        return rows[::-1] if descending else rows


def arrange(columns: Columns, order: Order, skip: int) -> Arrangement:
    """The arrangement of all rows there are now."""
    arrangement = Arrangement(columns, order, skip)
    arrangement.fill()
    return arrangement


def _name(columns: Columns, row: int, skip: int) -> str:
    return columns.key_bytes(row)[skip:].decode("utf-8", "surrogateescape")


def _matching(columns: Columns, count: int, order: Order, skip: int) -> Sequence[int]:
    """Rows whose name holds the pattern."""
    if not order.pattern.isascii():
        return [row for row in range(count) if order.matches(_name(columns, row, skip))]
    blob, starts = columns.keys_blob()
    if order.ignores_case:
        blob = blob.lower()  # bytes: changes ASCII only, so nothing moves
    return _find(blob, starts, order.pattern.encode(), skip, count)


def _find(blob: bytes, starts: Sequence[int], needle: bytes, skip: int, count: int) -> list[int]:
    """Search all names at once; what crosses from one key into the next doesn't count."""
    rows: list[int] = []
    at = 0
    while (at := blob.find(needle, at)) >= 0:
        row = bisect_right(starts, at, 0, count + 1) - 1
        if row >= count:
            break
        if at < starts[row] + skip:
            at = starts[row] + skip
        elif at + len(needle) > starts[row + 1]:
            at += 1
        else:
            rows.append(row)
            at = starts[row + 1]
    return rows
