"""What comes in a thread is shown on the event loop, but not oftener than one can see."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from s3tui.background import CancelToken

if TYPE_CHECKING:
    from s3tui.ui.screens.browser import Browser

EVERY = 0.5  # s


class Arrivals:
    """Calls `show` on the event loop: for the first page at once, then for many pages together."""

    def __init__(self, browser: Browser, token: CancelToken, show: Callable[[], None]) -> None:
        self._browser = browser
        self._token = token
        self._show = show
        self._is_waiting = False
        self._shown_at = 0.0

    def page(self, _: object) -> None:
        """A page has come. Called in the thread that reads."""
        if not self._is_waiting and not self._token.cancelled:
            self._is_waiting = True
            self._browser.app.call_later(self._due)

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
