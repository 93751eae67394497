"""The screen that says how much a prefix holds."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from s3tui.profiles.model import Profile
from s3tui.s3 import usage_tree
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.usage import UsageScreen
from s3tui.ui.widgets.usage_bars import SHADES, UsageBars, bar
from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.browsing import browsing, said, shown
from tests.ui.hosting import Host, press, showing, text_of
from tests.ui.waiting import idle, settle, until

KIB = 1024


def put(connection: Connection, bucket: str, key: str, size: int, storage_class: str = "STANDARD") -> None:
    connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * size, StorageClass=storage_class)


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for size in (2 * KIB, KIB):
        put(connection, bucket, "logs/2026/a", size)
    put(connection, bucket, "logs/b", 10, "GLACIER")
    for number in range(5):
        put(connection, bucket, f"many/{number}", 1)
    put(connection, bucket, "top", 5)
    return bucket


def rows(screen: UsageScreen) -> list[str]:
    """The rows below the header, words only."""
    bars = screen.bars
    width = bars.scrollable_content_region.width
    return [" ".join(bars.paint_row(position, width).text.split()) for position in range(bars.row_count)]


def text(screen: UsageScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


@asynccontextmanager
async def slowly(screen: UsageScreen) -> AsyncIterator[Pilot[None]]:
    """The screen on an app, while the endpoint has not answered yet."""
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield pilot
        assert not app.errors


async def test_the_largest_comes_first_and_one_walks_into_it_and_out(connection: Connection, full: str) -> None:
    screen = UsageScreen(connection, S3Uri(full))
    async with showing(screen) as (_, pilot):
        assert [row.rpartition(" ")[2] for row in rows(screen)] == ["logs/", "prefix)", "many/"]
        assert f"s3://{full}/  holds 3.0 KiB" in text(screen, "#place")
        states = text(screen, "#states")
        assert "8 objects" in states and "1 version" in states and "0 parts" in states
        assert text(screen, "#classes").split() == ["STANDARD", "3.0", "KiB", "GLACIER", "10", "B"]
        assert text(screen, "#known") == "complete · 9 listed"
        await press(pilot, "enter")
        assert f"s3://{full}/logs/  holds 3.0 KiB" in text(screen, "#place")
        assert [row.split()[-1] for row in rows(screen)] == ["2026/", "prefix)"]
        await press(pilot, "l")
        assert screen.prefix == "logs/2026/"
        await press(pilot, "h", "h", "h")
        assert screen.prefix == ""
        assert screen.bars.current is not None and screen.bars.current.name == "logs/"
        assert "measured from" in said(pilot)


async def test_bars_tell_what_they_are_made_of_without_colour(connection: Connection, full: str) -> None:
    screen = UsageScreen(connection, S3Uri(full, "logs/"))
    async with showing(screen, size=(120, 30)):
        first, second = rows(screen)
        assert SHADES["current"] in first and SHADES["noncurrent"] in first
        assert first.count(SHADES["noncurrent"]) > first.count(SHADES["current"])
        assert second.count(SHADES["current"]) == 1
        assert "99.7%" in first and "0.3%" in second


async def test_sorting_keeps_the_cursor_on_its_prefix(connection: Connection, full: str) -> None:
    screen = UsageScreen(connection, S3Uri(full))
    async with showing(screen) as (_, pilot):
        await press(pilot, "j", "j")
        assert screen.bars.current is not None and screen.bars.current.name == "many/"
        await press(pilot, "s")
        assert [row.split()[-1] for row in rows(screen)] == ["many/", "logs/", "prefix)"]
        assert screen.bars.current.name == "many/"
        await press(pilot, "s")
        assert [row.split()[-1] for row in rows(screen)] == ["logs/", "many/", "prefix)"]
        await pilot.click(UsageBars, offset=(5, 0))
        await idle(pilot)
        assert screen.by == "size"


async def test_the_mouse_walks_too(connection: Connection, full: str) -> None:
    screen = UsageScreen(connection, S3Uri(full))
    async with showing(screen) as (_, pilot):
        await pilot.click(UsageBars, offset=(30, 1), times=2)
        await idle(pilot)
        assert screen.prefix == "logs/"


async def test_names_are_shown_as_data(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a[/b]\x1b[31m\u202e/x", 1)
    screen = UsageScreen(connection, S3Uri(bucket))
    async with showing(screen, size=(120, 30)) as (app, pilot):
        assert "▸ a[/" in text_of(app)
        await press(pilot, "enter")
        assert "▸ b]␛[31m\\u{202e}/" in text_of(app)
        await press(pilot, "enter")
        assert "␛[31m\\u{202e}/" in text(screen, "#place")


async def test_what_lies_directly_in_a_prefix_can_be_browsed_but_not_entered(connection: Connection, full: str) -> None:
    screen = UsageScreen(connection, S3Uri(full, "many/"))
    async with showing(screen) as (app, pilot):
        await press(pilot, "enter")
        assert "o opens it in the browser" in said(pilot)
        await press(pilot, "o")
    assert app.answers == [S3Uri(full, "many/")]


async def test_an_empty_place_says_so(connection: Connection, bucket: str) -> None:
    screen = UsageScreen(connection, S3Uri(bucket))
    async with showing(screen) as (app, _):
        assert "Nothing is here." in text_of(app)
        assert "holds 0 B" in text(screen, "#place")


async def test_what_was_not_kept_is_measured_by_itself(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_tree.UsageTree.__init__, "__defaults__", (None, 6))
    for number in range(5):
        put(connection, bucket, f"a/{number}/x", 1)
    for number in range(5):
        put(connection, bucket, f"b/{number}/x", 100)
    screen = UsageScreen(connection, S3Uri(bucket))
    async with showing(screen) as (app, pilot):
        await press(pilot, "end")
        assert screen.bars.current is not None and screen.bars.current.name == "a/"
        await press(pilot, "enter")
        inner = app.screen
        assert isinstance(inner, UsageScreen) and inner is not screen
        assert inner.uri.key == "a/"
        assert [row.split()[-1] for row in rows(inner)] == [f"{number}/" for number in range(5)]
        await press(pilot, "escape")
        assert app.screen is screen
        await press(pilot, "enter")
        await press(pilot, "o")
    assert app.answers == [S3Uri(bucket, "a/0/")]


async def test_export(connection: Connection, full: str, tmp_path: Path) -> None:
    screen = UsageScreen(connection, S3Uri(full))
    async with showing(screen) as (app, pilot):
        await press(pilot, "enter")
        await press(pilot, "x", "down", "enter")
        path = app.screen.query_one(Input)
        assert path.value.endswith(".jsonl")
        path.value = str(tmp_path / "logs.jsonl")
        await press(pilot, "enter")
        assert "Saved as" in said(pilot)
    records = [json.loads(line) for line in (tmp_path / "logs.jsonl").read_text().splitlines()]
    assert [record["prefix"] for record in records] == ["logs/2026/", "logs/", "logs/"]
    assert (records[-1]["kind"], records[-1]["complete"]) == ("total", True)


# ---- endpoints that are slow, or refuse


class Gate:
    """A server whose second page comes when it is let through."""

    def __init__(self) -> None:
        self.asked, self.open = threading.Event(), threading.Event()

    def __call__(self, asked: Asked) -> Answer:
        if "versioning" in asked.path:
            return Answer(200, b"<VersioningConfiguration/>")
        if "uploads" in asked.path:
            return Answer(200, b"<ListMultipartUploadsResult/>")
        if "continuation-token" not in asked.path:
            return Answer(
                200, page("a", "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>")
            )
        self.asked.set()
        self.open.wait(20)
        return Answer(200, page("b", "<IsTruncated>false</IsTruncated>"))


def page(prefix: str, tail: str) -> bytes:
    row = "<Contents><Key>{}/{}</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>5</Size></Contents>"
    return f"<ListBucketResult>{''.join(row.format(prefix, number) for number in range(3))}{tail}</ListBucketResult>".encode()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


async def test_sums_grow_on_screen_and_the_cursor_stays(gate: Gate) -> None:
    with stub(gate) as running:
        screen = UsageScreen(Connection(running.profile), S3Uri("bucket"))
        async with slowly(screen) as pilot:
            await until(pilot, lambda: screen.bars.row_count == 1)
            assert "listing … 3 listed so far" in text(screen, "#known")
            assert "holds at least 15 B" in text(screen, "#place")
            assert "not yet known" in text(screen, "#states")
            gate.open.set()
            await idle(pilot)
            assert text(screen, "#known") == "complete · 6 listed"
            assert "holds 30 B" in text(screen, "#place")


async def test_escape_stops_at_once_and_keeps_what_is_there(gate: Gate) -> None:
    with stub(gate) as running:
        screen = UsageScreen(Connection(running.profile), S3Uri("bucket"))
        async with slowly(screen) as pilot:
            await until(pilot, lambda: gate.asked.is_set() and screen.bars.row_count == 1)
            await pilot.press("escape")
            await until(pilot, lambda: "you stopped it" in text(screen, "#known"))
            assert "holds at least 15 B" in text(screen, "#place")
            assert "not known" in text(screen, "#states")
            gate.open.set()
            await idle(pilot)
            assert "you stopped it" in text(screen, "#known")
            await press(pilot, "r")
            assert text(screen, "#known") == "complete · 6 listed"
            await press(pilot, "escape")
            assert pilot.app.screen is not screen


async def test_leaving_while_it_runs_shows_nothing_of_it_later(gate: Gate) -> None:
    with stub(gate) as running:
        screen = UsageScreen(Connection(running.profile), S3Uri("bucket"))
        async with slowly(screen) as pilot:
            await until(pilot, lambda: gate.asked.is_set() and screen.bars.row_count == 1)
            await pilot.press("o")
            await until(pilot, lambda: pilot.app.screen is not screen)
            gate.open.set()
            await idle(pilot)
            assert screen.usage.rows == 3


async def test_denied_is_said_with_its_evidence() -> None:
    with stub(lambda _: Answer(403, b"<Error><Code>AccessDenied</Code></Error>")) as running:
        screen = UsageScreen(Connection(running.profile), S3Uri("bucket"))
        async with showing(screen):
            known = text(screen, "#known")
            assert known.startswith("incomplete: ")
            assert "HTTP 403 AccessDenied" in known
            assert "holds" not in text(screen, "#place")
            assert "Nothing is known." in text_of(screen.app)
            assert text(screen, "#states").count("not known") == 4


# ---- from the browser


async def test_from_the_browser_and_back(profile: Profile, connection: Connection, full: str) -> None:
    async with browsing(profile, f"s3://{full}/") as (pilot, browser):
        await pilot.press("z")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, UsageScreen)
        assert screen.uri == S3Uri(full, "logs/")  # the row under the cursor
        await pilot.press("o")
        await settle(pilot)
        assert browser.place == S3Uri(full, "logs/2026/")
        await pilot.press("z")  # from an object, its prefix
        await settle(pilot)
        assert "s3://" in shown(pilot) and f"{full}/logs/2026/  holds 3.0 KiB" in shown(pilot)


def test_a_bar_is_as_long_as_its_share_and_never_nothing() -> None:
    tree = usage_tree.UsageTree("")
    tree.add("a", "current", "", 1, 600)
    tree.add("a", "noncurrent", "", 1, 300)
    tree.add("a", "part", "", 1, 100)
    tally = tree.tally
    assert bar(tally, 1000, 10, "size") == [("current", 6), ("noncurrent", 3), ("part", 1)]
    assert bar(tally, 10**9, 10, "size") == [("current", 1)]
    assert bar(tally, 3, 9, "count") == [("current", 3), ("noncurrent", 3), ("part", 3)]
    assert bar(usage_tree.Tally({}, ()), 1, 10, "size") == []
