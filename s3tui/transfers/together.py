"""Working on many small things at the same time."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import wait
from typing import TypeVar

from s3tui.background import FLOOD
from s3tui.s3.underway import Underway

_AHEAD = 16  # requests of each of several threads that are under way
_AHEAD_ALONE = 48  # of one thread
_MOST = 4  # threads
_TRIED = 4  # things by which it is found out whether more than one pays
_NEAR = 0.01  # s that an answer takes when one thread can keep the line busy
_OFTEN = 4  # requests that are sent until it is looked who was answered meanwhile
_PATIENT = 1000  # ms until the oldest request is waited for by itself, whose wait has a limit

T = TypeVar("T")
Work = Generator[Underway, None, None]


def in_flight(work: Callable[[T], Work], items: Sequence[T]) -> None:
    """`work(item)` for all of them. It yields where it waits for an answer; meanwhile others send, or go on.

    One thread is quickest where answers come soon: more would only hand Python's lock to and fro. Where they take
    long, connecting does, too, and several connect and send at the same time.
    """
    waited = [1.0]
    for item in items[:_TRIED]:
        started, before = time.perf_counter(), time.thread_time()
        _ahead(work, (item,), 1)
        waited.append(time.perf_counter() - started - (time.thread_time() - before))
    shared = iter(items[_TRIED:])  # next() of a list's iterator is one step for all threads
    if min(waited) < _NEAR:
        _ahead(work, shared, _AHEAD_ALONE)
    else:
        _on_threads(_MOST, lambda: _ahead(work, shared, _AHEAD))


def together(work: Callable[[T], object], items: Sequence[T]) -> None:
    """`work(item)` for all of them, on several threads, for what isn't as quick as that."""
    shared = iter(items)
    _on_threads(min(_AHEAD, len(items)), lambda: deque(map(work, shared), maxlen=0))


def _on_threads(count: int, work: Callable[[], object]) -> None:
    futures = [FLOOD.submit(work) for _ in range(count)]
    wait(futures)
    for future in futures:
        future.result()


def _ahead(work: Callable[[T], Work], items: Iterable[T], most: int) -> None:
    underway = _Underway()
    for number, item in enumerate(items):
        underway.go_on(work(item))
        if underway.count >= most:
            underway.hear(_PATIENT)
        elif not number % _OFTEN:
            underway.hear(0)
    while underway.count:
        underway.hear(_PATIENT)


class _Underway:
    """What waits for an answer, each on a connection of its own. For one thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, Work] = {}  # by the number of the socket, the oldest first
        self._poll = select.poll()

    @property
    def count(self) -> int:
        return len(self._waiting)

    def go_on(self, working: Work) -> None:
        """Until it waits for an answer, or has ended."""
        for underway in working:
            if (socket := underway.fileno()) >= 0:
                self._waiting[socket] = working
                self._poll.register(socket, select.POLLIN)
                return

    def hear(self, patience: int) -> None:
        """Let those go on that are answered by now, or within `patience` ms; when none is, the oldest one."""
        if not self._waiting:
            return
        answered = [socket for socket, _ in self._poll.poll(patience)]
        if patience and not answered:
            answered = [next(iter(self._waiting))]
        for socket in answered:
            self._poll.unregister(socket)
            self.go_on(self._waiting.pop(socket))
