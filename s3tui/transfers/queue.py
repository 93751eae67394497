"""The queue: what is to be moved, in its order, and everything that can be done to it. It outlives the program.

Whoever shows transfers pulls: `version` grows with every change of a state, `rows()` and `view()` say what is so now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from s3tui.errors import BadInput
from s3tui.transfers import run_lock
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.following import Following
from s3tui.transfers.journal import Changes, Journal, Whom
from s3tui.transfers.places import Places
from s3tui.transfers.progress import FINISHED, State
from s3tui.transfers.request import Request
from s3tui.transfers.runner import AT_ONCE
from s3tui.transfers.transfer import Submission, Transfer, TransferView
from s3tui.transfers.transfer_list import ACTIVE

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.transfers.occupied import Occupied

__all__ = ["AGAIN", "AT_ONCE", "GOES_ON", "Queue", "Transfer", "TransferView"]

GOES_ON: frozenset[State] = frozenset(("paused",))
_HELD = 10_000  # requests of a job that stay in memory until they run
AGAIN: frozenset[State] = frozenset(("done in part", "failed", "outcome unknown", "skipped", "cancelled"))


class Queue(Following):
    """Thread-safe. What changes something writes to the journal, so it waits for the disk; what only looks doesn't."""

    def __init__(
        self,
        on_finished: Callable[[TransferView], object] | None = None,
        journal: Journal | None = None,
        connect: Callable[[Whom], Connection] | None = None,
        places: Callable[[Bandwidth], Places] | None = None,
    ) -> None:
        """`on_finished(view)` is called when one has ended, in any thread. `connect(whom)` makes the connection for
        what an earlier run left, and raises `S3tuiError` when that can't be. Without `journal` all ends with the
        process. `places(bandwidth)` makes what says in which processes transfers run; without it all run in this one."""
        super().__init__(on_finished, journal or Journal(), places)
        self._connect = connect
        self._upto, self._removals = 0, 0  # how much of the journal is known

    # ---- more of them

    def expect(self, count: int) -> None:
        """So many small ones are about to be submitted: the processes that move them start meanwhile."""
        self._places.get_ready(count)

    def submit(self, connection: Connection, request: Request) -> Transfer:
        """Do what is asked for as soon as there is room for it. Raises `JournalError`."""
        return self.submit_all(connection, (request,))[0]

    def submit_all(self, connection: Connection, requests: Iterable[Request]) -> list[Transfer]:
        """One job for all of `requests`. What they are about is noted as it is now: it may change while they wait.

        Raises `JournalError`; nothing was submitted then.
        """
        return self.submit_in_turn((connection, requests))

    def submit_in_turn(self, *wanted: tuple[Connection, Iterable[Request]]) -> list[Transfer]:
        """A job for each that has requests. It begins when all of the one before went well, also in another process
        later; when something of that is cancelled, it is, too. Raises as `submit_all`."""
        # Before the journal is written: files may be on a slow disk, and other processes wait for the journal.
        noted = [(connection, list(map(_noted, requests))) for connection, requests in wanted]
        asked = [each for each in noted if each[1]]
        transfers = list[Transfer]()
        if not asked:
            return transfers
        self.expect(len(asked[0][1]))
        with self._changing:
            self._run_name = self.journal.run
            added = self.journal.add_in_turn(*((_whom(connection), requests) for connection, requests in asked))
            for (connection, requests), (job, rows) in zip(asked, added, strict=True):
                submission = self._submissions[job.number] = Submission(job, connection)
                submission.active = 0 if job.after else len(rows)
                held = zip_longest(rows, requests[:_HELD] if submission.active else ())
                transfers += [Transfer(row, submission, request) for row, request in held]
            self._list.add(transfers)
        self._fill()
        return transfers

    def load(self) -> int:
        """Take in what earlier runs have left, and what other processes are doing. How many are paused."""
        with self._changing:
            self._run_name = self.journal.run
            self._take_in(self.journal.unfinished())
            return self.counts.get("paused", 0)

    def look(self) -> None:
        """Take in what other processes have changed since; `problem` says why that can't be known."""
        with self._changing, self._noting():
            if self._upto == self.journal.changes():
                return
            self._run_name = self.journal.run
            changes = self.journal.since(self._upto)
            if changes.removals != self._removals:
                there = self.journal.numbers()
                self._list.remove([each.number for each in self._list.rows() if each.number not in there])
            self._take_in(changes)

    def _take_in(self, changes: Changes) -> None:
        self._upto, self._removals = changes.upto, changes.removals
        for job in changes.jobs:
            submission = self._submissions.setdefault(job.number, Submission(job))
            if not submission.active:
                submission.job = job
        new = []
        for row in changes.rows:
            submission, known = self._submissions[row.job], self._list.get(row.number)
            if known is None:
                new.append(Transfer(row, submission))
            elif not submission.active and known.row != row:
                self._list.change(known, row)
        self._list.add(new)

    # ---- stopping

    def pause(self, numbers: Collection[int] | None = None) -> None:
        """Stop these, or all, until they are resumed. What runs keeps what it has, and ends soon after."""
        with self._changing:
            for transfer in self._ours(numbers):
                if transfer.activity:
                    transfer.activity.token.pause()
            waiting = [each for each in self._ours(numbers) if not each.activity]
            self._set(waiting, "paused", "Paused before it began.", {"waiting"})
            self._let_go(waiting)

    def cancel(self, numbers: Collection[int] | None = None) -> int:
        """Stop these, or all, for good, and remove what they have left; how many. What runs ends soon after.

        Raises `BadInput` when another process runs them, `JournalError`, and what connecting raises.
        """
        wanted = [each for each in self._chosen(numbers) if each.state in (*ACTIVE, *GOES_ON) or each.row.left]
        self._connected([each for each in wanted if each.row.left])
        with self._changing:
            self._make_ours(wanted)
            for transfer in wanted:
                if transfer.activity:
                    transfer.activity.token.cancel()
            idle = [each for each in wanted if not each.activity]
            clean = [each for each in idle if not each.row.left]
            self._will_tell(clean)
            self._set(clean, "cancelled", "Cancelled before it began.", (*GOES_ON, "waiting"))
            self._discard([each for each in idle if each.row.left])
            self._let_go(wanted)
        self._fill()
        for transfer in clean:
            self._tell(transfer)
        return len(wanted)

    def _discard(self, transfers: Collection[Transfer]) -> None:
        """Have what they left removed, when their turn comes."""
        for transfer in transfers:
            transfer.discarding = True
        self._set(transfers, "waiting", "", (*GOES_ON, *AGAIN))

    def pause_all(self, timeout: float) -> bool:
        """Pause everything and wait up to `timeout` seconds. Whether nothing runs any more."""
        self.pause()
        return self._wait_for_all(timeout)

    def cancel_all(self, timeout: float) -> bool:
        """Cancel all that waits or runs in this process, and wait up to `timeout` seconds for what is to be removed.
        Whether all have ended."""
        self.cancel([each.number for each in self._ours(None)])
        return self._wait_for_all(timeout)

    def _wait_for_all(self, timeout: float) -> bool:
        with self._some_ended:
            return self._some_ended.wait_for(lambda: not self.running, timeout)

    def wait(self, seconds: float) -> None:
        """Wait until a transfer ends, at most `seconds`."""
        with self._some_ended:
            if self.running:
                self._some_ended.wait(seconds)

    # ---- going on

    def resume(self, numbers: Collection[int] | None = None) -> int:
        """Go on with those of these, or of all, that are paused; how many there are.

        Raises `BadInput` when another process runs them, `JournalError`, and what connecting raises.
        """
        return self._again(numbers, GOES_ON)

    def retry(self, numbers: Collection[int] | None = None) -> int:
        """Once more those of these that did not work or were cancelled, or all that failed; how many. Raises as `resume`
        does."""
        return self._again(numbers, AGAIN if numbers is not None else frozenset(("failed",)))

    def occupied(self, number: int) -> Occupied | None:
        """What is there now at the target of a transfer that found it taken; None when it isn't one. It asks the
        endpoint, or the disk. Raises as `resume` does, and what looking raises."""
        from s3tui.transfers.occupied import look

        found = self._list.get(number)
        if found is None or not found.row.exists or found.state not in AGAIN:
            return None
        self._connected([found])
        assert found.submission.connection is not None
        return look(found.submission.connection, self.journal.request(number)[0])

    def replace(self, number: int, occupied: Occupied) -> int:
        """Once more a transfer that found its target taken, now to replace what is `occupied`. Raises as `resume`
        does."""
        found = self._list.get(number)
        if found is None or not found.row.exists or found.state not in AGAIN:
            return 0
        with self._changing:
            self._make_ours([found])
            self.journal.set_request(number, occupied.request)
            self._let_go([found])
        return self._again((number,), AGAIN)

    def _again(self, numbers: Collection[int] | None, states: Collection[State]) -> int:
        wanted = [each for each in self._chosen(numbers) if each.state in states]
        following = self._following({each.row.job: each.submission for each in wanted}.values())
        self._connected([*wanted, *(each.items[0] for each in following)])
        with self._changing:
            free = self._free_to_begin(wanted)
            self._make_ours(free)
            count = self._set(free, "waiting", "", states)
            self._let_go(free)
        self._fill()
        return count

    # ---- the list

    def move(self, number: int, step: int) -> None:
        """Let it change places with the one before (`step` -1) or behind it (1) in its job."""
        with self._changing:
            found = self._list.get(number)
            if found is None or self.view(found).process:
                return
            items = self._list.items(found.submission)
            at = items.index(found)
            if 0 <= at + step < len(items):
                other = items[at + step]
                self._place((other, found) if step > 0 else (found, other))

    def move_job(self, job: int, step: int) -> None:
        """Let all its items change places with those of the job before (`step` -1) or behind it (1) that isn't another
        process's."""
        with self._changing:
            jobs = [each for each in self._list.jobs() if each.job.run in ("", self._run_name)]
            at = next((at for at, each in enumerate(jobs) if each.job.number == job), None)
            if at is None or not 0 <= at + step < len(jobs):
                return
            here, there = self._list.items(jobs[at]), self._list.items(jobs[at + step])
            self._place((*there, *here) if step > 0 else (*here, *there))

    def _place(self, transfers: Sequence[Transfer]) -> None:
        """They share the places that they have in this order."""
        positions = sorted(each.row.position for each in transfers)
        moved = [(each, place) for each, place in zip(transfers, positions, strict=True) if each.row.position != place]
        self.journal.set_positions([(each.number, place) for each, place in moved])
        for each, place in moved:
            self._list.change(each, each.row._replace(position=place))

    def clear(self, numbers: Collection[int] | None = None) -> None:
        """Drop those of these, or of all, that have ended from the list, unless something of one is left somewhere.

        Raises `JournalError`.
        """
        with self._changing:
            self._drop([each for each in self._chosen(numbers) if each.state in FINISHED and not each.row.left])

    def remains(self, number: int) -> str:
        """What one has left, and where, in a sentence; empty when nothing is. Raises `BadInput`, `JournalError`."""
        from s3tui.transfers.remains import remains

        found = self._list.get(number)
        if found is None or not found.row.left:
            return ""
        return remains(found.submission.job.whom, *self.journal.request(number))

    def forget(self, numbers: Collection[int]) -> int:
        """Drop those of these that don't wait or run from the list, also when something of them is left; how many.

        For what can't be cancelled, since its endpoint or its profile is gone. Raises `JournalError`.
        """
        with self._changing:
            idle = [each for each in self._chosen(numbers) if each.state not in ACTIVE and not self.view(each).process]
            self._drop(idle)
        return len(idle)

    def _drop(self, transfers: Iterable[Transfer]) -> None:
        numbers = [each.number for each in transfers if not self.view(each).process]
        self.journal.remove(numbers)
        self._list.remove(numbers)
        if any(each.job.after for each in self._submissions.values()):
            self.look()  # what waited for these may be given up now

    # ---- what these share

    def _chosen(self, numbers: Collection[int] | None) -> list[Transfer]:
        if numbers is None:
            return [each for each in self._list.rows() if not self.view(each).process]
        return [found for number in numbers if (found := self._list.get(number))]

    def _ours(self, numbers: Collection[int] | None) -> list[Transfer]:
        """Those that wait or run in this process."""
        return [each for each in self._chosen(numbers) if each.submission.active and each.state in ACTIVE]

    def _connected(self, transfers: Collection[Transfer]) -> None:
        """See to it that their endpoints can be reached, both where there are two. It may wait for the user, and for
        the keyring."""
        for submission in {each.row.job: each.submission for each in transfers}.values():
            if submission.connection is None:
                submission.connection = self._reached(submission.job.whom)
        copies = [each for each in transfers if each.row.kind in ("copy", "move")]
        elsewhere = [each.number for each in copies if not each.row.ends[1].startswith("s3://")]
        if elsewhere:
            from s3tui.transfers.reconnect import target_of

            for request, _ in self.journal.requests(elsewhere).values():
                if whom := target_of(request):
                    self._reached(whom)

    def _reached(self, whom: Whom) -> Connection:
        if self._connect is None:
            raise BadInput("An earlier run asked for this.", "Ask for it again.")
        return self._connect(whom)

    def _make_ours(self, transfers: Collection[Transfer]) -> None:
        """See to it that this process runs their jobs. Raises `BadInput` when another one does."""
        self._run_name = self.journal.run
        idle = {each.row.job: each.submission for each in transfers if not each.submission.active}
        elsewhere = self.journal.take(idle) if idle else {}
        for number, submission in idle.items():
            for each in self._list.items(submission):
                each.asked = None  # another process may have changed it
            submission.job = replace(submission.job, run=elsewhere.get(number, self._run_name))
        if elsewhere:
            self._let_go(transfers)
            process = run_lock.process_of(next(iter(elsewhere.values())))
            raise BadInput(f"Another s3tui (process {process}) runs this now.", "Do it there, or wait until it ends.")

    def _let_go(self, transfers: Iterable[Transfer]) -> None:
        """Of jobs that were taken and of which nothing waits or runs now."""
        for submission in {id(each.submission): each.submission for each in transfers}.values():
            if submission.job.run == self._run_name and not submission.active:
                self._no_longer_active(submission, 0)


def _whom(connection: Connection) -> Whom:
    profile = connection.profile
    return Whom(profile.name, profile.endpoint, profile.region, profile.origin)


def _noted(request: Request) -> Request:
    noted = getattr(request, "noted", None)
    return cast(Request, noted()) if noted else request
