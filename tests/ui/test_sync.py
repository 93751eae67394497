"""Syncing, and downloading prefixes, from the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.ui.dialogs.download_below import DownloadBelowForm
from s3tui.ui.dialogs.sync import SyncForm
from s3tui.ui.screens.browser import Browser
from s3tui.ui.screens.plan import PlanScreen
from tests.cli.test_cp import keys
from tests.ui.browsing import browsing, said, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "sub/b"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "tree"


async def form(pilot: Pilot[None], folder: Path, delete: bool = False) -> SyncForm:
    """The dialog, filled in."""
    await pilot.press("S")
    await until(pilot, lambda: isinstance(pilot.app.screen, SyncForm))
    dialog = pilot.app.screen
    assert isinstance(dialog, SyncForm)
    dialog.query_one("#from", Input).value = str(folder)
    dialog.query_one("#delete", Checkbox).value = delete
    return dialog


async def planned(pilot: Pilot[None]) -> PlanScreen:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, PlanScreen)
    return screen


async def ended(pilot: Pilot[None], browser: Browser, count: int) -> None:
    await until(pilot, lambda: len(browser.queue.rows()) == count and not browser.queue.running)
    await settle(pilot)


async def test_a_folder_to_the_prefix_and_back(
    profile: Profile, connection: Connection, bucket: str, folder: Path, tmp_path: Path
) -> None:
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"gone")
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        await form(pilot, folder, delete=True)
        screen = await planned(pilot)
        assert screen.plan.counts() == {"new": 2, "delete": 1}
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "can't be undone" in shown(pilot))
        assert keys(connection, bucket) == {"p/gone"}
        await pilot.press(*bucket)
        await pilot.click("#yes")
        await ended(pilot, browser, 3)
        assert keys(connection, bucket) == {"p/a", "p/sub/b"}
        await form(pilot, tmp_path / "back")
        await pilot.press("ctrl+t")
        assert (await planned(pilot)).plan.counts() == {"new": 2}
        await pilot.press("ctrl+s")
        await ended(pilot, browser, 5)
        assert (tmp_path / "back/sub/b").read_text() == "sub/b"


async def test_what_is_wrong_is_said_in_the_dialog(profile: Profile, bucket: str, tmp_path: Path) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, _):
        dialog = await form(pilot, tmp_path / "not there")
        for field, value, complaint in (
            ("from", str(tmp_path / "not there"), "is no folder"),
            ("from", "", "Both places are needed"),
            ("from", f"s3://{bucket}/x/", "overlap"),
        ):
            dialog.query_one(f"#{field}", Input).value = value
            await pilot.press("ctrl+s")
            await until(pilot, lambda complaint=complaint: complaint in shown(pilot))


async def test_nothing_is_deleted_when_something_was_not_brought(
    profile: Profile, connection: Connection, bucket: str, folder: Path
) -> None:
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"gone")
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        await form(pilot, folder, delete=True)
        await planned(pilot)
        connection.call("put_object", Bucket=bucket, Key="p/a", Body=b"came meanwhile")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "can't be undone" in shown(pilot))
        await pilot.press(*bucket)
        await pilot.click("#yes")
        await until(pilot, lambda: "has deleted nothing" in said(pilot))
        await ended(pilot, browser, 2)
        assert keys(connection, bucket) == {"p/a", "p/gone", "p/sub/b"}


async def test_prefixes_are_downloaded_with_what_is_beside_them(
    profile: Profile, connection: Connection, bucket: str, tmp_path: Path
) -> None:
    for key in ("p/sub/a", "p/sub/deeper/b", "p/sub/", "p/c"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"" if key.endswith("/") else key.encode())
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        await pilot.press("asterisk", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, DownloadBelowForm))
        assert "Download 1 prefix and 1 object" in shown(pilot)
        pilot.app.screen.query_one("#folder", Input).value = str(tmp_path / "here")
        assert (await planned(pilot)).plan.counts() == {"new": 3}
        await pilot.press("ctrl+s")
        await ended(pilot, browser, 3)
    here = tmp_path / "here"
    assert {path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file()} == {
        "sub/a", "sub/deeper/b", "c",
    }  # fmt: skip
