"""`D` on objects, selections and prefixes: the dialog that counts, and the lists afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import filters, search
from s3tui.s3.client import Connection
from s3tui.s3.search import Hits
from s3tui.s3.uri import S3Uri
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.app import S3tuiApp
from s3tui.ui.dialogs.delete_bucket import DeleteBucket
from s3tui.ui.dialogs.delete_objects import DeleteObjects
from s3tui.ui.hits import MOST_ASKED
from s3tui.ui.screens.browser import Browser
from tests.transfers import proxy as proxies
from tests.transfers.test_delete import keep_versions, keys_in, put, versions_in
from tests.ui.browsing import browsing, said, shown
from tests.ui.waiting import settle, until

KEYS = ["p/a", "p/b", "p/c", "p/deep/1", "p/deep/2", "p/deep-er/1", "other"]


def rows(browser: Browser) -> list[str]:
    table = browser.objects.table
    return [table.listing.columns.key(row) for row in table.shown_rows()] if table.listing else []


async def counted(pilot: Pilot[None]) -> DeleteObjects:
    """The dialog, when it has counted."""
    await until(pilot, lambda: isinstance(pilot.app.screen, DeleteObjects))
    dialog = pilot.app.screen
    assert isinstance(dialog, DeleteObjects)
    await until(pilot, lambda: not dialog.query_one("#delete", Button).disabled)
    await settle(pilot)
    return dialog


async def delete(pilot: Pilot[None], browser: Browser, name: str = "") -> None:
    """Say yes, with the bucket's name where that is wanted, and wait for the end."""
    dialog = await counted(pilot)
    assert dialog.query_one("#typed").display is bool(name)
    dialog.query_one("#typed", Input).value = name
    await pilot.click("#delete")
    await until(pilot, lambda: browser.queue.snapshot() and not browser.queue.running)
    await settle(pilot)
    await until(pilot, lambda: not browser.places.is_reading)
    await settle(pilot)


async def test_a_selection_with_a_prefix_goes(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, KEYS)
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        assert sorted(rows(browser)) == ["p/a", "p/b", "p/c", "p/deep-er/", "p/deep/"]
        browser.go(S3Uri(bucket, "p/deep/"))  # which is kept from now on
        await settle(pilot)
        browser.go(S3Uri(bucket, "p/"), "p/deep/")
        await settle(pilot)
        await pilot.press("space", "space", "D")  # each goes on to the next row
        dialog = await counted(pilot)
        assert "4 objects, 4 B" not in shown(pilot) and "3 objects, 3 B" in shown(pilot)
        assert "can't be undone" in shown(pilot) and pilot.app.focused is dialog.query_one("#cancel")
        dialog.query_one("#typed", Input).value = "wrong"
        await pilot.click("#delete")
        assert "That is not the name" in shown(pilot) and not browser.queue.snapshot()
        await delete(pilot, browser, bucket)
        assert sorted(keys_in(connection, bucket)) == ["other", "p/b", "p/c", "p/deep-er/1"]
        assert sorted(rows(browser)) == ["p/b", "p/c", "p/deep-er/"]
        [view] = browser.queue.snapshot()
        assert (view.kind, view.state, view.done, view.total) == ("delete", "verified", 3, 3)
        assert "3 deleted" in said(pilot)
        browser.go(S3Uri(bucket, "p/deep/"))
        await settle(pilot)
        assert rows(browser) == []
        await pilot.press("T")
        await settle(pilot)
        assert "− " in shown(pilot) and "3 of 3 deleted" in shown(pilot)


async def test_enter_means_no(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, KEYS)
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        for key in ("enter", "escape"):
            await pilot.press("D")
            await counted(pilot)
            await pilot.press(key)
            await settle(pilot)
        assert not browser.queue.snapshot() and len(keys_in(connection, bucket)) == len(KEYS)


async def test_one_object_without_versions_needs_no_name(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, KEYS)
    async with browsing(profile, f"s3://{bucket}/p/a") as (pilot, browser):
        await pilot.press("D")
        await delete(pilot, browser)
        assert "p/a" not in keys_in(connection, bucket) and "p/a" not in rows(browser)
        assert len(keys_in(connection, bucket)) == len(KEYS) - 1


