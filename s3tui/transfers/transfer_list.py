"""The transfers in the order in which they run, counted by state. Thread-safe, and never waits for the disk."""

from __future__ import annotations

import bisect
import heapq
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from s3tui.transfers.journal import Row
from s3tui.transfers.progress import State
from s3tui.transfers.tally import Tally
from s3tui.transfers.transfer import Submission, Transfer

_STRETCH = 2_000  # transfers
ACTIVE: frozenset[State] = frozenset(("waiting", "running"))


class TransferList:
    """`version` grows with every change."""

    def __init__(self) -> None:
        self.version = 0
        self._by_number: dict[int, Transfer] = {}
        self._order: list[Transfer] = []
        self._jobs: dict[int, Submission] = {}  # that have items
        self._mixed: set[int] = set()  # jobs whose items changed places since they were put in order
        self._counts: Counter[State] = Counter()
        # By job: a heap of (position, number); those that no longer wait stay in it.
        self._next: dict[int, list[tuple[int, int]]] = {}
        self._held: Counter[int] = Counter()  # jobs of which nothing may begin
        self._running: dict[int, Transfer] = {}
        self._lock = threading.Lock()

    def add(self, transfers: Sequence[Transfer]) -> None:
        """They go to where their positions put them; a stretch at a time, so that who only looks hardly waits."""
        for first in range(0, len(transfers), _STRETCH):
            with self._lock:
                last = self._order[-1].row.position if self._order else -1
                new = transfers[first : first + _STRETCH]
                self._order.extend(new)
                for transfer in new:
                    self._by_number[transfer.number] = transfer
                    submission = self._jobs.setdefault(transfer.row.job, transfer.submission)
                    submission.add(transfer)
                    self._count(transfer, 1)
                if new[0].row.position < last:
                    self._mixed.update(each.row.job for each in new)
                self.version += 1

    def change(self, transfer: Transfer, row: Row) -> None:
        """`transfer` is now as `row` says."""
        with self._lock:
            self._count(transfer, -1)
            if transfer.row.position != row.position:
                self._mixed.add(row.job)
            transfer.row = row
            self._count(transfer, 1)
            self.version += 1

    def remove(self, numbers: Collection[int]) -> None:
        """Forget them."""
        with self._lock:
            of_jobs = set()
            for number in numbers:
                gone = self._by_number.pop(number)
                self._count(gone, -1)
                of_jobs.add(gone.row.job)
            self._order = [transfer for transfer in self._order if transfer.number in self._by_number]
            for job in of_jobs:
                submission = self._jobs[job]
                submission.items = [each for each in submission.items if each.number in self._by_number]
                submission.shape += 1
                if not submission.items:
                    del self._jobs[job]
            self.version += 1

    def _count(self, transfer: Transfer, step: int) -> None:
        state = transfer.state
        self._counts[state] += step
        transfer.submission.tally.count(transfer.row, step)
        if state == "waiting" and step > 0:
            heapq.heappush(self._next.setdefault(transfer.row.job, []), (transfer.row.position, transfer.number))
        elif state == "running" and step > 0:
            self._running[transfer.number] = transfer
        elif state == "running":
            self._running.pop(transfer.number, None)

    def _put_in_order(self) -> None:
        """When somebody asks for the order, since very many may change their places at once."""
        if self._mixed:
            self._order.sort(key=_position)
            for submission in filter(None, map(self._jobs.get, self._mixed)):
                submission.items.sort(key=_position)
                submission.shape += 1
            self._mixed.clear()

    def pop_waiting(self, run: str) -> Transfer | None:
        """Make the first that waits in the run called `run` a running one."""
        with self._lock:
            firsts = [first for job in list(self._next) if not self._held[job] and (first := self._first(job, run))]
            if not firsts:
                return None
            found = min(firsts, key=_position)
            self._begin(found)
            return found

    def _first(self, job: int, run: str) -> Transfer | None:
        """The first of a job that waits in that run."""
        heap = self._next[job]
        while heap:
            position, number = heap[0]
            found = self._by_number.get(number)
            if found and found.state == "waiting" and found.row.position == position:
                if found.submission.job.run == run:
                    return found
                break  # another process will run the job; its items come back here when it is ours
            heapq.heappop(heap)
        del self._next[job]
        return None

    @contextmanager
    def held(self, submission: Submission) -> Iterator[None]:
        """Meanwhile nothing more of it begins."""
        job = submission.job.number
        with self._lock:
            self._held[job] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[job] -= 1

    def behind(self, transfer: Transfer, most: int) -> list[Transfer]:
        """Up to `most` of the same job and kind that wait behind it."""
        with self._lock:
            first = bisect.bisect_right(self._order, transfer.row.position, key=_position)
            return [
                each
                for each in self._order[first : first + most]
                if each.state == "waiting"
                and (each.submission, each.row.kind) == (transfer.submission, transfer.row.kind)
            ]

    def claim(self, transfers: Collection[Transfer]) -> list[Transfer]:
        """Make those of them that still wait running ones."""
        with self._lock:
            claimed = [each for each in transfers if each.state == "waiting"]
            for each in claimed:
                self._begin(each)
            return claimed

    def _begin(self, transfer: Transfer) -> None:
        self._count(transfer, -1)
        transfer.row = transfer.row._replace(state="running", why="")
        self._count(transfer, 1)
        self.version += 1

    def get(self, number: int) -> Transfer | None:
        """The one of that number."""
        with self._lock:
            return self._by_number.get(number)

    def rows(self, states: Collection[State] = ()) -> list[Transfer]:
        """All in their order, or those in one of `states`."""
        with self._lock:
            self._put_in_order()
            return [each for each in self._order if each.state in states] if states else list(self._order)

    def jobs(self) -> list[Submission]:
        """Those that have items, in the order of the first of each."""
        with self._lock:
            self._put_in_order()
            return sorted(self._jobs.values(), key=lambda each: each.items[0].row.position)

    def jobs_underway(self) -> list[Submission]:
        """Those of which something waits or runs."""
        with self._lock:
            return [each for each in self._jobs.values() if any(each.tally.states[state] for state in ACTIVE)]

    def items(self, submission: Submission) -> list[Transfer]:
        """Of one job, in their order."""
        with self._lock:
            self._put_in_order()
            return list(submission.items)

    def first(self, job: int, states: Collection[State]) -> Transfer | None:
        """The first item of a job that is in one of `states`."""
        with self._lock:
            items = self._jobs[job].items if job in self._jobs else []
            return next((each for each in items if each.state in states), None)

    def tally(self, submission: Submission) -> Tally:
        """What is counted of its items now."""
        with self._lock:
            return submission.tally.copied()

    def running(self) -> list[Transfer]:
        """Those that run, in this process or another."""
        with self._lock:
            return list(self._running.values())

    def counts(self) -> dict[State, int]:
        """How many there are in each state that has any."""
        with self._lock:
            return {state: count for state, count in self._counts.items() if count}


def _position(transfer: Transfer) -> int:
    return transfer.row.position
