"""What stands in the rows of jobs and transfers: texts, each with the name of its look (empty: the row's own)."""

from __future__ import annotations

from rich.cells import cell_len

from s3tui import display
from s3tui.display import counted, visible
from s3tui.transfers.job_view import JobView
from s3tui.transfers.progress import State
from s3tui.transfers.queue import TransferView
from s3tui.transfers.request import DELETES
from s3tui.ui.widgets.row_layout import fit
from s3tui.ui.widgets.transfer_line import ARROWS, LOOKS, SIGNS, bar, deleted, percent

Part = tuple[str, str]

_STATE = 27  # the longest state and its sign
_BAR = _STATE - 5
_JOB_BAR = 8
_MORE_COUNTS = 23  # cells that a job's counts get where there is room
_RATE = 24  # `1023.9 KiB/s 59 min 59 s`
_WIDE = 130  # from this width on the target has a column too
# What needs a look comes first.
_ORDER: tuple[State, ...] = (
    "failed",
    "outcome unknown",
    "paused",
    "running",
    "waiting",
    "done in part",
    "sent but not verified",
    "received but not verified",
    "verified",
    "skipped",
    "cancelled",
)


def _rooms(width: int) -> tuple[int, int]:
    """Of the first two columns together, and of the target."""
    room = max(10, width - _STATE - _RATE - 2)
    return room, room * 3 // 5 if width >= _WIDE else 0


def columns(name: str, target: str, state: str, rate: str, width: int) -> tuple[str, str, str, str]:
    """The four columns, `width` cells together; the target only where there is room."""
    room, target_room = _rooms(width)
    shown = f"{fit(target, target_room - 1)} " if target_room else ""
    rest = max(0, width - room - 1 - _STATE - 1)
    return f"{fit(name, room - target_room)} ", shown, f"{fit(state, _STATE)} ", fit(rate, rest)


def item_parts(view: TransferView, in_job: bool, width: int) -> list[Part]:
    """The row of one transfer; one of several in a job stands further in."""
    if view.state == "running" and view.total is not None:
        state = f"{bar(view.done, view.total, _BAR)} {percent(view.done, view.total):3d}%"
    else:
        state = f"{SIGNS[view.state][0]} {view.state}"
    name = f"{'  ' if in_job else ''}{ARROWS[view.kind]} {short_name(view)}"
    first, second, third, fourth = columns(name, visible(view.target), state, _rate(view), width)
    look = "dim" if view.process else ""
    return [(first + second, look), (third, LOOKS[view.state]), (fourth, look)]


def job_parts(view: JobView, pace: str, folded: bool, width: int) -> list[Part]:
    """The row of a job: what, how far, how many items in which state, and how fast."""
    look = "dim" if view.process else ""
    room, target_room = _rooms(width)
    more = _MORE_COUNTS if target_room else 0
    many = f"{view.items:,} items  " if target_room else ""
    what = f"{'▸' if folded else '▾'} {ARROWS[view.kind]} {many}{visible(_from(view, target_room > 0))}"
    parts = [(f"{fit(what, room - target_room)} ", look)]
    if target_room:
        parts.append((f"{fit(visible(view.target), target_room - 1 - more)} ", look))
    done = f"{bar(view.through, view.whole, _JOB_BAR)} {percent(view.through, view.whole):3d}% "
    parts.append((done, "moving" if view.count("running") else "dim"))
    parts += _counts(view, _STATE - len(done) + more)
    rate = f"in process {view.process}" if view.process else pace or _sum(view)
    return [*parts, (fit(rate, max(0, width - sum(map(_cells, parts)))), look)]


def _cells(part: Part) -> int:
    return len(part[0]) if part[0].isascii() else cell_len(part[0])


def _from(view: JobView, has_target: bool) -> str:
    """Where there is one column only: the end that is not on this machine."""
    return view.target if view.kind == "upload" and not has_target else view.source


def _counts(view: JobView, room: int) -> list[Part]:
    """`▸3 ·90 ✓100 ✗7`: what needs a look first, as far as there is room; then a gap."""
    parts: list[Part] = []
    for state in _ORDER:
        if count := view.states.get(state):
            text = f"{SIGNS[state][0]}{count:,} "
            if len(text) > room:
                break
            parts.append((text, LOOKS[state]))
            room -= len(text)
    return [*parts, (" " * (room + 1), "")]


def _sum(view: JobView) -> str:
    return display.size(view.total) if view.total and view.kind not in DELETES else counted(view.items, "item")


def speed_words(speed: float, seconds_left: float | None) -> str:
    """`12.0 MiB/s 3 min 05 s`, as far as it is known."""
    left = display.duration(seconds_left) if seconds_left is not None else ""
    return f"{display.size(round(speed))}/s {left}" if speed >= 1 else left


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
    return speed_words(view.speed, view.seconds_left) if view.speed >= 1 else ""
