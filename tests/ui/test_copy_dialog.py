"""Copying and moving from the screen: what the dialog counts and asks, and what the lists show afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from textual.widgets import Input, Select, Static

from s3tui.background import CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.s3.connections import forget
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.ui.dialogs import copy as dialog
from s3tui.ui.dialogs.copy import CopyForm
from s3tui.ui.dialogs.overwrite import Overwrite
from s3tui.ui.dialogs.profile_form import ProfileForm
from s3tui.ui.screens.transfers import TransfersScreen
from s3tui.ui.widgets.move_list import MoveList
from tests.transfers.conftest import content
from tests.ui.browsing import browsing, said, shown
from tests.ui.hosting import Host, complaint, press, showing
from tests.ui.waiting import settle, until


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "REST", 0)


@pytest.fixture
def filled(connection: Connection, bucket: str) -> str:
    for key in ("a/x.iso", "a/b/y.iso", "a-b/z.iso", "t/x.iso"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(connection: Connection, bucket: str) -> set[str]:
    return {row.key for page in listing.pages(connection, bucket, "", "") for row in page}


def form(connection: Connection, bucket: str, *sources: str, kind: str = "copy") -> CopyForm:
    return CopyForm(connection, [S3Uri(bucket, key) for key in sources], kind)  # type: ignore[arg-type]


def total(screen: CopyForm) -> str:
    return str(screen.query_one("#total", Static).content)


async def test_a_prefix_is_counted_and_becomes_requests(connection: Connection, filled: str) -> None:
    screen = form(connection, filled, "a/")
    async with showing(screen) as (app, pilot):
        assert screen.query_one("#target", Input).value == f"s3://{filled}/a/"
        assert not complaint(screen) and "Change the name" in total(screen)
        await press(pilot, "backspace", *"2/")
        await until(pilot, lambda: "2 objects" in total(screen))
        assert [(move.name, move.target) for move in screen.query_one(MoveList).moves] == [
            ("b/y.iso", "a2/b/y.iso"),
            ("x.iso", "a2/x.iso"),
        ]
        await press(pilot, "enter")
        await until(pilot, lambda: app.answers)
    [requests] = app.answers
    assert [type(request) for request in requests] == [CopyRequest, CopyRequest]
    assert [request.target.key for request in requests] == ["a2/b/y.iso", "a2/x.iso"]
    assert all(request.etag and not request.overwrite for request in requests)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("skip", [("b/y.iso", False)]),
        ("rename", [("b/y.iso", False), ("x-2.iso", False)]),
        ("overwrite", [("b/y.iso", False), ("x.iso", True)]),
    ],
)
async def test_keys_that_are_taken_are_asked_about(
    connection: Connection, filled: str, answer: str, expected: list[tuple[str, bool]]
) -> None:
    screen = form(connection, filled, "a/", kind="move")
    async with showing(screen) as (app, pilot):
        screen.query_one("#target", Input).value = f"s3://{filled}/t/"
        await until(pilot, lambda: "1 of them there already" in total(screen))
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Overwrite))
        await pilot.click(f"#{answer}")
        await until(pilot, lambda: app.answers)
    [requests] = app.answers
    assert all(isinstance(request, MoveRequest) for request in requests)
    assert [(request.target.key, request.overwrite) for request in requests] == [
        (f"t/{key}", overwrite) for key, overwrite in expected
    ]
    assert all((request.replaces is not None) == request.overwrite and request.size for request in requests)


async def test_what_cannot_be_done_is_said(connection: Connection, filled: str) -> None:
    refused = {
        f"s3://{filled}/a/old/": "into itself",
        f"s3://{filled}/a/": "onto itself",
        "ftp://x": "not a place",
        "s3://missing-bucket/a/": "no bucket",
        f"s3://{filled}/" + "y" * 1020 + "/": "1,024",
    }
    screen = form(connection, filled, "a/")
    async with showing(screen) as (app, pilot):
        for target, why in refused.items():
            screen.complain("")
            screen.query_one("#target", Input).value = target
            await press(pilot, "ctrl+s")
            await until(pilot, lambda why=why: why in complaint(screen))
            assert not app.answers, target


async def test_counting_can_be_left(connection: Connection, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def endless(_: object, to: object, sources: object, target: object, token: CancelToken, tell: object) -> None:
        try:
            token.wait(20)
        finally:
            stopped.set()

    monkeypatch.setattr(dialog, "_look", endless)
    host = Host(screen := form(connection, filled, "a/"))
    async with host.run_test() as pilot:
        await until(pilot, lambda: screen.is_mounted and "Counting" in total(screen))
        await pilot.press("escape")
        await until(pilot, stopped.is_set)
        assert host.answers == [None]


async def test_from_the_table_and_back_into_it(profile: Profile, connection: Connection, filled: str) -> None:
    async with browsing(profile, f"s3://{filled}/a/") as (pilot, browser):
        assert browser.objects.table.cursor_row is not None
        await pilot.press("asterisk")
        await settle(pilot)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, CopyForm))
        screen = pilot.app.screen
        assert isinstance(screen, CopyForm)
        assert screen.query_one("#target", Input).value == f"s3://{filled}/a/"
        screen.query_one("#target", Input).value = f"s3://{filled}/moved/"
        await until(pilot, lambda: "2 objects" in total(screen))
        await pilot.press("enter")
        await until(pilot, lambda: browser.queue.snapshot() and not browser.queue.running)
        await settle(pilot)
        assert keys(connection, filled) == {"moved/x.iso", "moved/b/y.iso", "a-b/z.iso", "t/x.iso"}
        await until(pilot, lambda: not browser.objects.table.shown)
        assert {view.state for view in browser.queue.snapshot()} == {"verified"}


async def test_renaming_what_is_under_the_cursor(profile: Profile, connection: Connection, filled: str) -> None:
    async with browsing(profile, f"s3://{filled}/t/") as (pilot, browser):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, CopyForm))
        await pilot.press(*(["backspace"] * 4), *"-new.iso", "enter")
        await until(pilot, lambda: browser.queue.snapshot() and not browser.queue.running)
        await until(pilot, lambda: browser.objects.table.cursor_row and "x-new.iso" in shown(pilot.app))
        await settle(pilot)
        assert [row.key for row in browser.objects.table.listing.columns] == ["t/x-new.iso"]  # type: ignore[union-attr]
    assert content(connection, filled, "t/x-new.iso") == b"t/x.iso"


@pytest.fixture
def archive(profile: Profile) -> Iterator[Profile]:
    """The same server by its other name is another endpoint to us."""
    remember("archive", Keys("demo-access-key", "demo-secret-key"))
    assert profile.endpoint
    yield replace(profile, name="archive", endpoint=profile.endpoint.replace("127.0.0.1", "localhost"))
    forget("archive")


async def test_to_another_profile(connection: Connection, filled: str, archive: Profile) -> None:
    screen = CopyForm(connection, [S3Uri(filled, "a/")], "copy", [archive])
    async with showing(screen) as (app, pilot):
        assert "Change the name" in total(screen)
        screen.query_one("#profile", Select).value = 0
        await until(pilot, lambda: "2 objects, 2 of them there already" in total(screen))
        screen.query_one("#target", Input).value = f"s3://{filled}/a3/"
        await until(pilot, lambda: "2 objects, " in total(screen) and "there" not in total(screen))
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: app.answers)
    [requests] = app.answers
    assert [request.target.key for request in requests] == ["a3/b/y.iso", "a3/x.iso"]
    assert {(request.to_profile, request.to_endpoint) for request in requests} == {("archive", archive.endpoint)}
    outcomes = {request.run(connection, Progress(), CancelToken(), Notes()).state for request in requests}
    assert outcomes == {"verified"} and content(connection, filled, "a3/x.iso") == b"a/x.iso"


async def test_lists_of_the_other_profile_follow(profile: Profile, filled: str, archive: Profile) -> None:
    async with browsing(profile, f"s3://{filled}/t/") as (pilot, browser):
        browser.use(archive, S3Uri(filled, "a/"))
        await settle(pilot)
        assert browser.connection and browser.connection.profile == archive
        copied = CopyRequest(S3Uri(filled, "a/x.iso"), S3Uri(filled, "t/new.iso"), to_profile=profile.name)
        browser.queue.submit(browser.connection, copied)
        await until(pilot, lambda: browser.queue.snapshot() and not browser.queue.running)
        await settle(pilot)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(pilot.app.screen, TransfersScreen))
        await pilot.press("enter")
        await until(pilot, lambda: browser.connection and browser.connection.profile == profile)
        await until(pilot, lambda: browser.current_object == S3Uri(filled, "t/new.iso"))


async def test_not_to_a_profile_that_is_read_only(connection: Connection, filled: str, archive: Profile) -> None:
    screen = CopyForm(connection, [S3Uri(filled, "a/")], "copy", [replace(archive, read_only=True)])
    async with showing(screen) as (app, pilot):
        screen.query_one("#profile", Select).value = 0
        await until(pilot, lambda: "read-only" in complaint(screen))
        await press(pilot, "ctrl+s")
        assert not app.answers


async def test_a_read_only_session_may_not(profile: Profile, connection: Connection, filled: str) -> None:
    async with browsing(profile, f"s3://{filled}/t/") as (pilot, _):
        await pilot.press("R", "c")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, CopyForm) and "read-only" in said(pilot)


async def test_in_the_list_of_profiles_c_still_duplicates(profile: Profile, filled: str) -> None:
    async with browsing(profile, f"s3://{filled}/t/") as (pilot, _):
        await pilot.press("P", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProfileForm))
