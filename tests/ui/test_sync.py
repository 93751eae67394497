"""Syncing, and downloading prefixes, from the keyboard."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Select

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.ui.dialogs.download_below import DownloadBelowForm
from s3tui.ui.dialogs.sync import SyncForm
from s3tui.ui.screens.browser import Browser
from s3tui.ui.screens.plan import PlanScreen
from s3tui.ui.syncing import Syncs
from tests.cli.test_cp import keys
from tests.transfers import proxy as proxies
from tests.transfers.proxy import Treatment
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
        await until(pilot, lambda: "1 delete of the sync will wait" in said(pilot))
        await ended(pilot, browser, 3)
        assert keys(connection, bucket) == {"p/a", "p/gone", "p/sub/b"}
        [failed] = browser.queue.rows(("failed",))
        occupied = browser.queue.occupied(failed.number)
        assert occupied and browser.queue.replace(failed.number, occupied) == 1  # it goes well, and what waits follows
        await ended(pilot, browser, 3)
        assert keys(connection, bucket) == {"p/a", "p/sub/b"}


async def test_a_paused_item_keeps_the_deletes_waiting_and_a_cancelled_one_offers_the_sync_again(
    profile: Profile, connection: Connection, bucket: str, folder: Path
) -> None:
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"gone")
    remember("proxied", Keys("demo-access-key", "demo-secret-key"))
    go = threading.Event()
    with proxies.running(str(profile.endpoint)) as proxy:
        proxy.rules.append(lambda asked: Treatment(before=lambda: go.wait(60)) if asked.method == "PUT" else None)
        through = replace(profile, name="proxied", endpoint=proxy.endpoint)
        await _paused_and_cancelled(through, connection, bucket, folder, go)


async def _paused_and_cancelled(
    profile: Profile, connection: Connection, bucket: str, folder: Path, go: threading.Event
) -> None:
    async with browsing(profile, f"s3://{bucket}/p/") as (pilot, browser):
        browser.queue.at_once = 1
        await form(pilot, folder, delete=True)
        await planned(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "can't be undone" in shown(pilot))
        await pilot.press(*bucket)
        await pilot.click("#yes")
        await until(pilot, lambda: browser.queue.counts.get("running") == 1)
        first, second, delete = browser.queue.rows()
        browser.queue.pause([second.number])
        go.set()
        await until(pilot, lambda: first.state == "verified")
        await settle(pilot)
        assert "deleted nothing" not in said(pilot) and "will wait" not in said(pilot)
        assert delete.state == "paused" and "nothing is deleted" in delete.why
        browser.queue.cancel([second.number])
        await until(pilot, lambda: "has deleted nothing" in said(pilot))
        assert "p/gone" in keys(connection, bucket)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(pilot.app.screen, SyncForm))
        dialog = pilot.app.screen
        assert dialog.query_one("#from", Input).value == str(folder)
        assert dialog.query_one("#delete", Checkbox).value


async def test_another_profile_may_be_on_either_side(profile: Profile, connection: Connection, bucket: str) -> None:
    remember("other", Keys("demo-access-key", "demo-secret-key"))
    connection.call("put_object", Bucket=bucket, Key="p/a", Body=b"a")
    connection.call("put_object", Bucket=bucket, Key="q/gone", Body=b"gone")
    async with browsing(profile, f"s3://{bucket}/q/") as (pilot, browser):
        form = SyncForm(connection, S3Uri(bucket, "q/"), [replace(profile, name="other")])
        pilot.app.push_screen(form)
        await settle(pilot)
        form.query_one("#from", Input).value = f"s3://{bucket}/p/"
        form.query_one("#from-profile", Select).value = 1
        form.query_one("#delete", Checkbox).value = True
        screen = await planned(pilot)
        assert screen.plan.counts() == {"new": 1, "delete": 1}
        [copy, _] = screen.plan.requests()
        assert isinstance(copy, CopyRequest) and (copy.to_profile, copy.to_endpoint) == ("moto", profile.endpoint)
        assert form.asked
        syncs = browser.syncs = Syncs(browser)
        await syncs.carry_out(form.asked, list(screen.plan.requests()))
        await ended(pilot, browser, 2)
        assert keys(connection, bucket) == {"p/a", "q/a"}


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
