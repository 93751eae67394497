"""The steps of a plan as rows: of very many, only those that are seen are looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from s3tui import display
from s3tui.display import visible
from s3tui.transfers import names
from s3tui.transfers.plan import Action, Step
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.row_layout import fit

# An action is told by its sign and its word; colour only repeats it.
SIGNS: dict[Action, tuple[str, str]] = {
    "new": ("+", "good"),
    "replace": ("↻", "doubtful"),
    "rename": ("+", "good"),
    "delete": ("−", "bad"),
    "same": ("=", "dim"),
    "skip": ("⊘", "dim"),
    "extra": ("·", "dim"),
    "ask": ("?", "doubtful"),
    "refuse": ("✗", "bad"),
}
_ACTION, _SIZE = 9, 10
_GAP = "  "
_WITH_WHY = 120  # from this width on


class PlanTable(ClickableRows):
    """One row for each step that is shown; a step is named by its place in the plan."""

    COMPONENT_CLASSES = {"plan--good", "plan--doubtful", "plan--bad", "plan--dim"}
    DEFAULT_CSS = """
    PlanTable { border: round $border; padding: 0 1; }
    PlanTable .plan--good { color: $text-success; }
    PlanTable .plan--doubtful { color: $text-warning; }
    PlanTable .plan--bad { color: $text-error; }
    PlanTable .plan--dim { color: $text-muted; }
    """
    BINDINGS = [
        Binding("enter", "open", "Choose", show=False),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """A row was chosen."""

    def __init__(self, steps: Sequence[Step]) -> None:
        """`steps` may change later: `show` draws them anew."""
        super().__init__()
        self.steps = steps
        self.numbers: Sequence[int] = range(len(steps))  # of the steps that are shown
        self._sources = _shared(step.source for step in steps)
        self._targets = _shared(step.target for step in steps)

    @property
    def row_count(self) -> int:
        return len(self.numbers)

    @property
    def current(self) -> int | None:
        """The number of the step under the cursor."""
        return self.numbers[self.cursor] if self.cursor < len(self.numbers) else None

    def show(self, numbers: Sequence[int]) -> None:
        """Show the steps of these numbers, in order. The cursor stays on its step, or goes to the next that is shown."""
        before = self.current or 0
        self.numbers = numbers
        self.cursor = min(bisect_left(numbers, before), max(len(numbers) - 1, 0))
        self.rows_changed()

    def go_to(self, number: int) -> None:
        """Put the cursor on a step that is shown."""
        self.move_cursor(bisect_left(self.numbers, number))

    def paint_header(self, width: int) -> Strip:
        text = "".join(
            self._cells(
                "Action", f"From {visible(self._sources)}", f"To {visible(self._targets)}", "Size", "Why", width
            )
        )
        return Strip([Segment(text, self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        step = self.steps[self.numbers[position]]
        sign, look = SIGNS[step.action]
        source = visible(step.source.removeprefix(self._sources) or step.source)
        target = visible(step.target.removeprefix(self._targets) or step.target)
        size = "" if step.size is None else display.size(step.size)
        action, rest = self._cells(f"{sign} {step.action}", source, target, size, visible(step.why), width)
        if position == self.cursor:
            return Strip([Segment(action + rest, self.cursor_style)], width)
        return Strip(
            [Segment(action, self.rich_style + self.part_style(f"plan--{look}")), Segment(rest, self.rich_style)], width
        )

    def paint_below(self, line: int, width: int) -> Strip:
        said = "  Nothing." if not self.numbers and line == 0 else ""
        return Strip([Segment(fit(said, width), self.part_style("row-view--dim"))], width)

    @staticmethod
    def _cells(action: str, source: str, target: str, size: str, why: str, width: int) -> tuple[str, str]:
        """The first column, and the others, `width` cells together; why only where there is room."""
        reason = _GAP + fit(why, width // 4) if width >= _WITH_WHY else ""
        room = max(8, (width - _ACTION - _SIZE - cell_len(reason) - 3 * len(_GAP)) // 2)
        rest = f"{fit(source, room)}{_GAP}{fit(target, room)}{_GAP}{size:>{_SIZE}}{reason}"
        return fit(action, _ACTION) + _GAP, fit(rest, max(0, width - _ACTION - len(_GAP)))

    def cursor_moved(self, before: int) -> None:
        self.post_message(self.Moved())

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def row_opened(self) -> None:
        self.post_message(self.Opened())


def _shared(ends: Iterable[str]) -> str:
    """The folder or prefix that all `ends` lie in; those that are empty don't count."""
    some = [end for end in ends if end]
    return names.shared_prefix((min(some), max(some))) if some else ""
