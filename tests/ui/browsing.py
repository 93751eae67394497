"""The browser under Pilot: start it on a profile, and wait until nothing is under way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from s3tui import background
from s3tui.profiles.model import Profile
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.screens.browser import Browser

PATIENCE = 20.0  # s


async def settle(pilot: Pilot[None]) -> None:
    """Wait until all pools are idle, stayed so past the screen's own short delays, and the screen is painted."""
    quiet = 0
    end = time.monotonic() + PATIENCE
    while quiet < 8:
        assert time.monotonic() < end, "still busy"
        await pilot.pause(0.03)
        quiet = 0 if background.busy() else quiet + 1


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never happened; on screen: {pilot.app.screen}"
        await asyncio.sleep(0.02)
        await pilot.pause()


@asynccontextmanager
async def browsing(
    profile: Profile, target: str = "", size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Pilot[None], Browser]]:
    """The browser on `profile`, at `target`, when its first list has come."""
    app = S3tuiApp(Start(target=target, profile=profile))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert app.browser is not None
        yield pilot, app.browser


def shown(app: S3tuiApp | Pilot[None]) -> str:
    """The text on the screen, line by line."""
    screen = (app.app if isinstance(app, Pilot) else app).screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


def said(pilot: Pilot[None]) -> str:
    """All messages that were shown so far and have not gone."""
    return "\n".join(f"{note.title} {note.message}" for note in pilot.app._notifications)
