"""What is going to be done, shown before any of it is: what asks is chosen here, and nothing happens without “Go”."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from s3tui import background, display
from s3tui.background import CancelToken
from s3tui.display import counted
from s3tui.transfers.plan import DOES, Action, Conflict, Plan, Step
from s3tui.transfers.request import Request
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.pairs import Pairs
from s3tui.ui.widgets.plan_table import SIGNS, PlanTable

_WORDS: dict[Action, str] = {
    "new": "new",
    "replace": "to replace",
    "rename": "under another name",
    "delete": "to delete",
    "same": "the same",
    "skip": "skipped",
    "extra": "only there",
    "ask": "to decide",
    "refuse": "refused",
}
_CHOICES: dict[Conflict, str] = {
    "skip": "Skip: leave what is there",
    "overwrite": "Overwrite: replace what is there",
    "different": "If different: replace it only where it differs",
    "rename": "Rename: add a number to the name",
}
_OFTEN = 0.2  # s between two looks at how many are decided
_GONE = "It is gone for good: this can't be undone."


class PlanScreen(KeyedScreen[list[Request]]):
    """Dismissed with what is to be given to the queue, or with None. What is chosen here is written into `plan`.

    `go` is the word on the button, such as “Upload”. Before anything is deleted it is asked, with `consequence` as what
    that means, and with `typed` as a name that must be typed where it can't be undone.
    """

    BINDINGS = [
        Binding("escape,q", "leave", "Back", key_display="Esc", tooltip="Go back; nothing is done."),
        Binding("ctrl+s", "go", "Go", tooltip="Do what the plan says."),
        Binding("f", "filter", "Filter", tooltip="Show only one action."),
        Binding("s", "decide('skip')", "Skip", tooltip="Leave what is there."),
        Binding("o", "decide('overwrite')", "Overwrite", tooltip="Replace what is there."),
        Binding("d", "decide('different')", "If different", tooltip="Replace what is there only where it differs."),
        Binding("n", "decide('rename')", "Rename", tooltip="Add a number to the name."),
        Binding("S", "decide_all('skip')", "Skip all", show=False, tooltip="Skip all that ask; O, D and N likewise."),
        Binding("O", "decide_all('overwrite')", "Overwrite all", show=False),
        Binding("D", "decide_all('different')", "All that differ", show=False),
        Binding("N", "decide_all('rename')", "Rename all", show=False),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    DEFAULT_CSS = """
    PlanScreen #heading { height: 1; padding: 0 1; text-style: bold; color: $text-primary; }
    PlanScreen #counts { height: auto; max-height: 2; padding: 0 1; }
    PlanScreen #remarks { height: auto; max-height: 4; padding: 0 1; color: $text-warning; overflow-y: auto; }
    PlanScreen #about { height: 7; border: round $surface-lighten-2; padding: 0 1; overflow-y: auto; }
    PlanScreen.-low #counts, PlanScreen.-low #remarks { max-height: 1; }
    PlanScreen.-low #about { height: 25%; min-height: 3; }
    PlanScreen #ending { height: 1; padding: 0 1; background: $panel; }
    PlanScreen #said { width: 1fr; }
    PlanScreen #ending Button { margin-left: 1; }
    """

    def __init__(self, plan: Plan, heading: str, go: str, consequence: str = _GONE, typed: str = "") -> None:
        super().__init__()
        self.plan, self.heading, self.go = plan, heading, go
        self._consequence, self._typed = consequence, typed
        self._asked: dict[int, Step] = {}  # what each step was that somebody has decided
        self._only: Action | None = None
        self._deciding: set[int] = set()
        self._turn = asyncio.Lock()  # a name that is found free is taken before another looks for one
        self._token = CancelToken()

    def compose(self) -> ComposeResult:
        yield Static(plain(self.heading), id="heading")
        yield Static(id="counts")
        yield Static(_lines(self.plan.remarks), id="remarks")
        yield PlanTable(self.plan.steps)
        about = Static(id="about")
        about.border_title = "This one"
        yield about
        with Horizontal(id="ending"):
            yield Static(id="said")
            yield Button(plain(f"{self.go} (Ctrl+S)"), "primary", id="go", compact=True)
            yield Button("Back (Esc)", id="back", compact=True)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#remarks").display = bool(self.plan.remarks)
        self.table.focus()
        self._show()
        self.call_after_refresh(self._go_to_next, -1)

    def on_unmount(self) -> None:
        self._token.cancel()

    @property
    def table(self) -> PlanTable:
        return self.query_one(PlanTable)

    # ---- showing

    def _show(self) -> None:
        """The rows and the counts as they are now."""
        steps = self.plan.steps
        every: Sequence[int] = range(len(steps))
        self.table.show([n for n in every if steps[n].action == self._only] if self._only else every)
        self.table.border_title = plain(f"Steps: {_WORDS[self._only]}" if self._only else "Steps")
        self._show_counts()
        self._show_current()

    def _show_counts(self) -> None:
        counts = self.plan.counts()
        self.query_one("#counts", Static).update(_counts_words(counts, len(self.plan.steps)))
        self.query_one("#said", Static).update(plain(self._said(counts)))
        self.query_one("#go", Button).disabled = bool(self._deciding) or not any(counts[action] for action in DOES)

    def _said(self, counts: Counter[Action]) -> str:
        if self._deciding:
            return f"Looking at {counted(len(self._deciding), 'step')} …"
        if counts["ask"]:
            return f"{counts['ask']:,} to decide: s o d n, or S O D N for all."
        moved = counts["new"] + counts["replace"] + counts["rename"]
        parts = [f"{self.go} {moved:,}, {display.size(self.plan.size)}"] if moved else []
        parts += [f"delete {counts['delete']:,}"] if counts["delete"] else []
        return f"{'; '.join(parts)}." if parts else "There is nothing to do."

    @on(PlanTable.Moved)
    def _show_current(self) -> None:
        """Everything about the step under the cursor."""
        number = self.table.current
        self.query_one("#about", Static).update(_about(self.plan.steps[number]) if number is not None else "")
        self.refresh_bindings()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_filter(self) -> None:
        """Choose which action is shown."""
        from s3tui.ui.dialogs.choose import Choose

        counts = self.plan.counts()
        labels = [("", f"{'all':<20}{len(self.plan.steps):>9,}")]
        labels += [(action, f"{words:<20}{counts[action]:>9,}") for action, words in _WORDS.items() if counts[action]]
        chosen = await self.app.push_screen_wait(Choose("Show which steps?", labels))
        if chosen is not None:
            self._only = next((action for action in _WORDS if action == chosen), None)
            self._show()

    # ---- deciding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: what can't be done now is shown dim."""
        if action == "decide":
            return True if self._decidable(self.table.current) else None
        if action == "decide_all":
            return True if self._asked or any(step.decide for step in self.plan.steps) else None
        return True

    def _decidable(self, number: int | None) -> bool:
        """Also what was decided before can be decided otherwise."""
        return number is not None and number not in self._deciding and self._question(number).decide is not None

    def _question(self, number: int) -> Step:
        return self._asked.get(number) or self.plan.steps[number]

    def _asking(self, first: int = 0) -> Iterator[int]:
        """The numbers of those that nobody has decided yet."""
        steps = self.plan.steps
        return (at for at in range(first, len(steps)) if steps[at].action == "ask" and at not in self._deciding)

    def action_decide(self, choice: Conflict) -> None:
        """Choose for the step under the cursor, and go on to the next that asks."""
        number = self.table.current
        if number is not None and self._decidable(number):
            self._decide(choice, [number])
            self._go_to_next(number)

    def action_decide_all(self, choice: Conflict) -> None:
        """Choose for all that ask; when none does any more, for all that have asked."""
        if numbers := list(self._asking()) or [number for number in self._asked if number not in self._deciding]:
            self._decide(choice, numbers)

    def _go_to_next(self, number: int) -> None:
        """To the next step that asks, where such steps are shown."""
        if self._only in (None, "ask") and (at := next(self._asking(number + 1), None)) is not None:
            self.table.go_to(at)

    @on(PlanTable.Opened)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _choose(self) -> None:
        """The same with a list of what can be chosen."""
        from s3tui.ui.dialogs.choose import Choose

        number, others = self.table.current, sum(1 for _ in self._asking())
        if number is None or not self._decidable(number):
            return
        choices: list[tuple[str, str]] = list(_CHOICES.items())
        if others > 1:
            choices += [(choice.upper(), f"All {others:,}: {words}") for choice, words in _CHOICES.items()]
        chosen = await self.app.push_screen_wait(Choose("What is to be done about what is there?", choices))
        if chosen in _CHOICES:
            self.action_decide(chosen)
        elif chosen:
            self.action_decide_all(next(choice for choice in _CHOICES if choice.upper() == chosen))

    def _decide(self, choice: Conflict, numbers: Collection[int]) -> None:
        for number in numbers:
            self._asked.setdefault(number, self.plan.steps[number])
        self._deciding.update(numbers)
        self._have_decided(choice, numbers)

    @work(group="decide", exit_on_error=False)
    async def _have_decided(self, choice: Conflict, numbers: Collection[int]) -> None:
        """The endpoint may have to be asked, for a name that is free, or what it holds be compared."""
        self._show()
        timer = self.set_interval(_OFTEN, self._show_counts)
        try:
            async with self._turn:
                await background.run(background.METADATA, self._decided, choice, numbers, token=self._token)
        finally:
            timer.stop()
            self._deciding.difference_update(numbers)
            if not self._token.cancelled:
                self._show()

    def _decided(self, choice: Conflict, numbers: Collection[int]) -> None:
        """In a thread."""
        for number in numbers:
            self._token.check()
            self.plan.steps[number] = self._asked[number]
            self.plan.decide(choice, (number,))
            self._deciding.discard(number)

    # ---- the end

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "go":
            self.action_go()
        else:
            self.action_leave()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_go(self) -> None:
        """Ask before anything is deleted, then be done."""
        async with self._turn:
            pass  # what is being decided
        asking = next(self._asking(), None)
        if asking is not None:
            self._only = None
            self._show()
            self.table.go_to(asking)
            self.notify("Some are to be decided first: S skips all of them.", severity="warning", markup=False)
            return
        if not any(self.plan.requests()):
            self.notify("There is nothing to do.", severity="warning", markup=False)
            return
        if await self._may_delete():
            self.dismiss(list(self.plan.requests()))

    async def _may_delete(self) -> bool:
        from s3tui.ui.dialogs.confirm import Confirm

        doomed = [step for step in self.plan.steps if step.action == "delete"]
        if not doomed:
            return True
        size = display.size(sum(step.size or 0 for step in doomed))
        noun = "object" if all(step.target.startswith("s3://") for step in doomed) else "file"
        heading = f"Delete {counted(len(doomed), noun)}, {size}?"
        question = Confirm(heading, self._consequence, f"Delete {len(doomed):,}", self._typed)
        return await self.app.push_screen_wait(question) is True

    def action_leave(self) -> None:
        self.dismiss(None)


def _lines(sentences: Iterable[str]) -> Content:
    return Content("\n").join(map(plain, sentences))


def _counts_words(counts: Counter[Action], total: int) -> Content:
    """`3 new · 1 to replace · 2 the same`."""
    if not total:
        return Content("Nothing was found.")
    colours = {"good": "$text-success", "doubtful": "$text-warning", "bad": "$text-error", "dim": "$text-muted"}
    parts = [
        Content.styled(f"{counts[action]:,} {words}", colours[SIGNS[action][1]])
        for action, words in _WORDS.items()
        if counts[action]
    ]
    return Content(" · ").join(parts)


def _about(step: Step) -> Pairs:
    size = "" if step.size is None else f", {display.exact_size(step.size)}"
    what = f"{_WORDS[step.action]}{size}"
    pairs = [("What", what), ("Why", step.why), ("From", step.source), ("To", step.target)]
    return Pairs(tuple((label, text, "") for label, text in pairs if text), label_width=6)
