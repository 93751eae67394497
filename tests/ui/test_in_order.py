"""What is typed in one piece: each key does what it does where it stands."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.app import ComposeResult
from textual.events import Key, MouseDown, MouseUp, Paste
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.ui.dialogs.help import Help
from s3tui.ui.dialogs.search import SearchForm
from s3tui.ui.in_order import PATIENCE
from tests.ui.browsing import browsing, said
from tests.ui.waiting import settle, until

KEYS = {"<": "backspace", "^": "ctrl+u", "[": "left", "]": "right", "0": "home", "$": "end", "x": "delete"}


class Typing(Screen[None]):
    """Fields to type into, from the first one on."""

    def __init__(self, *fields: Input | TextArea) -> None:
        super().__init__()
        self.fields = fields

    def compose(self) -> ComposeResult:
        yield from self.fields


async def _typing(pilot: Pilot[None], *fields: Input | TextArea) -> None:
    await pilot.app.push_screen(Typing(*fields))
    fields[0].focus()
    await settle(pilot)


@pytest.fixture
def three(connection: Connection, bucket: str) -> str:
    """A bucket with three objects."""
    for name in ("a98", "a99", "b99"):
        connection.call("put_object", Bucket=bucket, Key=name, Body=b"")
    return bucket


def _type(pilot: Pilot[None], *keys: str) -> None:
    """All `keys` at once, as a terminal sends them that was held up."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("abc<d", "abd"),
        ("wrong^right", "right"),
        ("ac[b]d", "abcd"),
        ("bc0a$d", "abcd"),
        ("ab0xc", "cb"),
        ("a<b<c", "c"),
        ("ab<" * 200, "a" * 200),  # longer than a key waits
    ],
)
async def test_a_burst_is_worked_in_its_order(profile: Profile, typed: str, left: str) -> None:
    async with browsing(profile) as (pilot, _):
        for field in (Input(), TextArea()):
            await _typing(pilot, field)
            _type(pilot, *(KEYS.get(letter, letter) for letter in typed))
            await settle(pilot)
            assert (field.value if isinstance(field, Input) else field.text) == left
            pilot.app.pop_screen()


async def test_what_follows_the_slash_belongs_to_the_filter(profile: Profile, three: str) -> None:
    async with browsing(profile, f"s3://{three}/") as (pilot, browser):
        browser.objects.table.focus()
        await settle(pilot)
        _type(pilot, "slash", *"re:^a.*9", "enter", "down")
        await settle(pilot)
        assert browser.objects.query_one("#filter", Input).value == "re:^a.*9"
        assert browser.focused is browser.objects.table
        assert [row.key for row in (browser.objects.table.cursor_row,) if row] == ["a99"]
        assert not said(pilot)


async def test_what_follows_the_key_of_a_dialog_belongs_to_the_dialog(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, _):
        _type(pilot, "ctrl+f", *"duel")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchForm))
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "duel"
        _type(pilot, "escape", "ctrl+f", *"xyz")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "xyz"


async def test_a_paste_waits_for_the_key_before_it(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        browser.objects.table.focus()
        _type(pilot, "slash", "a")
        pilot.app.post_message(Paste("bc"))
        _type(pilot, "d")
        await settle(pilot)
        assert browser.objects.query_one("#filter", Input).value == "abcd"


class Stuck(Input):
    """Thinks about every `s` until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def key_s(self) -> None:
        await self.go_on.wait()


async def test_a_key_that_is_stuck_holds_nothing_up(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def leave() -> None:
        left.set()

    async with browsing(profile) as (pilot, _):
        stuck = Stuck()
        await _typing(pilot, stuck)
        monkeypatch.setattr(pilot.app, "action_quit", leave)
        _type(pilot, "s", "ctrl+q")
        async with asyncio.timeout(90):
            await left.wait()
        stuck.go_on.set()


async def test_a_field_that_goes_away_holds_nothing_up(profile: Profile) -> None:
    async with browsing(profile) as (pilot, _):
        _type(pilot, "ctrl+g", *"s3://", "escape", "ctrl+g", *"s3://x/", "escape", "f1")
        await settle(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))


async def test_a_key_held_down_on_a_slow_screen_is_no_reason_to_hurry(
    profile: Profile, three: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(profile, f"s3://{three}/") as (pilot, browser):
        browser.objects.table.focus()
        monkeypatch.setattr(browser.objects.table, "action_cursor_down", lambda: time.sleep(2 * PATIENCE / 40))
        _type(pilot, *["down"] * 40, "slash", *"re:^n2", "enter")
        await settle(pilot)
        assert browser.objects.query_one("#filter", Input).value == "re:^n2"
        assert pilot.app.screen is browser


async def test_a_click_waits_for_what_was_typed_before(profile: Profile) -> None:
    async with browsing(profile) as (pilot, _):
        first, second = Input(), Input()
        await _typing(pilot, first, second)
        x, y = second.region.x + 2, second.region.y + 1
        _type(pilot, *"abc")
        for kind in (MouseDown, MouseUp):
            pilot.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
        _type(pilot, *"xyz")
        await settle(pilot)
        assert (first.value, second.value) == ("abc", "xyz")
