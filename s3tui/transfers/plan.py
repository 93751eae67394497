"""What is going to be done, known before any of it is: for bulk uploads and downloads, and for sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from s3tui.transfers.request import Request

Action = Literal["new", "replace", "rename", "delete", "same", "skip", "extra", "ask", "refuse"]
Conflict = Literal["skip", "overwrite", "different", "rename", "ask"]

DOES: frozenset[Action] = frozenset(("new", "replace", "rename", "delete"))  # the others leave everything as it is
CONFLICTS: tuple[Conflict, ...] = ("skip", "overwrite", "different", "rename", "ask")


@dataclass(frozen=True, slots=True)
class Step:
    """One file or object. `source` and `target` are for people; `size` is in bytes, None where nobody knows it.

    `request` is what does it: there for the actions in `DOES`, and for no other. `decide` is there where somebody has
    to choose (`ask`): it makes the step that a choice leads to.
    """

    action: Action
    source: str
    target: str
    size: int | None
    why: str = ""
    request: Request | None = None
    decide: Callable[[Conflict], Step] | None = None


@dataclass(slots=True)
class Plan:
    """`remarks` are sentences on what was noticed on the way, such as unfinished uploads of the same keys."""

    steps: list[Step]
    remarks: list[str] = field(default_factory=list)

    def counts(self) -> Counter[Action]:
        """How many steps there are of each action."""
        return Counter(step.action for step in self.steps)

    @property
    def size(self) -> int:
        """Bytes that will move, as far as sizes are known."""
        return sum(step.size or 0 for step in self.steps if step.request and step.action != "delete")

    def requests(self) -> Iterator[Request]:
        """What to give to the queue, in order."""
        return (step.request for step in self.steps if step.request)

    def decide(self, choice: Conflict, numbers: Iterable[int] | None = None) -> None:
        """Choose for the steps of these `numbers` (places in `steps`), or for all that ask."""
        for number in numbers if numbers is not None else range(len(self.steps)):
            decide = self.steps[number].decide
            if decide:
                self.steps[number] = decide(choice)
