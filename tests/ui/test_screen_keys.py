"""On every screen: `?` says what its keys do, `:` finds them by name, and the footer says that there is help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import TextArea

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.plan import Plan
from s3tui.ui.dialogs.key_list import KeyList
from s3tui.ui.screens.browser import Browser
from s3tui.ui.screens.bucket_settings import BucketSettings
from s3tui.ui.screens.plan import PlanScreen
from s3tui.ui.screens.request_log import RequestLogScreen
from s3tui.ui.screens.transfers import TransfersScreen
from s3tui.ui.screens.unfinished_uploads import UnfinishedUploads
from s3tui.ui.screens.usage import UsageScreen
from s3tui.ui.screens.why import Why
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle, until

# How each is opened, and a command of its own.
SCREENS: dict[str, tuple[Callable[[Browser, Connection, S3Uri], Screen[object]], str]] = {
    "size": (lambda _, connection, place: UsageScreen(connection, place), "Export"),
    "uploads": (lambda browser, connection, place: UnfinishedUploads(connection, place, browser.queue), "Count all"),
    "transfers": (lambda browser, *_: TransfersScreen(browser.queue), "Pause all"),
    "settings": (lambda _, connection, place: BucketSettings(connection, place.bucket), "Tidy"),
    "log": (lambda _, connection, __: RequestLogScreen(connection), "Only failures"),
    "why": (lambda _, connection, place: Why(connection, place.with_key("a")), "Copy report"),
    "plan": (lambda *_: PlanScreen(Plan([]), "Upload", "Upload"), "Skip all"),
}


async def opened(
    name: str, pilot: Pilot[None], browser: Browser, connection: Connection, bucket: str
) -> Screen[object]:
    screen = SCREENS[name][0](browser, connection, S3Uri(bucket))
    pilot.app.push_screen(screen)
    await settle(pilot)
    screen.set_focus(screen.query_one("Tabs") if name == "settings" else screen.focused)
    await settle(pilot)
    return screen


@pytest.mark.parametrize("name", SCREENS)
async def test_help_and_palette(name: str, profile: Profile, connection: Connection, bucket: str) -> None:
    async with browsing(profile, size=(80, 24)) as (pilot, browser):
        screen = await opened(name, pilot, browser, connection, bucket)
        assert "? Help" in shown(pilot).splitlines()[-1]
        assert "Esc " in shown(pilot).splitlines()[-1]
        await pilot.press("question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, KeyList)
        await pilot.press("end")
        await settle(pilot)
        assert "What can be done here." in shown(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        assert pilot.app.screen is screen
        await pilot.press("colon")
        await pilot.press(*SCREENS[name][1].replace(" ", ""))
        await until(pilot, lambda: f"{SCREENS[name][1]}  (" in shown(pilot))
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen is screen


async def test_the_palette_runs_what_is_chosen(profile: Profile, connection: Connection, bucket: str) -> None:
    async with browsing(profile) as (pilot, browser):
        screen = await opened("size", pilot, browser, connection, bucket)
        assert isinstance(screen, UsageScreen)
        await pilot.press("colon", *"sort")
        await until(pilot, lambda: "Sort  (s)" in shown(pilot))
        await pilot.press("enter")
        await settle(pilot)
        assert (pilot.app.screen, screen.by) == (screen, "count")
        await pilot.press("colon", *"stop")
        await until(pilot, lambda: "Stop or back  (Esc q z)" in shown(pilot))
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.screen is browser


async def test_keys_of_the_list_and_keys_that_do_nothing_now(
    profile: Profile, connection: Connection, bucket: str
) -> None:
    async with browsing(profile) as (pilot, browser):
        await opened("size", pilot, browser, connection, bucket)
        await pilot.press("question_mark")
        await settle(pilot)
        assert "Enter l →" in shown(pilot)
        await pilot.press("escape", "escape")
        await settle(pilot)
        await opened("uploads", pilot, browser, connection, bucket)
        await pilot.press("question_mark")
        await settle(pilot)
        assert "Abort. Not now." in shown(pilot)


async def test_where_one_types_other_keys_help(profile: Profile, connection: Connection, bucket: str) -> None:
    async with browsing(profile) as (pilot, browser):
        screen = await opened("settings", pilot, browser, connection, bucket)
        editor = screen.query(TextArea).first()
        editor.focus()
        await settle(pilot)
        assert "F1 Help" in shown(pilot).splitlines()[-1]
        await pilot.press("question_mark")
        assert "?" in editor.text
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(pilot.app.screen, KeyList)
        await pilot.press("f1", "ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
