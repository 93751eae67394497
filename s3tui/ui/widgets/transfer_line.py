"""One line about the transfers, there only when there is something to say; and the words for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from s3tui import display
from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue, TransferView
from s3tui.transfers.request import Kind

INTERVAL = 0.2  # s
# A state is told by its sign and its word; colour only repeats it.
SIGNS: dict[State, tuple[str, str]] = {
    "waiting": ("·", "$text-muted"),
    "running": ("▸", "$text-primary"),
    "verified": ("✓", "$text-success"),
    "sent but not verified": ("≈", "$text-warning"),
    "received but not verified": ("≈", "$text-warning"),
    "failed": ("✗", "$text-error"),
    "outcome unknown": ("?", "$text-error"),
    "cancelled": ("⊘", "$text-muted"),
}
# The same as names of styles, for who draws lines.
LOOKS: dict[State, str] = {
    "waiting": "dim",
    "running": "moving",
    "verified": "good",
    "sent but not verified": "doubtful",
    "received but not verified": "doubtful",
    "failed": "bad",
    "outcome unknown": "bad",
    "cancelled": "dim",
}
ARROWS: dict[Kind, str] = {"upload": "↑", "download": "↓", "copy": "→", "move": "⇥"}


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

    def on_mount(self) -> None:
        self.set_interval(INTERVAL, self.look)

    def look(self) -> None:
        """Say what has changed since the last look."""
        if self._version == self.transfers.version and not self.transfers.running:
            return
        self._version = self.transfers.version
        views = self.transfers.snapshot()
        self.set_class(bool(views), "-shown")
        said = summary(views)
        if said != self._said:
            self._said = said
            self.update(Content(said))


def summary(views: Sequence[TransferView]) -> str:
    """All of them in one line: how many in which state, then how far and how fast those are that move."""
    moving = [view for view in views if view.state == "running"]
    counts = Counter(view.state for view in views)
    parts = [f"{SIGNS[state][0]} {counts[state]} {state}" for state in SIGNS if counts[state]]
    if moving:
        done = sum(view.done for view in moving)
        total = sum(view.total or 0 for view in moving)
        parts.append(rate(done, total, sum(view.speed for view in moving)))
    if len(moving) == 1:
        view = moving[0]
        name = (view.source if view.kind == "upload" else view.target).rpartition("/")[2]
        parts.append(f"{ARROWS[view.kind]} {display.visible(name)}")
    return "   ".join(part for part in parts if part)


def ended(views: Sequence[TransferView]) -> str:
    """What became of transfers that have ended: one in full, several counted, with the first reason that is bad."""
    if len(views) == 1:
        view = views[0]
        what = display.visible(view.target if view.kind == "upload" else view.source)
        return f"{what}: {view.state}" + (f". {display.visible(view.why)}" if view.why else "")
    counts = Counter(view.state for view in views)
    said = ", ".join(f"{counts[state]} {state}" for state in SIGNS if counts[state])
    why = next((display.visible(view.why) for view in views if view.state != "verified" and view.why), "")
    return f"{said}. {why} T shows each." if why else f"{said}."


def rate(done: int, total: int, speed: float) -> str:
    """`45%  12.0 MiB/s  1 min 05 s left`, as far as it is known."""
    words = [f"{percent(done, total)}%"] if total else []
    if speed >= 1:
        words.append(f"{display.size(round(speed))}/s")
        if total > done:
            words.append(f"{display.duration((total - done) / speed)} left")
    return "  ".join(words)


def percent(done: int, total: int) -> int:
    """100 only when all of it is done."""
    return 100 if done >= total else done * 100 // total


def bar(done: int, total: int, width: int) -> str:
    """A bar of `width` cells, in eighths of a cell."""
    eighths = width * 8 if done >= total else done * width * 8 // total
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width, "░")
