"""How many bytes a second all transfers together may move."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from s3tui.background import Cancelled, CancelToken

_LONGEST = 0.5  # s that is waited before looking whether the limit has changed
_BURST = 0.25  # s; what wasn't used for this long may be used at once


class Bandwidth:
    """A token bucket. `limit` is bytes a second, None for no limit; it may be changed at any time. Thread-safe."""

    def __init__(self, limit: int | None = None) -> None:
        self.changed: list[Callable[[], object]] = []  # called when the limit was
        self._limit = limit
        self._free = 0.0  # bytes; below zero when they were taken in advance
        self._seen = time.monotonic()
        self._lock = threading.Lock()

    @property
    def limit(self) -> int | None:
        return self._limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        self._limit = limit
        for heard in self.changed:
            heard()

    def take(self, count: int, token: CancelToken) -> None:
        """`count` bytes have moved: wait until that is no more than allowed, or `token` is cancelled."""
        pause = self.owed(count)
        while pause > 0:
            try:
                token.wait(min(pause, _LONGEST))
            except Cancelled:
                return  # whoever moves bytes looks at the token himself
            pause = self.owed(0)

    def owed(self, count: int) -> float:
        """Seconds that are to be waited after `count` more bytes have moved."""
        with self._lock:
            self._refill()
            if not self._limit:
                return 0.0
            self._free -= count
            return -self._free / self._limit

    def _refill(self) -> None:
        now = time.monotonic()
        elapsed, self._seen = now - self._seen, now
        limit = self._limit
        self._free = min(self._free + elapsed * limit, limit * _BURST) if limit else 0.0
