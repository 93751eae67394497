"""What a sync deletes: only after all that it brings, in whichever process that is, and only what is as it was seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import journal as journals
from s3tui.transfers import request_text, sync
from s3tui.transfers.journal import Journal
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from s3tui.transfers.sync import Prefix, Sync
from tests.transfers import fake
from tests.transfers.fake import DISCARDED, DONE, RAN, WORK, Fake


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    for each in (WORK, RAN, DISCARDED):
        each.clear()
    yield
    WORK.clear()


Started = Callable[[], Queue]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts s3tui anew: the one before has ended."""
    journals = list[Journal]()

    def start() -> Queue:
        if journals:
            journals[-1].close()
        journals.append(Journal(tmp_path / "transfers"))
        queue = Queue(journal=journals[-1], connect=lambda _: nowhere())
        queue.load()
        return queue

    yield start
    journals[-1].close()


def nowhere() -> Connection:
    return Connection(Profile("lab", credentials="anonymous"))


def in_turn(queue: Queue, brings: list[str], deletes: list[str]) -> None:
    both = ([Fake(name) for name in names] for names in (brings, deletes))
    queue.submit_in_turn(*((nowhere(), requests) for requests in both))  # type: ignore[misc]


def states(queue: Queue) -> dict[str, str]:
    return {view.source[1:]: view.state for view in queue.snapshot()}


def until_idle(queue: Queue) -> None:
    assert queue._wait_for_all(60)


def fails(_: Progress, __: CancelToken, ___: Notes) -> Outcome:
    raise BadInput("It can't be brought.")


def until_paused(progress: Progress, token: CancelToken, _: Notes) -> Outcome:
    progress.stage = "begun"
    token.wait(60)
    return DONE


def pause(queue: Queue) -> None:
    """In the middle of the first."""
    while not any(view.stage == "begun" for view in queue.moving()):
        threading.Event().wait(0.01)
    assert queue.pause_all(60)


def test_they_follow_when_all_went_well(started: Started) -> None:
    queue = started()
    in_turn(queue, ["a", "b"], ["delete"])
    until_idle(queue)
    assert sorted(RAN[:2]) == ["a", "b"] and RAN[2:] == ["delete"]
    assert set(states(queue).values()) == {"verified"}


@pytest.mark.parametrize("brings", [[], ["a"]])
def test_what_has_nothing_to_wait_for_or_nothing_that_waits_just_goes(started: Started, brings: list[str]) -> None:
    queue = started()
    in_turn(queue, brings, [] if brings else ["delete"])
    until_idle(queue)
    assert set(states(queue).values()) == {"verified"} and len(RAN) == 1


def test_after_a_restart_they_follow_what_is_resumed(started: Started) -> None:
    WORK["a"] = until_paused
    queue = started()
    in_turn(queue, ["a"], ["delete"])
    pause(queue)
    queue = started()
    assert states(queue) == {"a": "paused", "delete": "paused"} and "nothing is deleted" in queue.snapshot()[1].why
    with pytest.raises(BadInput, match="so nothing is deleted"):
        queue.resume([2])
    WORK.clear()
    assert queue.resume([1]) == 1
    until_idle(queue)
    assert states(queue) == {"a": "verified", "delete": "verified"} and RAN == ["a", "a", "delete"]


def test_all_that_is_paused_can_be_resumed_together(started: Started) -> None:
    WORK["a"] = until_paused
    queue = started()
    in_turn(queue, ["a"], ["delete"])
    pause(queue)
    WORK.clear()
    queue = started()
    assert queue.resume() == 1
    until_idle(queue)
    assert RAN == ["a", "a", "delete"]


