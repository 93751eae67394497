"""The browser under Pilot: start it on a profile, and wait until nothing is under way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from s3tui.profiles.model import Profile
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.screens.browser import Browser
from tests.ui.waiting import settle


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