async def test_where_there_are_versions_markers_are_put(profile: Profile, connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, [*KEYS, "p/a"])
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        await pilot.press("asterisk", "D")
        await counted(pilot)
        assert "delete marker, and comes back" in shown(pilot)
        await delete(pilot, browser)
        versions, markers = versions_in(connection, bucket)
        assert sorted(markers) == sorted(key for key in KEYS if key != "other") and len(versions) == len(KEYS) + 1
        # moto goes on to list prefixes that hold delete markers only.
        assert [key for key in rows(browser) if not key.endswith("/")] == []
        await pilot.press("V")
        await settle(pilot)
        await pilot.press("G", "D")  # what is deleted already
        await settle(pilot)
        assert "This object is deleted" in said(pilot) and not isinstance(pilot.app.screen, DeleteObjects)


async def test_all_versions_on_request(profile: Profile, connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["p/a", "p/a", "p/b"])
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("D")
        dialog = await counted(pilot)
        assert "▐ ▌ All older versions" in shown(pilot)  # an empty box is off, without its colour
        dialog.query_one("#versions", Checkbox).value = True
        await until(pilot, lambda: "1 older version" in shown(pilot))
        assert "▐X▌ All older versions" in shown(pilot)
        await delete(pilot, browser, bucket)
        assert versions_in(connection, bucket) == ([], [])


async def test_in_the_tree_it_is_about_the_node(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, KEYS)
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        browser.bucket_tree.focus()
        await settle(pilot)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeleteBucket))
        await pilot.press("escape")
        await pilot.press("right")
        await settle(pilot)
        await pilot.press("down", "D")
        await counted(pilot)
        assert f"s3://{bucket}/p/*" in shown(pilot) and "6 objects" in shown(pilot)
        await delete(pilot, browser, bucket)
        assert keys_in(connection, bucket) == ["other"] == rows(browser)


async def test_read_only_says_why_not(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, ["a"])
    async with browsing(replace(profile, read_only=True), f"s3://{bucket}/") as (pilot, _):
        await pilot.press("D")
        await settle(pilot)
        assert "read-only" in said(pilot) and not isinstance(pilot.app.screen, DeleteObjects)
    assert keys_in(connection, bucket) == ["a"]


async def test_counting_can_be_stopped(profile: Profile, connection: Connection, bucket: str, endpoint: str) -> None:
    put(connection, bucket, KEYS)
    held = threading.Event()
    with proxies.running(endpoint) as proxy:
        remember("slow", Keys("demo-access-key", "demo-secret-key"))
        slow = replace(profile, name="slow", endpoint=proxy.endpoint)
        async with browsing(slow, f"s3://{bucket}/") as (pilot, browser):
            waits = proxies.Treatment(before=lambda: held.wait(20))
            proxy.rules.append(lambda asked: waits if "list-type" in asked.path else None)
            await pilot.press("D")
            await until(pilot, lambda: isinstance(pilot.app.screen, DeleteObjects))
            dialog = pilot.app.screen
            await until(pilot, lambda: "Counting" in shown(pilot) and dialog.query_one("#stop").display)
            assert dialog.query_one("#delete", Button).disabled
            await pilot.click("#stop")
            held.set()
            await until(pilot, lambda: not dialog.query_one("#stop").display)
            await settle(pilot)
            assert "Counting stopped: cancelled" in shown(pilot)
            await delete(pilot, browser, bucket)
    assert keys_in(connection, bucket) == ["other"]


async def test_what_cannot_be_listed_is_not_deleted(
    profile: Profile, connection: Connection, bucket: str, endpoint: str
) -> None:
    put(connection, bucket, KEYS)
    denied = b"<Error><Code>AccessDenied</Code></Error>"
    with proxies.running(endpoint) as proxy:
        remember("denied", Keys("demo-access-key", "demo-secret-key"))
        async with browsing(replace(profile, name="denied", endpoint=proxy.endpoint), f"s3://{bucket}/") as (pilot, _):
            proxy.rules.append(
                lambda asked: proxies.Treatment(instead=(403, denied)) if "list-type" in asked.path else None
            )
            await pilot.press("D")
            await until(pilot, lambda: "can't be seen" in shown(pilot))
            assert "You may not" in shown(pilot)
            assert pilot.app.screen.query_one("#delete", Button).disabled
    assert len(keys_in(connection, bucket)) == len(KEYS)


