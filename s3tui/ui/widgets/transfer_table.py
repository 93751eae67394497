"""The list of jobs and their items: of many thousands, only those that are seen are looked at."""

from __future__ import annotations

import time
from collections.abc import Collection

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from s3tui.transfers.job_view import JobView
from s3tui.transfers.pace import Pace
from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue, TransferView
from s3tui.transfers.transfer_list import ACTIVE
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.transfer_cells import columns, item_parts, job_parts, speed_words
from s3tui.ui.widgets.transfer_rows import At, TransferRows

_PAUSE = 20  # times as long as finding the rows took


class TransferTable(ClickableRows):
    """Jobs, and those of their items that are in one of the states it shows."""

    BINDINGS = [
        Binding("enter", "open", "Open", show=False),
        Binding("right", "fold(False)", "Unfold", show=False),
        Binding("left", "fold(True)", "Fold", show=False),
    ]

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
        self._rows = TransferRows(queue)
        self._version = -1
        self._next_take = 0.0  # on the monotonic clock
        self._filtered = False
        self._paces: dict[int, Pace] = {}  # of the jobs that run
        self._painted: dict[int, object] = {}  # position -> what was drawn there
        self.border_title = "Transfers"

    @property
    def row_count(self) -> int:
        return len(self._rows)

    @property
    def row(self) -> At | None:
        """What the cursor is on."""
        return self._rows.at(self.cursor)

    @property
    def current(self) -> TransferView | None:
        """The item under the cursor, as it is now; None on a job."""
        row = self.row
        return self._queue.view(row.item) if row and row.item else None

    @property
    def current_job(self) -> JobView | None:
        """The job under the cursor, as it is now; None on an item."""
        row = self.row
        return self._queue.job(row.job) if row and not row.item else None

    def begin(self) -> None:
        """With the cursor on the first that runs or waits, if there is one."""
        self.look()
        job = next((each for each in self._queue.jobs() if any(each.tally.states[state] for state in ACTIVE)), None)
        if job is None:
            return
        item = None if self._rows.is_folded(job) else next((each for each in job.items if each.state in ACTIVE), None)
        self.call_after_refresh(self.move_cursor, self._rows.position(At(job, item)) or 0)

    def show_only(self, states: Collection[State]) -> None:
        """Those in one of `states`; all without any."""
        self._filtered = bool(states)
        self._rows.show_only(states)
        self._take()

    def look(self) -> None:
        """Draw what has changed. Finding the rows of very many takes a moment: then it is done less often."""
        began = time.monotonic()
        if self._queue.version != self._version and began >= self._next_take:
            self._take()
            self._next_take = began + _PAUSE * (time.monotonic() - began)
        for position in range(self.top, min(self.top + self.rows_visible, len(self._rows))):
            if self._painted.get(position) != self._seen(position):
                self.refresh_row(position)

    def _take(self) -> None:
        """The cursor stays on its row where that is still shown."""
        on = self.row
        self._version = self._queue.version
        if not self._rows.take():
            return
        if on and (at := self._rows.position(on)) is not None:
            self.cursor = at
        self._painted.clear()
        self.rows_changed()

    def action_fold(self, folded: bool) -> None:
        """Fold the job that the cursor is on, or in; or unfold it."""
        row = self.row
        if row and len(row.job.items) > 1 and self._rows.is_folded(row.job) != folded:
            self._rows.fold(row.job, folded)
            self._take()
            self.cursor_moved(self.cursor)

    def action_open(self) -> None:
        """Fold or unfold a job; what opening an item means says the screen."""
        row = self.row
        if row and row.item is None:
            self.action_fold(not self._rows.is_folded(row.job))
        elif row:
            self.post_message(self.Opened())

    def row_opened(self) -> None:
        self.action_open()

    # ---- drawing

    def _seen(self, position: int) -> TransferView | tuple[JobView, str, bool] | None:
        """What the row shows now, to be compared with what was drawn."""
        row = self._rows.at(position)
        if row is None:
            return None
        if row.item:
            return self._queue.view(row.item)
        view = self._queue.job(row.job)
        return (view, self._pace(view), self._rows.is_folded(row.job)) if view else None

    def _pace(self, view: JobView) -> str:
        """`12.0 MiB/s 3 min 05 s`, as far as it is known."""
        if not view.count("running"):
            self._paces.pop(view.number, None)
            return ""
        pace = self._paces.setdefault(view.number, Pace())
        pace.see(view)
        return speed_words(pace.speed, pace.seconds_left(view))

    def paint_header(self, width: int) -> Strip:
        style = self.part_style("row-view--header")
        text = "".join(columns("  File", "To", "State", "Speed, or size", width))
        return Strip([Segment(text, style)], width)

    def paint_row(self, position: int, width: int) -> Strip:
        row, seen = self._rows.at(position), self._seen(position)
        self._painted[position] = seen
        style = self.cursor_style if position == self.cursor else self.rich_style
        if isinstance(seen, tuple):
            parts = job_parts(*seen, width)
        elif isinstance(seen, TransferView):
            parts = item_parts(seen, row is not None and len(row.job.items) > 1, width)
        else:
            return Strip.blank(width, style)
        return Strip([Segment(text, self._look_of(look, style, position)) for text, look in parts], width)

    def _look_of(self, look: str, style: Style, position: int) -> Style:
        return style + self.part_style(f"transfer--{look}") if look and position != self.cursor else style

    def paint_below(self, line: int, width: int) -> Strip:
        said = ""
        if not len(self._rows) and line == 0:
            said = "  None is like that: f shows others." if self._filtered else _NOTHING
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    def cursor_moved(self, before: int) -> None:
        self.post_message(self.Moved())


_NOTHING = "  Nothing has been transferred yet: u uploads, d downloads, D deletes."
