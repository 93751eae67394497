"""A list of rows with a header, a cursor and a scroll bar, of which only the visible ones are ever drawn."""

from __future__ import annotations

from math import ceil

from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
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

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `Widget.render_lines`. Without a border nothing comes around a row, and what Textual does for that takes
        longer than painting it."""
        if any(self.gutter):
            return super().render_lines(crop)
        filters, background = self.get_line_filters(), self.background_colors[1]
        strips, width = [], self.scrollable_content_region.width
        for y in crop.line_range:
            strip = self._screen_line(y, width)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop(*crop.column_span))
        return strips

    def render_line(self, y: int) -> Strip:
        """See `Widget.render_line`."""
        return self._screen_line(y, self.scrollable_content_region.width)

    def _screen_line(self, y: int, width: int) -> Strip:
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
            thumb = self._thumb(self.scroll_y)
            self.set_reactive(RowView.virtual_size, size)
            if self._thumb(self.scroll_y) == thumb:
                self.vertical_scrollbar.set_reactive(ScrollBar.window_virtual_size, size.height)
            else:
                self._scroll_update(size)
        else:
            self.set_reactive(RowView.virtual_size, size)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See `Widget.watch_scroll_y`."""
        if self.show_vertical_scrollbar and self._thumb(old_value) != self._thumb(new_value):
            self.vertical_scrollbar.position = new_value
        elif self.show_vertical_scrollbar:  # it would be drawn as it is
            self.vertical_scrollbar.set_reactive(ScrollBar.position, new_value)
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def _thumb(self, top: float) -> tuple[int, int]:
        """Where on the scroll bar it begins when the line `top` is the first, and how long it is, in eighths of a line
        as `ScrollBarRender` draws them."""
        window, lines = self.size.height, self.virtual_size.height
        length = max(1, window * window / lines)
        return int((window - length) * top / max(1, lines - window) * 8), ceil(length * 8)

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
