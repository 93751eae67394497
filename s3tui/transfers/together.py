"""Working on many small things at the same time."""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import wait
from math import inf
from typing import TypeVar
from weakref import WeakKeyDictionary

from s3tui.background import FLOOD
from s3tui.s3.client import Connection
from s3tui.s3.underway import Underway

_AT_ONCE = 16  # calls, each on a thread
_THREADS = 16  # for what is far away
_TRIED = 4  # requests, one by one, by which it is found out how long one takes
_NEAR = 0.01  # s that a request takes when one thread can keep the line busy
_CLOSE_BY, _FAR = 48, 128  # requests that may be under way, at most
_FIRST, _MOST = 256 << 10, 16 << 20  # bytes that may be under way at first, and at most
_BARE = 8 << 10  # bytes that each counts for besides its body
_SOON, _LATE = 1.0, 5.0  # s from the beginning of a request to its end
_OFTEN = 4  # requests that are sent until it is looked who was answered meanwhile
_PATIENT = 1000  # ms until the oldest request is waited for by itself, whose wait has a limit

T = TypeVar("T")
Work = Generator[Underway, None, None]
Sized = tuple[int, Work]  # with the bytes that it counts for


class _Room:
    """For requests that are under way to one endpoint, on any number of threads.

    When it is full, it grows by each that ended soon, and one that ended late halves it: so many small files fill a
    long line, and a slow one isn't shared by so many that each takes longer than anyone waits.
    """

    def __init__(self, is_near: bool) -> None:
        self.is_near = is_near
        self.bytes = _FIRST
        self.asked = 0  # that ended, and asked for anything
        self.took = inf  # s from the beginning to the end of the quickest of them
        self._taken, self._count = 0, 0
        self._changed = threading.Condition()

    def take(self, count: int, waits: bool) -> bool:
        """A place for one of so many bytes. Whether there was one: always, where the caller `waits` for it."""
        most = _CLOSE_BY if self.is_near else _FAR
        with self._changed:
            while self._count >= most or (self._count and self._taken + count > self.bytes):
                if not waits:
                    return False
                self._changed.wait()
            self._taken += count
            self._count += 1
            return True

    def give_back(self, count: int, seconds: float | None) -> None:
        """One has ended, after so long if it asked for anything."""
        with self._changed:
            if seconds is not None:
                self.asked += 1
                self.took = min(self.took, seconds)
                if seconds > _LATE:
                    self.bytes = max(self.bytes // 2, _BARE)
                elif seconds < _SOON and self._taken * 2 > self.bytes:
                    self.bytes = min(self.bytes + count, _MOST)
            self._taken -= count
            self._count -= 1
            self._changed.notify_all()


_rooms: WeakKeyDictionary[Connection, _Room] = WeakKeyDictionary()


def in_flight(
    connection: Connection, work: Callable[[T], Work], items: Sequence[T], body: Callable[[T], int] = lambda _: 0
) -> None:
    """`work(item)` for all of them, of which `body(item)` bytes are sent or come. It yields where it waits for an
    answer; meanwhile others send, or go on.

    One thread is quickest where answers come soon: more would only hand Python's lock to and fro. Where they take
    long, connecting does, too, and several connect and send at the same time.
    """

    def sized(item: T) -> Sized:
        return body(item) + _BARE, work(item)

    left = map(sized, items)  # next() is one step for all threads
    room = _rooms.get(connection)
    if room is None:
        room = _tried(left)
        if not room.asked:
            return
    room = _rooms[connection] = _next_room(room)
    _on_threads([_Ahead(room, left).run for _ in range(1 if room.is_near else min(_THREADS, len(items)))])


def _tried(works: Iterator[Sized]) -> _Room:
    """How the first ones went that asked for anything."""
    room = _Room(is_near=False)
    for each in works:
        _Ahead(room, iter((each,))).run()
        if room.took < _NEAR or room.asked == _TRIED:
            break
    return room


def _next_room(before: _Room) -> _Room:
    """After what was found out in the last one."""
    is_near = before.took < _NEAR
    if before.asked and is_near != before.is_near:
        return _Room(is_near)
    before.took, before.asked = inf, 0
    return before


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

    def __init__(self, room: _Room, works: Iterator[Sized]) -> None:
        self._room, self._works = room, works
        self._waiting: dict[int, tuple[int, Work, float]] = {}  # by the number of the socket, the oldest first
        self._poll = select.poll()

    def run(self) -> None:
        """All of them."""
        try:
            for number, (size, working) in enumerate(self._works, 1):
                while not self._room.take(size, waits=not self._waiting):
                    self._hear(_PATIENT)
                self._go_on(size, working, time.perf_counter())
                if not number % _OFTEN:
                    self._hear(0)
            while self._waiting:
                self._hear(_PATIENT)
        finally:  # others wait for the room
            for size, _, _ in self._waiting.values():
                self._room.give_back(size, None)

    def _go_on(self, size: int, working: Work, began: float, has_asked: bool = False) -> None:
        """Until it waits for an answer, or has ended."""
        try:
            for underway in working:
                has_asked = True
                if (socket := underway.fileno()) >= 0:
                    self._waiting[socket] = size, working, began
                    self._poll.register(socket, select.POLLIN)
                    return
        except BaseException:
            self._room.give_back(size, None)
            raise
        self._room.give_back(size, time.perf_counter() - began if has_asked else None)

    def _hear(self, patience: int) -> None:
        """Let those go on that are answered by now, or within `patience` ms; when none is, the oldest one."""
        if not self._waiting:
            return
        answered = [socket for socket, _ in self._poll.poll(patience)]
        if patience and not answered:
            answered = [next(iter(self._waiting))]
        for socket in answered:
            self._poll.unregister(socket)
            self._go_on(*self._waiting.pop(socket), has_asked=True)
