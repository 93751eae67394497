"""Things that are told together, since each telling costs something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_LOT, _LATEST = 100, 0.3  # so many are told together, unless so many s pass first

T = TypeVar("T")


class Lots(Generic[T]):
    """Collects until there are enough. Thread-safe."""

    def __init__(self, tell: Callable[[list[T]], object]) -> None:
        self._tell = tell
        self._waiting: list[T] = []
        self._told = time.monotonic()
        self._lock = threading.Lock()

    def add(self, thing: T) -> None:
        """One more. It may wait until the next one comes, or `tell` is called."""
        with self._lock:
            self._waiting.append(thing)
            few = len(self._waiting) < _LOT and time.monotonic() - self._told < _LATEST
        if not few:
            self.tell()

    def tell(self) -> None:
        """What is waiting."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._told = time.monotonic()
        if waiting:
            self._tell(waiting)
