"""Deleted objects in the table: shown and hidden, and what can be done with them."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import versions_of
from s3tui.transfers.stored import find
from s3tui.ui.dialogs.choose import Choose
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.screens.browser import Browser
from tests.ui.browsing import browsing, said, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def versioned(connection: Connection, bucket: str) -> str:
    """A bucket that keeps versions, with a deleted object at its top and one below a prefix."""
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a.txt", "gone.txt", "z.txt", "old/gone.txt", "old/here.txt"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"1234")
    for key in ("gone.txt", "old/gone.txt"):
        connection.call("delete_object", Bucket=bucket, Key=key)
    return bucket


def rows(browser: Browser) -> list[str]:
    return sorted(row.key for row in browser.objects.listing.columns) if browser.objects.listing else []


async def test_deleted_objects_are_shown_until_they_are_hidden_again(profile: Profile, versioned: str) -> None:
    async with browsing(profile, f"s3://{versioned}/", size=(160, 40)) as (pilot, browser):
        assert rows(browser) == ["a.txt", "old/", "z.txt"]
        await pilot.press("V")
        await until(pilot, lambda: rows(browser) == ["a.txt", "gone.txt", "old/", "z.txt"])
        await until(pilot, lambda: "1 prefix, 2 objects · 8 B · 1 deleted, V hides them" in shown(pilot))
        await pilot.press("g", "l")  # it holds in the whole bucket
        await until(pilot, lambda: rows(browser) == ["old/gone.txt", "old/here.txt"])
        await pilot.press("V")
        await until(pilot, lambda: rows(browser) == ["old/here.txt"])
        await pilot.press("h")
        await until(pilot, lambda: rows(browser) == ["a.txt", "old/", "z.txt"])


async def test_a_deleted_object_shows_its_versions_and_refuses_what_it_can_not(
    profile: Profile, versioned: str
) -> None:
    async with browsing(profile, f"s3://{versioned}/", size=(160, 40)) as (pilot, browser):
        await pilot.press("V")
        await until(pilot, lambda: "gone.txt" in rows(browser))
        browser.objects.table.move_to("gone.txt")
        await until(pilot, lambda: "by a delete marker" in browser.detail.text("overview"))
        assert "2 versions · complete" in browser.detail.text("overview")
        assert browser.current_object is None
        await pilot.press("e")
        assert "This object is deleted." in said(pilot)
        await pilot.press("space", "d")
        assert browser.chosen_objects == []
        await pilot.press("w")
        await until(pilot, lambda: pilot.app.screen is not browser)
        assert f"s3://{versioned}/z.txt" in shown(pilot)  # the cursor went on after Space


async def test_the_filter_holds_while_deleted_objects_come_and_go(profile: Profile, versioned: str) -> None:
    async with browsing(profile, f"s3://{versioned}/") as (pilot, browser):
        await pilot.press("slash", *"!a. txt", "enter", "V")
        await until(pilot, lambda: "gone.txt" in rows(browser))
        await until(pilot, lambda: browser.objects.table.shown == 2)
        await pilot.press("escape")
        await until(pilot, lambda: browser.objects.table.shown == 4)


async def test_a_bucket_without_versions_says_so(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("V")
        await until(pilot, lambda: "has never had versioning" in said(pilot))
        assert "deleted" not in str(browser.objects.query_one("#status", Static).content)
        assert type(browser.objects.listing).__name__ == "Listing"


async def test_only_a_place_can_show_deleted_objects(profile: Profile) -> None:
    async with browsing(profile) as (pilot, _):
        await pilot.press("V")
        await settle(pilot)
        assert "Open a bucket first." in said(pilot)


async def test_hits_say_where_deleted_objects_are_shown(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("ctrl+f", "x", "enter")
        await until(pilot, lambda: browser.objects.title)
        await pilot.press("V")
        await until(pilot, lambda: "hits of a search. Escape goes back" in said(pilot))


async def test_a_deleted_object_comes_back(profile: Profile, connection: Connection, versioned: str) -> None:
    async with browsing(profile, f"s3://{versioned}/", size=(160, 40)) as (pilot, browser):
        await pilot.press("V")
        await until(pilot, lambda: "gone.txt" in rows(browser))
        browser.objects.table.move_to("gone.txt")
        await settle(pilot)
        await pilot.press("U")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("enter")  # it starts on No
        await settle(pilot)
        assert not find(connection, S3Uri(versioned, "gone.txt"))
        await pilot.press("U")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.click("#yes")
        await until(pilot, lambda: "as it was before it was deleted" in said(pilot))
        await until(pilot, lambda: browser.current_object == S3Uri(versioned, "gone.txt"))
        assert find(connection, S3Uri(versioned, "gone.txt"))


async def test_all_that_is_selected_and_deleted_comes_back(
    profile: Profile, connection: Connection, versioned: str
) -> None:
    connection.call("delete_object", Bucket=versioned, Key="z.txt")
    async with browsing(profile, f"s3://{versioned}/", size=(160, 40)) as (pilot, browser):
        await pilot.press("V")
        await until(pilot, lambda: "gone.txt" in rows(browser))
        await pilot.press("*", "U")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and "Bring back 2 objects?" in shown(pilot))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "2 of 2 objects are back" in said(pilot))
        assert all(find(connection, S3Uri(versioned, key)) for key in ("gone.txt", "z.txt"))
        assert not find(connection, S3Uri(versioned, "old/gone.txt"))


async def test_an_older_version_is_copied_on_top(profile: Profile, connection: Connection, versioned: str) -> None:
    connection.call("put_object", Bucket=versioned, Key="a.txt", Body=b"newer")
    async with browsing(profile, f"s3://{versioned}/a.txt", size=(160, 40)) as (pilot, browser):
        await pilot.press("U")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.click("#yes")
        await until(pilot, lambda: browser.queue.snapshot() and not browser.queue.running)
        [view] = browser.queue.snapshot()
        assert view.state == "verified", view.why
        assert connection.call("get_object", Bucket=versioned, Key="a.txt")["Body"].read() == b"1234"
        assert len(versions_of(connection, S3Uri(versioned, "a.txt")).versions) == 3


async def test_no_version_is_replaced_by_an_older_one(profile: Profile, connection: Connection, bucket: str) -> None:
    """What is written while versioning is suspended takes the place of the version `null`."""
    for status in ("Suspended", "Enabled", "Suspended"):
        connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": status})
        if not find(connection, S3Uri(bucket, "a.txt")) or status == "Enabled":
            connection.call("put_object", Bucket=bucket, Key="a.txt", Body=status.encode())
    async with browsing(profile, f"s3://{bucket}/", size=(160, 40)) as (pilot, _):
        await pilot.press("U")
        await until(pilot, lambda: "Versioning is suspended here" in said(pilot))
