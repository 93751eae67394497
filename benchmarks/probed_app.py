"""s3tui with a probe in its event loop: `probed_app.py FILE …` writes how late each tick came."""

from __future__ import annotations

import asyncio
import os
import sys
from array import array

from s3tui.cli.main import main

TICK = 0.005  # seconds between the ticks
_KEPT = 100  # ticks until they are written


class Probing(asyncio.DefaultEventLoopPolicy):
    """The loops it makes have the probe in them; the app itself is the one that users run."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        Probe(loop, os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return loop


class Probe:
    """Writes pairs of doubles: when a tick was due, by the monotonic clock, and how late it came, in seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, file: int) -> None:
        self._loop = loop
        self._file = file
        self._seen = array("d")
        self._due = loop.time() + TICK
        loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        self._seen.extend((self._due, now - self._due))
        if len(self._seen) >= 2 * _KEPT:
            os.write(self._file, self._seen.tobytes())
            del self._seen[:]
        self._due = now + TICK
        self._loop.call_at(self._due, self._tick)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(Probing())
    sys.exit(main(sys.argv[2:]))
