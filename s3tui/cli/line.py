"""A line of progress, where somebody looks."""

from __future__ import annotations

import sys
import time

from s3tui.display import visible

_OFTEN = 0.2  # s


class Line:
    """How far it is, on a terminal only, in one line that is gone at the end."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._told = 0.0

    def tell(self, text: str) -> None:
        if self._on_terminal and time.monotonic() - self._told >= _OFTEN:
            self._told = time.monotonic()
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def count(self, what: str, done: int, total: int | None) -> None:
        """`comparing: 12 of 40`"""
        self.tell(f"{visible(what)}: {done:,}{f' of {total:,}' if total else ''}")

    def clear(self) -> None:
        if self._told:
            self._told = 0.0
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
