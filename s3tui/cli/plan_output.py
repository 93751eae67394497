"""A plan on the command line: as a table or as JSON lines, its sum in a sentence, and what of it is not done."""

from __future__ import annotations

from collections.abc import Iterable

from s3tui import display
from s3tui.cli.common import emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import visible
from s3tui.transfers.plan import DOES, Action, Plan, Step
from s3tui.transfers.request import Kind, Request
from s3tui.transfers.upload import UploadRequest

FAILS: frozenset[Action] = frozenset(("refuse", "ask"))  # asked for, and not done
_WIDEST = max(len(action) for action in ("replace", "refuse"))
_WORDS: dict[Action, str] = {
    "new": "new",
    "replace": "to replace",
    "rename": "under another name",
    "delete": "to delete",
    "same": "the same already",
    "skip": "skipped",
    "extra": "only there",
    "ask": "already exists and is kept",
    "refuse": "refused",
}


def tell_plan(plan: Plan, kind: Kind, as_json: bool) -> int:
    """Print every step, and return what doing it would: 0, 1 (nothing would go) or 3 (part would)."""
    for step in plan.steps:
        if as_json:
            emit(record(step, kind, "planned"))
        else:
            why = f"  ({step.why})" if step.why else ""
            size = display.size(step.size) if step.size is not None else "?"
            print(visible(f"{step.action:<{_WIDEST}}  {size:>10}  {_ends(step)}{why}"))
    tell_remarks(plan)
    say(f"{summary(plan)} Nothing was changed.")
    return code_of(plan.steps)


def tell_remarks(plan: Plan) -> None:
    """What was noticed while the plan was made."""
    for remark in plan.remarks:
        say(f"s3tui: {remark}")


def tell_undone(plan: Plan, kind: Kind, as_json: bool) -> None:
    """The steps that nothing is done for, as results."""
    for step in plan.steps:
        if step.action in DOES:
            continue
        failed = step.action in FAILS
        if as_json:
            emit(record(step, kind, "failed" if failed else "skipped"))
        elif failed:
            say(f"s3tui: {_ends(step)}: {_WORDS[step.action]}. {step.why}")
        else:
            print(visible(f"{_ends(step)}: {_WORDS[step.action]}. {step.why}"))


def _ends(step: Step) -> str:
    """What is only on one side has one end."""
    return " -> ".join(end for end in (step.source, step.target) if end)


def summary(plan: Plan) -> str:
    """One sentence: `12 files, 3.0 MiB to move: 10 new, 2 skipped.`"""
    counts = plan.counts()
    said = ", ".join(f"{count:,} {_WORDS[action]}" for action, count in counts.items())
    return f"{display.counted(len(plan.steps), 'file')}, {display.size(plan.size)} to move: {said}."


def record(step: Step, kind: Kind, state: str) -> dict[str, object]:
    """A step for programs; sizes are bytes."""
    return {
        "kind": step.request.kind if step.request else kind,
        "action": step.action,
        "source": step.source,
        "target": step.target,
        "state": state,
        "detail": step.why,
        "size": step.size,
        **_of_upload(step.request),
    }


def _of_upload(request: Request | None) -> dict[str, object]:
    """What templates made."""
    if not isinstance(request, UploadRequest):
        return {}
    sidecar = str(request.target.with_key(request.sidecar)) if request.sidecar else None
    return {"metadata": request.metadata, "tags": request.tags, "sidecar": sidecar}


def code_of(steps: Iterable[Step]) -> int:
    """0 when nothing that was asked for is left undone, else 3, or 1 when all is."""
    actions = {step.action for step in steps}
    if not actions & FAILS:
        return DONE
    return PARTLY if actions - FAILS else FAILED
