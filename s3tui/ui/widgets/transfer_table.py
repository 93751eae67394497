"""The rows of the transfers' screen: of many thousands, only those that are seen are looked at."""

from __future__ import annotations

from collections.abc import Collection

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from s3tui import display
from s3tui.display import visible
from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue, Transfer, TransferView
from s3tui.transfers.request import DELETES
from s3tui.transfers.transfer_list import ACTIVE
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.transfer_line import ARROWS, LOOKS, SIGNS, bar, deleted, percent

_STATE = 27  # the longest state and its sign
_BAR = _STATE - 5
_RATE = 22
_WIDE = 130  # from this width on the target has a column too


class TransferTable(ClickableRows):
    """One row for each transfer of `queue` that is in one of the states it shows."""

    COMPONENT_CLASSES = {"transfer--dim", "transfer--moving", "transfer--good", "transfer--doubtful", "transfer--bad"}
    DEFAULT_CSS = """
    TransferTable { border: round $border; padding: 0 1; }
    TransferTable .transfer--dim { color: $text-muted; }
    TransferTable .transfer--moving { color: $text-primary; }
    TransferTable .transfer--good { color: $text-success; }
    TransferTable .transfer--doubtful { color: $text-warning; }
    TransferTable .transfer--bad { color: $text-error; }
    """

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """A row was chosen."""

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self._queue = queue
        self._rows: list[Transfer] = []
        self._version = -1
        self._states: Collection[State] = ()
        self._painted: dict[int, TransferView] = {}  # position -> what was drawn there
        self.border_title = "Transfers"

    @property
    def row_count(self) -> int:
        return len(self._rows)

    @property
    def current(self) -> TransferView | None:
        """The one under the cursor, as it is now."""
        return self._queue.view(self._rows[self.cursor]) if self.cursor < len(self._rows) else None

    def begin(self) -> None:
        """With the cursor on the first that runs or waits, if there is one."""
        self.look()
        at = next((at for at, each in enumerate(self._rows) if each.state in ACTIVE), 0)
        self.call_after_refresh(self.move_cursor, at)

    def show_only(self, states: Collection[State]) -> None:
        """Those in one of `states`; all without any."""
        self._states, self._version = states, -1
        self.look()

    def look(self) -> None:
        """Draw what has changed."""
        version = self._queue.version
        if version != self._version:
            self._version = version
            self._take(self._queue.rows(self._states))
        for position in range(self.top, min(self.top + self.rows_visible, len(self._rows))):
            if self._painted.get(position) != self._queue.view(self._rows[position]):
                self.refresh_row(position)

    def _take(self, rows: list[Transfer]) -> None:
        """The cursor stays on its transfer where that is still shown."""
        before, self._rows = self._rows, rows
        if before == rows:
            return
        on = before[self.cursor] if self.cursor < len(before) else None
        if on and not (self.cursor < len(rows) and rows[self.cursor] is on):
            self.cursor = next((at for at, each in enumerate(rows) if each is on), self.cursor)
        self._painted.clear()
        self.rows_changed()

    def paint_header(self, width: int) -> Strip:
        style = self.part_style("row-view--header")
        text = "".join(self._cells("  File", "To", "State", "Speed, or size", width))
        return Strip([Segment(text, style)], width)

    def paint_row(self, position: int, width: int) -> Strip:
        view = self._painted[position] = self._queue.view(self._rows[position])
        if view.state == "running" and view.total is not None:
            state = f"{bar(view.done, view.total, _BAR)} {percent(view.done, view.total):3d}%"
        else:
            state = f"{SIGNS[view.state][0]} {view.state}"
        style = self.cursor_style if position == self.cursor else self.rich_style
        if view.process and position != self.cursor:
            style = style + self.part_style("transfer--dim")
        coloured = style if position == self.cursor else style + self.part_style(f"transfer--{LOOKS[view.state]}")
        cells = self._cells(f"{ARROWS[view.kind]} {short_name(view)}", visible(view.target), state, _rate(view), width)
        first, second, third, fourth = cells
        return Strip([Segment(first + second, style), Segment(third, coloured), Segment(fourth, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = ""
        if not self._rows and line == 0:
            said = "  None is like that: f shows others." if self._states else _NOTHING
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    def cursor_moved(self, before: int) -> None:
        self.post_message(self.Moved())

    def row_opened(self) -> None:
        self.post_message(self.Opened())

    @staticmethod
    def _cells(name: str, target: str, state: str, rate: str, width: int) -> tuple[str, str, str, str]:
        """The four columns, `width` cells together; the target only where there is room."""
        room = max(10, width - _STATE - _RATE - 2)
        target_room = room * 3 // 5 if width >= _WIDE else 0
        shown = f"{row_layout.fit(target, target_room - 1)} " if target_room else ""
        rest = max(0, width - room - 1 - _STATE - 1)
        return (
            f"{row_layout.fit(name, room - target_room)} ",
            shown,
            f"{row_layout.fit(state, _STATE)} ",
            row_layout.fit(rate, rest),
        )


_NOTHING = "  Nothing has been transferred yet: u uploads, d downloads, D deletes."


def short_name(view: TransferView) -> str:
    """The last part of what is moved."""
    return visible((view.target if view.kind == "download" else view.source).rpartition("/")[2])


def _rate(view: TransferView) -> str:
    if view.process:
        return f"in process {view.process}"
    if view.kind in DELETES:
        return view.stage or deleted(view.done, view.total)
    if view.state != "running":
        return display.size(view.total) if view.total is not None else ""
    if view.stage or view.done == view.total:
        return view.stage or "waiting for the answer"
    left = display.duration(view.seconds_left) if view.seconds_left is not None else ""
    return f"{display.size(round(view.speed))}/s  {left}" if view.speed >= 1 else ""
