"""Rows that the mouse can reach: a click moves the cursor, a double click opens."""

from __future__ import annotations

from textual import events

from s3tui.ui.widgets.row_view import HEADER, RowView


class ClickableRows(RowView):
    """A `RowView` for the mouse."""

    def row_opened(self) -> None:
        """The row under the cursor was clicked twice."""

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER:
            return
        position = offset.y - HEADER + self.top
        if position < self.row_count:
            self.move_cursor(position)
            if event.chain == 2:
                self.row_opened()
