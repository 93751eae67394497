"""Noticing that a child process stands still: it says nothing, though it is asked.

A line that is slow, or away, is no such thing: the process still answers. Nor is time in which this process stood still
itself (a laptop that was closed, Ctrl-Z): what is counted are looks of a thread that runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from s3tui.background import MOVERS

EVERY = 5.0  # s between two looks
UNANSWERED = 12  # looks at which nothing was heard, until a process is taken for frozen


class Heartbeat:
    """That of one process. Thread-safe."""

    def __init__(self, ask: Callable[[], object], is_working: Callable[[], object], lost: Callable[[], object]) -> None:
        """`ask()` has it say something, and may block; only while `is_working()`. `lost()` is called when it is."""
        self._ask, self._is_working, self._lost = ask, is_working, lost
        self._said, self._over = threading.Event(), threading.Event()
        self._unanswered = 0
        self._asking: Future[object] | None = None
        MOVERS.submit(self._watch)

    def heard(self) -> None:
        """It has said something."""
        self._said.set()

    def end(self) -> None:
        """It is gone."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            if self._is_lost():
                self._lost()
                return

    def _is_lost(self) -> bool:
        """Look, and ask."""
        self._unanswered = 0 if self._said.is_set() or not self._is_working() else self._unanswered + 1
        self._said.clear()
        if self._is_working() and (self._asking is None or self._asking.done()):
            self._asking = MOVERS.submit(self._ask)
        return self._unanswered > UNANSWERED
