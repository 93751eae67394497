"""An answer that comes after its view was left is dropped (DESIGN 3.1)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from textual.content import Content

from s3tui import background
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui import detail_content
from s3tui.ui.screens.browser import Browser
from tests.s3.stub_server import Answer, Asked, Stub, stub
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle, until

DENIED = b"<Error><Code>AccessDenied</Code></Error>"
BUCKETS = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>%b</Name></Bucket></Buckets></ListAllMyBucketsResult>"


@dataclass
class Slow:
    """A server with one bucket, which refuses every listing of it, but only when it is let go."""

    bucket: str
    go_on: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        if parts.path == "/":
            return Answer(200, BUCKETS % self.bucket.encode())
        if "list-type" in parse_qs(parts.query):
            self.waiting.set()
            self.go_on.wait(20)
        return Answer(403, DENIED)


@pytest.fixture
def slow(bucket: str) -> Iterator[tuple[Slow, Stub]]:
    server = Slow(bucket)
    with stub(server.answer) as running:
        yield server, running
        server.go_on.set()


async def test_a_listing_that_fails_after_its_profile_was_left(
    slow: tuple[Slow, Stub], profile: Profile, bucket: str
) -> None:
    server, running = slow
    async with browsing(profile) as (pilot, browser):
        browser.use(running.profile, S3Uri(bucket))
        await until(pilot, server.waiting.is_set)
        browser.use(profile)
        await until(pilot, lambda: "Choose a bucket" in shown(pilot))
        server.go_on.set()
        await settle(pilot)
        assert "Choose a bucket" in shown(pilot)
        assert "may not" not in shown(pilot)


async def test_a_node_of_the_tree_that_fails_after_its_profile_was_left(
    slow: tuple[Slow, Stub], profile: Profile, connection: Connection, bucket: str
) -> None:
    server, running = slow
    connection.call("put_object", Bucket=bucket, Key="here/a", Body=b"")
    async with browsing(profile) as (pilot, browser):
        browser.use(running.profile)
        await until(pilot, lambda: any(node.data == S3Uri(bucket) for node in browser.bucket_tree.root.children))
        next(iter(browser.bucket_tree.root.children)).expand()
        await until(pilot, server.waiting.is_set)
        browser.use(profile)
        await until(pilot, lambda: browser.connection and browser.connection.profile == profile)
        await until(pilot, lambda: background.busy() == 1)  # all but the one that waits
        server.go_on.set()
        await settle(pilot)
        node = next(node for node in browser.bucket_tree.root.children if node.data == S3Uri(bucket))
        assert not node.children
        node.expand()
        await settle(pilot)
        assert [str(child.label) for child in node.children] == ["here/"]


async def test_a_selection_does_not_outlive_its_profile(profile: Profile, connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"")
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("space")
        browser.use(profile)
        await settle(pilot)
        assert not browser.chosen_objects
        await pilot.press("d")
        await settle(pilot)
        assert pilot.app.screen is browser


async def test_what_was_asked_before_an_edit_is_dropped(profile: Profile, connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a.txt", Body=b"x")
    answered = asyncio.Event()

    async def slow_answer(browser: Browser) -> None:
        await answered.wait()
        browser.detail.fill("tags", Content("as it was"), S3Uri(bucket, "a.txt"))

    async with browsing(profile, f"s3://{bucket}/a.txt", size=(160, 40)) as (pilot, browser):
        browser.start("detail-tags", slow_answer)
        await pilot.pause()
        detail_content.load_again(browser)
        answered.set()
        await settle(pilot)
        assert "as it was" not in browser.detail.text("tags")
