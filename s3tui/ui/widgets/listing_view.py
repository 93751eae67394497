"""The rows of a listing in some order, with a cursor that stays on its row whatever comes, goes or is sorted.

Many rows are sorted and filtered in a pool thread, one run at a time: while rows keep arriving, most of the time
passes between the runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message

from s3tui import background
from s3tui.errors import BadInput
from s3tui.s3 import filters
from s3tui.ui.widgets.arrangement import SMALL, Arrangement, Order, SortBy, arrange
from s3tui.ui.widgets.carrying import Carrying, Finder
from s3tui.ui.widgets.row_view import RowView
from s3tui.ui.widgets.selection import Selection

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns, Row
    from s3tui.s3.listing import Listing

_REST = 4  # times as long as a run took: until rows that came meanwhile are sorted in
_LONGEST_REST = 2.0  # s


class ListingView(RowView):
    """What is shown of a `Listing`: which rows, in what order, and where the cursor is."""

    @dataclass
    class Highlighted(Message, namespace="object_table"):
        """Another row is under the cursor, or it is not what it was; None when there is no row."""

        row: Row | None

    class Arranged(Message, namespace="object_table"):
        """Which rows are shown, or their order, may have changed; or a filter can't be read."""

    @dataclass
    class Sorted(Message, namespace="object_table"):
        """The user or the program chose another order; the rows follow as soon as they are sorted."""

        by: SortBy
        descending: bool

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._listing: Listing | None = None
        self._next: Listing | None = None  # takes the place of the listing as soon as it is arranged
        self._carrying: Carrying | None = None  # from the listing before, while rows of this one still come
        self._order = Order()
        self._shown: Arrangement | None = None
        self._selection = Selection()
        self._cursor_id: int | None = None  # row number in the listing
        self._was_moved = False  # by the user; until then the cursor stays at the top
        self._wanted = ""  # a key to put the cursor on when it comes
        self._looked_for_it = 0  # rows that were compared with it
        self._is_found = False
        self._arranging = False
        self._is_stale = False
        self._urgent = asyncio.Event()
        self.filter_problem = ""  # why what was typed can't be read; the filter before it still holds

    # ---- what is shown

    def set_listing(self, listing: Listing) -> None:
        """Show another listing from its first row. The sort order stays, filter and selection go."""
        self._listing, self._next, self._carrying = listing, None, None
        self._order = Order(self._order.by, self._order.descending)
        self.filter_problem = ""
        self._selection.clear()
        self.forget_painted()
        self._cursor_id = None
        self.cursor = self._looked_for_it = 0
        self._was_moved = False
        self._wanted = ""
        self.scroll_to(y=0, animate=False)
        # Many that have to be sorted are shown as they were listed until they are, or not at all.
        columns, skip = listing.columns, _skip(listing)
        if len(columns) <= SMALL:
            self._show(arrange(columns, self._order, skip))
            return
        self._show(arrange(columns, Order(), skip) if columns.in_order else Arrangement(columns, Order(), skip))
        if not Arrangement(columns, self._order, skip).is_plain:
            self._arrange_anew()

    def replace_listing(self, listing: Listing) -> None:
        """The same place, listed anew: cursor, range and selection stay on their keys, and the view where it is.

        A key that is gone is no longer selected; the cursor goes to the nearest row that is left. Order and filter
        stay. Best called when the new listing is complete, or what hasn't come yet is missing until it comes.
        """
        if self._listing is None:
            self.set_listing(listing)
            return
        self._next = listing
        self._arrange_anew()

    def refresh_rows(self) -> None:
        """Take in the rows that came since; call it after pages arrived. `Arranged` says so only when it takes a while."""
        if self._shown is None:
            return
        # What a thread may be reading isn't changed.
        may_extend = self._shown.is_plain or not self._arranging
        is_current = self._next is None and self._carrying is None and self._shown.order == self._order
        before, prefixes = len(self._shown), self._shown.prefix_count
        if not (is_current and may_extend and self._shown.extend()):
            self._arrange_anew(is_urgent=False)
        elif before and prefixes == self._shown.prefix_count:
            self.rows_added(before)
            self._look_for_wanted()
        else:
            self._show(self._shown)

    def sort_by(self, by: SortBy, descending: bool = False) -> None:
        """Sort objects by a column; prefixes stay on top, sorted by name."""
        self._order = Order(by, descending, self._order.filter)
        self.forget_painted()
        self._arrange_anew()
        self.post_message(self.Sorted(by, descending))

    def filter(self, text: str) -> None:
        """Show only rows that match a filter (see `s3.filters`); what can't be read is in `filter_problem`."""
        try:
            wanted = filters.parse(text)
        except BadInput as error:
            self.filter_problem = error.sentence
            self.post_message(self.Arranged())
            return
        had_problem, self.filter_problem = self.filter_problem, ""
        if text != self._order.filter.text:
            self._order = Order(self._order.by, self._order.descending, wanted)
            self.forget_painted()
            self._arrange_anew()
        elif had_problem:
            self.post_message(self.Arranged())

    def forget_painted(self) -> None:
        """Rows look different now, or are others."""

    @property
    def listing(self) -> Listing | None:
        """What the numbers of rows belong to: while another is about to take its place, still the one before."""
        return self._listing

    @property
    def order(self) -> Order:
        """The order and the filter that are wanted; what is shown follows as soon as it is arranged."""
        return self._order

    @property
    def sorted_by(self) -> tuple[SortBy, bool]:
        """The column, and whether it descends."""
        return self._order.by, self._order.descending

    @property
    def shown(self) -> int:
        """How many rows are shown; fewer than listed when a filter is set."""
        return len(self._shown) if self._shown is not None else 0

    @property
    def row_count(self) -> int:
        return self.shown

    def shown_rows(self) -> Iterable[int]:
        """The numbers in the listing of all rows shown, in the order they are shown in."""
        return self._shown.shown_rows() if self._shown is not None else ()

    # ---- the cursor

    @property
    def cursor_id(self) -> int | None:
        """The number in the listing of the row under the cursor."""
        return self._cursor_id

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        if self._listing is None or self._cursor_id is None:
            return None
        return self._listing.columns.row(self._cursor_id)

    def cursor_moved(self, before: int) -> None:
        if self._shown is None:
            return
        self._was_moved = True
        self._cursor_id = self._shown.row_at(self.cursor)
        if before != self.cursor:
            self.post_message(self.Highlighted(self.cursor_row))

    def move_to(self, key: str) -> None:
        """Put the cursor on the row of `key`: now, or when it arrives, unless the user moves before that.

        Asking again for the same key in the same listing does nothing.
        """
        if key != self._wanted:
            self._wanted = key
            self._is_found = False
            self._looked_for_it = 0
            self._was_moved = False
            self._look_for_wanted()

    def lacks(self, key: str) -> bool:
        """Whether `move_to(key)` has looked at all rows without finding it, and the user didn't go elsewhere."""
        if self._listing is None or self._next is not None:
            return False
        looked = self._looked_for_it >= len(self._listing.columns)
        return looked and key == self._wanted and not self._is_found and not self._was_moved

    def _look_for_wanted(self) -> None:
        if not self._wanted or self._listing is None or self._shown is None or self._was_moved:
            return
        columns = self._listing.columns
        first, self._looked_for_it = self._looked_for_it, len(columns)
        row = _row_of(columns, self._wanted.encode("utf-8", "surrogateescape"), first, self._looked_for_it)
        self._is_found = self._is_found or row is not None
        position = None if row is None else self._shown.position_of(row)
        if position is not None:
            self.move_cursor(position)

    # ---- arranging

    def _arrange_anew(self, is_urgent: bool = True) -> None:
        """Sort and filter all rows: at once when they are few, else in a thread, one run at a time."""
        listing = self._next or self._listing
        if listing is None or self._listing is None:
            return
        if max(len(listing.columns), len(self._listing.columns)) <= SMALL:
            self._is_stale = False
            self._take(listing, self._job(listing).done())
            return
        self._is_stale = True
        if is_urgent:
            self._urgent.set()
        if not self._arranging:
            self._arranging = True
            self._arrange_until_fresh()

    def _job(self, listing: Listing) -> _Job:
        carrying = self._carrying
        if self._listing is not None and listing is self._next:
            has_selected = len(self._selection) > 0
            old = self._listing.columns
            carrying = Carrying(old, self._selection.flags, listing.columns) if has_selected else None
        return _Job(listing.columns, self._order, _skip(listing), self._shown, carrying, self._selection.changes)

    @work(exclusive=True, group="arrange", exit_on_error=False)
    async def _arrange_until_fresh(self) -> None:
        try:
            while self._is_stale and (listing := self._next or self._listing) is not None:
                self._is_stale = False
                self._urgent.clear()
                began = time.monotonic()
                self._take(listing, await background.run(background.ROWS, self._job(listing).done))
                rest = min(_REST * (time.monotonic() - began), _LONGEST_REST)
                if self._is_stale:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._urgent.wait(), rest)
        finally:
            self._arranging = False

    def _take(self, listing: Listing, done: _Done) -> None:
        """Show what was arranged, unless something else is wanted by now."""
        if listing is not (self._next or self._listing) or done.job.order != self._order:
            return
        if listing is self._listing:
            if done.job.carrying is self._carrying:
                self._selection.add(done.first, done.flags)
            self._end_carrying()
            self._show(done.arrangement)
        elif done.job.selection_changes != self._selection.changes:
            self._is_stale = True  # what was carried isn't what is selected now
        else:
            self._take_over(listing, done)

    def _take_over(self, listing: Listing, done: _Done) -> None:
        """The next listing is the one that is shown from now on."""
        assert self._shown is not None
        row_before, line = self.cursor_row, self.cursor - self.top
        finder = Finder(listing.columns)
        position, start = 0, self._selection.range_from
        if self._cursor_id is not None and self._was_moved:
            found = finder.nearest(self._shown, self._cursor_id, done.arrangement)
            position = min(self.cursor, len(done.arrangement) - 1) if found is None else found
        start_at = None if start is None else finder.nearest(self._shown, start, done.arrangement)
        self._selection.carry(done.flags, None if start_at is None else done.arrangement.row_at(start_at))
        self._listing, self._next, self._carrying = listing, None, done.job.carrying
        self._looked_for_it = 0
        self._end_carrying()
        self.forget_painted()
        self._place(done.arrangement, max(position, 0), line)
        if self.cursor_row != row_before:
            self.post_message(self.Highlighted(self.cursor_row))

    def _end_carrying(self) -> None:
        """Let go of the listing before, when no more rows come that may have been selected in it."""
        listing = self._listing
        if self._carrying is None or listing is None:
            return
        if listing.completeness.state != "more" and self._carrying.seen == len(listing.columns):
            self._carrying = None

    def _show(self, arrangement: Arrangement) -> None:
        """Show these rows, with the cursor on the row it was on and that row on the line it was on."""
        before, line = self._cursor_id, self.cursor - self.top
        at = arrangement.position_of(before) if before is not None and self._was_moved else None
        self._place(arrangement, at or 0, None if at is None else line)
        if self._cursor_id != before:
            self.post_message(self.Highlighted(self.cursor_row))

    def _place(self, arrangement: Arrangement, cursor: int, line: int | None) -> None:
        """Show these rows with the cursor at a position, on a line of the view if one is said."""
        if self._shown is None or self._shown.order != arrangement.order:
            self.forget_painted()
        self._shown = arrangement
        self.cursor = cursor
        self._cursor_id = arrangement.row_at(cursor) if len(arrangement) else None
        self._selection.stretch_range(arrangement, cursor)
        self.rows_changed()
        if line is not None:
            self.scroll_top_to(cursor - line)
        self.post_message(self.Arranged())
        self._look_for_wanted()


@dataclass(frozen=True)
class _Job:
    """What is to be arranged; may be done in another thread."""

    columns: Columns
    order: Order
    skip: int
    before: Arrangement | None
    carrying: Carrying | None
    selection_changes: int

    def done(self) -> _Done:
        arrangement = arrange(self.columns, self.order, self.skip, self.before)
        first, flags = self.carrying.catch_up() if self.carrying else (0, b"")
        return _Done(self, arrangement, first, flags)


@dataclass(frozen=True)
class _Done:
    job: _Job
    arrangement: Arrangement
    first: int  # the row that the first of the flags is for
    flags: bytes


def _skip(listing: Listing) -> int:
    """The length in bytes of what all keys have in common and nobody needs to see."""
    return len(listing.prefix.encode("utf-8", "surrogateescape"))


def _row_of(columns: Columns, key: bytes, first: int, last: int) -> int | None:
    """The row of a key among those from `first` up to `last`."""
    if last - first > SMALL:
        finder = Finder(columns)
        rows = (finder.row_of(key, is_prefix) for is_prefix in (False, True))
        return next((row for row in rows if row is not None), None)
    return next((row for row in range(first, last) if columns.key_bytes(row) == key), None)
