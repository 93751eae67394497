"""How many transfers run at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from s3tui.background import TRANSFERS, CancelToken


class Room:
    """Places, one for each that runs. Thread-safe."""

    def __init__(self, places: Callable[[], int]) -> None:
        """`places()` is how many there are now; `look_again` when that has changed."""
        self._places = places
        self._taken = 0
        self._away = 0  # threads that have given their place back for a while
        self._coming_back = 0  # of these, those that wait for a place
        self._changed = threading.Condition()

    def take(self) -> bool:
        """Take a place, if one is free that nobody waits for."""
        with self._changed:
            is_free = self._taken + self._coming_back < self._places()
            self._taken += is_free
            return is_free

    def leave(self) -> None:
        """One has ended."""
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    def go_away(self) -> bool:
        """Leave for a while, keeping the thread; False when there would be too few threads for the places."""
        with self._changed:
            may = self._away + self._places() < TRANSFERS.size
            self._away += may
            self._taken -= may
            self._changed.notify_all()
            return may

    def come_back(self, token: CancelToken) -> None:
        """Wait for a place, before all that is new; one that is stopped needs none, and takes it at once."""
        token.on_cancel(self.look_again)
        with self._changed:
            self._coming_back += 1
            self._changed.wait_for(lambda: token.cancelled or self._taken < self._places())
            self._coming_back -= 1
            self._away -= 1
            self._taken += 1

    def look_again(self) -> None:
        """There may be more places than before."""
        with self._changed:
            self._changed.notify_all()
