"""Working on many small things at the same time."""

from __future__ import annotations

import itertools
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import wait
from itertools import islice
from math import inf
from typing import TypeVar
from weakref import WeakKeyDictionary

from s3tui.background import FLOOD
from s3tui.s3.client import Connection
from s3tui.s3.underway import Underway

_AT_ONCE = 16  # calls, each on a thread
_THREADS = 16  # for what is far away
_TRIED = 4  # things, one by one, until it is known how long answers take
_NEAR = 0.01  # s that an answer takes when one thread can keep the line busy
_CLOSE_BY, _FAR = 48, 128  # requests that may be under way, at most
_FEW = 4  # of them at first, when it is far away
_SOON, _LATE = 1.0, 5.0  # s from the beginning of a request to its end
_OFTEN = 4  # requests that are sent until it is looked who was answered meanwhile
_PATIENT = 1000  # ms until the oldest request is waited for by itself, whose wait has a limit

T = TypeVar("T")
Work = Generator[Underway, None, None]


class _Room:
    """For requests that are under way to one endpoint, on any number of threads.

    There may be one more after each that ended soon, one less after each that ended late: so many small files fill a
    long line, and a slow one isn't shared by so many that each takes longer than anyone waits.
    """

    def __init__(self, size: int, most: int) -> None:
        self.size, self.most = size, most
        self.waited = self.took = inf  # s to the answer, and from the beginning to the end, of the quickest
        self._taken = 0
        self._changed = threading.Condition()

    @property
    def is_near(self) -> bool:
        return self.most == _CLOSE_BY

    def take(self, waits: bool) -> bool:
        """A place for one. Whether there was one: always, where the caller `waits` for it."""
        with self._changed:
            while self._taken >= self.size:
                if not waits:
                    return False
                self._changed.wait()
            self._taken += 1
            return True

    def give_back(self, seconds: float | None = None) -> None:
        """One has ended, and took so long if it asked for anything."""
        with self._changed:
            self._taken -= 1
            if seconds is not None:
                self.took = min(self.took, seconds)
                if seconds < _SOON:
                    self.size = min(self.size + 1, self.most)
                elif seconds > _LATE:
                    self.size = max(self.size - 1, 1)
            self._changed.notify(2)


_rooms: WeakKeyDictionary[Connection, _Room] = WeakKeyDictionary()


def in_flight(connection: Connection, work: Callable[[T], Work], items: Sequence[T]) -> None:
    """`work(item)` for all of them. It yields where it waits for an answer; meanwhile others send, or go on.

    One thread is quickest where answers come soon: more would only hand Python's lock to and fro. Where they take
    long, connecting does, too, and several connect and send at the same time.
    """
    left = map(work, items)  # next() is one step for all threads
    room = _rooms[connection] = _next_room(_rooms.get(connection) or _tried(left))
    _on_threads([_Ahead(room, left).run for _ in range(1 if room.is_near else _THREADS)])


def _tried(works: Iterator[Work]) -> _Room:
    """How the first ones went."""
    room = _Room(1, 1)
    for working in islice(works, _TRIED):
        _Ahead(room, iter((working,))).run()
        if room.waited < inf:
            break
    return room


def _next_room(before: _Room) -> _Room:
    """After what was found out in the last one."""
    waited, before.waited = before.waited, inf
    is_near = waited < _NEAR
    if before.most > 1 and (waited == inf or is_near == before.is_near):
        return before
    if is_near:
        return _Room(_CLOSE_BY, _CLOSE_BY)
    return _Room(1 if _LATE < before.took < inf else _FEW, _FAR)


def together(work: Callable[[T], object], items: Sequence[T]) -> None:
    """`work(item)` for all of them, on several threads, for what isn't as quick as that."""
    shared = iter(items)
    _on_threads([lambda: deque(map(work, shared), maxlen=0)] * min(_AT_ONCE, len(items)))


def _on_threads(works: Sequence[Callable[[], object]]) -> None:
    if len(works) == 1:
        works[0]()
        return
    futures = [FLOOD.submit(work) for work in works]
    wait(futures)
    for future in futures:
        future.result()


class _Ahead:
    """What one thread has under way, each on a connection of its own."""

    def __init__(self, room: _Room, works: Iterator[Work]) -> None:
        self._room, self._works = room, works
        # By the number of the socket, the oldest first; when it began, and when it was sent.
        self._waiting: dict[int, tuple[Work, float, float]] = {}
        self._poll = select.poll()

    def run(self) -> None:
        """All of them."""
        try:
            for number in itertools.count(1):
                while not self._room.take(waits=not self._waiting):
                    self._hear(_PATIENT)
                if not (working := next(self._works, None)):
                    self._room.give_back()
                    break
                if not self._goes_on(working):
                    self._room.give_back()
                if not number % _OFTEN:
                    self._hear(0)
            while self._waiting:
                self._hear(_PATIENT)
        finally:  # others wait for the room
            for _ in self._waiting:
                self._room.give_back()

    def _goes_on(self, working: Work) -> bool:
        """Until it waits for an answer: whether it does, or has ended."""
        began = time.perf_counter()
        try:
            for underway in working:
                if (socket := underway.fileno()) >= 0:
                    self._waiting[socket] = working, began, time.perf_counter()
                    self._poll.register(socket, select.POLLIN)
                    return True
        except BaseException:
            self._room.give_back()
            raise
        return False

    def _hear(self, patience: int) -> None:
        """Let those go on that are answered by now, or within `patience` ms; when none is, the oldest one."""
        if not self._waiting:
            return
        answered = [socket for socket, _ in self._poll.poll(patience)]
        now = time.perf_counter() if answered else inf
        if patience and not answered:
            answered = [next(iter(self._waiting))]
        for socket in answered:
            self._poll.unregister(socket)
            working, began, sent = self._waiting.pop(socket)
            self._room.waited = min(self._room.waited, now - sent)
            if not self._goes_on(working):
                self._room.give_back(time.perf_counter() - began)
