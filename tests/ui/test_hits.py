"""The hits of a search in the table: each row is where it really is, and there is a way there and back."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from textual.widgets import Static

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3 import errors, filters, search
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing
from s3tui.s3.search import Hits
from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.browser import Browser
from tests.ui.browsing import browsing, said, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    for key in ("a/1.iso", "a/2.txt", "b/c/3.iso", "4.iso"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def hits_of(*places: S3Uri) -> Hits:
    return Hits(places, filters.parse(".iso"))


def names(browser: Browser) -> list[str]:
    listing = browser.objects.listing
    return [listing.name(row) for row in range(len(listing.columns))] if listing else []


def status(browser: Browser) -> str:
    return str(browser.objects.query_one("#status", Static).content)


async def test_there_and_back_by_enter_escape_and_h(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/b/") as (pilot, browser):
        browser.go(S3Uri(full, "a/"))
        await settle(pilot)
        await pilot.press("down")
        browser.show_hits(hits_of(S3Uri(full)), ".iso · everywhere", search.read)
        await settle(pilot)
        assert names(browser) == ["4.iso", "a/1.iso", "b/c/3.iso"]
        assert status(browser) == "3 hits · 21 B · complete · Esc goes back"
        assert ".iso · everywhere" in shown(pilot)
        await pilot.press("G", "enter")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/b/c/"
        assert str(browser.current_object) == f"s3://{full}/b/c/3.iso"
        assert "Esc: hits" in status(browser)
        await pilot.press("escape")
        await settle(pilot)
        assert str(browser.current_object) == f"s3://{full}/b/c/3.iso"
        assert len(names(browser)) == 3
        await pilot.press("h")
        await settle(pilot)
        assert str(browser.place) == f"s3://{full}/a/"
        assert str(browser.current_object) == f"s3://{full}/a/2.txt"  # as it was before the search


async def test_commands_on_hits_of_several_buckets_take_each_row_for_what_it_is(
    profile: Profile, connection: Connection, full: str
) -> None:
    connection.call("create_bucket", Bucket=f"{full}-2")
    connection.call("put_object", Bucket=f"{full}-2", Key="b/5.iso", Body=b"")
    async with browsing(profile) as (pilot, browser):
        browser.show_hits(hits_of(S3Uri(full), S3Uri(f"{full}-2")), ".iso · both", search.read)
        await settle(pilot)
        assert names(browser)[0] == f"{full}-2/b/5.iso"
        await settle(pilot)
        assert str(browser.current_uri) == str(browser.detail.uri) == f"s3://{full}-2/b/5.iso"
        assert browser.current_bucket == f"{full}-2"
        await pilot.press("asterisk")
        assert [str(uri) for uri, _ in browser.chosen_objects] == [
            f"s3://{full}-2/b/5.iso",
            f"s3://{full}/4.iso",
            f"s3://{full}/a/1.iso",
            f"s3://{full}/b/c/3.iso",
        ]
        await pilot.press("escape")
        await settle(pilot)
        assert "Choose a bucket" in shown(pilot)
        assert browser.place is None


async def test_a_search_made_again_begins_anew(profile: Profile, connection: Connection, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        browser.show_hits(hits_of(S3Uri(full)), ".iso", search.read)
        await settle(pilot)
        connection.call("delete_object", Bucket=full, Key="4.iso")
        await pilot.press("r")
        await until(pilot, lambda: names(browser) == ["a/1.iso", "b/c/3.iso"])


class Slow:
    """A search that finds one object, and goes on until it may end or is stopped."""

    def __init__(self, end: Callable[[], None] = lambda: None) -> None:
        self.go_on = threading.Event()
        self.tokens: list[CancelToken] = []
        self._end = end

    def read(self, hits: Listing, _: Connection, token: CancelToken, on_page: Callable[[Listing], object]) -> None:
        self.tokens.append(token)
        hits.columns.append("1.iso", 1)
        on_page(hits)
        while not self.go_on.wait(0.01):
            token.check()
        self._end()


async def test_escape_stops_a_search_that_runs_then_goes_back(profile: Profile, full: str) -> None:
    slow = Slow()
    async with browsing(profile, f"s3://{full}/a/") as (pilot, browser):
        browser.show_hits(Listing(full, "", ""), "slow", slow.read)
        await until(pilot, lambda: names(browser) == ["1.iso"] and "Esc stops" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "incomplete" in shown(pilot))
        assert slow.tokens[0].cancelled
        assert names(browser) == ["1.iso"]
        await pilot.press("escape")
        await settle(pilot)
        assert names(browser) == ["1.iso", "2.txt"]


async def test_going_elsewhere_stops_a_search(profile: Profile, full: str) -> None:
    slow = Slow()
    async with browsing(profile, f"s3://{full}/a/") as (pilot, browser):
        browser.show_hits(Listing(full, "", ""), "slow", slow.read)
        await until(pilot, lambda: slow.tokens)
        browser.go(S3Uri(full, "b/"))
        await until(pilot, lambda: names(browser) == ["c/"])
        assert slow.tokens[0].cancelled


async def test_a_search_that_fails_keeps_its_hits_and_says_why(profile: Profile, full: str) -> None:
    def deny() -> None:
        raise errors.AccessDenied("You may not list it.")

    slow = Slow(deny)
    async with browsing(profile, f"s3://{full}/a/") as (pilot, browser):
        browser.show_hits(Listing(full, "", ""), "slow", slow.read)
        await until(pilot, lambda: names(browser) == ["1.iso"])
        slow.go_on.set()
        await until(pilot, lambda: "incomplete" in shown(pilot))
        assert said(pilot) == ""
        assert names(browser) == ["1.iso"]


async def test_nothing_found_is_said(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        browser.show_hits(Hits([S3Uri(full)], filters.parse("nowhere")), "nowhere", search.read)
        await settle(pilot)
        assert "Nothing matches." in shown(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert names(browser) == ["a/", "b/", "4.iso"]
