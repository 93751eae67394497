"""Named pools of daemon threads and cancel tokens; the only place that starts threads.

Textual's own thread workers share a handful of threads and keep the process alive until each is done, so
one slow endpoint would starve everything and hang the exit. A pool here serves one kind of work, and its
threads never keep the process alive.
"""

from __future__ import annotations

import itertools
import os
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Cancelled(Exception):
    """The work was cancelled by whoever asked for it. Never shown as an error."""


class CancelToken:
    """Asks running work to stop. The work calls `check()` between steps; `on_cancel` unblocks a wait.

    `keep` is true when it is only paused: what is unfinished stays where it is, for the work to go on later.
    """

    __slots__ = ("_callbacks", "_event", "_lock", "cancelled", "keep")

    def __init__(self) -> None:
        self.keep = self.cancelled = False
        self._event: threading.Event | None = None  # made when somebody waits
        self._callbacks: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Stop for good, also when it was paused before."""
        self._stop(keep=False)

    def pause(self) -> None:
        """Stop for now, unless it was cancelled before."""
        self._stop(keep=True)

    def _stop(self, keep: bool) -> None:
        with self._lock:
            self.keep = keep and (self.keep or not self.cancelled)
            if self.cancelled:
                return
            self.cancelled = True
            if self._event:
                self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise `Cancelled` if cancel was asked for."""
        if self.cancelled:
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep, but raise `Cancelled` as soon as cancel is asked for."""
        with self._lock:
            self._event = self._event or threading.Event()
        if self.cancelled or self._event.wait(seconds):
            raise Cancelled

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call `callback` once when cancel is asked for, at once if it already was."""
        with self._lock:
            if not self.cancelled:
                self._callbacks.append(callback)
                return
        callback()


class Pool:
    """Up to `size` daemon threads that run what is submitted, lowest `priority` first, then in order.

    A call that nobody waits for any more (its endpoint may be dead) gets `size` one thread more until it ends, or
    a few of them would hold up everything else for a minute.
    """

    MOST_ABANDONED = 24  # calls that get a thread more

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.nice = 0  # how much its threads, from the next one on, stand back behind others of this process (Linux)
        self._queue: queue.PriorityQueue[tuple[int, int, Future[Any], Callable[[], Any]]] = queue.PriorityQueue()
        self._sequence = itertools.count()
        self._lock = threading.Lock()
        self._threads = 0
        self._unfinished = 0
        self._abandoned: set[Future[Any]] = set()  # running, and nobody waits for them

    @property
    def busy(self) -> int:
        """How many submitted calls have not finished yet; tests wait until it is 0."""
        return self._unfinished

    def submit(self, function: Callable[..., T], *args: Any, priority: int = 0, **kwargs: Any) -> Future[T]:
        """Run `function(*args, **kwargs)` on one of the threads."""
        future: Future[T] = Future()
        with self._lock:
            self._unfinished += 1
            self._queue.put((priority, next(self._sequence), future, lambda: function(*args, **kwargs)))
            self._start_a_thread()
        return future

    def abandon(self, future: Future[Any]) -> None:
        """Nobody waits for `future` any more; while it still runs, another call may run in its place."""
        with self._lock:
            if future.running() and len(self._abandoned) < self.MOST_ABANDONED:
                self._abandoned.add(future)
                self._start_a_thread()

    def _start_a_thread(self) -> None:
        """If there is more to do than threads to do it, and room for another. Holding the lock."""
        away = len(self._abandoned)
        if self._threads - away < min(self.size, self._unfinished - away):
            self._threads += 1
            name = f"{self.name}-{self._threads}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        if self.nice and sys.platform == "linux":  # elsewhere it would be the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + self.nice)
        while True:
            _, _, future, call = self._queue.get()
            try:
                if future.set_running_or_notify_cancel():
                    _settle(future, call)
            finally:
                with self._lock:
                    self._unfinished -= 1
                    self._abandoned.discard(future)
                    superfluous = self._threads > self.size + len(self._abandoned)
                    self._threads -= superfluous
                del future, call
            if superfluous:
                return


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


async def run(pool: Pool, function: Callable[..., T], *args: Any, token: CancelToken | None = None, **kwargs: Any) -> T:
    """Await `function(*args, **kwargs)` in `pool`. Cancelling the awaiting task cancels `token`, drops a
    call that has not started, and drops the answer of one that has.

    `token` is only cancelled here, not passed on: a function that can be cancelled takes it as an argument.
    """
    import asyncio  # takes longer to load than all else that a child of a listing needs

    future = pool.submit(function, *args, **kwargs)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        if token is not None:
            token.cancel()
        pool.abandon(future)
        raise


# One kind of work never starves another.
METADATA = Pool("metadata", 6)
LISTING = Pool("listing", 4)
PREVIEW = Pool("preview", 2)
TRANSFERS = Pool("transfers", 64)  # at most; the queue says how many at the same time
PARTS = Pool("parts", 8)  # parts of those files at the same time
FLOOD = Pool("flood", 32)  # many small files
LOCAL = Pool("local", 3)  # keyring, disk, DNS
SEARCH = Pool("search", 4)  # places of one search at the same time
MOVERS = Pool("movers", 16)  # one hears each child process that moves bytes
ROWS = Pool("rows", 2)  # sorting and filtering what was listed: computing, no waiting
STRETCHES = Pool("stretches", 2)  # half of what one of those looks at
POOLS = (METADATA, LISTING, PREVIEW, TRANSFERS, PARTS, FLOOD, LOCAL, SEARCH, ROWS, STRETCHES)


def busy() -> int:
    """How many calls are waiting or running in all pools."""
    return sum(pool.busy for pool in POOLS)
