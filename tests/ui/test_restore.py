"""An archived object on the screen: a download says so, and offers the restore."""

from __future__ import annotations

from textual.widgets import Input

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.dialogs.choose import Choose
from s3tui.ui.dialogs.download import DownloadForm
from s3tui.ui.dialogs.restore import Restore
from tests.ui.hosting import text_of
from tests.ui.waiting import settle, until


async def test_a_download_of_an_archived_object_offers_to_restore_it(
    profile: Profile, connection: Connection, bucket: str
) -> None:
    connection.call("put_object", Bucket=bucket, Key="a.iso", Body=b"x", StorageClass="DEEP_ARCHIVE")
    connection.call("put_object", Bucket=bucket, Key="b.iso", Body=b"x")
    app = S3tuiApp(Start(target=f"s3://{bucket}/", profile=profile))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "b.iso" in text_of(app))
        await settle(pilot)
        await pilot.press("asterisk", "d")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "Restore 1 archived object first" in text_of(app)
        await pilot.press("down", "enter")  # the others
        await until(pilot, lambda: isinstance(app.screen, DownloadForm))
        assert "b.iso" in text_of(app) and list(app.screen.sizes) == [S3Uri(bucket, "b.iso")]
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Restore))
        assert "up to 12 hours" in text_of(app) and "not from the deep archive" in text_of(app)
        app.screen.query_one("#days", Input).value = "0"
        await pilot.press("enter")
        assert "Days: a number" in text_of(app)
        assert head(connection, S3Uri(bucket, "a.iso")).restore is None
        app.screen.query_one("#days", Input).value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.browser)
    assert head(connection, S3Uri(bucket, "a.iso")).restore is not None
