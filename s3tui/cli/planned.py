"""A plan on the command line: what it comes to, and each of its steps."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection

from s3tui import display
from s3tui.cli.common import emit, say
from s3tui.display import visible
from s3tui.transfers.plan import Action, Plan, Step

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
_OFTEN = 0.2  # s


def summary(plan: Plan) -> str:
    """`12 new, 3 to replace, 40 the same; 1.2 GiB to move.`"""
    counts = plan.counts()
    parts = [f"{counts[action]:,} {words}" for action, words in _WORDS.items() if counts[action]]
    return f"{', '.join(parts) or 'Nothing'}; {display.size(plan.size)} to move."


def tell(plan: Plan, as_json: bool, actions: Collection[Action]) -> None:
    """Print the steps of these `actions`, then what all comes to: text to stderr, as it is no result."""
    for step in plan.steps:
        if step.action in actions:
            _tell_step(step, as_json)
    for remark in plan.remarks:
        say(remark)
    say(summary(plan))
    if as_json:
        counts = plan.counts()
        emit(
            {
                "kind": "plan",
                **{str(action): counts[action] for action in _WORDS},
                "size": plan.size,
                "remarks": plan.remarks,
            }
        )


def _tell_step(step: Step, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "kind": "step",
                "action": step.action,
                "source": step.source,
                "target": step.target,
                "size": step.size,
                "detail": step.why,
            }
        )
        return
    ends = " -> ".join(end for end in (step.source, step.target) if end)
    line = f"{_WORDS[step.action]}: {ends}" + (f": {step.why}" if step.why else "")
    if step.action in ("skip", "refuse"):
        say(f"s3tui: {line}")
    else:
        print(visible(line))


class Line:
    """How far it is, on a terminal only, in one line that is gone at the end."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._told = 0.0

    def tell(self, what: str, done: int, total: int | None) -> None:
        """`comparing 12 of 40 …`"""
        if self._on_terminal and time.monotonic() - self._told >= _OFTEN:
            self._told = time.monotonic()
            of = f" of {total:,}" if total is not None else ""
            print(f"\r\x1b[K{visible(what)}: {done:,}{of} …", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take it away."""
        if self._told:
            self._told = 0.0
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