async def test_hostile_names_are_shown(profile: Profile, connection: Connection, bucket: str) -> None:
    put(connection, bucket, ["a[/b]", "[red]PWN[/red]"])
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("asterisk", "D")
        await counted(pilot)
        assert "[red]PWN[/" in shown(pilot) and isinstance(pilot.app, S3tuiApp)
        await delete(pilot, browser, bucket)
    assert keys_in(connection, bucket) == []


def nodes(browser: Browser) -> list[str]:
    """What the opened part of the tree says, with how deep."""
    tree = browser.bucket_tree
    lines = [tree.get_node_at_line(number) for number in range(tree.last_line + 1)]
    return [str(node.label).split("  ")[0] for node in lines if node is not None]


async def test_the_tree_follows_what_is_deleted_and_what_comes(
    profile: Profile, connection: Connection, bucket: str, tmp_path: Path
) -> None:
    put(connection, bucket, [*KEYS, "q/z"])
    (tmp_path / "x").write_text("x")
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        tree = browser.bucket_tree
        tree.focus()
        await pilot.press("right")
        await until(pilot, lambda: "q/" in nodes(browser))
        await pilot.press("down", "right")
        await until(pilot, lambda: "deep/" in nodes(browser))
        at = nodes(browser).index("p/")
        assert nodes(browser)[at:] == ["p/", "deep-er/", "deep/", "q/"]
        await pilot.press("down", "D")
        await delete(pilot, browser, bucket)
        await until(pilot, lambda: nodes(browser)[at:] == ["p/", "deep/", "q/"])
        assert tree.current == S3Uri(bucket, "p/")  # its own node is gone
        for key in ("p/deep-er/2", "p/new/1/2", "o/1"):
            browser.queue.submit(connection, UploadRequest(tmp_path / "x", S3Uri(bucket, key)))
        there = ["o/", "p/", "deep-er/", "deep/", "new/", "q/"]
        await until(pilot, lambda: nodes(browser)[at:] == there)
        browser.queue.submit(connection, MoveRequest(S3Uri(bucket, "q/z"), S3Uri(bucket, "r/z")))
        await until(pilot, lambda: nodes(browser)[at:] == [*there[:-1], "r/"])
        browser.queue.submit(connection, DeleteRequest(bucket, prefixes=("p/deep-er/", "p/deep/", "p/new/")))
        await until(pilot, lambda: nodes(browser)[at:] == ["o/", "p/", "no prefixes", "r/"])


async def test_hits_follow_what_is_deleted_moved_and_written(
    profile: Profile, connection: Connection, bucket: str
) -> None:
    put(connection, bucket, [*KEYS, *(f"many/{number:02}-p" for number in range(MOST_ASKED + 1))])
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        browser.show_hits(Hits([S3Uri(bucket)], filters.parse("p !x")), "p", search.read)
        await settle(pilot)
        assert len(rows(browser)) == len(KEYS) - 1 + MOST_ASKED + 1
        browser.queue.submit(connection, MoveRequest(S3Uri(bucket, "p/a"), S3Uri(bucket, "p/x")))
        browser.queue.submit(connection, MoveRequest(S3Uri(bucket, "p/b"), S3Uri(bucket, "p/y")))
        await until(pilot, lambda: rows(browser)[-4:] == ["p/deep-er/1", "p/deep/1", "p/deep/2", "p/y"])
        browser.places.open_hit(S3Uri(bucket, "p/c"))
        await settle(pilot)
        browser.queue.submit(connection, DeleteRequest(bucket, prefixes=("many/", "p/deep/")))
        await until(pilot, lambda: not browser.queue.running)
        await until(pilot, lambda: browser.places.hits and len(browser.places.hits.listing.columns) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: rows(browser) == ["p/c", "p/deep-er/1", "p/y"])
        assert browser.places.view and browser.places.view.listing.completeness.is_complete


async def test_hits_say_that_they_lack_what_was_written_by_the_hundred(
    profile: Profile, connection: Connection, bucket: str
) -> None:
    put(connection, bucket, KEYS)
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        browser.show_hits(Hits([S3Uri(bucket)], filters.parse("p")), "p", search.read)
        await settle(pilot)
        for number in range(MOST_ASKED + 1):
            browser.written(S3Uri(bucket, f"p/{number}"))
        await until(
            pilot, lambda: browser.places.hits and "written since" in str(browser.places.hits.listing.completeness)
        )