def test_a_kill_between_the_two_loses_no_delete(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = started()
    with monkeypatch.context() as killed:
        killed.setattr(Queue, "_let_follow", lambda *_: None)
        in_turn(queue, ["a"], ["delete"])
        until_idle(queue)
    queue.clear()  # what went well needn't be known any more
    queue = started()
    assert queue.resume() == 1
    until_idle(queue)
    assert RAN == ["a", "delete"]


def test_a_failure_keeps_them_waiting_until_it_is_tried_again(started: Started) -> None:
    WORK["b"] = fails
    queue = started()
    in_turn(queue, ["a", "b"], ["delete"])
    until_idle(queue)
    assert states(queue) == {"a": "verified", "b": "failed", "delete": "paused"}
    with pytest.raises(BadInput, match="try it again: the deletes follow"):
        queue.resume()
    WORK.clear()
    queue = started()
    assert queue.retry() == 1
    until_idle(queue)
    assert RAN[-2:] == ["b", "delete"] and set(states(queue).values()) == {"verified"}


@pytest.mark.parametrize("given_up", ["cancelled", "cleared", "forgotten"])
def test_what_is_given_up_takes_them_with_it(started: Started, given_up: str) -> None:
    WORK["b"] = fails
    queue = started()
    in_turn(queue, ["a", "b"], ["delete"])
    until_idle(queue)
    if given_up == "cancelled":
        WORK["b"] = until_paused
        queue.retry()
        pause(queue)
        queue.cancel([2])
    elif given_up == "cleared":
        queue.clear()
    else:
        queue.forget([2])
    assert states(queue)["delete"] == "cancelled"
    assert "nothing was deleted" in queue.snapshot()[-1].why
    with pytest.raises(BadInput):
        queue.retry([3])
    queue = started()
    assert queue.resume() == 0 and "delete" not in RAN


def test_a_delete_that_is_cancelled_stays_so(started: Started) -> None:
    WORK["a"] = until_paused
    queue = started()
    in_turn(queue, ["a"], ["delete"])
    pause(queue)
    queue.cancel([2])
    WORK.clear()
    queue.resume()
    until_idle(queue)
    assert states(queue) == {"a": "verified", "delete": "cancelled"}


def test_a_delete_that_was_paused_on_its_way_is_not_begun_again_by_itself(started: Started) -> None:
    WORK["delete"] = until_paused
    queue = started()
    in_turn(queue, ["a"], ["delete"])
    pause(queue)
    assert states(queue) == {"a": "verified", "delete": "paused"}
    WORK.clear()
    queue = started()
    assert queue.resume() == 1
    until_idle(queue)
    assert RAN == ["a", "delete", "delete"]


def test_old_jobs_are_kept_for_what_waits_for_them(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = started()
    WORK["a"] = lambda *_: Outcome("skipped", "It is there.")
    in_turn(queue, ["a"], ["delete"])
    until_idle(queue)
    monkeypatch.setattr(journals, "_KEPT", -1.0)
    queue = started()
    queue.look()
    assert states(queue) == {"a": "skipped", "delete": "paused"}
    with pytest.raises(BadInput):
        queue.resume()


def test_only_what_is_as_it_was_seen_goes_after_a_restart(connection: Connection, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").write_text("a")
    for key in ("p/gone", "p/changed"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"before")
    asked = Sync(tmp_path / "folder", Prefix(connection, S3Uri(bucket, "p/")), delete=True)
    brings, deletes = sync.in_turn(sync.plan(asked, CancelToken(), lambda *_: None).requests())
    journal = Journal(tmp_path / "transfers")
    first = Queue(journal=journal)
    first._at_once = 0
    first.submit_in_turn((connection, brings), (connection, deletes))
    journal.close()
    connection.call("put_object", Bucket=bucket, Key="p/changed", Body=b"another")
    queue = Queue(journal=Journal(tmp_path / "transfers"), connect=lambda _: connection)
    assert queue.load() == 2 and queue.resume() == 1
    until_idle(queue)
    [delete] = [view for view in queue.snapshot() if view.kind == "delete"]
    assert delete.state == "done in part" and "“p/changed” has changed" in delete.why
    listed = connection.call("list_objects_v2", Bucket=bucket)["Contents"]
    assert [each["Key"] for each in listed] == ["p/a", "p/changed"]
    queue.journal.close()
