"""Lists that are kept: going back asks nobody, our own writes show, and what was left is gone on with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from textual.widgets import Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.screens.browser import Browser
from tests.s3.listing_server import Bucket
from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.browsing import browsing, said
from tests.ui.waiting import settle, until

BUCKETS = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>"


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    for key in ("a.txt", "docs/1.txt", "docs/2.txt", "docs/3.txt"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def lists(browser: Browser) -> int:
    """How often a listing's page was asked for."""
    assert browser.connection is not None
    return sum(entry.operation == "ListObjectsV2" for entry in browser.connection.log.newest())


def rows(browser: Browser) -> list[str]:
    return [row.key for row in browser.objects.listing.columns] if browser.objects.listing else []


def status(browser: Browser) -> str:
    return str(browser.objects.query_one("#status", Static).content)


async def test_going_up_and_down_again_asks_nobody(profile: Profile, full: str) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        await pilot.press("h")
        await settle(pilot)
        before = lists(browser)
        await pilot.press("l")
        await settle(pilot)
        assert rows(browser) == ["docs/1.txt", "docs/2.txt", "docs/3.txt"]
        assert status(browser) == "3 objects · 30 B · complete · listed just now"
        await pilot.press("h")
        await settle(pilot)
        assert rows(browser) == ["docs/", "a.txt"]
        assert lists(browser) == before


async def test_listing_again_keeps_cursor_and_selection_on_their_keys(
    profile: Profile, connection: Connection, full: str
) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        await pilot.press("down", "space")  # selects 2.txt and goes to 3.txt
        connection.call("put_object", Bucket=full, Key="docs/0.txt", Body=b"")
        connection.call("delete_object", Bucket=full, Key="docs/1.txt")
        await pilot.press("r")
        await until(pilot, lambda: rows(browser) == ["docs/0.txt", "docs/2.txt", "docs/3.txt"])
        assert [row.key for row in browser.objects.table.selected] == ["docs/2.txt"]
        assert str(browser.current_object) == f"s3://{full}/docs/3.txt"


async def test_a_key_that_is_asked_for_is_looked_for_on_the_server(
    profile: Profile, connection: Connection, full: str
) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        connection.call("put_object", Bucket=full, Key="docs/new.txt", Body=b"")
        browser.go(S3Uri(full, "docs/new.txt"))
        await until(pilot, lambda: str(browser.current_object) == f"s3://{full}/docs/new.txt")
        assert said(pilot) == ""


async def test_an_upload_shows_in_the_list_and_in_those_that_are_kept(
    profile: Profile, connection: Connection, full: str, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("x")
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        await pilot.press("h")
        await settle(pilot)
        for key in ("docs/4.txt", "b.txt"):
            browser.queue.submit(connection, UploadRequest(tmp_path / "x", S3Uri(full, key)))
        await until(pilot, lambda: rows(browser) == ["docs/", "a.txt", "b.txt"])
        await pilot.press("g", "l")
        await until(pilot, lambda: rows(browser)[-1] == "docs/4.txt")


async def test_a_profile_that_is_chosen_again_is_asked_again(
    profile: Profile, connection: Connection, full: str
) -> None:
    async with browsing(profile, f"s3://{full}/docs/") as (pilot, browser):
        connection.call("delete_object", Bucket=full, Key="docs/1.txt")
        browser.use(profile, S3Uri(full, "docs/"))
        await until(pilot, lambda: rows(browser) == ["docs/2.txt", "docs/3.txt"])


@dataclass
class Long:
    """A server with one long bucket, which changes, and holds a page back when it is told to."""

    keys: list[str] = field(default_factory=lambda: [f"{number:05}" for number in range(7_000)])
    asked: list[dict[str, str]] = field(default_factory=list)  # of each page
    held: int = 0  # the number of the page, from 1
    let_go: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        query = {word: values[0] for word, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/":
            return Answer(200, BUCKETS)
        if "list-type" not in query:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        self.asked.append(query)
        if len(self.asked) == self.held:
            self.let_go.wait(20)
        return Bucket(self.keys).page(query).answer()


@contextmanager
def long_bucket() -> Iterator[tuple[Long, Profile]]:
    server = Long()
    with stub(server.answer) as running:
        yield server, replace(running.profile, parallel_listing=False)
        server.let_go.set()


async def test_a_long_list_is_patched_after_a_write() -> None:
    with long_bucket() as (server, profile):
        async with browsing(profile, "s3://b/") as (pilot, browser):
            await pilot.press("G", "space")
            pages = len(server.asked)
            server.keys.insert(1, "00000-new")
            del server.keys[-2]
            server.keys.append("prefix/x")
            for key in ("00000-new", "06998", "prefix/x"):
                browser.written(S3Uri("b", key))
            await until(pilot, lambda: len(rows(browser)) == 7_001)
            assert {"00000-new", "prefix/"} <= set(rows(browser))
            assert "06998" not in rows(browser)
            assert [query["prefix"] for query in server.asked[pages:]] == ["00000-new", "06998", "prefix/"]
            assert [row.key for row in browser.objects.table.selected] == ["06999"]
            assert "· complete" in status(browser)


async def test_that_it_is_listed_again_is_said_before_the_first_page_has_come() -> None:
    with long_bucket() as (server, profile):
        async with browsing(profile, "s3://b/") as (pilot, browser):
            server.held = len(server.asked) + 1
            await pilot.press("r")
            await until(pilot, lambda: status(browser).endswith("· listing again …"))
            await pilot.press("space")
            await until(pilot, lambda: "1 of 7,000 selected" in status(browser))
            assert "listing again …" in status(browser)
            server.let_go.set()
            await until(pilot, lambda: "· complete" in status(browser))


async def test_a_list_that_was_left_goes_on_where_it_stopped() -> None:
    with long_bucket() as (server, profile):
        server.keys.append("zz/x")
        server.held = 4
        async with browsing(profile) as (pilot, browser):
            browser.go(S3Uri("b"))
            await until(pilot, lambda: "3,000 listed so far" in status(browser))
            browser.go(S3Uri("b", "zz/"))
            await until(pilot, lambda: rows(browser) == ["zz/x"])
            browser.go(S3Uri("b"))
            await until(pilot, lambda: len(rows(browser)) == 3_000)
            server.let_go.set()
            await until(pilot, lambda: "· complete" in status(browser))
            assert sorted(rows(browser)) == [*server.keys[:-1], "zz/"]
            asked = [query for query in server.asked if query["prefix"] == ""]
            assert len(asked) in (8, 9)  # eight pages, one of them perhaps once more
