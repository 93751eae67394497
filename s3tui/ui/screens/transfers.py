"""Every transfer of this run, what earlier runs have left, and what other processes do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from s3tui import background
from s3tui.display import counted, visible
from s3tui.transfers.job_view import JobView
from s3tui.transfers.pace import Underway
from s3tui.transfers.progress import FINISHED, State
from s3tui.transfers.queue import AGAIN, GOES_ON, Queue, Transfer, TransferView
from s3tui.transfers.transfer_list import ACTIVE
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.transfer_about import about, about_job
from s3tui.ui.widgets.transfer_line import INTERVAL, summary
from s3tui.ui.widgets.transfer_table import TransferTable

OTHERS = 1.0  # s between two looks at what other processes do
_FAILED: frozenset[State] = frozenset(("failed", "outcome unknown", "done in part"))
_FILTERS: tuple[tuple[str, frozenset[State]], ...] = (
    ("all", frozenset()),
    ("waiting and running", ACTIVE),
    ("paused", GOES_ON),
    ("failed and unknown", frozenset(("failed", "outcome unknown"))),
    ("done", frozenset(("verified", "sent but not verified", "received but not verified", "done in part"))),
    ("skipped and cancelled", frozenset(("skipped", "cancelled"))),
)


class TransfersScreen(KeyedScreen[TransferView]):
    """The list, and below it everything about the transfer under the cursor. Dismissed with one whose object is to be
    shown."""

    BINDINGS = [
        Binding("escape,q,T", "close", "Back", key_display="Esc"),
        Binding("p", "pause", "Pause", tooltip="Stop it for now; what has been sent is kept where that is possible."),
        Binding("P", "pause_all", "Pause all", show=False),
        Binding("r", "resume", "Resume", tooltip="Go on with it."),
        Binding("R", "resume_all", "Resume all", show=False),
        Binding("c", "cancel", "Cancel", tooltip="Stop it for good; nothing stays behind."),
        Binding("C", "cancel_all", "Cancel all", show=False),
        Binding("a", "retry", "Again", tooltip="Try again what failed, or was cancelled."),
        Binding("A", "retry_all", "Try all again that failed", show=False),
        Binding("o", "overwrite", "Overwrite", tooltip="Try again, and replace what is there."),
        Binding("f", "filter", "Filter", tooltip="Show only those in some states."),
        Binding("x", "clear", "Clear", tooltip="Take it from the list, if it has ended."),
        Binding("X", "clear_all", "Take all from the list that have ended", show=False),
        Binding("F", "forget", "Forget it, where it can't be cancelled: what it left stays", show=False),
        Binding("K", "move(-1)", "Let it, or its job, run earlier", show=False),
        Binding("J", "move(1)", "Let it, or its job, run later", show=False),
        Binding("enter", "open", "Go to the object; fold or unfold a job", show=False),
        Binding("left", "fold", "Fold a job", show=False),
        Binding("right", "unfold", "Unfold it", show=False),
        Binding("l", "reveal", "Show the local file", show=False),
        Binding("s", "speed", "How many run at the same time, and how fast", show=False),
        Binding("j", "row(1)", "Next row", show=False),
        Binding("k", "row(-1)", "Previous row", show=False),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    DEFAULT_CSS = """
    TransfersScreen #summary { height: 1; padding: 0 1; background: $panel; }
    TransfersScreen #about-frame {
        height: auto; min-height: 9; max-height: 65%; border: round $surface-lighten-2; padding: 0 1;
    }
    TransfersScreen.-low #about-frame { min-height: 4; max-height: 40%; }
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.transfers = queue
        self._possible: dict[str, bool] = {}
        self._filter = 0
        self._said = ""
        self._underway = Underway()
        self._why_of: tuple[int, ...] = ()
        self._first_why = ""
        self._about_of: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        yield TransferTable(self.transfers)
        with VerticalScroll(id="about-frame") as frame:
            frame.border_title = "This transfer"
            yield Static(id="about")
        yield Static(id="summary")
        yield KeyLine()

    def on_mount(self) -> None:
        self.table.focus()
        self.table.begin()
        self.look()
        self.set_interval(INTERVAL, self.look)
        self.set_interval(OTHERS, self.look_at_others)

    @property
    def table(self) -> TransferTable:
        return self.query_one(TransferTable)

    def look(self) -> None:
        """Show what has changed."""
        self.table.look()
        self._underway.see(self.transfers.underway())
        line = self.query_one("#summary", Static)
        said = summary(self.transfers.counts, self.transfers.moving(), self._underway, line.content_size.width)
        if self.transfers.problem:
            said = f"{visible(self.transfers.problem)}   {said}"
        if said != self._said:
            self._said = said
            line.update(Content(said), layout=False)
        self.show_current()

    @work(group="others", exclusive=True, exit_on_error=False)
    async def look_at_others(self) -> None:
        """Other processes write to the same journal."""
        await background.run(background.LOCAL, self.transfers.look)

    @on(TransferTable.Moved)
    def show_current(self) -> None:
        """Everything about the transfer or the job under the cursor."""
        view, job = self.table.current, self.table.current_job
        content = about_job(job, self._why(job)) if job else about(view)
        shown = self.query_one("#about", Static)
        if shown.content != content:
            of = (job.number, job.states) if job else (view.number, view.state, view.why) if view else None
            shown.update(content, layout=of != self._about_of)  # how far it is takes no more lines
            self.query_one("#about-frame").border_title = "This job" if job else "This transfer"
            self._about_of = of
        possible = self._what_is_possible(view, job)
        if possible != self._possible:  # each refresh makes the footer anew
            self._possible = possible
            self.refresh_bindings()

    def _why(self, job: JobView) -> str:
        """Looked for anew when other ones have failed: there may be very many."""
        of = (job.number, *(job.count(state) for state in sorted(_FAILED)))
        if of != self._why_of:
            found = self.transfers.first(job.number, _FAILED) if job.count(*_FAILED) else None
            self._why_of, self._first_why = of, found.why if found else ""
        return self._first_why

    def _what_is_possible(self, view: TransferView | None, job: JobView | None) -> dict[str, bool]:
        one: Mapping[State, int] = job.states if job else {view.state: 1} if view else {}
        counts, shown = self.transfers.counts, job or view
        ours = shown is not None and not shown.process
        left = bool(shown and shown.left)
        return {
            "pause": ours and _any(one, ACTIVE),
            "resume": ours and _any(one, GOES_ON),
            "cancel": ours and (left or _any(one, (*ACTIVE, *GOES_ON))),
            "retry": ours and _any(one, AGAIN),
            "overwrite": ours and view is not None and view.exists,
            "forget": ours and left and not _any(one, ACTIVE),
            "clear": ours and _any(one, FINISHED),
            "move": ours,
            "pause_all": _any(counts, ACTIVE),
            "resume_all": _any(counts, GOES_ON),
            "cancel_all": _any(counts, (*ACTIVE, *GOES_ON)),
            "retry_all": _any(counts, ("failed",)),
            "clear_all": _any(counts, FINISHED),
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: what can't be done now is shown dim."""
        return True if self._possible.get(action, True) else None

    # ---- what changes transfers; each waits for the disk

    def action_pause(self) -> None:
        self._change_current(self.transfers.pause)

    def action_pause_all(self) -> None:
        self._change(self.transfers.pause)

    def action_resume(self) -> None:
        self._change_current(self.transfers.resume)

    def action_resume_all(self) -> None:
        self._change(self.transfers.resume)

    def action_cancel(self) -> None:
        if job := self.table.current_job:
            self._cancel_after_asking(f"Cancel the {job.items:,} items of this job?", self._change_current)
        else:
            self._change_current(self.transfers.cancel)

    def action_cancel_all(self) -> None:
        self._cancel_after_asking("Cancel all that run, wait or are paused?", self._change)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _cancel_after_asking(self, question: str, change: Callable[[Callable[..., object]], object]) -> None:
        """There may be thousands."""
        from s3tui.ui.dialogs.confirm import Confirm

        lost = "What has been sent so far is removed, and they have to begin anew."
        if await self.app.push_screen_wait(Confirm(question, lost, "Cancel all")):
            change(self.transfers.cancel)

    def action_retry(self) -> None:
        self._change_current(self.transfers.retry, _FAILED, AGAIN)

    def action_retry_all(self) -> None:
        self._change(self.transfers.retry)

    def action_clear(self) -> None:
        self._change_current(self.transfers.clear)

    def action_clear_all(self) -> None:
        self._change(self.transfers.clear)

    def action_move(self, step: int) -> None:
        if view := self.table.current:
            self._change(self.transfers.move, view.number, step)
        elif job := self.table.current_job:
            self._change(self.transfers.move_job, job.number, step)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_overwrite(self) -> None:
        """Say what is there now and ask, then do it again, replacing that and nothing else."""
        from s3tui.ui.dialogs.confirm import Confirm

        view = self.table.current
        if view is None or not view.exists:
            return
        occupied = await background.run(background.METADATA, self.transfers.occupied, view.number)
        if occupied is None:
            return
        lost = "It is gone for good." if view.kind == "download" else _ONLY_VERSIONS
        told = "\n".join([*map(visible, occupied.there), lost])
        question = Confirm("Replace what is there?", told, "Replace")
        if occupied.there and not await self.app.push_screen_wait(question):
            return
        self._change(self.transfers.replace, view.number, occupied)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_forget(self) -> None:
        """For what can't be cancelled: say what stays behind, ask, and take it from the list."""
        from s3tui.ui.dialogs.confirm import Confirm

        row = self.table.row
        items = [] if row is None else [row.item] if row.item else self.transfers.items(row.job)
        numbers = [each.number for each in items if each.row.left]
        if not numbers:
            return
        told = [await background.run(background.LOCAL, self.transfers.remains, each) for each in numbers[:_TOLD]]
        stays = [visible(each) for each in told]  # a name may hold what breaks a line
        if len(numbers) > _TOLD:
            stays.append(f"… and what {len(numbers) - _TOLD:,} more have left.")
        question = Confirm(
            f"Forget {counted(len(numbers), 'transfer')}?",
            "\n".join([_FORGOTTEN, *stays]),
            "Forget",
        )
        if await self.app.push_screen_wait(question):
            self._change(self.transfers.forget, numbers)

    def _change_current(self, change: Callable[[Collection[int]], object], *states: Collection[State]) -> None:
        """Of a job all items, or those in the first of `states` that any is in."""
        row = self.table.row
        if row and row.item:
            self._change(change, (row.item.number,))
        elif row:
            job = row.job
            self._change(lambda: change(_wanted(self.transfers.items(job), states)))

    @work(group="change", exit_on_error=False)
    async def _change(self, change: Callable[..., object], *details: object) -> None:
        await background.run(background.LOCAL, change, *details)
        self.look()

    # ---- what changes what is seen

    def action_row(self, step: int) -> None:
        self.table.move_cursor(self.table.cursor + step)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_filter(self) -> None:
        """Choose which states are shown."""
        from s3tui.ui.dialogs.choose import Choose

        counts = self.transfers.counts
        labels = []
        for at, (name, states) in enumerate(_FILTERS):
            count = sum(counts.get(state, 0) for state in states or counts)
            labels.append((str(at), f"{name:<24}{count:>9,}"))
        if (chosen := await self.app.push_screen_wait(Choose("Show which transfers?", labels))) is not None:
            name, states = _FILTERS[int(chosen)]
            self.table.border_title = plain("Transfers" if not states else f"Transfers: {name}")
            self.table.show_only(states)
            self.show_current()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_speed(self) -> None:
        """How many at the same time, and how fast together."""
        from s3tui.ui.dialogs.limits import Limits

        await self.app.push_screen_wait(Limits(self.transfers))

    def action_fold(self) -> None:
        self.table.action_fold(True)

    def action_unfold(self) -> None:
        self.table.action_fold(False)

    @on(TransferTable.Opened)
    def action_open(self) -> None:
        view = self.table.current
        if view is not None and _object(view):
            self.dismiss(view)

    @work(exclusive=True, group="reveal", exit_on_error=False)
    async def action_reveal(self) -> None:
        """Show the local file where that is possible; its path is copied where not."""
        from s3tui.ui import reveal

        view = self.table.current
        path = next((end for end in (view.source, view.target) if end.startswith("/")), "") if view else ""
        if path and not await background.run(background.LOCAL, reveal.reveal, path):
            self.app.copy_to_clipboard(path)
            self.notify(f"Copied: {visible(path)}", markup=False)

    def action_close(self) -> None:
        self.dismiss(None)


_TOLD = 5  # of those that are forgotten
_FORGOTTEN = "Cancelling removes what is left; use this only where that can't be done. Nobody will know any more of:"
_ONLY_VERSIONS = "Only a bucket with versions keeps what was there."


def _any(counts: Mapping[State, int], states: Iterable[State]) -> bool:
    return any(counts.get(state) for state in states)


def _object(view: TransferView) -> str:
    """The URI of the object it is about."""
    return next((end for end in (view.target, view.source) if "s3://" in end), "")


def _wanted(items: Iterable[Transfer], states: Sequence[Collection[State]]) -> list[int]:
    """Those in the first of `states` that any is in; all without any."""
    items = list(items)
    for some in states:
        if found := [each.number for each in items if each.state in some]:
            return found
    return [] if states else [each.number for each in items]
