"""How many parts of one upload are on their way at the same time.

What is on its way when the process is killed is lost: S3 keeps no half of a part. So it is one part, and more only on
lines where that turns out to be much faster, or that are so fast that little time is lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from s3tui.background import CancelToken
from s3tui.transfers.parts import AT_ONCE, MIB

_WATCHED = 1.0  # s, at least, that a speed is the average of
_FAST = 600 * MIB  # bytes a second: all that is on its way is sent again in less than half a second
_GAIN = 1.4  # times as fast, for twice as many to stay


class Streams:
    """Lets `count` of the threads of one upload send, and finds out what `count` should be. Thread-safe."""

    def __init__(self) -> None:
        self.count = 1
        self._sending = 0
        self._stop: CancelToken | None = None
        self._turn = threading.Condition()
        self._before = 0.0  # bytes a second, with half as many
        self._settled = False
        self._since, self._parts, self._bytes = 0.0, 0, 0  # what has arrived since

    @property
    def wanted(self) -> int:
        """How many threads keep the line busy: one is ready when another has ended."""
        return self.count + 1

    @contextmanager
    def one(self, length: int, stop: CancelToken) -> Iterator[None]:
        """Wait for a turn to send a part of `length` bytes. `stop` is the same for all parts. Raises `Cancelled`."""
        self._hear(stop)
        with self._turn:
            self._turn.wait_for(lambda: stop.cancelled or self._sending < self.count)
            stop.check()
            self._sending += 1
            self._since = self._since or time.monotonic()
        try:
            yield
            self._arrived(length)
        finally:
            with self._turn:
                self._sending -= 1
                self._turn.notify_all()

    def _hear(self, stop: CancelToken) -> None:
        with self._turn:
            known, self._stop = self._stop is stop, stop
        if not known:
            stop.on_cancel(self._wake)

    def _wake(self) -> None:
        with self._turn:
            self._turn.notify_all()

    def _arrived(self, length: int) -> None:
        with self._turn:
            self._parts += 1
            self._bytes += length
            now = time.monotonic()
            if self._settled or self._parts < 2 * self.count:
                return
            seconds = now - self._since
            if self._bytes > _FAST * seconds:
                self.count, self._settled = AT_ONCE, True
            elif seconds >= _WATCHED:
                self._compare(self._bytes / seconds)
                self._since, self._parts, self._bytes = now, 0, 0

    def _compare(self, speed: float) -> None:
        """With that of half as many."""
        if speed < _GAIN * self._before:
            self.count //= 2
            self._settled = True
        elif self.count < AT_ONCE:
            self.count *= 2
        else:
            self._settled = True
        self._before = speed
