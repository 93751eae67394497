"""Runs what waits, a few at a time, in its order, and tells the journal how that goes.

A transfer that waits has no thread and no request in memory; those are made when its turn comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from s3tui.background import TRANSFERS, Cancelled
from s3tui.errors import S3tuiError
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.failures import AlreadyExists, FileChanged
from s3tui.transfers.job_view import JobView, job_view
from s3tui.transfers.journal import IN_MEMORY, Journal, JournalError
from s3tui.transfers.progress import Progress, State
from s3tui.transfers.request import leaves
from s3tui.transfers.transfer import Activity, Submission, Transfer, TransferView
from s3tui.transfers.transfer_list import TransferList

AT_ONCE = 3  # transfers at the same time, unless told otherwise
_SAVED = 1.0  # s between two times that the journal is told how far a transfer is


class Runner:
    """Thread-safe. What changes something writes to the journal, so it waits for the disk; what only looks doesn't."""

    def __init__(self, on_finished: Callable[[TransferView], object] | None, journal: Journal) -> None:
        self.journal = journal
        self.bandwidth = Bandwidth()
        self.problem = ""  # why the journal can't be written any more, in a sentence
        self._on_finished = on_finished
        self._at_once = AT_ONCE
        self._list = TransferList()
        self._submissions: dict[int, Submission] = {}
        self._run_name = ""  # as the journal knows this process
        self._changing = threading.RLock()  # memory and journal change together
        self._some_ended = threading.Condition()

    @property
    def is_kept(self) -> bool:
        """Whether what is paused outlives this process, as far as is known: only after it was used or loaded."""
        return self._run_name not in ("", IN_MEMORY) and not self.problem

    # ---- what there is

    @property
    def version(self) -> int:
        """Grows with every change of a state; not with every byte."""
        return self._list.version

    @property
    def running(self) -> int:
        """How many run or wait in this process."""
        return sum(each.active for each in list(self._submissions.values()))

    @property
    def counts(self) -> dict[State, int]:
        """How many there are in each state, those of other processes included."""
        return self._list.counts()

    def rows(self, states: Collection[State] = ()) -> list[Transfer]:
        """All in their order, or those in one of `states`."""
        return self._list.rows(states)

    def moving(self) -> list[TransferView]:
        """Those that run now."""
        return [self.view(each) for each in self._list.running()]

    def view(self, transfer: Transfer) -> TransferView:
        """As it is now."""
        return transfer.view(self._run_name)

    def jobs(self) -> list[Submission]:
        """All that have items, in the order of the first of each."""
        return self._list.jobs()

    def items(self, submission: Submission) -> list[Transfer]:
        """Those of one job, in their order."""
        return self._list.items(submission)

    def job(self, submission: Submission) -> JobView | None:
        """A job as it is now; None when it has no items any more."""
        with suppress(IndexError):
            return job_view(submission, self._list.tally(submission), self._list.running(), self._run_name)
        return None

    def snapshot(self) -> tuple[TransferView, ...]:
        """Every transfer; not for where there may be thousands."""
        return tuple(map(self.view, self._list.rows()))

    # ---- how many at a time

    @property
    def at_once(self) -> int:
        """How many run at the same time. More of them begin at once; of fewer, those that run go on to their end."""
        return self._at_once

    @at_once.setter
    def at_once(self, count: int) -> None:
        self._at_once = max(1, min(count, TRANSFERS.size))
        self._fill()

    def _fill(self) -> None:
        """Begin as many as may run."""
        while True:
            with self._changing:
                ours = sum(1 for each in self._list.running() if each.activity)
                found = self._list.pop_waiting(self._run_name) if ours < self._at_once else None
                if found is None:
                    return
                activity = found.activity = Activity()
            activity.progress = Progress(partial(self._moved, found, activity))
            TRANSFERS.submit(self._run, found, activity)

    def _moved(self, transfer: Transfer, activity: Activity, count: int) -> None:
        self.bandwidth.take(count, activity.token)
        now = time.monotonic()
        if now - activity.saved >= _SAVED:
            activity.saved = now
            progress = activity.progress
            with self._noting():
                self.journal.set_progress(transfer.number, progress.done, progress.total)

    # ---- one of them

    def _run(self, transfer: Transfer, activity: Activity) -> None:
        try:
            result = self._result(transfer, activity)
        except S3tuiError as error:
            result = self._failed(transfer, error)
        except Exception as error:
            # A fault of ours must not look like a transfer that never ends.
            result = {"state": "failed", "why": f"A fault in s3tui: {type(error).__name__}: {error}"}
        self._end(transfer, activity, result)

    def _failed(self, transfer: Transfer, error: S3tuiError) -> dict[str, Any]:
        """What of its row is another. Of a file that has changed, trying again means it as it is now."""
        if isinstance(error, FileChanged) and error.again:
            with self._noting():
                self.journal.set_request(transfer.number, error.again)
        return {"state": "failed", "why": str(error), "exists": isinstance(error, AlreadyExists)}

    def _result(self, transfer: Transfer, activity: Activity) -> dict[str, Any]:
        """Run it; what of its row is another afterwards."""
        began = time.monotonic()
        connection = transfer.submission.connection
        assert connection is not None
        with self._noting():
            self.journal.set_state((transfer.number,), "running", "", {"waiting"})
        request, notes = self.journal.request(transfer.number)
        activity.notes = notes
        try:
            if transfer.discarding:
                raise Cancelled
            outcome = request.run(connection, activity.progress, activity.token, notes)
        except Cancelled:
            if activity.token.keep:
                return {"state": "paused", "why": "Paused."}
            if not notes.empty:
                request.discard(connection, notes)
            return {"state": "cancelled", "why": "Cancelled; nothing was left behind."}
        if outcome.state == "cancelled" and activity.token.keep:
            return {"state": "paused", "why": f"Paused. {outcome.detail}"}
        why = f"{outcome.detail} It took {time.monotonic() - began:.1f} s."
        return {"state": outcome.state, "why": why, "etag": outcome.etag, "version_id": outcome.version_id}

    def _end(self, transfer: Transfer, activity: Activity, result: dict[str, Any]) -> None:
        progress = activity.progress
        with self._changing:
            row = transfer.row._replace(**{"exists": False, **result})
            # What went well may keep its notes until that is written down, so that a kill just before loses nothing.
            if activity.notes:
                row = row._replace(left=leaves(row.kind, row.state, activity.notes.empty))
            if progress.total is not None:
                row = row._replace(done=progress.done, total=progress.total)
            transfer.activity, transfer.discarding = None, False
            self._list.change(transfer, row)
            with self._noting():
                self.journal.end(row)
            self._no_longer_active(transfer.submission, 1)
        self._fill()
        self._tell(transfer)

    def _no_longer_active(self, submission: Submission, count: int) -> None:
        """When nothing of a job waits or runs here any more, another process may go on with it."""
        submission.active -= count
        if not submission.active:
            submission.job = replace(submission.job, run="")
            with self._noting():
                self.journal.release(submission.job.number)

    def _tell(self, transfer: Transfer) -> None:
        """Whoever waits for its end, or for a pause."""
        transfer.settle()
        with self._some_ended:
            self._some_ended.notify_all()
        view = self.view(transfer)
        if self._on_finished and view.finished:
            self._on_finished(view)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """A journal that can't be written any more is said to be so; what moves goes on."""
        try:
            yield
        except JournalError as error:
            self.problem = str(error)
