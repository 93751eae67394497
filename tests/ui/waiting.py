"""Waiting under Pilot: for a condition, or until nothing is under way. Every UI test waits with these."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from s3tui import background

PATIENCE = 90.0  # s; only a test that fails waits so long


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never happened; {_where_it_stands(pilot.app)}"
        await asyncio.sleep(0.02)
        await pilot.pause()


def _where_it_stands(app: App[Any]) -> str:
    """The screen and its queue, for the one who reads of a failure on another machine."""
    queue = getattr(app.screen, "queue", None)
    items = [f"{item.state} {item.stage} {item.why}" for item in queue.snapshot()] if queue else []
    return f"on screen: {app.screen}; calls under way: {background.busy()}; queue: {items}"


async def idle(pilot: Pilot[Any]) -> None:
    """Wait until no pool has work and the workers have taken the answers."""
    await _quiet(pilot, 3, 0.02)


async def settle(pilot: Pilot[Any]) -> None:
    """As `idle`, and past the browser's own short delays, with the screen painted."""
    await _quiet(pilot, 8, 0.03)


async def _quiet(pilot: Pilot[Any], rounds: int, pause: float) -> None:
    """Wait until the pools have been found idle so many times in a row. A pause asks every widget whether it is done,
    which costs as much as a key press: one is enough before, and one after."""
    quiet = 0
    end = time.monotonic() + PATIENCE
    while quiet < rounds:
        assert time.monotonic() < end, "still busy"
        if 0 < quiet < rounds - 1:
            await asyncio.sleep(pause)
        else:
            await pilot.pause(pause)
        turns = getattr(pilot.app, "_turns", None)  # keys that wait for the one before
        quiet = 0 if background.busy() or (turns and turns._under_way) else quiet + 1
