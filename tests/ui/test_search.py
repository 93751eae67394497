"""Search on the screen: the dialog, and the hits in the table."""

from __future__ import annotations

import threading

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import Input, Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.search import LANGUAGE
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.search import Asked, Scope, Scopes, SearchForm
from s3tui.ui.screens.browser import Browser
from tests.s3.stub_server import Answer, stub
from tests.s3.stub_server import Asked as Request
from tests.ui.browsing import browsing, shown
from tests.ui.hosting import complaint, press, showing, text_of
from tests.ui.waiting import settle, until

SCOPES = (
    Scope("below s3://isos/debian/", S3Uri("isos", "debian/")),
    Scope("the whole bucket isos", S3Uri("isos")),
    Scope("every bucket of work", None),
)


# ---- the dialog


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_language_scopes_and_buttons_fit(size: tuple[int, int]) -> None:
    async with showing(SearchForm(SCOPES), size) as (app, pilot):
        await press(pilot, *"size>")
        text = text_of(app)
        for form, meaning in LANGUAGE:
            assert form in text and meaning in text
        assert "● below s3://isos/debian/" in text and "○ every bucket of work" in text
        assert "Search" in text and "Cancel" in text
        bottom = app.screen.query_one("#ok").region.bottom
        assert bottom < size[1]


async def test_type_choose_search() -> None:
    async with showing(SearchForm(SCOPES)) as (app, pilot):
        await press(pilot, *".iso size", "greater_than_sign", *"1G", "down", "down", "down", "up", "enter")
        (answer,) = app.answers
        assert isinstance(answer, Asked)
        assert answer.wanted.text == ".iso size>1G"
        assert answer.scope is SCOPES[1]


async def test_a_click_chooses() -> None:
    async with showing(SearchForm(SCOPES)) as (app, pilot):
        await pilot.click(Scopes, offset=Offset(4, 2))
        assert app.screen.query_one(Scopes).chosen is SCOPES[2]
        await pilot.click("#ok")
        assert app.answers[0].scope is SCOPES[2]


async def test_what_can_not_be_read_is_said_at_once_and_not_searched() -> None:
    async with showing(SearchForm(SCOPES, text="size>many")) as (app, pilot):
        await press(pilot, "end", "x")
        assert "size>manyx" in complaint(app.screen)
        await press(pilot, "enter")
        assert app.answers == []
        await press(pilot, *["backspace"] * 6, "1")
        assert complaint(app.screen) == ""


async def test_names_in_scopes_are_data() -> None:
    async with showing(SearchForm([Scope("below s3://b/[red]\x1b[/b]/", S3Uri("b"))])) as (app, _):
        assert "below s3://b/[red]␛[/b]/" in text_of(app)


async def test_escape_searches_nothing() -> None:
    async with showing(SearchForm(SCOPES)) as (app, pilot):
        await press(pilot, "a", "escape")
        assert app.answers == [None]


# ---- the hits


def put(connection: Connection, bucket: str, *keys: str) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"12345")


async def look_for(pilot: Pilot[None], *keys: str) -> None:
    """Ctrl+F, then these keys in the dialog, and Enter."""
    await pilot.press("ctrl+f")
    await until(pilot, lambda: isinstance(pilot.app.screen, SearchForm))
    await pilot.press(*keys, "enter")
    await settle(pilot)


def names(browser: Browser) -> list[str]:
    """What the table shows, from above."""
    listing = browser.objects.listing
    assert listing is not None
    return [listing.name(row) for row in range(len(listing.columns))]


def status(browser: Browser) -> str:
    return str(browser.objects.query_one("#status", Static).content)


async def test_hits_below_here_come_into_the_table(connection: Connection, bucket: str, profile: Profile) -> None:
    put(connection, bucket, "d/a.iso", "d/e/b.iso", "d/e/c.txt", "x.iso")
    async with browsing(profile, f"s3://{bucket}/d/") as (pilot, browser):
        await look_for(pilot, *".iso")
        assert names(browser) == ["a.iso", "e/b.iso"]
        assert f".iso · below s3://{bucket}/d/" in shown(pilot)
        assert "2 hits" in status(browser) and "complete" in status(browser)
        await pilot.press("down")
        assert browser.current_object == S3Uri(bucket, "d/e/b.iso")


async def test_every_bucket_from_nowhere(connection: Connection, profile: Profile) -> None:
    for name in ("seek-a", "seek-b"):
        connection.call("create_bucket", Bucket=name)
        put(connection, name, "d/hit", "miss")
    async with browsing(profile) as (pilot, browser):
        await look_for(pilot, *"hit", "down", "down")
        assert names(browser) == ["seek-a/d/hit", "seek-b/d/hit"]
        assert f"every bucket of {profile.name}" in shown(pilot)
        await pilot.press("down")
        assert browser.current_object == S3Uri("seek-b", "d/hit")


async def test_the_next_search_begins_with_the_last_one(connection: Connection, bucket: str, profile: Profile) -> None:
    put(connection, bucket, "d/a.iso", "x.iso")
    async with browsing(profile, f"s3://{bucket}/d/") as (pilot, browser):
        await look_for(pilot, *".iso", "down")
        assert names(browser) == ["d/a.iso", "x.iso"]
        await pilot.press("ctrl+f")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchForm))
        assert pilot.app.screen.query_one(Input).value == ".iso"
        assert pilot.app.screen.query_one(Scopes).chosen.place == S3Uri(bucket)
        await pilot.press("end", *"x", "enter")
        await settle(pilot)
        assert names(browser) == []
        assert "Nothing matches" in shown(pilot)


async def test_a_bucket_that_is_denied_is_said_beside_the_hits_of_the_others() -> None:
    def answer(asked: Request) -> Answer:
        if asked.path.split("?")[0] == "/":
            listed = b"".join(b"<Bucket><Name>%s</Name></Bucket>" % name for name in (b"closed", b"open"))
            return Answer(200, b"<ListAllMyBucketsResult><Buckets>" + listed + b"</Buckets></ListAllMyBucketsResult>")
        if asked.path.startswith("/closed"):
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        row = (
            b"<Contents><Key>a.iso</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Contents>"
        )
        return Answer(200, b"<ListBucketResult>" + row + b"<IsTruncated>false</IsTruncated></ListBucketResult>")

    with stub(answer) as running:
        async with browsing(running.profile) as (pilot, browser):
            await look_for(pilot, *"iso", "down", "down")
            assert names(browser) == ["open/a.iso"]
            assert "incomplete: bucket closed: You may not" in status(browser)


async def test_a_running_search_tells_how_far_it_is_and_can_be_stopped() -> None:
    more = threading.Event()

    def answer(asked: Request) -> Answer:
        if "delimiter" not in asked.path and "continuation-token" in asked.path:
            more.wait()
        keys = "".join(f"<Contents><Key>{name}</Key><Size>1</Size></Contents>" for name in ("hit", "miss"))
        tail = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        if "delimiter=" in asked.path:
            tail = "<IsTruncated>false</IsTruncated>"
        return Answer(200, f"<ListBucketResult>{keys}{tail}</ListBucketResult>".encode())

    with stub(answer) as running:
        async with browsing(running.profile, "s3://b/") as (pilot, browser):
            await pilot.press("ctrl+f")
            await until(pilot, lambda: isinstance(pilot.app.screen, SearchForm))
            await pilot.press(*"hit", "enter")
            await until(pilot, lambda: "2 looked at so far" in status(browser))
            assert names(browser) == ["hit"]
            await pilot.press("escape")
            await until(pilot, lambda: "incomplete" in status(browser))
            assert names(browser) == ["hit"]
            more.set()
