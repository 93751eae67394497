"""The table of the current prefix. It draws only the visible rows, straight from the listing's columns.

No Python object exists for a row that isn't on screen, so a million rows page as fast as ten. Cursor and
selection are row numbers of the listing, which never change: they survive sorting, filtering and the arrival
of more rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip

from s3tui.s3.columns import DELETED, PREFIX
from s3tui.ui.widgets import row_layout, row_painter
from s3tui.ui.widgets.listing_view import ListingView
from s3tui.ui.widgets.row_view import HEADER

if TYPE_CHECKING:
    from s3tui.s3.columns import Row


class ObjectTable(ListingView):
    """Objects and prefixes of a `Listing`: prefixes first, sortable, filtered, selectable."""

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
    class Opened(Message):
        """Enter or a double click on a row."""

        row: Row

    class GoUp(Message):
        """The user wants the prefix above."""

    class SelectionChanged(Message):
        """Other rows are selected."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._painted: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._widths = row_layout.layout(80)

    # ---- painting

    def forget_painted(self) -> None:
        self._painted.clear()

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
            widths = self._layout_for(width)
            styles = self._row_styles(self._shown.columns.kind(row), bool(at_cursor), selected)
            strip = row_painter.row(self._shown, position, row, widths, styles, selected)
            self._painted[key] = strip
        return strip

    def _row_styles(self, kind: int, at_cursor: bool, selected: bool) -> tuple[Style, Style]:
        """The styles of the name and of the rest."""
        if at_cursor:
            return self.cursor_style, self.cursor_style
        if selected:
            return self.part_style("object-table--selected"), self.part_style("object-table--selected")
        dim = self.part_style("row-view--dim")
        if kind == DELETED:
            return dim, dim
        return self.part_style("object-table--prefix" if kind == PREFIX else ""), dim

    def paint_below(self, line: int, width: int) -> Strip:
        if self.shown or self._shown is None or self._listing is None or self._shown.order.filter.is_empty:
            return super().paint_below(line, width)
        complete = self._listing.completeness.is_complete
        return row_painter.no_match(
            self._shown.order.filter.text, complete, line, width, self.part_style("row-view--dim")
        )

    def _layout_for(self, width: int) -> row_layout.Layout:
        if width != self._widths.total:
            self._widths = row_layout.layout(width)
        return self._widths

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painted.clear()

    # ---- the cursor

    def cursor_moved(self, before: int) -> None:
        super().cursor_moved(before)
        if self._shown is not None and self._selection.in_range:
            self._selection.stretch_range(self._shown, self.cursor)
            self._selection_changed()

    def action_open(self) -> None:
        if row := self.cursor_row:
            self.post_message(self.Opened(row))

    def action_go_up(self) -> None:
        self.post_message(self.GoUp())

    # ---- the selection

    @property
    def selected(self) -> list[Row]:
        """The selected rows, also those the filter hides, in the order they were listed."""
        return [] if self._shown is None else list(map(self._shown.columns.row, self._selection.rows(self._shown)))

    @property
    def selected_ids(self) -> Sequence[int]:
        """The numbers in the listing of the selected rows, also those the filter hides, ascending."""
        return [] if self._shown is None else self._selection.rows(self._shown)

    @property
    def selected_count(self) -> int:
        """How many rows are selected; quick however many they are, unlike `selected`."""
        return 0 if self._shown is None else self._selection.count(self._shown)

    @property
    def selected_size(self) -> int:
        """Bytes of the selected objects."""
        return 0 if self._shown is None else self._selection.size(self._shown)

    @property
    def hidden_selected(self) -> int:
        """How many selected rows the filter hides."""
        return 0 if self._shown is None else self._selection.hidden(self._shown)

    def _selection_changed(self) -> None:
        self.refresh()
        self.post_message(self.SelectionChanged())

    def action_toggle_selected(self) -> None:
        """Select the row under the cursor, or take it out, and go on to the next. Ends a range."""
        if self._selection.in_range:
            self.action_select_range()
        elif self._cursor_id is not None:
            self._selection.toggle(self._cursor_id)
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
            self._selection.invert(self._shown)
            self._selection_changed()

    def action_clear_selection(self) -> None:
        """Select nothing."""
        self._selection.clear()
        self._carrying = None
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
            self._selection.toggle(self._cursor_id)
            self._selection_changed()
        elif event.chain == 2:
            self.action_open()

    def _sort_at(self, x: int) -> None:
        by = self._widths.column_at(x)
        again = by == self._order.by
        self.sort_by(by, not self._order.descending if again else by in ("size", "modified"))
