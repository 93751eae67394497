"""How fast a job goes, or all jobs together, seen by whoever looks at them several times a second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from s3tui.transfers.job_view import JobView
from s3tui.transfers.request import DELETES

_WINDOW = 10.0  # s that the speed is an average of
_STEP = 0.2  # s between two samples


class Pace:
    """Of one job. Items whose size nobody knows are counted, the others' bytes."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int]] = deque()

    def see(self, view: JobView) -> None:
        """It is so far now."""
        now = time.monotonic()
        if not self._seen or now - self._seen[-1][0] >= _STEP:
            self._seen.append((now, view.done, view.ended))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()

    @property
    def speed(self) -> float:
        """Bytes a second."""
        return self._per_second(1)

    def seconds_left(self, view: JobView) -> float | None:
        """None while it can't be told."""
        ahead, speed = (
            (view.ahead, self.speed) if view.ahead is not None else (view.items - view.ended, self._per_second(2))
        )
        return ahead / speed if ahead and speed else None

    def _per_second(self, column: int) -> float:
        if len(self._seen) < 2:
            return 0.0
        first, last = self._seen[0], self._seen[-1]
        return max(0.0, (last[column] - first[column]) / (last[0] - first[0]))


class Underway:
    """All jobs of which something waits or runs, together, but for those that delete: they move no bytes."""

    def __init__(self) -> None:
        self._views: Sequence[JobView] = ()
        self._paces: dict[int, Pace] = {}

    def see(self, views: Sequence[JobView]) -> None:
        """They are so far now."""
        self._views = [view for view in views if view.kind not in DELETES]
        self._paces = {view.number: self._paces.get(view.number) or Pace() for view in self._views}
        for view in self._views:
            self._paces[view.number].see(view)

    @property
    def in_bytes(self) -> bool:
        """Whether the size of everything is known."""
        return all(view.ahead is not None for view in self._views)

    @property
    def done(self) -> int:
        """What of `total` really went; items that have ended where sizes aren't known."""
        return sum(view.through if self.in_bytes else view.ended for view in self._views)

    @property
    def total(self) -> int:
        """Bytes; items where the size of something isn't known."""
        return sum(view.whole if self.in_bytes else view.items for view in self._views)

    @property
    def seconds_left(self) -> float | None:
        """None while it can't be told."""
        ahead = sum(view.ahead or 0 for view in self._views)
        return ahead / self.speed if self.in_bytes and ahead and self.speed >= 1 else None

    @property
    def speed(self) -> float:
        """Bytes a second."""
        return sum(pace.speed for pace in self._paces.values())
