"""The transfers' screen by jobs: rows that fold, and what is done to all items of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers import request_text
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from s3tui.ui.screens.transfers import TransfersScreen
from s3tui.ui.widgets.transfer_table import TransferTable
from tests.transfers import fake
from tests.transfers.fake import Fake
from tests.ui.hosting import Host, showing, text_of
from tests.ui.waiting import until

NOBODY = Connection(Profile("lab", credentials="anonymous"))


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    monkeypatch.setattr("s3tui.ui.widgets.transfer_cells.ARROWS", {"fake": "*"})
    monkeypatch.setattr("s3tui.ui.widgets.transfer_line.ARROWS", {"fake": "*"})
    yield
    fake.WORK.clear()


def submit(queue: Queue, *names: str) -> None:
    queue.submit_all(NOBODY, [Fake(name) for name in names])  # type: ignore[misc]


def at_rest() -> Queue:
    """A queue that runs nothing, with a job of three and one of a single item."""
    queue = Queue()
    queue._at_once = 0
    submit(queue, "isos/a", "isos/b", "isos/c")
    submit(queue, "alone")
    return queue


async def test_a_job_folds_and_the_cursor_stays_where_it_was() -> None:
    queue = at_rest()
    async with showing(TransfersScreen(queue), (100, 24)) as (app, pilot):
        table = app.screen.query_one(TransferTable)
        assert table.row_count == 5  # the single item has no row above it
        assert "▾ * s3://" not in text_of(app) and "▾ * /isos/" in text_of(app) and "·3" in text_of(app)
        await pilot.press("home", "down", "down", "left")  # from the second item
        assert table.row_count == 2 and table.cursor == 0 and "▸ * /isos/" in text_of(app)
        await pilot.press("down")
        assert table.current and table.current.source == "/alone"
        await pilot.press("up", "right", "down")
        assert table.row_count == 5 and table.current and table.current.source == "/isos/a"
        await pilot.press("home", "enter")
        assert table.row_count == 2
        assert "This job" in text_of(app) and "3 waiting" in text_of(app) and "profile lab" in text_of(app)


async def test_what_is_done_to_a_job_is_done_to_all_its_items() -> None:
    queue = at_rest()
    async with showing(TransfersScreen(queue), (100, 24)) as (_, pilot):
        await pilot.press("home", "p")
        await until(pilot, lambda: queue.counts == {"paused": 3, "waiting": 1})
        await pilot.press("J")
        await until(pilot, lambda: next(iter(queue.rows())).view().source == "/alone")
        await pilot.press("r")
        await until(pilot, lambda: queue.counts == {"waiting": 4})
        await pilot.press("c", "enter")  # starts on No
        assert queue.counts == {"waiting": 4}
        await pilot.press("c", "tab", "enter")
        await until(pilot, lambda: queue.counts == {"cancelled": 3, "waiting": 1})
        await pilot.press("a")
        await until(pilot, lambda: queue.counts == {"waiting": 4})
        await pilot.press("c", "tab", "enter")
        await until(pilot, lambda: queue.counts == {"cancelled": 3, "waiting": 1})
        await pilot.press("x")
        await until(pilot, lambda: [each.view().source for each in queue.rows()] == ["/alone"])


async def test_again_takes_what_failed_before_what_was_cancelled() -> None:
    def fail(*_: object) -> Outcome:
        return Outcome("failed", "No.")

    fake.WORK["bad"] = fail
    queue = Queue()
    submit(queue, "good", "bad", "left")
    for each in queue.rows():
        each.future.result(20)
    queue._at_once = 0
    async with showing(TransfersScreen(queue), (100, 24)) as (app, pilot):
        assert "✗1 ✓2" in text_of(app)
        await pilot.press("home", "a")
        await until(pilot, lambda: queue.counts == {"waiting": 1, "verified": 2})


async def test_a_filter_shows_items_and_the_rows_of_their_jobs() -> None:
    queue = at_rest()
    queue.pause([2])
    async with showing(TransfersScreen(queue), (100, 24)) as (app, pilot):
        table = app.screen.query_one(TransferTable)
        await pilot.press("home", "left", "f", "down", "down", "enter")  # paused
        await until(pilot, lambda: table.row_count == 2)
        assert "‖1 ·2" in text_of(app) and "* b" in text_of(app) and "alone" not in text_of(app)
        queue.pause([3])
        await until(pilot, lambda: table.row_count == 3)
        queue.resume([2, 3])
        await until(pilot, lambda: "None is like that" in text_of(app))


async def test_a_job_tells_how_far_and_how_fast_it_is() -> None:
    """Each item is a thousand bytes: the first is sent, the second half, of the third nothing is known."""
    half, go = threading.Event(), threading.Event()

    def whole(progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        progress.begin(1000)
        progress.add(1000)
        return fake.DONE

    def stuck(progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        progress.begin(1000)
        progress.add(500)
        half.set()
        go.wait(20)
        progress.add(500)
        return fake.DONE

    fake.WORK.update({"*": whole, "2": stuck})
    queue = Queue()
    queue._at_once = 1
    submit(queue, "1", "2", "3")
    assert half.wait(20)
    app = Host(TransfersScreen(queue))
    async with app.run_test(size=(150, 24)) as pilot:
        await pilot.press("home")
        await until(pilot, lambda: "50% ▸1 ·1 ✓1" in text_of(app))
        assert "1,500 bytes" in text_of(app)
        go.set()
        await until(pilot, lambda: "100% ✓3" in text_of(app) and "3,000 of 3,000 bytes" in text_of(app))


async def test_a_long_reason_is_shown_to_its_end_and_a_folded_job_tells_the_first_one() -> None:
    def fails(*_: object) -> Outcome:
        return Outcome("failed", f"{'f' * 64} is not {'0' * 64}. " + "Get it anew, please. " * 8 + "The end.")

    fake.WORK["isos/b"] = fails
    queue = Queue()
    submit(queue, "isos/a", "isos/b", "isos/c")
    queue.wait(20)
    async with showing(TransfersScreen(queue), (80, 24)) as (app, pilot):
        await pilot.press("home", "down", "down")
        assert "This transfer" in text_of(app) and "The end." in text_of(app)
        await pilot.press("left")
        await until(pilot, lambda: "The first that failed:" in text_of(app) and "The end." in text_of(app))
