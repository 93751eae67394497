"""One line about the transfers, there only when there is something to say; and the words for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from s3tui import display
from s3tui.transfers.pace import Underway
from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue, TransferView
from s3tui.transfers.request import DELETES, Kind

INTERVAL = 0.2  # s
# A state is told by its sign and its word; colour only repeats it.
SIGNS: dict[State, tuple[str, str]] = {
    "waiting": ("·", "$text-muted"),
    "running": ("▸", "$text-primary"),
    "paused": ("‖", "$text-warning"),
    "verified": ("✓", "$text-success"),
    "sent but not verified": ("≈", "$text-warning"),
    "received but not verified": ("≈", "$text-warning"),
    "done in part": ("≈", "$text-warning"),
    "failed": ("✗", "$text-error"),
    "outcome unknown": ("?", "$text-error"),
    "skipped": ("⊘", "$text-muted"),
    "cancelled": ("⊘", "$text-muted"),
}
# The same as names of styles, for who draws lines.
LOOKS: dict[State, str] = {
    "waiting": "dim",
    "running": "moving",
    "paused": "doubtful",
    "verified": "good",
    "sent but not verified": "doubtful",
    "received but not verified": "doubtful",
    "done in part": "doubtful",
    "failed": "bad",
    "outcome unknown": "bad",
    "skipped": "dim",
    "cancelled": "dim",
}
ARROWS: dict[Kind, str] = {"upload": "↑", "download": "↓", "copy": "→", "move": "⇥", "delete": "−", "remove": "−"}


class TransferLine(Static):
    """Shows how far the transfers of `queue` are. Looks five times a second, draws only when that changed."""

    DEFAULT_CSS = """
    TransferLine { height: 1; padding: 0 1; background: $panel; display: none; }
    TransferLine.-shown { display: block; }
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self.transfers = queue
        self._version = -1
        self._said = ""
        self._underway = Underway()

    def on_mount(self) -> None:
        self.set_interval(INTERVAL, self.look)

    def look(self) -> None:
        """Say what has changed since the last look."""
        if self.app.screen is not self.screen:
            return  # below another screen it would have all of that drawn again
        moving = self.transfers.moving()
        if self._version == self.transfers.version and not moving:
            return
        self._version = self.transfers.version
        counts = self.transfers.counts
        self.set_class(bool(counts), "-shown")
        self._underway.see(self.transfers.underway())
        said = summary(counts, moving, self._underway, self.content_size.width)
        if said != self._said:
            self._said = said
            self.update(Content(said), layout=False)


def summary(counts: Mapping[State, int], moving: Sequence[TransferView], underway: Underway, width: int) -> str:
    """All of them in one line: how many in which state, then how far and how fast they are. In words where `width`
    cells are enough for that; 0 stands for any."""
    said = [f"{SIGNS[state][0]} {counts[state]:,} {state}" for state in SIGNS if counts.get(state)]
    rest = _progress(moving, underway)
    line = "   ".join([*said, *rest])
    if not width or cell_len(line) <= width:
        return line
    short = [f"{SIGNS[state][0]}{counts[state]:,}" for state in SIGNS if counts.get(state)]
    return "   ".join([" ".join(short), *rest])


def _progress(moving: Sequence[TransferView], underway: Underway) -> list[str]:
    parts = []
    deleting = [view for view in moving if view.kind in DELETES]
    others = [view for view in moving if view.kind not in DELETES]
    if deleting:
        parts.append(deleted(sum(view.done for view in deleting), sum(view.total or 0 for view in deleting)))
    if others:
        parts.append(rate(underway))
    if len(moving) == 1:
        [view] = moving
        name = (view.target if view.kind == "download" else view.source).rpartition("/")[2]
        parts.append(f"{ARROWS[view.kind]} {display.visible(name)}")
    return [part for part in parts if part]


def deleted(done: int, total: int | None) -> str:
    """`45%  450 of 1,000 deleted`, as far as it is known."""
    return f"{percent(done, total)}%  {done:,} of {total:,} deleted" if total else f"{done:,} deleted"


def rate(underway: Underway) -> str:
    """`45%  12.0 MiB/s  1 min 05 s left`, as far as it is known."""
    words = [f"{percent(underway.done, underway.total)}%"] if underway.total else []
    if underway.speed >= 1:
        words.append(f"{display.size(round(underway.speed))}/s")
    if underway.seconds_left is not None:
        words.append(f"{display.duration(underway.seconds_left)} left")
    return "  ".join(words)


def percent(done: int, total: int) -> int:
    """100 only when all of it is done."""
    return 100 if done >= total else done * 100 // total


def bar(done: int, total: int, width: int) -> str:
    """A bar of `width` cells, in eighths of a cell."""
    eighths = width * 8 if done >= total else done * width * 8 // total
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width, "░")
