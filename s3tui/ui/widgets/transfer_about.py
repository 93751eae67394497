"""Everything about one transfer, or one job, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.content import Content

from s3tui import display
from s3tui.display import counted, visible
from s3tui.transfers.job_view import JobView
from s3tui.transfers.queue import TransferView
from s3tui.transfers.request import DELETES
from s3tui.ui.widgets.transfer_line import SIGNS, deleted


def about(view: TransferView | None) -> Content:
    """The transfer under the cursor."""
    if view is None:
        return Content("")
    sign, colour = SIGNS[view.state]
    state = f"{sign} {view.state}" + (f": {view.stage}" if view.stage else "") + _elsewhere(view.process)
    is_delete = view.kind in DELETES
    lines = [
        _pair("What" if is_delete else "From", view.source),
        _pair("From" if is_delete else "To", f"{view.target}  (profile {view.profile})".lstrip()),
        _pair("State", state, f"bold {colour}"),
    ]
    if is_delete:
        lines.append(_pair("Deleted", deleted(view.done, view.total)))
    elif view.total is not None:
        lines.append(_pair("Moved", f"{view.done:,} of {view.total:,} bytes ({display.size(view.total)})"))
    if view.why:
        lines.append(_pair("Why", view.why))
    if view.left and view.state != "running" and not is_delete:
        lines.append(_pair("Left", "What was moved so far is kept; cancelling it removes that. F forgets it."))
    return Content("\n").join(lines)


def about_job(view: JobView, why: str) -> Content:
    """The job under the cursor: all its items together, and `why` the first of those failed that did."""
    made = display.when(datetime.fromtimestamp(view.made, UTC))
    lines = [
        _pair("What" if view.kind in DELETES else "From", view.source),
        _pair("From" if view.kind in DELETES else "To", f"{view.target}  (profile {view.profile})".lstrip()),
        _pair("Begun", f"{made} UTC, {view.items:,} items{_elsewhere(view.process)}"),
        _pair(
            "Items",
            "  ".join(f"{SIGNS[state][0]} {view.states[state]:,} {state}" for state in SIGNS if state in view.states),
        ),
    ]
    if view.kind not in DELETES:
        of = f" of {view.total:,}" if view.ahead is not None else ""
        lines.append(_pair("Moved", f"{view.done:,}{of} bytes ({display.size(view.done)})"))
    if why:
        lines.append(_pair("Why", f"The first that failed: {why}"))
    if view.left and not view.count("running"):
        lines.append(_pair("Left", f"What was moved of {counted(view.left, 'item')} is kept; cancelling removes that."))
    return Content("\n").join(lines)


def _elsewhere(process: str) -> str:
    return f", in another s3tui (process {process}): it can only be changed there" if process else ""


def _pair(label: str, text: str, style: str = "") -> Content:
    return Content.assemble(Content(f"{label:<8}").stylize("$text-muted"), Content(visible(text)).stylize(style))
