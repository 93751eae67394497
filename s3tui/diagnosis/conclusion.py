"""What a row of the table of verdicts says when it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The cause in one sentence (or two), and what to do next."""

    summary: str
    next: tuple[str, ...] = ()


def concluded(summary: str, *following: str) -> Conclusion:
    """A conclusion without the empty ones of `following`."""
    return Conclusion(summary, tuple(step for step in following if step))
