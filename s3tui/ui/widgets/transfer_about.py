"""Everything about one transfer, or one job, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from s3tui import display
from s3tui.display import counted
from s3tui.transfers.job_view import JobView
from s3tui.transfers.queue import TransferView
from s3tui.transfers.request import DELETES
from s3tui.ui.widgets.pairs import Pairs
from s3tui.ui.widgets.transfer_line import SIGNS, deleted


def about(view: TransferView | None) -> Pairs:
    """The transfer under the cursor."""
    if view is None:
        return Pairs(())
    sign, colour = SIGNS[view.state]
    state = f"{sign} {view.state}" + (f": {view.stage}" if view.stage else "") + _elsewhere(view.process)
    is_delete = view.kind in DELETES
    pairs = [*_ends(view), ("State", state, f"bold {colour}")]
    if is_delete:
        pairs.append(_pair("Deleted", deleted(view.done, view.total)))
    elif view.total is not None:
        pairs.append(_pair("Moved", f"{view.done:,} of {view.total:,} bytes ({display.size(view.total)})"))
    if view.why:
        pairs.append(_pair("Why", view.why))
    if view.left and view.state != "running" and not is_delete:
        pairs.append(_pair("Left", "What was begun may still be there: cancelling removes it, F forgets it."))
    return Pairs(tuple(pairs))


def about_job(view: JobView, why: str) -> Pairs:
    """The job under the cursor: all its items together, and `why` the first of those failed that did."""
    made = display.when(datetime.fromtimestamp(view.made, UTC))
    pairs = [
        *_ends(view),
        _pair("Begun", f"{made} UTC, {view.items:,} items{_elsewhere(view.process)}"),
        _pair(
            "Items",
            "  ".join(f"{SIGNS[state][0]} {view.states[state]:,} {state}" for state in SIGNS if state in view.states),
        ),
    ]
    if view.kind not in DELETES:
        of = f" of {view.total:,}" if view.ahead is not None else ""
        pairs.append(_pair("Moved", f"{view.done:,}{of} bytes ({display.size(view.done)})"))
    if why:
        pairs.append(_pair("Why", f"The first that failed: {why}"))
    if view.left and not view.count("running"):
        pairs.append(
            _pair("Left", f"What was begun of {counted(view.left, 'item')} may still be there: cancelling removes it.")
        )
    return Pairs(tuple(pairs))


def _elsewhere(process: str) -> str:
    return f", in another s3tui (process {process}): it can only be changed there" if process else ""


def _ends(view: TransferView | JobView) -> list[tuple[str, str, str]]:
    """From where to where; the profile beside the place that is its own."""
    whose = f"  (profile {view.profile})"
    if view.kind in DELETES:
        return [_pair("What", view.source), _pair("From", f"{view.target}{whose}".lstrip())]
    source, target = ("", whose) if view.kind == "upload" else (whose, "")
    return [_pair("From", f"{view.source}{source}"), _pair("To", f"{view.target}{target}")]


def _pair(label: str, text: str) -> tuple[str, str, str]:
    return label, text, ""
