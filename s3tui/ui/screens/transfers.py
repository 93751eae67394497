"""Every transfer of this run: how far, how fast, how it ended and why."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Footer, Static

from s3tui import display
from s3tui.display import visible
from s3tui.transfers.queue import Queue, TransferView
from s3tui.ui.failures import TellsFailures
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.row_view import RowView
from s3tui.ui.widgets.transfer_line import ARROWS, INTERVAL, SIGNS, bar, percent, summary

_BAR = 14
_STATE = 26  # the longest state and its sign
_RATE = 24


class TransferTable(RowView):
    """One row for each transfer, drawn from the newest snapshot."""

    DEFAULT_CSS = """
    TransferTable { border: round $border; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.views: tuple[TransferView, ...] = ()
        self.border_title = "Transfers"

    @property
    def row_count(self) -> int:
        return len(self.views)

    @property
    def current(self) -> TransferView | None:
        return self.views[self.cursor] if self.cursor < len(self.views) else None

    def show(self, views: tuple[TransferView, ...]) -> None:
        """Draw what has changed."""
        before, self.views = self.views, views
        if len(before) != len(views):
            self.rows_changed()
            return
        for position, (old, new) in enumerate(zip(before, views, strict=True)):
            if old != new:
                self.refresh_row(position)

    def paint_header(self, width: int) -> Strip:
        text = self._line("  File", "State", "", width)
        return Strip([Segment(text, self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        view = self.views[position]
        name = f"{ARROWS[view.kind]} {short_name(view)}"
        if view.state == "running" and view.total:
            state = f"{bar(view.done, view.total, _BAR)} {percent(view.done, view.total):3d}%"
        else:
            state = f"{SIGNS[view.state][0]} {view.state}"
        text = self._line(name, state, _rate(view), width)
        style = self.cursor_style if position == self.cursor else self.rich_style
        return Strip([Segment(text, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = "  Nothing has been transferred yet: u uploads, d downloads." if not self.views and line == 0 else ""
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    def cursor_moved(self, before: int) -> None:
        screen = self.screen
        if isinstance(screen, TransfersScreen):
            screen.show_current()

    @staticmethod
    def _line(name: str, state: str, rate: str, width: int) -> str:
        room = max(10, width - _STATE - _RATE - 2)
        return row_layout.fit(
            f"{row_layout.fit(name, room)} {row_layout.fit(state, _STATE)} {row_layout.fit(rate, _RATE)}", width
        )


def short_name(view: TransferView) -> str:
    """The last part of what is moved."""
    return visible((view.source if view.kind == "upload" else view.target).rpartition("/")[2])


def _rate(view: TransferView) -> str:
    if view.state != "running":
        return display.size(view.total) if view.total is not None else ""
    if view.stage:
        return view.stage
    left = display.duration(view.seconds_left) if view.seconds_left is not None else ""
    return f"{display.size(round(view.speed))}/s  {left}" if view.speed >= 1 else ""


class TransfersScreen(TellsFailures, Screen[None]):
    """The list, and below it everything about the transfer under the cursor."""

    BINDINGS = [
        Binding("escape,q,T", "close", "Back"),
        Binding("c", "cancel", "Cancel it"),
        Binding("C", "cancel_all", "Cancel all"),
        Binding("a", "again", "Again"),
        Binding("x", "forget", "Clear ended"),
        Binding("j", "row(1)", "Next", show=False),
        Binding("k", "row(-1)", "Previous", show=False),
    ]
    DEFAULT_CSS = """
    TransfersScreen #summary { height: 1; padding: 0 1; background: $panel; }
    TransfersScreen #about { height: 9; border: round $surface-lighten-2; padding: 0 1; overflow-y: auto; }
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.transfers = queue

    def compose(self) -> ComposeResult:
        yield TransferTable()
        about = Static(id="about")
        about.border_title = "This transfer"
        yield about
        yield Static(id="summary")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.table.focus()
        self.look()
        self.set_interval(INTERVAL, self.look)

    @property
    def table(self) -> TransferTable:
        return self.query_one(TransferTable)

    def look(self) -> None:
        """Take a new snapshot and show what has changed."""
        views = self.transfers.snapshot()
        if views == self.table.views:
            return
        self.table.show(views)
        self.query_one("#summary", Static).update(Content(summary(views)))
        self.show_current()
        self.refresh_bindings()

    def show_current(self) -> None:
        """Everything about the transfer under the cursor."""
        self.query_one("#about", Static).update(_about(self.table.current))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: what can't be done now is shown dim."""
        view = self.table.current if self.is_mounted else None
        possible = {
            "cancel": view is not None and not view.finished,
            "cancel_all": any(not each.finished for each in self.table.views) if self.is_mounted else False,
            "again": view is not None and view.state in ("failed", "cancelled"),
            "forget": any(each.finished for each in self.table.views) if self.is_mounted else False,
        }
        return True if possible.get(action, True) else None

    def action_row(self, step: int) -> None:
        self.table.move_cursor(self.table.cursor + step)

    def action_cancel(self) -> None:
        if self.table.current:
            self.transfers.cancel(self.table.current.number)
        self.look()

    def action_cancel_all(self) -> None:
        self.transfers.cancel_all(0)
        self.look()

    def action_again(self) -> None:
        if self.table.current and self.transfers.again(self.table.current.number):
            self.look()
            self.table.move_cursor(len(self.table.views) - 1)

    def action_forget(self) -> None:
        self.transfers.forget_finished()
        self.look()

    def action_close(self) -> None:
        self.dismiss(None)


def _about(view: TransferView | None) -> Content:
    if view is None:
        return Content("")
    sign, colour = SIGNS[view.state]
    state = f"{sign} {view.state}" + (f": {view.stage}" if view.stage else "")
    lines = [
        _pair("From", view.source),
        _pair("To", f"{view.target}  (profile {view.profile})"),
        Content.assemble(Content(f"{'State':<8}").stylize("$text-muted"), Content(state).stylize(f"bold {colour}")),
    ]
    if view.total is not None:
        lines.append(_pair("Moved", f"{view.done:,} of {display.exact_size(view.total)}"))
    if view.why:
        lines.append(_pair("Why", view.why))
    return Content("\n").join(lines)


def _pair(label: str, text: str) -> Content:
    return Content.assemble(Content(f"{label:<8}").stylize("$text-muted"), Content(visible(text)))
