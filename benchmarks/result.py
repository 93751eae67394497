"""A measurement beside its peer's, in the same run: only their ratio means something on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    what: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = f"{self.ours / self.theirs:.2f}" if self.theirs else ""
        theirs = _number(self.theirs, self.unit) if self.theirs is not None else ""
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return (self.what, _number(self.ours, self.unit), self.peer, theirs, ratio, self.target, verdict)


def _number(value: float, unit: str) -> str:
    return f"{value:,.{2 if value < 10 else 1 if value < 1000 else 0}f} {unit}".rstrip()


TITLES = ("what", "s3tui", "peer", "peer's", "ratio", "target", "")


def print_table(results: Sequence[Result]) -> None:
    rows = [TITLES, *(result.cells() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def at(share: float, numbers: Sequence[float]) -> float:
    """The percentile of `numbers`: `at(0.95, …)` is p95."""
    ordered = sorted(numbers)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
