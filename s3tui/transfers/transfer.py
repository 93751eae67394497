"""One transfer of the queue: what is known of it while it waits, and what it needs while it runs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from s3tui.background import CancelToken
from s3tui.transfers import run_lock
from s3tui.transfers.journal import Job, Row
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import FINISHED, Progress, State
from s3tui.transfers.request import Kind, Request
from s3tui.transfers.tally import Tally

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

_futures = threading.Lock()


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer as it is now. `done`, `total` are bytes, `speed` bytes a second; `why` explains the state."""

    number: int
    job: int
    kind: Kind
    profile: str
    source: str
    target: str
    state: State
    stage: str
    done: int
    total: int | None
    speed: float
    seconds_left: float | None
    why: str
    etag: str = ""  # of what was moved, when that worked
    version_id: str | None = None
    exists: bool = False  # it failed because the target is there already
    left: bool = False  # something unfinished of it may be somewhere
    process: str = ""  # the number of the other process that runs it

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class Submission:
    """A job with its items, and the connection that they use. Only the queue changes it."""

    def __init__(self, job: Job, connection: Connection | None = None) -> None:
        self.job, self.connection = job, connection
        self.active = 0  # how many of it wait or run in this process
        self.untold = 0  # how many more have ended, and whoever wants to know was not told yet
        self.items: list[Transfer] = []
        self.shape = 0  # grows when items come, go or change places
        self.tally = Tally()
        self.shared = ("", "")  # how the ends of all its items begin

    def add(self, transfer: Transfer) -> None:
        """One more, behind the others."""
        ends = transfer.row.ends
        self.shared = (_shared(self.shared[0], ends[0]), _shared(self.shared[1], ends[1])) if self.items else ends
        self.items.append(transfer)
        self.shape += 1


class Activity:
    """What a transfer has while it runs."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.progress = Progress()
        self.notes: Notes | None = None  # until its request has been read
        self.saved = time.monotonic()  # when the journal was last told how far it is


class Transfer:
    """What is to be moved, small enough for there to be a hundred thousand. Only the queue changes it."""

    __slots__ = ("_future", "activity", "alone", "asked", "discarding", "hung", "row", "submission")

    def __init__(self, row: Row, submission: Submission, asked: Request | None = None) -> None:
        """`asked` is its request where that is still in memory: reading it from the journal takes longer."""
        self.row, self.submission, self.asked = row, submission, asked
        self.activity: Activity | None = None
        self.alone = False  # it is no use to try it together with others once more
        self.discarding = False  # what is left of it is to be removed
        self.hung = False  # the process that moved it did, so another one goes on
        self._future: Future[None] | None = None  # made when somebody asks

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def state(self) -> State:
        return self.row.state

    @property
    def why(self) -> str:
        return self.row.why

    @property
    def future(self) -> Future[None]:
        """Done when it has ended, or is paused."""
        with _futures:
            self._future = future = self._future or Future()
        if self.state in FINISHED or self.state == "paused":
            self.settle()
        return future

    @property
    def far(self) -> tuple[int, int | None]:
        """`done` and `total` of its view, for a fraction of what that costs: hundreds may run together."""
        row, activity = self.row, self.activity
        if activity is None:
            return row.done, row.total
        total = activity.progress.total
        return done_of(activity.progress, row), row.total if total is None else total

    def settle(self) -> None:
        """It has ended, or is paused: tell whoever waits for that."""
        with _futures:
            if self._future:
                self._future.set_result(None)
                self._future = None

    def view(self, run: str = "") -> TransferView:
        """As it is now, for the process whose run is called `run`."""
        row, job = self.row, self.submission.job
        activity, running = self.activity, self.row.state == "running"
        progress = activity.progress if activity else None
        done, whole = self.far
        elsewhere = job.run not in ("", run)
        return TransferView(
            number=row.number,
            job=row.job,
            kind=row.kind,
            profile=job.whom.profile,
            source=row.ends[0],
            target=row.ends[1],
            state=row.state,
            stage=_stage(activity, self.discarding) if running else "",
            done=done,
            total=whole,
            speed=progress.speed if progress and running else 0.0,
            seconds_left=progress.seconds_left if progress and running else None,
            why=row.why,
            etag=row.etag,
            version_id=row.version_id,
            exists=row.exists,
            left=row.left,
            process=run_lock.process_of(job.run) if elsewhere else "",
        )


def done_of(progress: Progress, row: Row) -> int:
    """How many bytes of a transfer are there. Until something moves, what an earlier run has left is looked at, and counted bit by bit: it is there already."""
    return progress.done if progress.done > progress.skipped else max(progress.done, row.done)


def _shared(one: str, other: str) -> str:
    if other.startswith(one):
        return one
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (here, there) in pairs if here != there), min(len(one), len(other)))]


def _stage(activity: Activity | None, discarding: bool) -> str:
    if activity is None:
        return ""
    if activity.token.cancelled:
        return "pausing" if activity.token.keep else "cancelling"
    return "cleaning up" if discarding else activity.progress.stage
