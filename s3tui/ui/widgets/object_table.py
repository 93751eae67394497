"""The table of the current prefix. It draws only the visible rows, straight from the listing's columns.

No Python object exists for a row that isn't on screen, so a million rows page as fast as ten. Cursor and
selection are row numbers of the listing, which never change: they survive sorting, filtering and the arrival
of more rows. Sorting and searching many rows happens in a pool thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events, work
from textual.binding import Binding
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip

from s3tui import background
from s3tui.ui.widgets import row_layout, row_painter
from s3tui.ui.widgets.arrangement import SMALL, Arrangement, Order, SortBy, arrange
from s3tui.ui.widgets.row_view import HEADER, RowView
from s3tui.ui.widgets.selection import Selection

if TYPE_CHECKING:
    from s3tui.s3.columns import Row
    from s3tui.s3.listing import Listing


class ObjectTable(RowView):
    """Objects and prefixes of a `Listing`: prefixes first, sortable, searchable, selectable."""

    COMPONENT_CLASSES = {"object-table--selected", "object-table--prefix"}
    DEFAULT_CSS = """
    ObjectTable .object-table--selected { color: $text-accent; text-style: bold; }
    ObjectTable .object-table--prefix { color: $text-primary; text-style: bold; }
    """
    BINDINGS = [
        Binding("enter", "open", "Open", show=False),
        Binding("escape", "leave_range", "Leave range", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """Another row is under the cursor; None when there is no row."""

        row: Row | None

    @dataclass
    class Opened(Message):
        """Enter or a double click on a row."""

        row: Row

    class Arranged(Message):
        """Which rows are shown, or their order, may have changed."""

    class GoUp(Message):
        """The user wants the prefix above."""

    class SelectionChanged(Message):
        """Other rows are selected."""

    @dataclass
    class Sorted(Message):
        """The user or the program chose another order; the rows follow as soon as they are sorted."""

        by: SortBy
        descending: bool

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._listing: Listing | None = None
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
        self._painted: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._widths = row_layout.layout(80)
        self.filter_problem = ""

    # ---- what is shown

    def set_listing(self, listing: Listing) -> None:
        """Show another listing from its first row. The sort order stays, filter and selection go."""
        self._listing = listing
        self._order = Order(self._order.by, self._order.descending)
        self._selection.clear()
        self._painted.clear()
        self._cursor_id = None
        self.cursor = self._looked_for_it = 0
        self._was_moved = False
        self._wanted = ""
        self.scroll_to(y=0, animate=False)
        self._show(arrange(listing.columns, self._order, self._skip))

    def replace_listing(self, listing: Listing) -> None:
        """The same place listed anew."""
        row = self.cursor_row
        self.set_listing(listing)
        if row:
            self.move_to(row.key)

    def refresh_rows(self) -> None:
        """Take in the rows that came since; call it after pages arrived."""
        if self._shown is None:
            return
        if self._shown.extend():
            self._show(self._shown)
        else:
            self._arrange_anew()

    def sort_by(self, by: SortBy, descending: bool = False) -> None:
        """Sort objects by a column; prefixes stay on top, sorted by name."""
        self._order = Order(by, descending, self._order.pattern)
        self._arrange_anew()
        self.post_message(self.Sorted(by, descending))

    def filter(self, text: str) -> None:
        """Show only rows whose name holds `text`; without capitals in it, capitals don't matter."""
        if text != self._order.pattern:
            self._order = Order(self._order.by, self._order.descending, text)
            self._painted.clear()
            self._arrange_anew()

    @property
    def sorted_by(self) -> tuple[SortBy, bool]:
        """The column, and whether it descends."""
        return self._order.by, self._order.descending

    @property
    def shown(self) -> int:
        """How many rows are shown; fewer than listed when a filter is set."""
        return len(self._shown) if self._shown is not None else 0

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
        looked = self._listing is not None and self._looked_for_it >= len(self._listing.columns)
        return looked and key == self._wanted and not self._is_found and not self._was_moved

    # ---- arranging

    @property
    def _skip(self) -> int:
        """The length in bytes of what all keys have in common and nobody needs to see."""
        return len(self._listing.prefix.encode("utf-8", "surrogateescape")) if self._listing else 0

    def _arrange_anew(self) -> None:
        """Sort and search all rows: at once when they are few, else in a thread, one run at a time."""
        if self._listing is None:
            return
        if len(self._listing.columns) <= SMALL:
            self._is_stale = False
            self._show(arrange(self._listing.columns, self._order, self._skip))
            return
        self._is_stale = True
        if not self._arranging:
            self._arranging = True
            self._arrange_until_fresh()

    @work(exclusive=True, group="arrange", exit_on_error=False)
    async def _arrange_until_fresh(self) -> None:
        try:
            while self._is_stale and self._listing is not None:
                self._is_stale = False
                listing, order = self._listing, self._order
                arrangement = await background.run(background.LISTING, arrange, listing.columns, order, self._skip)
                if listing is self._listing and order == self._order:
                    self._show(arrangement)
        finally:
            self._arranging = False

    def _show(self, arrangement: Arrangement) -> None:
        """Show these rows, with the cursor on the row it was on and that row on the line it was on."""
        before, line = self._cursor_id, self.cursor - self.top
        self._shown = arrangement
        at = arrangement.position_of(before) if before is not None and self._was_moved else None
        self.cursor = at or 0
        self._cursor_id = arrangement.row_at(self.cursor) if len(arrangement) else None
        self._selection.stretch_range(arrangement, self.cursor)
        self.rows_changed()
        if at is not None:
            self.scroll_top_to(at - line)
        if self._cursor_id != before:
            self.post_message(self.Highlighted(self.cursor_row))
        self.post_message(self.Arranged())
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        if not self._wanted or self._listing is None or self._shown is None or self._was_moved:
            return
        columns = self._listing.columns
        wanted = self._wanted.encode("utf-8", "surrogateescape")
        rows = range(self._looked_for_it, len(columns))
        self._looked_for_it = rows.stop
        row = next((row for row in rows if columns.key_bytes(row) == wanted), None)
        self._is_found = self._is_found or row is not None
        position = None if row is None else self._shown.position_of(row)
        if position is not None:
            self.move_cursor(position)

    # ---- painting

    @property
    def row_count(self) -> int:
        return self.shown

    def paint_header(self, width: int) -> Strip:
        return row_painter.header(self._order, self._layout_for(width), self.part_style("row-view--header"))

    def paint_row(self, position: int, width: int) -> Strip:
        assert self._shown is not None
        row = self._shown.row_at(position)
        selected = self._selection.shows(row, position)
        at_cursor = position == self.cursor and (2 if self.has_focus else 1)
        key = (row, at_cursor, selected, width)
        strip = self._painted.get(key)
        if strip is None:
            columns, widths = self._shown.columns, self._layout_for(width)
            styles = self._row_styles(columns.is_prefix(row), bool(at_cursor), selected)
            strip = row_painter.row(columns, row, self._skip, widths, self._order, styles, selected)
            self._painted[key] = strip
        return strip

    def _row_styles(self, is_prefix: bool, at_cursor: bool, selected: bool) -> tuple[Style, Style]:
        """The styles of the name and of the rest."""
        if at_cursor:
            return self.cursor_style, self.cursor_style
        if selected:
            return self.part_style("object-table--selected"), self.part_style("object-table--selected")
        name = self.part_style("object-table--prefix" if is_prefix else "")
        return name, self.part_style("row-view--dim")

    def paint_below(self, line: int, width: int) -> Strip:
        if line != 1 or self.shown or self._listing is None or not self._order.pattern:
            return super().paint_below(line, width)
        complete = self._listing.completeness.is_complete
        return row_painter.no_match(self._order.pattern, complete, width, self.part_style("row-view--dim"))

    def _layout_for(self, width: int) -> row_layout.Layout:
        if width != self._widths.total:
            self._widths = row_layout.layout(width)
        return self._widths

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painted.clear()

    # ---- the cursor

    def cursor_moved(self, before: int) -> None:
        if self._shown is None:
            return
        self._was_moved = True
        self._cursor_id = self._shown.row_at(self.cursor)
        if self._selection.in_range:
            self._selection.stretch_range(self._shown, self.cursor)
            self._selection_changed()
        if before != self.cursor:
            self.post_message(self.Highlighted(self.cursor_row))

    def action_open(self) -> None:
        if row := self.cursor_row:
            self.post_message(self.Opened(row))

    def action_go_up(self) -> None:
        self.post_message(self.GoUp())

    # ---- the selection

    @property
    def selected(self) -> list[Row]:
        """The selected rows, also those the filter hides, in the order they were listed."""
        return (
            [self._shown.columns.row(row) for row in self._selection.rows(self._shown)]
            if self._shown is not None
            else []
        )

    @property
    def selected_ids(self) -> Sequence[int]:
        """The numbers in the listing of the selected rows, also those the filter hides, ascending."""
        return list(self._selection.rows(self._shown)) if self._shown is not None else []

    @property
    def selected_count(self) -> int:
        """How many rows are selected; quick however many they are, unlike `selected`."""
        if self._shown is None or not self._selection.in_range:
            return len(self._selection)
        return len(list(self._selection.rows(self._shown)))

    @property
    def selected_size(self) -> int:
        """Bytes of the selected objects."""
        return sum(map(self._shown.columns.size, self._selection.rows(self._shown))) if self._shown is not None else 0

    @property
    def hidden_selected(self) -> int:
        """How many selected rows the filter hides."""
        if self._shown is None or not self._order.pattern or not len(self._selection):
            return 0
        return len(self._selection) - sum(row in self._selection for row in self._shown.shown_rows())

    def _selection_changed(self) -> None:
        self.refresh()
        self.post_message(self.SelectionChanged())

    def action_toggle_selected(self) -> None:
        """Select the row under the cursor, or take it out, and go on to the next. Ends a range."""
        if self._selection.in_range:
            self.action_select_range()
        elif self._cursor_id is not None:
            self._selection.toggle([self._cursor_id])
            self._selection_changed()
            self.action_cursor_down()

    def action_select_range(self) -> None:
        """Begin a range at the cursor, or end it there and select it."""
        if self._shown is None or self._cursor_id is None:
            return
        if self._selection.in_range:
            self._selection.end_range(self._shown)
        else:
            self._selection.begin_range(self._cursor_id, self.cursor)
        self._selection_changed()

    def action_invert_selection(self) -> None:
        """Select what isn't selected, among the rows shown."""
        if self._shown is not None:
            self._selection.leave_range()
            self._selection.toggle(self._shown.shown_rows())
            self._selection_changed()

    def action_clear_selection(self) -> None:
        """Select nothing."""
        self._selection.clear()
        self._selection_changed()

    def action_leave_range(self) -> None:
        """Give up a range that is being made."""
        self._selection.leave_range()
        self._selection_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while a range is being made."""
        return self._selection.in_range if action == "leave_range" else True

    # ---- the mouse

    def on_click(self, event: events.Click) -> None:
        """Header: sort. Row: cursor; twice: open; Ctrl or the first cells: select; Shift: select up to here."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADER:
            self._sort_at(offset.x)
            return
        position = offset.y - HEADER + self.top
        if position >= self.shown:
            return
        if event.shift and not self._selection.in_range:
            self.action_select_range()
        self.move_cursor(position)
        if event.shift:
            self.action_select_range()
        elif (event.ctrl or offset.x < row_layout.MARK) and self._cursor_id is not None:
            self._selection.toggle([self._cursor_id])
            self._selection_changed()
        elif event.chain == 2:
            self.action_open()

    def _sort_at(self, x: int) -> None:
        by = self._widths.column_at(x)
        again = by == self._order.by
        self.sort_by(by, not self._order.descending if again else by in ("size", "modified"))
