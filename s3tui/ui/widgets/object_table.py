"""The table of the current prefix. It draws only the visible rows, straight from the listing's columns.

No Python object exists for a row that isn't on screen, so a million rows page as fast as ten. Cursor and
selection are row numbers of the listing, which never change: they survive sorting, filtering and the arrival
of more rows. Sorting and searching many rows happens in a pool thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from s3tui import background
from s3tui.display import visible
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.arrangement import SMALL, Arrangement, Order, SortBy, arrange
from s3tui.ui.widgets.marks import Marks

if TYPE_CHECKING:
    from s3tui.s3.columns import Row
    from s3tui.s3.listing import Listing

_HEADER = 1  # lines


class ObjectTable(ScrollView, can_focus=True):
    """Objects and prefixes of a `Listing`: prefixes first, sortable, searchable, selectable."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        "object-table--header",
        "object-table--cursor",
        "object-table--cursor-blurred",
        "object-table--selected",
        "object-table--prefix",
        "object-table--dim",
        "object-table--match",
    }
    DEFAULT_CSS = """
    ObjectTable { height: 1fr; overflow-x: hidden; overflow-y: auto; background: $background; }
    ObjectTable .object-table--header { background: $panel; color: $foreground; text-style: bold; }
    ObjectTable .object-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    ObjectTable .object-table--cursor-blurred {
        background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
    }
    ObjectTable .object-table--selected { color: $text-accent; text-style: bold; }
    ObjectTable .object-table--prefix { color: $text-primary; text-style: bold; }
    ObjectTable .object-table--dim { color: $text-muted; }
    ObjectTable .object-table--match { color: $text-warning; text-style: underline; }
    """
    BINDINGS = [
        Binding("down", "cursor_down", "Next row", show=False),
        Binding("up", "cursor_up", "Previous row", show=False),
        Binding("pagedown", "page_down", "Next page", show=False),
        Binding("pageup", "page_up", "Previous page", show=False),
        Binding("home", "first", "First row", show=False),
        Binding("end", "last", "Last row", show=False),
        Binding("enter", "open", "Open", show=False),
        Binding("escape", "leave_range", "Leave range", show=False),
    ]

    class Highlighted(Message):
        """Another row is under the cursor; None when there is no row."""

        def __init__(self, table: ObjectTable, row: Row | None) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> ObjectTable:
            return self.table

    class Opened(Message):
        """Enter or a double click on a row."""

        def __init__(self, table: ObjectTable, row: Row) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> ObjectTable:
            return self.table

    class GoUp(Message):
        """The user wants the prefix above."""

    class SelectionChanged(Message):
        """Other rows are selected."""

    class Sorted(Message):
        """The rows are in another order."""

        def __init__(self, by: SortBy, descending: bool) -> None:
            super().__init__()
            self.by = by
            self.descending = descending

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._listing: Listing | None = None
        self._order = Order()
        self._shown: Arrangement | None = None
        self._marks = Marks()
        self._cursor = 0  # position among the shown rows
        self._cursor_id: int | None = None  # row number in the listing
        self._was_moved = False  # by the user; until then the cursor stays at the top
        self._wanted = ""  # a key to put the cursor on when it comes
        self._looked_for_it = 0  # rows that were compared with it
        self._range_from: int | None = None  # row number in the listing
        self._arranging = False
        self._is_stale = False
        self._painted: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._styles: dict[str, Style] = {}
        self._widths = row_layout.layout(80)

    # ---- what is shown

    def set_listing(self, listing: Listing) -> None:
        """Show another listing from its first row. The sort order stays, filter and selection go."""
        self._listing = listing
        self._order = Order(self._order.by, self._order.descending)
        self._marks.clear()
        self._range_from = self._cursor_id = None
        self._cursor = self._looked_for_it = 0
        self._was_moved = False
        self._wanted = ""
        self.scroll_to(y=0, animate=False)
        self._show(arrange(listing.columns, self._order, self._skip))

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
            self._arrange_anew()

    @property
    def sorted_by(self) -> tuple[SortBy, bool]:
        """The column, and whether it descends."""
        return self._order.by, self._order.descending

    @property
    def shown(self) -> int:
        """How many rows are shown; fewer than listed when a filter is set."""
        return len(self._shown) if self._shown else 0

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        if self._listing is None or self._cursor_id is None:
            return None
        return self._listing.columns.row(self._cursor_id)

    @property
    def selected(self) -> list[Row]:
        """The selected rows, also those the filter hides, in the order they were listed."""
        if self._listing is None:
            return []
        rows = sorted({*self._marks, *self._range_rows()}) if self._range_from is not None else self._marks
        return [self._listing.columns.row(row) for row in rows]

    @property
    def hidden_selected(self) -> int:
        """How many selected rows the filter hides."""
        if self._shown is None or not self._order.pattern or not len(self._marks):
            return 0
        return len(self._marks) - sum(row in self._marks for row in self._shown.shown_rows())

    def move_to(self, key: str) -> None:
        """Put the cursor on the row of `key`: now, or when it arrives, unless the user moves before that.

        Asking again for the same key in the same listing does nothing.
        """
        if key != self._wanted:
            self._wanted = key
            self._looked_for_it = 0
            self._was_moved = False
            self._look_for_wanted()

    # ---- arranging

    @property
    def _skip(self) -> int:
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
        before, line = self._cursor_id, self._cursor - self._top
        self._shown = arrangement
        self._painted.clear()
        at = arrangement.position_of(before) if before is not None and self._was_moved else None
        self._cursor = min(at or 0, max(len(arrangement) - 1, 0))
        self._cursor_id = arrangement.row_at(self._cursor) if len(arrangement) else None
        self._fit()
        if at is not None:
            self.scroll_to(y=self._cursor - line, animate=False)
        self._scroll_to_cursor()
        self.refresh()
        if self._cursor_id != before:
            self.post_message(self.Highlighted(self, self.cursor_row))
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        if not self._wanted or self._listing is None or self._shown is None or self._was_moved:
            return
        columns = self._listing.columns
        wanted = self._wanted.encode("utf-8", "surrogateescape")
        rows = range(self._looked_for_it, len(columns))
        self._looked_for_it = len(columns)
        row = next((row for row in rows if columns.key_bytes(row) == wanted), None)
        position = None if row is None else self._shown.position_of(row)
        if position is not None:
            self._move(position)

    def _fit(self) -> None:
        self._widths = row_layout.layout(self.scrollable_content_region.width or self.size.width)
        self.virtual_size = Size(self._widths.total, self.shown + _HEADER)

    def on_resize(self) -> None:
        self._fit()
        self._painted.clear()
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._painted.clear()

    # ---- painting

    def render_line(self, y: int) -> Strip:
        """See `Widget.render_line`."""
        width = self.scrollable_content_region.width
        if width != self._widths.total:
            self._widths = row_layout.layout(width)
        if y < _HEADER:
            return Strip([Segment(row_layout.header(self._order, self._widths), self._style("header"))], width)
        position = y - _HEADER + self._top
        if position >= self.shown:
            return self._message_line(y, width)
        assert self._shown is not None
        row = self._shown.row_at(position)
        at_cursor = position == self._cursor
        key = (row, at_cursor and (1, self.has_focus), self._is_selected(row, position), width)
        strip = self._painted.get(key)
        if strip is None:
            strip = self._painted[key] = self._row_strip(row, at_cursor, self._is_selected(row, position))
        return strip

    def _row_strip(self, row: int, at_cursor: bool, is_selected: bool) -> Strip:
        assert self._listing is not None
        columns = self._listing.columns
        name, rest = row_layout.cells(columns, row, self._skip, self._widths)
        if at_cursor:
            style = dim = self._style("cursor" if self.has_focus else "cursor-blurred")
        else:
            dim = self._style("selected" if is_selected else "dim")
            style = dim if is_selected else self._style("prefix") if columns.is_prefix(row) else self.rich_style
        mark = Segment("✓ " if is_selected else "  ", style)
        return Strip([mark, *self._name_segments(name, style), Segment(rest, dim)], self._widths.total)

    def _name_segments(self, name: str, style: Style) -> list[Segment]:
        """The name with what the filter matched made visible."""
        pattern = self._order.pattern
        lowered = name.lower() if self._order.ignores_case else name
        at = lowered.find(pattern) if pattern and len(lowered) == len(name) else -1
        if at < 0:
            return [Segment(name, style)]
        end = at + len(pattern)
        match = style + Style(underline=True)
        return [Segment(name[:at], style), Segment(name[at:end], match), Segment(name[end:], style)]

    def _message_line(self, y: int, width: int) -> Strip:
        """Below the rows; when the filter left none, say so, and never as if the list were complete."""
        text = ""
        if y == _HEADER + 1 and not self.shown and self._order.pattern and self._listing is not None:
            text = f"  No name here holds “{visible(self._order.pattern)}”."
            if not self._listing.completeness.is_complete:
                text = f"  No name holds “{visible(self._order.pattern)}” so far: the list isn't complete."
        return Strip([Segment(row_layout.fit(text, width), self._style("dim"))], width)

    def _style(self, part: str) -> Style:
        style = self._styles.get(part)
        if style is None:
            style = self._styles[part] = self.get_component_rich_style(f"object-table--{part}")
        return style

    def on_focus(self) -> None:
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        self._refresh_row(self._cursor)

    # ---- the cursor

    @property
    def _top(self) -> int:
        """The position of the first visible row."""
        return int(self.scroll_offset.y)

    @property
    def _height(self) -> int:
        """How many rows fit."""
        return max(self.scrollable_content_region.height - _HEADER, 1)

    def _refresh_row(self, position: int) -> None:
        self.refresh_line(position + _HEADER)

    def _move(self, position: int) -> None:
        """Put the cursor on the row at `position`, or on the nearest there is."""
        if self._shown is None or not len(self._shown):
            return
        before = self._cursor
        self._was_moved = True
        self._cursor = max(0, min(position, len(self._shown) - 1))
        self._cursor_id = self._shown.row_at(self._cursor)
        self._scroll_to_cursor()
        if self._range_from is not None:
            self.refresh()
            self.post_message(self.SelectionChanged())
        else:
            self._refresh_row(before)
            self._refresh_row(self._cursor)
        if before != self._cursor:
            self.post_message(self.Highlighted(self, self.cursor_row))

    def _scroll_to_cursor(self) -> None:
        if self._cursor < self._top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= self._top + self._height:
            self.scroll_to(y=self._cursor - self._height + 1, animate=False)

    def _turn_page(self, direction: int) -> None:
        rows = direction * max(self._height - 1, 1)
        last_top = max(self.shown - self._height, 0)
        self.scroll_to(y=max(0, min(self._top + rows, last_top)), animate=False)
        self._move(self._cursor + rows)

    def action_cursor_down(self) -> None:
        self._move(self._cursor + 1)

    def action_cursor_up(self) -> None:
        self._move(self._cursor - 1)

    def action_page_down(self) -> None:
        self._turn_page(1)

    def action_page_up(self) -> None:
        self._turn_page(-1)

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(self.shown - 1)

    def action_open(self) -> None:
        if row := self.cursor_row:
            self.post_message(self.Opened(self, row))

    def action_go_up(self) -> None:
        self.post_message(self.GoUp())

    # ---- the selection

    def _is_selected(self, row: int, position: int) -> bool:
        return row in self._marks or position in self._range_positions()

    def _range_positions(self) -> range:
        """The rows of a range that is being made."""
        if self._range_from is None or self._shown is None:
            return range(0)
        start = self._shown.position_of(self._range_from)
        return range(0) if start is None else range(min(start, self._cursor), max(start, self._cursor) + 1)

    def _range_rows(self) -> list[int]:
        return [self._shown.row_at(position) for position in self._range_positions()] if self._shown else []

    def _selection_changed(self) -> None:
        self.refresh()
        self.post_message(self.SelectionChanged())

    def action_toggle_selected(self) -> None:
        """Select the row under the cursor, or take it out, and go on to the next."""
        if self._range_from is not None:
            self.action_select_range()
        elif self._cursor_id is not None:
            self._marks.toggle([self._cursor_id])
            self._selection_changed()
            self.action_cursor_down()

    def action_select_range(self) -> None:
        """Begin a range at the cursor, or end it there and select it."""
        if self._range_from is None:
            self._range_from = self._cursor_id
        else:
            self._marks.add(self._range_rows())
            self._range_from = None
        self._selection_changed()

    def action_invert_selection(self) -> None:
        """Select what isn't selected, among the rows shown."""
        if self._shown is not None:
            self._range_from = None
            self._marks.toggle(self._shown.shown_rows())
            self._selection_changed()

    def action_clear_selection(self) -> None:
        """Select nothing."""
        self._range_from = None
        self._marks.clear()
        self._selection_changed()

    def action_leave_range(self) -> None:
        """Give up a range that is being made."""
        self._range_from = None
        self._selection_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while a range is being made."""
        return self._range_from is not None if action == "leave_range" else True

    # ---- the mouse

    def on_click(self, event: events.Click) -> None:
        """Header: sort. Row: cursor; twice: open; Ctrl or the first cells: select; Shift: select up to here."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < _HEADER:
            by = self._widths.column_at(offset.x)
            descending = not self._order.descending if by == self._order.by else by in ("size", "modified")
            self.sort_by(by, descending)
            return
        position = offset.y - _HEADER + self._top
        if position >= self.shown:
            return
        if event.shift and self._range_from is None:
            self.action_select_range()
        self._move(position)
        if event.shift:
            self.action_select_range()
        elif event.ctrl or offset.x < row_layout.MARK:
            assert self._cursor_id is not None
            self._marks.toggle([self._cursor_id])
            self._selection_changed()
        elif event.chain == 2:
            self.action_open()
