"""Create and delete buckets, and the log of requests, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from s3tui.profiles.model import Profile
from s3tui.s3 import buckets, errors
from s3tui.s3.client import Connection
from s3tui.ui.control_filter import CONTROL_FILTER
from s3tui.ui.dialogs.create_bucket import CreateBucket
from s3tui.ui.dialogs.delete_bucket import DeleteBucket
from s3tui.ui.screens.request_log import RequestList, RequestLogScreen
from tests.ui.browsing import shown
from tests.ui.waiting import settle, until


class Host(App[None]):
    """Shows one screen and keeps its answer."""

    CSS_PATH = ["../../s3tui/ui/styles/dialogs.tcss"]

    def __init__(self, screen: Screen) -> None:  # type: ignore[type-arg]
        super().__init__()
        self.pushed = screen
        self.answers: list[object] = []

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), CONTROL_FILTER]

    def on_mount(self) -> None:
        self.push_screen(self.pushed, self.answers.append)


@asynccontextmanager
async def showing(screen: Screen, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Host, Pilot[None]]]:  # type: ignore[type-arg]
    app = Host(screen)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot


async def type_into(app: Host, pilot: Pilot[None], field: str, text: str) -> None:
    app.screen.query_one(field, Input).focus()
    app.screen.query_one(field, Input).value = text
    await pilot.pause()


async def test_a_bucket_is_created(connection: Connection, bucket: str) -> None:
    async with showing(CreateBucket(connection)) as (app, pilot):
        await pilot.press(*f"{bucket}-b", "enter")
        await until(pilot, lambda: app.answers)
        assert app.answers == [f"{bucket}-b"]
    connection.call("head_bucket", Bucket=f"{bucket}-b")


async def test_every_broken_rule_is_told_while_typing(connection: Connection) -> None:
    async with showing(CreateBucket(connection)) as (app, pilot):
        await pilot.press(*"-Ab..c")
        assert all(said in shown(app) for said in ("Capital letters", "begins with", "Two dots"))
        await pilot.press("enter")
        await until(pilot, lambda: "can't be a bucket's name" in shown(app))
        assert app.answers == []
    assert connection.log.newest() == []


async def test_a_name_that_is_taken_is_said_and_can_be_changed(connection: Connection, bucket: str) -> None:
    async with showing(CreateBucket(connection)) as (app, pilot):
        await pilot.press(*bucket, "enter")
        await until(pilot, lambda: "already a bucket" in shown(app))
        await pilot.press(*"-x", "enter")
        await until(pilot, lambda: app.answers)
        assert app.answers == [f"{bucket}-x"]


async def test_read_only_creates_nothing(profile: Profile) -> None:
    connection = Connection(replace(profile, read_only=True))
    async with showing(CreateBucket(connection)) as (app, pilot):
        assert "read-only" in shown(app)
        await pilot.press(*"some-name", "enter")
        await settle(pilot)
    assert connection.log.newest() == []


async def test_regions_of_aws_are_completed(profile: Profile) -> None:
    aws = Connection(replace(profile, endpoint=None, region=None))
    async with showing(CreateBucket(aws)) as (app, pilot):
        app.screen.query_one("#region").focus()
        await pilot.press(*"eu-cent")
        await until(pilot, lambda: app.screen.query_one("#region", Input)._suggestion)
        await pilot.press("right")
        assert app.screen.query_one("#region", Input).value == "eu-central-1"


async def test_an_empty_bucket_is_deleted_after_its_name_was_typed(connection: Connection, bucket: str) -> None:
    async with showing(DeleteBucket(connection, bucket)) as (app, pilot):
        await until(pilot, lambda: "It is empty" in shown(app))
        await pilot.press(*"wrong", "enter")
        await until(pilot, lambda: "That is not the name" in shown(app))
        connection.call("head_bucket", Bucket=bucket)
        await type_into(app, pilot, "#typed", bucket)
        await pilot.click("#delete")
        await until(pilot, lambda: app.answers)
        assert app.answers == [True]
    with pytest.raises(errors.NoSuchBucket):
        connection.call("head_bucket", Bucket=bucket)


async def test_a_full_bucket_can_not_be_deleted(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
    connection.call("create_multipart_upload", Bucket=bucket, Key="b")
    async with showing(DeleteBucket(connection, bucket)) as (app, pilot):
        await until(pilot, lambda: "1 object, 1 unfinished upload" in shown(app))
        assert app.screen.query_one("#delete", Button).disabled
        assert not app.screen.query_one("#typed").display
        await pilot.press("enter")  # the focus is on No
        await until(pilot, lambda: app.answers)
        assert app.answers == [None]
    connection.call("head_bucket", Bucket=bucket)


async def test_what_came_in_meanwhile_stops_the_deletion(connection: Connection, bucket: str) -> None:
    async with showing(DeleteBucket(connection, bucket)) as (app, pilot):
        await until(pilot, lambda: "It is empty" in shown(app))
        connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
        await type_into(app, pilot, "#typed", bucket)
        await pilot.press("enter")
        await until(pilot, lambda: "is not empty: it holds 1 object" in shown(app))
        assert app.answers == []
    assert buckets.contents(connection, bucket).objects == 1


async def test_a_bucket_that_is_gone_is_said_to_be_gone(connection: Connection) -> None:
    async with showing(DeleteBucket(connection, "no-such-bucket-here")) as (app, pilot):
        await until(pilot, lambda: "There is no bucket" in shown(app))
        assert app.screen.query_one("#delete", Button).disabled


async def test_read_only_deletes_nothing(profile: Profile, bucket: str) -> None:
    async with showing(DeleteBucket(Connection(replace(profile, read_only=True)), bucket)) as (app, pilot):
        await until(pilot, lambda: "read-only" in shown(app))
        assert app.screen.query_one("#delete", Button).disabled


async def test_the_log_shows_each_request_and_follows_new_ones(connection: Connection, bucket: str) -> None:
    async with showing(RequestLogScreen(connection)) as (app, pilot):
        assert "CreateBucket" in shown(app)
        with pytest.raises(errors.NoSuchKey):
            connection.call("get_object", Bucket=bucket, Key="missing")
        await until(pilot, lambda: "GetObject" in shown(app))
        assert "HTTP 404 NoSuchKey; request id" in shown(app)
        assert app.screen.query_one(RequestList).cursor == 1
        await pilot.press("f")
        assert "CreateBucket" not in shown(app)
        await pilot.press("f", "up")
        assert "CreateBucket" in shown(app)
        connection.call("head_bucket", Bucket=bucket)
        await until(pilot, lambda: "HeadBucket" in shown(app))
        assert app.screen.query_one(RequestList).cursor == 0  # it stays where the user looks


async def test_a_log_that_has_dropped_its_oldest_says_so(connection: Connection, bucket: str) -> None:
    connection.call("head_bucket", Bucket=bucket)
    for request in connection.log.newest(1) * 2_100:
        connection.log.add(request)
    async with showing(RequestLogScreen(connection)) as (app, _):
        assert "2,000 requests among the last 2,000 of 2,10" in shown(app)


async def test_the_log_can_be_copied_for_a_ticket(connection: Connection, bucket: str) -> None:
    async with showing(RequestLogScreen(connection)) as (app, pilot):
        await pilot.press("y")
        assert "CreateBucket" in app.clipboard
        assert bucket in app.clipboard
        assert "request id" in app.clipboard
        await pilot.press("escape")
        assert not isinstance(app.screen, RequestLogScreen)


async def test_hostile_names_in_the_log(connection: Connection, bucket: str) -> None:
    key = "a[/b]\x1b[31m\u202egpj\nc\udcff" + "x" * 300
    with pytest.raises(errors.Refused):
        connection.call("head_object", Bucket=bucket, Key=key)
    async with showing(RequestLogScreen(connection)) as (app, _):
        assert "a[/b]␛[31m" in shown(app)
        assert "\x1b" not in shown(app)
        assert "\u202e" not in shown(app)


async def test_an_empty_log(connection: Connection) -> None:
    async with showing(RequestLogScreen(connection)) as (app, pilot):
        await pilot.press("down", "y", "f")
        assert "Nothing to show" in shown(app)
