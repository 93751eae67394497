"""What `put` asks on a terminal: the values of fields, and what becomes of files whose keys are taken."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from s3tui.cli.common import say
from s3tui.display import visible
from s3tui.transfers.bulk import Form
from s3tui.transfers.plan import Conflict, Plan

# The first letter is the answer; a capital one is the answer for all that follow.
_CHOICES: Mapping[str, Conflict] = {"s": "skip", "o": "overwrite", "d": "different", "r": "rename"}


def ask_fields(form: Form) -> dict[str, str]:
    """The values of the fields that have none, where somebody can be asked. Raises `BadInput` for a bad template."""
    if not sys.stdin.isatty():
        return {}
    found = {}
    for name in form.missing():
        found[name] = _answer(f"{name}: ")
    return found


def ask_conflicts(plan: Plan) -> None:
    """Decide each step that asks, or all that are left at once."""
    asking = [number for number, step in enumerate(plan.steps) if step.action == "ask"]
    for at, number in enumerate(asking):
        step = plan.steps[number]
        say(f"{step.source} -> {step.target}: {step.why}")
        answer = ""
        while answer.lower() not in _CHOICES:
            answer = _answer("[s]kip, [o]verwrite, overwrite if [d]ifferent, [r]ename; a capital letter for all: ")
        choice = _CHOICES[answer.lower()]
        if answer.isupper():
            plan.decide(choice, asking[at:])
            return
        plan.decide(choice, (number,))


def _answer(prompt: str) -> str:
    print(visible(prompt), end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt  # the terminal was closed
    return line.strip()
