"""A list that comes at once is painted by one frame with its title; one that doesn't holds nothing up."""

from __future__ import annotations

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Stub
from tests.ui.browsing import browsing, shown
from tests.ui.test_late_answers import Slow, slow
from tests.ui.waiting import settle, until

__all__ = ["slow"]  # a fixture


async def test_the_screen_waits_for_the_list_but_not_long(
    slow: tuple[Slow, Stub], profile: Profile, bucket: str
) -> None:
    server, running = slow
    async with browsing(profile) as (pilot, browser):
        browser.use(running.profile)
        await settle(pilot)
        browser.go(S3Uri(bucket))
        assert pilot.app._batch_count  # Textual paints nothing meanwhile
        await until(pilot, lambda: not pilot.app._batch_count and f"Listing s3://{bucket}/" in shown(pilot))
        assert not server.go_on.is_set()
        server.go_on.set()
        await until(pilot, lambda: "You may not list" in shown(pilot))


async def test_who_hurries_from_place_to_place_sees_the_last(
    profile: Profile, connection: Connection, bucket: str
) -> None:
    for name in ("a/1", "b/2", "c/3"):
        connection.call("put_object", Bucket=bucket, Key=name, Body=b"")
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        for key in ("a/", "b/", "", "a/", "c/"):
            browser.go(S3Uri(bucket, key))
        await settle(pilot)
        await until(pilot, lambda: not pilot.app._batch_count)  # held for good is what it must not be
        assert [row.key for row in (browser.objects.table.cursor_row,) if row] == ["c/3"]
