"""Runs what waits, a few at a time, in its order, and tells the journal how that goes.

A transfer that waits has no thread and no request in memory; those are made when its turn comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from s3tui.background import TRANSFERS, Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.failures import AlreadyExists, FileChanged, Hung, Interrupted
from s3tui.transfers.job_view import JobView, job_view
from s3tui.transfers.journal import IN_MEMORY, Journal, JournalError, Row
from s3tui.transfers.patience import LONGEST, Patience
from s3tui.transfers.places import HERE, One, Places
from s3tui.transfers.progress import FINISHED, Outcome, Progress, State
from s3tui.transfers.request import DELETES, leaves
from s3tui.transfers.room import Room
from s3tui.transfers.transfer import Activity, Submission, Transfer, TransferView, done_of
from s3tui.transfers.transfer_list import TransferList

AT_ONCE = 3  # transfers at the same time, unless told otherwise
_SAVED = 1.0  # s between two times that the journal is told how far a transfer is


def ended_by(end: Outcome | Exception, token: CancelToken) -> dict[str, Any]:
    """What of a row is another when its transfer has ended so."""
    if isinstance(end, Outcome):
        if end.state == "cancelled" and token.keep:
            return {"state": "paused", "why": f"Paused. {end.detail}"}
        return {"state": end.state, "why": end.detail, "etag": end.etag, "version_id": end.version_id}
    if isinstance(end, Cancelled):
        paused = {"state": "paused", "why": "Paused."}
        return paused if token.keep else {"state": "cancelled", "why": "Cancelled; nothing was left behind."}
    if isinstance(end, Interrupted):
        return {"state": "paused", "why": str(end)}
    if isinstance(end, S3tuiError):
        return {"state": "failed", "why": str(end), "exists": isinstance(end, AlreadyExists)}
    # A fault of ours must not look like a transfer that never ends.
    return {"state": "failed", "why": f"A fault in s3tui: {type(end).__name__}: {end}"}


class Runner:
    """Thread-safe. What changes something writes to the journal, so it waits for the disk; what only looks doesn't."""

    def __init__(
        self,
        on_finished: Callable[[TransferView], object] | None,
        journal: Journal,
        places: Callable[[Bandwidth], Places] | None = None,
    ) -> None:
        self.journal = journal
        self.bandwidth = Bandwidth()
        self._make_places = places
        self._made_places: Places | None = None
        self.patience = LONGEST  # s that a transfer waits for an endpoint that gives no answer any more
        self.problem = ""  # why the journal can't be written any more, in a sentence
        self._on_finished = on_finished
        self._at_once = AT_ONCE
        self._room = Room(lambda: self._at_once)
        self._list = TransferList()
        self._submissions: dict[int, Submission] = {}
        self._run_name = ""  # as the journal knows this process
        self._changing = threading.RLock()  # memory and journal change together
        self._some_ended = threading.Condition()

    def close(self) -> None:
        """End the processes in which transfers run. What runs is interrupted: pause it before."""
        if self._made_places:
            self._made_places.close()

    @property
    def _places(self) -> Places:
        """Made when something is to be moved: the screen's first frame doesn't wait for it."""
        with self._changing:
            if self._made_places is None:
                self._made_places = self._make_places(self.bandwidth) if self._make_places else Places()
            return self._made_places

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
        """How many run or wait in this process, or have ended without `on_finished` having heard of it."""
        return sum(each.active + each.untold for each in list(self._submissions.values()))

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

    def first(self, job: int, states: Collection[State]) -> TransferView | None:
        """The first item of the job with that number that is in one of `states`."""
        found = self._list.first(job, states)
        return self.view(found) if found else None

    def underway(self) -> list[JobView]:
        """The jobs of which something waits or runs, in this process or another."""
        return [view for each in self._list.jobs_underway() if (view := self.job(each))]

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
        self._room.look_again()
        self._fill()

    def _fill(self) -> None:
        """Begin as many as may run."""
        while True:
            with self._changing:
                if not self._room.take():
                    return
                found = self._list.pop_waiting(self._run_name)
                if found is None:
                    self._room.leave()
                    return
                activity = found.activity = Activity()
            activity.progress = Progress(partial(self._moved, found, activity))
            TRANSFERS.submit(self._work, found, activity)

    def _moved(self, transfer: Transfer, activity: Activity, count: int) -> None:
        self.bandwidth.take(count, activity.token)
        self._save(transfer, activity)

    def _save(self, transfer: Transfer, activity: Activity) -> None:
        """Tell the journal how far it is, unless that was told just now."""
        now = time.monotonic()
        if now - activity.saved >= _SAVED:
            activity.saved = now
            progress = activity.progress
            with self._noting():
                self.journal.set_progress(transfer.number, done_of(progress, transfer.row), progress.total)

    # ---- one of them

    def _work(self, transfer: Transfer, activity: Activity) -> None:
        try:
            self._run(transfer, activity)
        finally:
            self._room.leave()
            self._fill()

    def _run(self, transfer: Transfer, activity: Activity) -> None:
        self._end([(transfer, self._result(transfer, activity))])

    def _result(self, transfer: Transfer, activity: Activity) -> dict[str, Any]:
        """Run it; what of its row is another afterwards."""
        began = time.monotonic()
        try:
            outcome = self._outcome(transfer, activity)
        except Exception as error:
            if isinstance(error, FileChanged) and error.again:  # trying again means the file as it is now
                with self._noting():
                    self.journal.set_request(transfer.number, error.again)
            return ended_by(error, activity.token)
        took = f"It took {time.monotonic() - began:.1f} s."
        return ended_by(outcome._replace(detail=f"{outcome.detail} {took}"), activity.token)

    def _patiently(self, transfer: Transfer, activity: Activity, run: Callable[[], Outcome]) -> Outcome:
        """What `run` ends by; where an endpoint gives no answer any more, after further tries."""
        patience = Patience(transfer.row.kind, self.patience)
        while True:
            end: Outcome | Exception
            try:
                end = run()
            except Exception as error:
                end = error
            if self._goes_on_elsewhere(transfer, activity, end):
                continue
            if activity.token.cancelled or not patience.bears(end, self._was_answered(transfer)):
                if isinstance(end, Exception):
                    raise end
                return end
            with self._elsewhere(transfer, activity.token):
                patience.wait(activity.progress, activity.token)
            self._begin_anew(transfer, activity)

    def _goes_on_elsewhere(self, transfer: Transfer, activity: Activity, end: Outcome | Exception) -> bool:
        """Whether another process is to go on: once, for one may hang by chance."""
        if activity.token.cancelled or transfer.hung or not isinstance(end, Hung):
            return False
        transfer.hung = True
        self._begin_anew(transfer, activity)
        return True

    def _begin_anew(self, transfer: Transfer, activity: Activity) -> None:
        """Count from nothing, and remember how far it was."""
        with self._changing:
            progress, row = activity.progress, transfer.row
            if progress.total is not None:
                self._list.change(transfer, row._replace(done=done_of(progress, row), total=progress.total))
            activity.progress = Progress(partial(self._moved, transfer, activity))

    @contextmanager
    def _elsewhere(self, transfer: Transfer, token: CancelToken) -> Iterator[None]:
        """While it waits, others run in its place, but none of its job: they would find the same endpoint away."""
        with self._list.held(transfer.submission):
            is_away = self._room.go_away()
            self._fill()
            try:
                yield
            finally:
                if is_away:
                    self._room.come_back(token)
        self._fill()

    def _was_answered(self, transfer: Transfer) -> bool:
        """Whether its endpoint has ever said a word, as far as is known."""
        connection, activity = transfer.submission.connection, transfer.activity
        begun = activity is not None and activity.notes is not None and not activity.notes.empty
        return begun or (connection is not None and connection.clock_ahead is not None)

    def _outcome(self, transfer: Transfer, activity: Activity) -> Outcome:
        connection = transfer.submission.connection
        assert connection is not None
        with self._noting():
            self.journal.set_state((transfer.number,), "running", "", {"waiting"})
        request, notes = self.journal.request(transfer.number)
        activity.notes, transfer.asked = notes, None
        try:
            if transfer.discarding:
                raise Cancelled
            place = HERE if request.kind in DELETES else self._places.single
            saved = partial(self._save, transfer, activity)
            return self._patiently(
                transfer,
                activity,
                lambda: place.run(One(connection, request, activity.progress, activity.token, notes, saved)),
            )
        except (Cancelled, Interrupted) as end:
            stopped = activity.token.cancelled and not activity.token.keep
            if not stopped and isinstance(end, Interrupted):
                raise
            if not activity.token.keep and not notes.empty:
                request.discard(connection, notes)
            raise Cancelled from end

    def _end(self, ended: Sequence[tuple[Transfer, dict[str, Any]]]) -> None:
        with self._changing:
            rows = [self._ended_row(transfer, result) for transfer, result in ended]
            for (transfer, _), row in zip(ended, rows, strict=True):
                transfer.activity, transfer.discarding, transfer.hung = None, False, False
                self._list.change(transfer, row)
            with self._noting():
                self.journal.end(*rows)
            self._will_tell([transfer for transfer, _ in ended])
            for transfer, _ in ended:
                self._no_longer_active(transfer.submission, 1)
        for transfer, _ in ended:
            self._tell(transfer)

    def _ended_row(self, transfer: Transfer, result: dict[str, Any]) -> Row:
        activity, row = transfer.activity, transfer.row._replace(**{"exists": False, **result})
        assert activity is not None
        if transfer.hung and row.state in FINISHED:
            row = row._replace(why=f"{row.why} The process that moved it hung, and was ended; another one went on.")
        # What went well may keep its notes until that is written down, so that a kill just before loses nothing.
        if activity.notes:
            row = row._replace(left=leaves(row.kind, row.state, activity.notes.empty))
        if activity.progress.total is not None:
            row = row._replace(done=done_of(activity.progress, row), total=activity.progress.total)
        return row

    def _no_longer_active(self, submission: Submission, count: int) -> None:
        """When nothing of a job waits or runs here any more, another process may go on with it."""
        submission.active -= count
        if not submission.active:
            submission.job = replace(submission.job, run="")
            with self._noting():
                self.journal.release(submission.job.number)

    def _will_tell(self, transfers: Iterable[Transfer]) -> None:
        """Before they count as ended: `_tell` follows for each."""
        with self._some_ended:
            for transfer in transfers:
                transfer.submission.untold += 1

    def _tell(self, transfer: Transfer) -> None:
        """Whoever waits for its end, or for a pause."""
        view = self.view(transfer)
        try:
            if self._on_finished and view.finished:
                self._on_finished(view)
        finally:
            with self._some_ended:
                transfer.submission.untold -= 1
                self._some_ended.notify_all()
            transfer.settle()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """A journal that can't be written any more is said to be so; what moves goes on."""
        try:
            yield
        except JournalError as error:
            self.problem = str(error)
