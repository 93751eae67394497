"""What is counted of the items of one job, so that nobody has to look at each of very many."""

from __future__ import annotations

from collections import Counter

from s3tui.transfers.journal import Row
from s3tui.transfers.progress import FINISHED, WENT_WELL, State


class Tally:
    """Sizes are bytes (of a delete: objects). Only the list of transfers changes it."""

    __slots__ = ("ahead", "done", "left", "states", "total", "unsized", "version", "went")

    def __init__(self) -> None:
        self.version = 0  # grows with every change
        self.states: Counter[State] = Counter()
        self.left = 0  # items of which something unfinished may be somewhere
        self.done = 0
        self.total = 0  # of those items whose size is known
        self.went = 0  # of that, what is there, or need not go
        self.ahead = 0  # what is still to be moved of them
        self.unsized = 0  # items that have not ended, and whose size isn't known

    def copied(self) -> Tally:
        """One that nobody changes."""
        copy = Tally()
        copy.version, copy.states, copy.left = self.version, self.states.copy(), self.left
        copy.done, copy.total, copy.went = self.done, self.total, self.went
        copy.ahead, copy.unsized = self.ahead, self.unsized
        return copy

    def count(self, row: Row, step: int) -> None:
        """One more item is as `row` says (`step` 1), or one less (-1)."""
        self.version += 1
        self.states[row.state] += step
        self.left += step * row.left
        self.done += step * row.done
        if row.total is not None:
            self.total += step * row.total
            self.went += step * _went(row, row.total)
        if row.state not in FINISHED:
            if row.total is None:
                self.unsized += step
            else:
                self.ahead += step * (row.total - row.done)


def _went(row: Row, total: int) -> int:
    """Of `total`. What failed has gone as far as it is kept for another try, but never as a whole."""
    if row.state in WENT_WELL or row.state == "skipped":
        return total
    if row.state in FINISHED:
        return min(row.done, max(0, total - 1)) if row.left or row.state == "done in part" else 0
    return min(row.done, total)
