"""What comes in a thread is shown on the event loop, but not oftener than one can see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from s3tui.background import CancelToken

if TYPE_CHECKING:
    from s3tui.s3.listing import Listing
    from s3tui.ui.screens.browser import Browser

EVERY = 0.5  # s
_PAINTING = 0.1  # s that reading rests at most while the first page is painted


class Arrivals:
    """Calls `show` on the event loop: for the first page at once, then for many pages together."""

    def __init__(self, browser: Browser, token: CancelToken, show: Callable[[], None]) -> None:
        self._browser = browser
        self._token = token
        self._show = show
        self._is_waiting = False
        self._shown_at = 0.0
        self._first_painted = threading.Event()

    def page(self, listing: Listing) -> None:
        """A page has come. Called in the thread that reads, which rests while the first one is painted: both would take
        twice as long at the same time."""
        if self._is_waiting or self._token.cancelled:
            return
        self._is_waiting = True
        self._browser.app.call_later(self._due)
        if not listing.plan.done:
            self._first_painted.wait(_PAINTING)

    def _due(self) -> None:
        wait = self._shown_at + EVERY - time.monotonic()
        if wait > 0:
            self._browser.set_timer(wait, self._now)
        else:
            self._now()

    def _now(self) -> None:
        self._is_waiting = False
        self._shown_at = time.monotonic()
        if not self._token.cancelled:
            self._show()
        if not self._first_painted.is_set():
            self._browser.call_after_refresh(self._first_painted.set)
