"""Keys that come in one piece, over a slow line or while the screen was busy, do what they do in the order typed.

Textual hands a key to whatever has the focus as soon as the key is read. What the key before it does comes later: it
has to go up from widget to widget, and a command or a dialog may move the focus. So in `/re:99` the `r` would filter
and the `e` edit something. Here a key waits until the one before it has gone all its way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.events import Event
from textual.message_pump import MessagePump
from textual.timer import Timer
from textual.widget import Widget

PATIENCE = 0.5  # s that a key waits for the one before it, which may have closed the widget it was on its way through


class Turns:
    """Whose turn it is of the keys, pastes and clicks that came. Only to be used in the message pump of `app`."""

    def __init__(self, app: App[None], hand_on: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Event] = deque()
        self._followed: Widget | None = None  # where the last key went, or what it led to
        self._under_way = False
        self._climbs = 0
        self._impatience: Timer | None = None

    async def take(self, event: Event) -> None:
        """Hand `event` on when it is its turn."""
        self._waiting.append(event)
        if not self._under_way:
            await self._next()
        elif self._impatience is None:
            self._wait()

    def _wait(self) -> None:
        """What waits goes on without the one before, if that takes too long."""
        self._impatience = self._app.set_timer(PATIENCE, self._next)

    async def _next(self) -> None:
        if self._impatience is not None:
            self._impatience.stop()
            self._impatience = None
        self._climbs += 1  # a climb that is still under way no longer counts
        self._under_way = bool(self._waiting)
        if self._under_way:
            event = self._waiting.popleft()
            if self._waiting:
                self._wait()
            await self._hand_on(event)
            self._followed = None
            await self._follow()

    async def _follow(self) -> None:
        """Go up where the key goes, behind it."""
        self._climbs += 1
        start = self._app.focused or self._app.screen
        await self._climb(list(start.ancestors_with_self), self._climbs, start)

    async def _climb(self, nodes: list[MessagePump], climb: int, start: Widget) -> None:
        """Through the queue of each of `nodes`; the app's is the last."""
        for at, node in enumerate(nodes, 1):
            if node.call_later(self._climb, nodes[at:], climb, start):
                return  # a closed one takes nothing: on to the next
        if climb == self._climbs:
            await self._arrived(start)

    async def _arrived(self, start: Widget) -> None:
        """The key has gone all its way; once more for what it asked of widgets, and again while the focus moves."""
        again = self._followed is not start or start is not (self._app.focused or self._app.screen)
        self._followed = start
        await (self._follow() if again else self._next())
