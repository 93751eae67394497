"""Every transfer of this run: how far, how fast, how it ended and why."""

from __future__ import annotations

from rich.segment import Segment
from textual import work
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
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.transfer_line import ARROWS, INTERVAL, LOOKS, SIGNS, bar, percent, summary

_STATE = 27  # the longest state and its sign
_BAR = _STATE - 5
_RATE = 22
_WIDE = 130  # from this width on the target has a column too


class TransferTable(ClickableRows):
    """One row for each transfer, drawn from the newest snapshot."""

    COMPONENT_CLASSES = {"transfer--dim", "transfer--moving", "transfer--good", "transfer--doubtful", "transfer--bad"}
    DEFAULT_CSS = """
    TransferTable { border: round $border; padding: 0 1; }
    TransferTable .transfer--dim { color: $text-muted; }
    TransferTable .transfer--moving { color: $text-primary; }
    TransferTable .transfer--good { color: $text-success; }
    TransferTable .transfer--doubtful { color: $text-warning; }
    TransferTable .transfer--bad { color: $text-error; }
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
        style = self.part_style("row-view--header")
        text = "".join(self._cells("  File", "To", "State", "Speed, or size", width))
        return Strip([Segment(text, style)], width)

    def paint_row(self, position: int, width: int) -> Strip:
        view = self.views[position]
        if view.state == "running" and view.total is not None:
            state = f"{bar(view.done, view.total, _BAR)} {percent(view.done, view.total):3d}%"
        else:
            state = f"{SIGNS[view.state][0]} {view.state}"
        style = self.cursor_style if position == self.cursor else self.rich_style
        coloured = style if position == self.cursor else style + self.part_style(f"transfer--{LOOKS[view.state]}")
        cells = self._cells(f"{ARROWS[view.kind]} {short_name(view)}", visible(view.target), state, _rate(view), width)
        first, second, third, fourth = cells
        return Strip([Segment(first + second, style), Segment(third, coloured), Segment(fourth, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = "  Nothing has been transferred yet: u uploads, d downloads." if not self.views and line == 0 else ""
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    def cursor_moved(self, before: int) -> None:
        screen = self.screen
        if isinstance(screen, TransfersScreen):
            screen.show_current()

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


def short_name(view: TransferView) -> str:
    """The last part of what is moved."""
    return visible((view.source if view.kind == "upload" else view.target).rpartition("/")[2])


def _rate(view: TransferView) -> str:
    if view.state != "running":
        return display.size(view.total) if view.total is not None else ""
    if view.stage or view.done == view.total:
        return view.stage or "waiting for the answer"
    left = display.duration(view.seconds_left) if view.seconds_left is not None else ""
    return f"{display.size(round(view.speed))}/s  {left}" if view.speed >= 1 else ""


class TransfersScreen(TellsFailures, Screen[None]):
    """The list, and below it everything about the transfer under the cursor."""

    BINDINGS = [
        Binding("escape,q,T", "close", "Back", key_display="Esc"),
        Binding("c", "cancel", "Cancel it"),
        Binding("C", "cancel_all", "Cancel all"),
        Binding("a", "again", "Again"),
        Binding("o", "overwrite", "Overwrite"),
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
        self._possible: dict[str, bool] = {}

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

    def show_current(self) -> None:
        """Everything about the transfer under the cursor."""
        self.query_one("#about", Static).update(_about(self.table.current))
        possible = self._what_is_possible()
        if possible != self._possible:  # each refresh makes the footer anew
            self._possible = possible
            self.refresh_bindings()

    def _what_is_possible(self) -> dict[str, bool]:
        view, views = self.table.current, self.table.views
        return {
            "cancel": view is not None and not view.finished,
            "cancel_all": any(not each.finished for each in views),
            "again": view is not None and view.state in ("failed", "cancelled"),
            "overwrite": view is not None and view.exists,
            "forget": any(each.finished for each in views),
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: what can't be done now is shown dim."""
        if action in ("cancel", "cancel_all", "again", "overwrite", "forget"):
            return True if self._possible.get(action) else None
        return True

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
            self._show_last()

    def _show_last(self) -> None:
        self.look()
        self.table.move_cursor(len(self.table.views) - 1)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_overwrite(self) -> None:
        """Ask, then do it again, replacing what is there."""
        from s3tui.ui.dialogs.confirm import Confirm

        view = self.table.current
        if view is None or not view.exists:
            return
        lost = (
            "Only a bucket with versions keeps what was there." if view.kind != "download" else "It is gone for good."
        )
        question = Confirm("Replace what is there?", f"{view.target}\n{lost}", "Replace")
        if await self.app.push_screen_wait(question) and self.transfers.replace(view.number):
            self._show_last()

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
        lines.append(_pair("Moved", f"{view.done:,} of {view.total:,} bytes ({display.size(view.total)})"))
    if view.why:
        lines.append(_pair("Why", view.why))
    return Content("\n").join(lines)


def _pair(label: str, text: str) -> Content:
    return Content.assemble(Content(f"{label:<8}").stylize("$text-muted"), Content(visible(text)))
