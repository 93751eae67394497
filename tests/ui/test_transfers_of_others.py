"""The transfers' screen with what earlier runs have left, with other processes, and with very many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from s3tui.folders import transfers_folder
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import request_text
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.limits import Limits as Kept
from s3tui.transfers.limits import remembered
from s3tui.transfers.queue import Queue
from s3tui.transfers.received import Received
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.dialogs.key_list import KeyList
from s3tui.ui.dialogs.limits import Limits
from s3tui.ui.screens.transfers import TransfersScreen
from s3tui.ui.widgets.transfer_table import TransferTable
from tests.transfers import fake
from tests.transfers.conftest import content
from tests.transfers.fake import Fake
from tests.ui.hosting import showing, text_of
from tests.ui.waiting import settle, until

MANY = 10_000


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal(transfers_folder())
    yield journal
    journal.close()


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    monkeypatch.setattr("s3tui.ui.widgets.transfer_cells.ARROWS", {"fake": "*"})
    monkeypatch.setattr("s3tui.ui.widgets.transfer_line.ARROWS", {"fake": "*"})


@pytest.fixture
def left(journal: Journal, profile: Profile, bucket: str, tmp_path: Path) -> list[Path]:
    """Two uploads that an earlier run was interrupted in."""
    paths = [tmp_path / name for name in ("a.iso", "b.iso")]
    for path in paths:
        path.write_bytes(path.name.encode())
    whom = Whom(profile.name, profile.endpoint, profile.region, profile.origin)
    job, rows = journal.add(whom, [UploadRequest(path, S3Uri(bucket, path.name)) for path in paths])
    for row in rows:
        journal.end(row._replace(state="paused", why="Interrupted."))
    journal.release(job.number)
    return paths


async def test_an_earlier_run_is_told_of_and_goes_on(
    left: list[Path], profile: Profile, connection: Connection, bucket: str
) -> None:
    app = S3tuiApp(Start(target=f"s3://{bucket}/", profile=profile))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: "2 transfers of an earlier run are paused: T shows them" in text_of(app))
        await settle(pilot)
        await pilot.press("T", "down")  # from the job's own row to its first item
        await until(pilot, lambda: "Interrupted." in text_of(app))
        await pilot.press("R")
        await until(pilot, lambda: app.queue.counts == {"verified": 2})
        await pilot.press("home", "down", "enter")  # below the job's own row; goes to the object
        await until(pilot, lambda: app.screen is app.browser and app.browser.cursor_key == "a.iso")
    assert [content(connection, bucket, path.name) for path in left] == [path.read_bytes() for path in left]


async def test_without_its_profile_it_stays_paused(journal: Journal, left: list[Path], bucket: str) -> None:
    app = S3tuiApp()
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.queue.counts == {"paused": 2})
        await pilot.press("T", "r")
        await until(pilot, lambda: "There is no profile “moto”" in text_of(app))
        assert app.queue.counts == {"paused": 2}


async def test_one_of_another_process_is_seen_and_cannot_be_changed(
    fakes: None, journal: Journal, profile: Profile
) -> None:
    queue = Queue(journal=Journal(transfers_folder()))
    async with showing(TransfersScreen(queue), (100, 24)) as (app, pilot):
        job, (row,) = journal.add(Whom("lab", None, None, "config"), [Fake("theirs")])  # type: ignore[list-item]
        await until(pilot, lambda: "in another s3tui (process" in text_of(app))
        assert "in process" in text_of(app)
        for action in ("pause", "resume", "cancel", "retry", "overwrite", "move"):
            assert app.screen.check_action(action, ()) is None
        journal.end(row._replace(state="verified"))
        journal.release(job.number)
        await until(pilot, lambda: "✓ verified" in text_of(app) and "in process" not in text_of(app))
    queue.journal.close()


async def test_ten_thousand_are_drawn_by_what_is_seen(fakes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    queue._at_once = 0
    queue.submit_all(Connection(Profile("lab", credentials="anonymous")), [Fake(f"n{n}") for n in range(MANY)])  # type: ignore[misc]
    looked: list[int] = []
    view = queue.view
    monkeypatch.setattr(queue, "view", lambda each: (looked.append(each.number), view(each))[1])
    async with showing(TransfersScreen(queue)) as (app, pilot):
        screen = app.screen
        assert screen.query_one(TransferTable).row_count == 1 and f"·{MANY:,}" in text_of(app)  # so many begin folded
        await pilot.press("enter", "end")
        await until(pilot, lambda: f"n{MANY - 1}" in text_of(app))
        await pilot.press("K", "K")
        await until(pilot, lambda: queue.rows()[-3].view().source == f"/n{MANY - 1}")
        await until(pilot, lambda: screen.query_one(TransferTable).cursor == MANY - 2)
        looked.clear()
        screen.look()
        assert len(looked) < 100
        await pilot.press("f", "down", "down", "enter")  # paused
        await until(pilot, lambda: "None is like that" in text_of(app))
        queue.pause([1, MANY])
        await until(pilot, lambda: "‖ 2 paused" in text_of(app) and "Transfers: paused" in text_of(app))
        assert screen.query_one(TransferTable).row_count == 3  # with the job's
        await pilot.press("f", "enter")  # all
        await until(pilot, lambda: screen.query_one(TransferTable).row_count == 1)


async def test_limits_are_changed_while_it_runs() -> None:
    queue = Queue()
    async with showing(TransfersScreen(queue)) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Limits))
        for field, typed in (("#at-once", "0"), ("#speed", "fast")):
            before = app.screen.query_one(field, Input).value
            app.screen.query_one(field, Input).value = typed
            await pilot.press("enter")
            assert isinstance(app.screen, Limits) and queue.bandwidth.limit is None
            app.screen.query_one(field, Input).value = before
        app.screen.query_one("#at-once", Input).value = "8"
        app.screen.query_one("#speed", Input).value = "1.5 MiB/s"
        await pilot.press("enter")
        await until(pilot, lambda: queue.at_once == 8 and queue.bandwidth.limit == 3 << 19)
        await until(pilot, lambda: not isinstance(app.screen, Limits))
        assert remembered(transfers_folder()) == Kept(8, 3 << 19)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, KeyList) and "Resume all" in text_of(app))


async def test_all_are_cancelled_only_after_a_question(fakes: None) -> None:
    queue = Queue()
    queue._at_once = 0
    queue.submit_all(Connection(Profile("lab", credentials="anonymous")), [Fake("a"), Fake("b")])  # type: ignore[misc]
    queue.pause([1])
    async with showing(TransfersScreen(queue)) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one(TransferTable).cursor == 2)  # the first that isn't at rest
        await pilot.press("C", "enter")  # starts on No
        await pilot.press("P")
        await until(pilot, lambda: queue.counts == {"paused": 2})
        await pilot.press("C", "tab", "enter")
        await until(pilot, lambda: queue.counts == {"cancelled": 2})


async def test_the_local_file_is_shown_or_its_path_copied(
    connection: Connection, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "a.iso"
    path.write_bytes(b"x")
    queue = Queue()
    queue.submit(connection, UploadRequest(path, S3Uri(bucket, "a.iso"))).future.result(90)
    copied: list[str] = []
    async with showing(TransfersScreen(queue)) as (app, pilot):
        keep: Callable[[str], None] = copied.append
        monkeypatch.setattr(app, "copy_to_clipboard", keep)
        await pilot.press("l")
        await until(pilot, lambda: copied == [str(path)])
        monkeypatch.setenv("DISPLAY", ":0")
        opener = tmp_path / "bin" / "xdg-open"
        opener.parent.mkdir()
        opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
        opener.chmod(0o755)
        monkeypatch.setenv("PATH", f"{opener.parent}:/usr/bin:/bin")
        await pilot.press("l")
        await until(pilot, lambda: (tmp_path / "opened").exists())
        await until(pilot, lambda: (tmp_path / "opened").read_text() == f"{tmp_path}\n")


async def test_what_can_not_be_cancelled_is_forgotten_only_after_a_question(journal: Journal, tmp_path: Path) -> None:
    """The profile of a download is gone; its part file stays, and is named."""
    gone = Whom("gone", "https://old.example.org", None, "config")
    path = tmp_path / "image.iso"
    job, (row,) = journal.add(gone, [DownloadRequest(S3Uri("bucket", "image.iso"), path)])
    received = Received(".image.iso.part", 10, "e", None, 0.0, 5)
    received.note(journal.request(row.number)[1])
    received.part_file(path).write_bytes(b"12345")
    journal.end(row._replace(state="paused"))
    journal.release(job.number)
    queue = Queue(journal=journal)
    queue.load()
    async with showing(TransfersScreen(queue), (100, 24)) as (app, pilot):
        await pilot.press("x")  # not from the list as long as something is left
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and ".image.iso.part" in app.screen.consequence)
        await pilot.press("enter")  # starts on No
        assert queue.counts == {"paused": 1}
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.click("#yes")
        await until(pilot, lambda: queue.counts == {} and not journal.numbers())
    assert received.part_file(path).exists()
