"""Which rows the transfers' screen has: a row for each job of several items, and below it those of its items that are
to be seen. Of many thousands nothing is made but the list of each job's items."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from s3tui.transfers.progress import State
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.transfer import Submission

FOLDED_FROM = 50  # items; so many begin folded


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The rows of one job, the first of them at `start`."""

    job: Submission
    start: int
    has_row: bool  # the job has one of its own
    items: list[Transfer]  # those that are shown
    folded: bool

    @property
    def end(self) -> int:
        """The position behind its last row."""
        return self.start + self.has_row + len(self.items)

    def same(self, other: Block) -> bool:
        """Whether the rows of `other` are these."""
        return (self.job, self.start, self.folded) == (other.job, other.start, other.folded) and (
            self.items is other.items
        )


@dataclass(frozen=True, slots=True)
class At:
    """A row: a job, or one item."""

    job: Submission
    item: Transfer | None


class TransferRows:
    """The rows of `queue`'s transfers, as they were at the last `take`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._blocks: list[Block] = []
        self._starts: list[int] = []
        self._states: Collection[State] = ()
        self._folds: dict[int, bool] = {}  # job -> what the user chose
        self._known: dict[int, tuple[tuple[int, int], list[Transfer]]] = {}  # job -> of which version, its items shown

    def __len__(self) -> int:
        return self._blocks[-1].end if self._blocks else 0

    def show_only(self, states: Collection[State]) -> None:
        """Items in one of `states`; all without any. What was folded isn't any more."""
        self._states = states
        self._folds.clear()
        self._known.clear()

    def fold(self, job: Submission, folded: bool) -> None:
        """Show only the job's own row, or its items, too."""
        self._folds[job.job.number] = folded

    def is_folded(self, job: Submission) -> bool:
        """Whether only its own row is shown."""
        return self._folds.get(job.job.number, not self._states and len(job.items) >= FOLDED_FROM)

    def take(self) -> bool:
        """Look at the queue. Whether other rows are there than before."""
        before, self._blocks = self._blocks, list(self._made())
        self._starts = [block.start for block in self._blocks]
        return len(before) != len(self._blocks) or not all(map(Block.same, before, self._blocks))

    def _made(self) -> Iterator[Block]:
        at = 0
        known, self._known = self._known, {}
        for job in self._queue.jobs():
            if self._states and not any(job.tally.states[state] for state in self._states):
                continue
            has_row = len(job.items) > 1
            folded = has_row and self.is_folded(job)
            items = [] if folded else self._items(job, known)
            if has_row or items:
                block = Block(job, at, has_row, items, folded)
                yield block
                at = block.end

    def _items(self, job: Submission, known: dict[int, tuple[tuple[int, int], list[Transfer]]]) -> list[Transfer]:
        """The same list as before as long as nothing has changed that it depends on."""
        number = job.job.number
        version = (job.shape, job.tally.version if self._states else 0)
        found = known.get(number)
        if not found or found[0] != version:
            items = self._queue.items(job)
            found = version, [each for each in items if each.state in self._states] if self._states else items
        self._known[number] = found
        return found[1]

    def at(self, position: int) -> At | None:
        """What the row at `position` is."""
        if not 0 <= position < len(self):
            return None
        block = self._blocks[bisect_right(self._starts, position) - 1]
        at = position - block.start - block.has_row
        return At(block.job, block.items[at] if at >= 0 else None)

    def position(self, row: At) -> int | None:
        """Where that row is now; where its job is, when the item is folded away or not to be seen."""
        block = next((each for each in self._blocks if each.job is row.job), None)
        if block is None:
            return None
        if row.item is not None:
            at = bisect_left(block.items, row.item.row.position, key=lambda each: each.row.position)
            if at < len(block.items) and block.items[at] is row.item:
                return block.start + block.has_row + at
        return block.start if block.has_row else None
