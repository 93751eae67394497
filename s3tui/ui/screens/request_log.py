"""Every request of a connection, newest at the bottom, with what an operator of the endpoint asks for."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Static

from s3tui.display import counted, visible, when
from s3tui.s3.client import Connection
from s3tui.s3.requests import LoggedRequest
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.row_layout import fit
from s3tui.ui.widgets.row_view import RowView

_EVERY = 0.5  # s; how often the log is looked at while it is shown
_MARKS = {"failed": "✗", "again": "↻", "done": " "}


class RequestList(RowView):
    """The requests as rows. It follows the newest as long as the cursor stands on the last row."""

    COMPONENT_CLASSES = {"request-list--failed"}
    DEFAULT_CSS = "RequestList .request-list--failed { color: $text-error; }"

    def __init__(self, moved: Callable[[], object]) -> None:
        super().__init__()
        self.requests: list[LoggedRequest] = []
        self._moved = moved

    @property
    def row_count(self) -> int:
        return len(self.requests)

    @property
    def current(self) -> LoggedRequest | None:
        """The request under the cursor."""
        return self.requests[self.cursor] if self.requests else None

    def show(self, requests: list[LoggedRequest]) -> None:
        """Show these; the cursor stays on its request, or on the newest if it was there."""
        at_end = self.cursor >= len(self.requests) - 1
        before = self.current
        self.requests = requests
        if not at_end and before in requests:
            self.cursor = requests.index(before)
        self.rows_changed()
        if at_end:
            self.move_cursor(len(requests) - 1)

    def paint_header(self, width: int) -> Strip:
        text = f"  {'UTC':<8} {'ms':>6} {'Try':>3} {'HTTP':>4} {'Operation':<20} Place"
        return Strip([Segment(text.ljust(width)[:width], self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        request = self.requests[position]
        style = self.part_style("request-list--failed") if request.error else self.rich_style
        return Strip(
            [Segment(row_text(request, width), self.cursor_style if position == self.cursor else style)], width
        )

    def cursor_moved(self, before: int) -> None:
        self._moved()


def row_text(request: LoggedRequest, width: int) -> str:
    """One request in `width` cells. A failure is marked by a sign as well as by its code."""
    state = "failed" if request.error else "again" if request.attempts > 1 else "done"
    place = f"{request.bucket}/{request.key}" if request.bucket else ""
    status = request.status or "–"
    start = f"{_MARKS[state]} {request.at:%H:%M:%S} {request.milliseconds:>6} {request.attempts:>3} {status:>4} "
    error = f" {visible(request.error)}" if request.error else ""
    left = max(width - len(start) - 21 - len(error), 0)
    return fit(f"{start}{fit(visible(request.operation), 20)} {fit(visible(place), left)}{error}", width)


def described(request: LoggedRequest) -> str:
    """Everything that is known of one request, in three lines that are safe to print. It holds no secret."""
    place = f"{request.bucket}/{request.key}" if request.bucket else "the endpoint itself"
    answer = f"HTTP {request.status} {request.error}".rstrip() if request.status else f"no answer: {request.error}"
    identity = f"request id {request.request_id}" if request.request_id else "no request id"
    took = f"{counted(request.attempts, 'attempt')}, {request.milliseconds:,} ms"
    lines = (f"{when(request.at)} UTC  {request.operation}", place, f"{answer}; {identity}; {took}")
    return "\n".join(map(visible, lines))


class RequestLogScreen(KeyedScreen[None]):
    """The log of one connection, refreshed while it is open."""

    BINDINGS = [
        Binding("escape,q,L", "app.pop_screen", "Back", key_display="Esc"),
        Binding("y", "copy", "Copy"),
        Binding("f", "failures", "Only failures"),
    ]
    DEFAULT_CSS = """
    RequestLogScreen #title { height: 1; padding: 0 1; text-style: bold; color: $text-primary; }
    RequestLogScreen #about { height: 6; padding: 0 1; border-top: solid $surface-lighten-2; }
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.only_failures = False
        self._seen = -1

    def compose(self) -> ComposeResult:
        yield Static("", id="title")
        yield RequestList(self._tell_about)
        with Vertical(id="about"):
            yield Static("", id="detail")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(RequestList).focus()
        self._look()
        self.set_interval(_EVERY, self._look)

    def _look(self) -> None:
        if self.connection.log.total == self._seen:
            return
        self._seen = self.connection.log.total
        requests = self.connection.log.newest()
        shown = [request for request in requests if request.error] if self.only_failures else requests
        what = "failed request" if self.only_failures else "request"
        of_all = f" among the last {len(requests):,} of {self._seen:,}" if self._seen > len(requests) else ""
        title = f"{self.connection.profile.name}: {counted(len(shown), what)}{of_all}, the newest at the bottom"
        self.query_one("#title", Static).update(plain(title))
        self.query_one(RequestList).show(shown)
        self._tell_about()

    def _tell_about(self) -> None:
        request = self.query_one(RequestList).current
        self.query_one("#detail", Static).update(Content(described(request) if request else "Nothing to show."))

    def action_failures(self) -> None:
        """Show only failures, or everything again."""
        self.only_failures = not self.only_failures
        self._seen = -1
        self._look()

    def action_copy(self) -> None:
        """Copy what is known of the request under the cursor; it holds no secret."""
        request = self.query_one(RequestList).current
        if request is not None:
            self.app.copy_to_clipboard(described(request))
            self.notify("Copied.", markup=False)
