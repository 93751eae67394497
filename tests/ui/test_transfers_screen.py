"""The list of transfers, and the line about them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Static

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.screens.transfers import TransfersScreen, TransferTable
from s3tui.ui.widgets.transfer_line import TransferLine
from tests.transfers import proxy as proxies
from tests.transfers.conftest import content
from tests.ui.hosting import Host, showing, text_of
from tests.ui.waiting import until


@pytest.fixture
def isos(tmp_path: Path) -> Path:
    folder = tmp_path / "isos"
    folder.mkdir()
    for name in ("agent.iso", "boot.iso"):
        (folder / name).write_bytes(name.encode() * 10)
    return folder


def held(proxy: proxies.Proxy) -> tuple[threading.Event, threading.Event]:
    """Holds the first PUT; (it has come, it may go on)."""
    came, go = threading.Event(), threading.Event()

    def hold() -> None:
        came.set()
        go.wait(20)

    proxy.once(lambda asked: proxies.Treatment(before=hold) if asked.method == "PUT" else None)
    return came, go


async def test_the_screen_shows_cancels_and_tries_again(
    connection: Connection, endpoint: str, bucket: str, isos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setattr(parts, "PART_SIZE", 5 << 20)
    (isos / "agent.iso").write_bytes(bytes(6 << 20))
    queue = Queue()
    with proxies.running(endpoint) as proxy:
        through = Connection(replace(connection.profile, endpoint=proxy.endpoint))
        came, go = held(proxy)
        connection.call("put_object", Bucket=bucket, Key="taken", Body=b"x")
        queue.submit(through, UploadRequest(isos / "agent.iso", S3Uri(bucket, "agent.iso")))
        failed = queue.submit(connection, UploadRequest(isos / "boot.iso", S3Uri(bucket, "taken")))
        assert came.wait(90)
        failed.future.result(90)
        screen = TransfersScreen(queue)
        app = Host(screen, queue)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "✗ failed" in text_of(app))
            assert "agent.iso" in text_of(app) and "1 running" in text_of(app)
            await pilot.press("down")
            await until(pilot, lambda: "already exists" in text_of(app))
            connection.call("delete_object", Bucket=bucket, Key="taken")
            await pilot.press("a")
            await until(pilot, lambda: "✓ verified" in text_of(app))
            await pilot.press("home", "p")
            await until(pilot, lambda: "pausing" in text_of(app))
            go.set()
            await until(pilot, lambda: "‖ paused" in text_of(app))
            await pilot.press("c")
            await until(pilot, lambda: "⊘ cancelled" in text_of(app))
            await pilot.press("x")  # this one; X all
            await until(pilot, lambda: [each.state for each in queue.rows()] == ["verified"])
            await pilot.press("X")
            await until(pilot, lambda: "Nothing has been transferred" in text_of(app))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is not screen)
    assert content(connection, bucket, "taken") == (isos / "boot.iso").read_bytes()


async def test_what_is_there_is_replaced_only_after_a_question(connection: Connection, bucket: str, isos: Path) -> None:
    queue = Queue()
    connection.call("put_object", Bucket=bucket, Key="taken", Body=b"mine")
    failed = queue.submit(connection, UploadRequest(isos / "boot.iso", S3Uri(bucket, "taken")))
    failed.future.result(90)
    async with showing(TransfersScreen(queue)) as (app, pilot):
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        told = [str(line.content) for line in app.screen.query(Static)]
        assert any(f"s3://{bucket}/taken: 4 B, written 2" in line for line in told)
        await pilot.press("enter")  # starts on No
        await until(pilot, lambda: isinstance(app.screen, TransfersScreen))
        assert content(connection, bucket, "taken") == b"mine"
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        connection.call("put_object", Bucket=bucket, Key="taken", Body=b"theirs")
        await pilot.click("#yes")
        await until(pilot, lambda: "changed since you looked" in failed.why)
        assert content(connection, bucket, "taken") == b"theirs"
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.click("#yes")
        await until(pilot, lambda: "✓ verified" in text_of(app))
    assert content(connection, bucket, "taken") == (isos / "boot.iso").read_bytes()


async def test_the_line_appears_with_the_first_transfer(
    connection: Connection, bucket: str, isos: Path, tmp_path: Path
) -> None:
    queue = Queue()
    app = Host(Screen(), queue)
    async with app.run_test(size=(80, 24)) as pilot:
        app.pop_screen()
        await pilot.pause()
        line = app.query_one(TransferLine)
        assert not line.display
        up = queue.submit(connection, UploadRequest(isos / "agent.iso", S3Uri(bucket, "agent.iso")))
        await until(pilot, lambda: up.state == "verified")
        queue.submit(connection, DownloadRequest(S3Uri(bucket, "agent.iso"), tmp_path / "agent.iso"))
        await until(pilot, lambda: "✓ 2 verified" in text_of(app))
        queue.clear()
        await until(pilot, lambda: not line.display)


async def test_an_empty_screen_says_what_to_do() -> None:
    async with showing(TransfersScreen(Queue())) as (app, pilot):
        assert "u uploads" in text_of(app)
        app.screen.query_one(TransferTable).move_cursor(3)
        await pilot.press("c", "a", "x")


async def test_on_a_very_small_terminal_the_list_still_has_rows(
    connection: Connection, bucket: str, isos: Path
) -> None:
    queue = Queue()
    queue.submit(connection, UploadRequest(isos / "agent.iso", S3Uri(bucket, "agent.iso"))).future.result(90)
    async with showing(TransfersScreen(queue), (40, 12)) as (app, _):
        text = text_of(app)
        assert text.index("✓ verified") < text.index("This transfer") < text.index("From")
