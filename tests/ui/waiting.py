"""Waiting under Pilot: for a condition, or until nothing is under way. Every UI test waits with these."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from s3tui import background

PATIENCE = 20.0  # s


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never happened; on screen: {pilot.app.screen}"
        await asyncio.sleep(0.02)
        await pilot.pause()


async def idle(pilot: Pilot[Any]) -> None:
    """Wait until no pool has work and the workers have taken the answers."""
    await _quiet(pilot, 3, None)


async def settle(pilot: Pilot[Any]) -> None:
    """As `idle`, and past the browser's own short delays, with the screen painted."""
    await _quiet(pilot, 8, 0.03)


async def _quiet(pilot: Pilot[Any], rounds: int, pause: float | None) -> None:
    quiet = 0
    end = time.monotonic() + PATIENCE
    while quiet < rounds:
        assert time.monotonic() < end, "still busy"
        await pilot.pause(pause)
        quiet = 0 if background.busy() else quiet + 1
