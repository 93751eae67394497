"""A list of rows with a header, a cursor and a scroll bar, of which only the visible ones are ever drawn."""

from __future__ import annotations

from math import ceil

from rich.style import Style
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

HEADER = 1  # lines
_LEAST_WIDTH = 4  # cells; with fewer nothing can be shown


class RowView(ScrollView, can_focus=True):
    """Draws `row_count` rows below a header line. Whoever inherits says what a row looks like.

    A row is named by its position, counted from 0 at the top.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"row-view--header", "row-view--cursor", "row-view--cursor-blurred", "row-view--dim"}
    DEFAULT_CSS = """
    RowView {
        height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background;
    }
    RowView .row-view--header { background: $panel; color: $foreground; text-style: bold; }
    RowView .row-view--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    RowView .row-view--cursor-blurred {
        background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
    }
    RowView .row-view--dim { color: $text-muted; }
    """
    BINDINGS = [
        Binding("down", "cursor_down", "Next row", show=False),
        Binding("up", "cursor_up", "Previous row", show=False),
        Binding("pagedown", "page_down", "Next page", show=False),
        Binding("pageup", "page_up", "Previous page", show=False),
        Binding("home", "first", "First row", show=False),
        Binding("end", "last", "Last row", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self._part_styles: dict[str, Style] = {}

    # ---- for those who inherit

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def paint_header(self, width: int) -> Strip:
        """The line above the rows, `width` cells wide."""
        raise NotImplementedError

    def paint_row(self, position: int, width: int) -> Strip:
        """One row."""
        raise NotImplementedError

    def paint_below(self, line: int, width: int) -> Strip:
        """A line below the last row; `line` counts from 0 at the first line below the header."""
        return Strip.blank(width, self.part_style())

    def cursor_moved(self, before: int) -> None:
        """The user moved the cursor; it may be where it was."""

    def part_style(self, part: str = "") -> Style:
        """The style of a component class, or of the widget itself, looked up once."""
        style = self._part_styles.get(part)
        if style is None:
            style = self._part_styles[part] = self.get_component_rich_style(part) if part else self.rich_style
        return style

    @property
    def cursor_style(self) -> Style:
        """The style of the row under the cursor."""
        return self.part_style("row-view--cursor" if self.has_focus else "row-view--cursor-blurred")

    def rows_added(self, before: int) -> None:
        """There are more rows than `before`, all behind those: draw only what is seen of them."""
        self._fit()
        if before < self.top + self.rows_visible:
            self.refresh()

    def rows_changed(self) -> None:
        """There are more rows, fewer, or others: draw them all."""
        self.cursor = max(0, min(self.cursor, self.row_count - 1))
        self._fit()
        self._scroll_to_cursor()
        self.refresh()

    # ---- drawing

    def render_line(self, y: int) -> Strip:
        """See `Widget.render_line`."""
        width = self.scrollable_content_region.width
        if width < _LEAST_WIDTH:
            return Strip.blank(width, self.part_style())
        if y < HEADER:
            return self.paint_header(width)
        position = y - HEADER + self.top
        return self.paint_row(position, width) if position < self.row_count else self.paint_below(y - HEADER, width)

    def refresh_row(self, position: int) -> None:
        """Draw one row again."""
        self.refresh_line(position + HEADER)

    def _fit(self) -> None:
        size = Size(self.size.width, self.row_count + HEADER)
        has_bar, needs_bar = self.show_vertical_scrollbar, size.height > self.size.height
        if size.width != self.virtual_size.width or has_bar != needs_bar:
            self.virtual_size = size
            return
        # Only the bar changes, if at all. Assigning it would lay out the whole screen, each time rows arrive.
        if has_bar:
            thumb = self._thumb
            self.set_reactive(RowView.virtual_size, size)
            if self._thumb == thumb:
                self.vertical_scrollbar.set_reactive(ScrollBar.window_virtual_size, size.height)
            else:
                self._scroll_update(size)
        else:
            self.set_reactive(RowView.virtual_size, size)

    @property
    def _thumb(self) -> tuple[int, int]:
        """Where on the scroll bar it begins, and how long it is, in eighths of a line as `ScrollBarRender` draws them."""
        window, lines = self.size.height, self.virtual_size.height
        length = max(1, window * window / lines)
        return int((window - length) * self.scroll_offset.y / max(1, lines - window) * 8), ceil(length * 8)

    def on_resize(self) -> None:
        self._fit()
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        """See `Widget.notify_style_update`."""
        super().notify_style_update()
        self._part_styles.clear()

    def on_focus(self) -> None:
        self.refresh_row(self.cursor)

    def on_blur(self) -> None:
        self.refresh_row(self.cursor)

    # ---- the cursor

    @property
    def top(self) -> int:
        """The position of the first visible row."""
        return int(self.scroll_offset.y)

    @property
    def rows_visible(self) -> int:
        """How many rows fit."""
        return max(self.scrollable_content_region.height - HEADER, 1)

    def move_cursor(self, position: int) -> None:
        """Put the cursor on the row at `position`, or on the nearest there is."""
        if not self.row_count:
            return
        before = self.cursor
        self.cursor = max(0, min(position, self.row_count - 1))
        self._scroll_to_cursor()
        self.refresh_row(before)
        self.refresh_row(self.cursor)
        self.cursor_moved(before)

    def scroll_top_to(self, position: int) -> None:
        """Make the row at `position` the first visible one, as far as there are rows below it."""
        last_top = max(self.row_count - self.rows_visible, 0)
        self.scroll_to(y=max(0, min(position, last_top)), animate=False)

    def _scroll_to_cursor(self) -> None:
        if self.cursor < self.top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= self.top + self.rows_visible:
            self.scroll_to(y=self.cursor - self.rows_visible + 1, animate=False)

    def _turn_page(self, direction: int) -> None:
        rows = direction * max(self.rows_visible - 1, 1)
        self.scroll_top_to(self.top + rows)
        self.move_cursor(self.cursor + rows)

    def action_cursor_down(self) -> None:
        self.move_cursor(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move_cursor(self.cursor - 1)

    def action_page_down(self) -> None:
        self._turn_page(1)

    def action_page_up(self) -> None:
        self._turn_page(-1)

    def action_first(self) -> None:
        self.move_cursor(0)

    def action_last(self) -> None:
        self.move_cursor(self.row_count - 1)
