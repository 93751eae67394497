"""Ctrl+Q leaves from anywhere, but never past the question about what is being transferred."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.dialogs.goto import Goto
from s3tui.ui.dialogs.leave import Leave, Waiting
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle, until


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every upload goes on until it is cancelled, or its file is there."""

    def upload(_: Connection, request: UploadRequest, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        while not request.path.exists():
            token.wait(0.02)
        raise errors.S3Error("It went wrong.")

    monkeypatch.setattr("s3tui.transfers.upload.upload", upload)


async def test_without_transfers_it_leaves_at_once(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("ctrl+g", "ctrl+q")
        assert browser.app._exit


async def test_unsaved_rules_are_asked_about(profile: Profile, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        await pilot.press("b")
        await settle(pilot)
        await pilot.press("ctrl+t", "enter")
        await settle(pilot)
        assert getattr(pilot.app.screen, "unsaved", False)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "is not saved" in shown(pilot)
        await pilot.press("enter")  # No
        await settle(pilot)
        assert not browser.app._exit
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: browser.app._exit)


@pytest.mark.usefixtures("endless")
async def test_a_dialog_goes_on_after_a_no(profile: Profile, connection: Connection, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        transfer = browser.queue.submit(connection, UploadRequest(Path("a"), S3Uri(bucket, "a")))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(pilot.app.screen, Goto))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Leave))
        await pilot.press("ctrl+q")  # a second time asks nothing more
        await pilot.pause()
        await pilot.press("escape")  # Stay
        await until(pilot, lambda: isinstance(pilot.app.screen, Goto))
        pilot.app.screen.query_one("#place").value = f"s3://{bucket}/below/"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: browser.place == S3Uri(bucket, "below/"))
        assert not browser.app._exit
        assert transfer.state == "running"
        browser.queue.cancel_all(5)


@pytest.mark.usefixtures("endless")
async def test_what_is_not_kept_is_cancelled_first(profile: Profile, connection: Connection, bucket: str) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        transfer = browser.queue.submit(connection, UploadRequest(Path("a"), S3Uri(bucket, "a")))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Leave))
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: browser.app._exit)
    assert transfer.state == "cancelled"


@pytest.mark.usefixtures("endless")
async def test_it_waits_for_all_and_then_leaves(
    profile: Profile, connection: Connection, bucket: str, tmp_path: Path
) -> None:
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        transfer = browser.queue.submit(connection, UploadRequest(tmp_path / "a", S3Uri(bucket, "a")))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Leave))
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Waiting) and "1 running" in shown(pilot))
        await pilot.press("enter")  # Stay
        await until(pilot, lambda: pilot.app.screen is browser)
        assert not browser.app._exit
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Leave))
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Waiting))
        (tmp_path / "a").touch()
        await until(pilot, lambda: browser.app._exit)
        assert "1 transfer failed" in "".join(map(str, browser.app._exit_renderables))
    assert transfer.state == "failed"
