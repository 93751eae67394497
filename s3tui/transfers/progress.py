"""How far a transfer is: counted by its threads, read by whoever shows it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

State = Literal[
    "waiting",
    "running",
    "paused",
    "verified",
    "sent but not verified",
    "received but not verified",
    "done in part",
    "failed",
    "outcome unknown",
    "skipped",
    "cancelled",
]
FINISHED: frozenset[State] = frozenset(
    (
        "verified",
        "sent but not verified",
        "received but not verified",
        "done in part",
        "failed",
        "outcome unknown",
        "skipped",
        "cancelled",
    )
)
WENT_WELL: frozenset[State] = frozenset(("verified", "sent but not verified", "received but not verified"))
# Those of which nothing is left to do.
OVER: frozenset[State] = WENT_WELL | {"skipped", "cancelled"}
Counted = tuple[int | None, int, int, str]  # total, done, skipped, stage: see `Progress`
_WINDOW = 10.0  # seconds that the speed is an average of
_STEP = 0.2  # seconds between two samples


class Outcome(NamedTuple):
    """How a transfer ended, and why it is called so. `size` is bytes, `etag` without its quotes."""

    state: State
    detail: str
    etag: str = ""
    version_id: str | None = None
    size: int = 0


class Progress:
    """Bytes done of a total, a speed over the last ten seconds, and what is being done. Thread-safe."""

    __slots__ = ("_lock", "_samples", "_take", "done", "skipped", "stage", "total")

    def __init__(self, take: Callable[[int], object] | None = None) -> None:
        """`take(count)` may wait: it holds up whoever moves bytes, so that they don't move faster than allowed."""
        self._take = take
        self.total: int | None = None
        self.done = 0
        self.skipped = 0  # of these, what an earlier run had moved
        self.stage = ""  # `checking`, when bytes no longer move
        self._samples: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def begin(self, total: int) -> None:
        """The size is known: `total` bytes."""
        with self._lock:
            self.total = total
            self._samples.append((time.monotonic(), self.done))

    def add(self, count: int) -> None:
        """`count` more bytes have moved; negative when they must move again. Waits while there is a limit."""
        self._count(count)
        if self._take and count > 0:
            self._take(count)

    def add_all(self, total: int) -> None:
        """As `begin` and `add`, of what is too small to have a speed: all of it has moved."""
        with self._lock:
            self.total = self.done = total
        if self._take:
            self._take(total)

    def _count(self, count: int) -> None:
        with self._lock:
            self.done += count
            now = time.monotonic()
            if not self._samples or now - self._samples[-1][0] >= _STEP:
                self._samples.append((now, self.done))
            while now - self._samples[0][0] > _WINDOW:
                self._samples.popleft()

    def skip(self, count: int) -> None:
        """`count` bytes of an earlier run are there already: they belong to what is done, but not to the speed."""
        with self._lock:
            self.done += count
            self.skipped += count
            self._samples = deque((when, done + count) for when, done in self._samples)

    @property
    def counted(self) -> Counted:
        """As another process may `follow` it."""
        return self.total, self.done, self.skipped, self.stage

    def follow(self, counted: Counted) -> None:
        """Be as far as another process has `counted`."""
        total, done, skipped, self.stage = counted
        if total == done and not (skipped or self.done):
            self.total, self.done = total, done  # all at once
            return
        if total is not None and total != self.total:
            self.begin(total)
        if skipped != self.skipped:
            self.skip(skipped - self.skipped)
        if done != self.done:
            self._count(done - self.done)

    @property
    def speed(self) -> float:
        """Bytes a second, 0 when nothing has moved."""
        with self._lock:
            if not self._samples:
                return 0.0
            began, before = self._samples[0]
            elapsed = time.monotonic() - began
            return max(0.0, (self.done - before) / elapsed) if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None while it can't be told."""
        speed = self.speed
        if not self.total or not speed:
            return None
        return max(0.0, (self.total - self.done) / speed)
