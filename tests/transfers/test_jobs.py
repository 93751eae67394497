"""Jobs: their order, and what is counted of their items."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers import request_text
from s3tui.transfers.job_view import JobView
from s3tui.transfers.journal import Journal, Row
from s3tui.transfers.notes import Notes
from s3tui.transfers.pace import Underway
from s3tui.transfers.progress import FINISHED, Outcome, Progress, State
from s3tui.transfers.queue import Queue
from s3tui.transfers.tally import Tally
from tests.transfers import fake
from tests.transfers.fake import DONE, Fake

NOBODY = Connection(Profile("lab", credentials="anonymous"))
STATES: tuple[State, ...] = ("waiting", "running", "paused", "verified", "failed")


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    fake.RAN.clear()  # also what a test of another file ran in this process
    yield
    fake.WORK.clear()


def queue_of(*jobs: str, journal: Journal | None = None) -> Queue:
    """One that runs nothing yet; a job is the names of its items."""
    queue = Queue(journal=journal)
    queue._at_once = 0
    for names in jobs:
        queue.submit_all(NOBODY, [Fake(name) for name in names.split()])  # type: ignore[misc]
    return queue


def names(queue: Queue) -> list[str]:
    return [each.row.ends[0].lstrip("/") for each in queue.rows()]


def views(queue: Queue) -> list[JobView]:
    return [view for job in queue.jobs() if (view := queue.job(job))]


def test_a_job_changes_places_as_a_whole_and_its_items_run_in_that_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    queue = queue_of("a1 a2 a3", "b1", "c1 c2", journal=journal)
    queue.move_job(3, -1)
    assert names(queue) == ["a1", "a2", "a3", "c1", "c2", "b1"]
    queue.move_job(1, 1)
    queue.move(2, -1)
    assert names(queue) == ["c1", "c2", "a2", "a1", "a3", "b1"]
    queue.move_job(2, 1)  # it is the last already
    queue.move(5, -1)  # and this the first of its job
    assert [row.ends[0] for row in journal.since(-1).rows] == [f"/{name}" for name in names(queue)]
    last = queue.rows()[-1].future
    queue.at_once = 1
    last.result(20)
    assert fake.RAN == ["c1", "c2", "a2", "a1", "a3", "b1"]
    journal.close()


def test_what_its_ends_have_in_common() -> None:
    queue = queue_of("isos/x/a isos/x/b isos/y", "alone", "photos/2024/a photos/2024-old/b", "q r")
    assert [(view.source, view.target) for view in views(queue)] == [
        ("/isos/", "s3://bucket/isos/"),
        ("/alone", "s3://bucket/alone"),
        ("/photos/", "s3://bucket/photos/"),
        ("/", "s3://bucket/"),
    ]


def test_what_is_dropped_is_counted_no_more() -> None:
    queue = queue_of("a b", "c")
    queue.cancel([1, 3])
    queue.clear([1, 2])  # one of them has ended
    assert [view.states for view in views(queue)] == [{"waiting": 1}, {"cancelled": 1}]
    queue.clear()
    assert [view.number for view in views(queue)] == [1]


def test_counts_are_those_of_the_items_whatever_becomes_of_them() -> None:
    random.seed(4)
    tally, rows = Tally(), list[Row]()
    for _ in range(500):
        if rows and random.random() < 0.5:
            tally.count(rows.pop(random.randrange(len(rows))), -1)
        total = random.choice([None, 0, 7, 1000])
        done = random.randint(0, total or 0)
        state = random.choice(STATES)
        row = Row(1, 1, 1, "upload", ("", ""), state, "", False, total, done, "", None, random.random() < 0.5)
        rows.append(row)
        tally.count(row, 1)
    sized = [row for row in rows if row.total is not None]
    going = [row for row in rows if row.state not in FINISHED]
    assert +tally.states == Counter(row.state for row in rows)
    assert (tally.left, tally.done) == (sum(row.left for row in rows), sum(row.done for row in rows))
    assert tally.total == sum(row.total or 0 for row in sized)
    assert sum(row.done for row in going if row.total) <= tally.went <= tally.total
    assert tally.ahead == sum((row.total or 0) - row.done for row in going if row.total is not None)
    assert tally.unsized == sum(row.total is None for row in going)


def test_how_far_it_is_by_items_where_sizes_are_not_known() -> None:
    queue = queue_of("a b c d")
    queue.cancel([1])
    (view,) = views(queue)
    assert (view.through, view.whole, view.ahead) == (0, 4000, None)  # what is cancelled didn't go


@pytest.mark.parametrize(
    ("state", "left", "went"),
    [
        ("verified", False, 10),
        ("sent but not verified", False, 10),
        ("skipped", False, 10),
        ("paused", True, 7),
        ("running", True, 7),
        ("failed", False, 0),
        ("failed", True, 7),
        ("cancelled", False, 0),
        ("outcome unknown", False, 0),
        ("done in part", False, 7),
    ],
)
def test_what_really_went(state: State, left: bool, went: int) -> None:
    tally = Tally()
    tally.count(Row(1, 1, 1, "upload", ("", ""), state, "", False, 10, 7, "", None, left), 1)
    assert tally.went == went
    tally.count(Row(1, 1, 1, "upload", ("", ""), "failed", "", False, 10, 10, "", None, True), 1)
    assert tally.went == went + 9  # all of it was sent, and yet it isn't there


def test_a_job_with_a_failed_item_is_not_full() -> None:
    fake.WORK["bad"] = lambda *_: Outcome("failed", "No.")

    def good(progress: Progress, _: CancelToken, __: Notes) -> Outcome:
        progress.begin(10)
        progress.add(10)
        return DONE

    fake.WORK["good"] = good
    queue = queue_of("good bad")
    for each in queue.rows():
        queue._list.change(each, each.row._replace(total=10))
    queue.at_once = 1
    assert queue._wait_for_all(60)
    (view,) = views(queue)
    assert (view.through, view.whole, view.ahead) == (10, 20, 0)


def test_the_share_does_not_fall_when_what_was_paused_goes_on(tmp_path: Path) -> None:
    """What is there is looked at again, bit by bit; what then turns out to be missing is counted as missing."""
    steps, looked = threading.Semaphore(0), threading.Semaphore(0)

    def work(progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        progress.begin(10)
        for count, move in ((3, progress.skip), (3, progress.skip), (1, progress.add), (3, progress.add)):
            looked.release()
            while not steps.acquire(timeout=0.01):
                token.check()
            move(count)
        return DONE

    fake.WORK["a"] = work
    journal = Journal(tmp_path)
    queue = queue_of("a", journal=journal)
    [row] = [each.row._replace(state="paused", done=7, total=10) for each in queue.rows()]
    journal.end(row)
    journal.close()
    queue = Queue(journal=Journal(tmp_path), connect=lambda _: NOBODY)
    queue.load()
    shares = [view.through for view in views(queue)]
    queue.resume()
    for _ in range(4):
        assert looked.acquire(timeout=60)
        (view,) = views(queue)
        shares.append(view.through)
        steps.release()
    assert queue._wait_for_all(60)
    shares += [view.through for view in views(queue)]
    assert shares == [7, 7, 7, 7, 7, 10]
    queue.journal.close()


def test_how_far_all_are_counts_what_only_waits() -> None:
    queue = queue_of("a b", "waits", "objects")
    queue.cancel([4])  # nothing of that job is under way
    running, waiting = queue.underway()
    running = replace(running, through=90, whole=200, ahead=110)
    waiting = replace(waiting, through=0, whole=700, ahead=700)
    deletes = replace(waiting, kind="delete", whole=5)
    underway = Underway()
    underway.see([running, waiting, deletes])
    assert (underway.done, underway.total) == (90, 900)
    underway.see([running, replace(waiting, ahead=None)])  # nobody knows how much that is: items are counted
    assert (underway.done, underway.total, underway.seconds_left) == (0, 3, None)
