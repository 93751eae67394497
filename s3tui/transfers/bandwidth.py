"""How many bytes a second all transfers together may move."""

from __future__ import annotations

import threading
import time

from s3tui.background import Cancelled, CancelToken

_LONGEST = 0.5  # s that is waited before looking whether the limit has changed
_BURST = 0.25  # s; what wasn't used for this long may be used at once


class Bandwidth:
    """A token bucket. `limit` is bytes a second, None for no limit; it may be changed at any time. Thread-safe."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self._free = 0.0  # bytes; below zero when they were taken in advance
        self._seen = time.monotonic()
        self._lock = threading.Lock()

    def take(self, count: int, token: CancelToken) -> None:
        """`count` bytes have moved: wait until that is no more than allowed, or `token` is cancelled."""
        with self._lock:
            self._refill()
            self._free -= count
        while (pause := self._pause()) > 0:
            try:
                token.wait(min(pause, _LONGEST))
            except Cancelled:
                return  # whoever moves bytes looks at the token himself

    def _pause(self) -> float:
        """Seconds until nothing is owed."""
        with self._lock:
            self._refill()
            return -self._free / self.limit if self.limit else 0.0

    def _refill(self) -> None:
        now = time.monotonic()
        elapsed, self._seen = now - self._seen, now
        limit = self.limit
        self._free = min(self._free + elapsed * limit, limit * _BURST) if limit else 0.0
