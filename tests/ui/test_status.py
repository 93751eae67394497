"""The line below the table: in one line where it can be, and what is left out when it can't."""

from __future__ import annotations

import pytest
from textual.widgets import Input, Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.listing import Completeness
from s3tui.ui.panes import status
from s3tui.ui.screens.browser import Browser
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    for number in range(3):
        connection.call("put_object", Bucket=bucket, Key=f"docs/part-{number}.txt", Body=b"x" * 2000)
    return bucket


def line(browser: Browser) -> str:
    return str(browser.objects.query_one("#status", Static).content)


async def test_the_line_gets_shorter_before_it_gets_higher(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (_, browser):
        view, table = browser.places.view, browser.objects.table
        assert view is not None

        def at(width: int) -> str:
            return str(status.line(view, table, width=width))

        assert at(60) == "3 objects · 5.9 KiB · complete"
        assert at(29) == "3 objects · complete"
        assert at(5) == "3 objects · 5.9 KiB · complete"  # no use: then all of it, in several lines
        view.is_from_cache = True
        assert at(60) == "3 objects · 5.9 KiB · complete · listed just now"
        assert at(40) == "3 objects · complete · listed just now"
        assert at(30) == "3 objects · complete"
        table.action_invert_selection()
        assert at(60) == "all 3 selected · 5.9 KiB · complete · listed just now"
        table.action_toggle_selected()
        assert at(40) == "2 of 3 selected · complete"
        view.is_read, view.again = True, view.listing.anew()
        assert at(60) == "2 of 3 selected · 3.9 KiB · listing again …"
        view.again = view.listing
        assert at(60) == "2 of 3 selected · 3.9 KiB · listing again … 3"


async def test_of_what_was_stopped_the_line_says_by_whom(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (_, browser):
        view = browser.places.view
        assert view is not None
        view.listing.completeness = Completeness("stopped", status.STOPPED)
        browser.objects.show_status()
        assert line(browser).endswith("incomplete: you stopped it, r lists again")


async def test_a_filter_that_cannot_be_read_is_said_beside_it(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/", size=(80, 24)) as (pilot, browser):
        await pilot.press("slash", *"part size>")
        await until(pilot, lambda: "a size is a number of bytes" in shown(pilot))
        assert line(browser) == "0 of 3 · complete"  # “size” is in no name, and that filter still holds
        assert "size>1G" not in shown(pilot).replace("size>1.5G", "")
        await pilot.press("1", "K")
        await until(pilot, lambda: "age<30d" in shown(pilot) and browser.objects.table.shown == 3)
        footer = shown(pilot).splitlines()[-1]
        assert "Enter Keep" in footer
        assert "/ Filter" not in footer
        assert "? Help" not in footer
        await pilot.press("escape")
        await settle(pilot)
        assert browser.focused is browser.objects.table
        assert not browser.objects.has_class("-filtering")


async def test_what_is_typed_at_once_behind_the_slash_is_in_the_filter(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        for key in ("slash", "s", "2"):  # `s` would sort
            pilot.app.simulate_key(key)
        await until(pilot, lambda: browser.objects.query_one("#filter", Input).value == "s2")
        assert pilot.app.screen is browser
