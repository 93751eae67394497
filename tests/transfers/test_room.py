"""Places in the queue: what waits for an endpoint that is away keeps nobody waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from s3tui.background import TRANSFERS, CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers import patience, request_text
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from s3tui.transfers.room import Room
from tests.transfers import fake
from tests.transfers.fake import DONE, RAN, WORK, Fake


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    monkeypatch.setattr(patience, "_KINDS", frozenset(("fake",)))
    monkeypatch.setattr(patience, "_PAUSES", (60,))
    RAN.clear()
    yield
    WORK.clear()


class Line:
    """To the endpoint of those whose names begin with “away”. So many find that out together."""

    def __init__(self, count: int) -> None:
        self.is_away = True
        self._together = threading.Barrier(count)

    def __call__(self, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        notes.set(begun=True)  # it was answered before
        if self.is_away:
            self._together.wait(90)
            raise errors.Unreachable("The connection was cut.", "Try again.")
        return DONE


def eventually(condition: Callable[[], object]) -> None:
    for _ in range(9000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError


def submit(queue: Queue, *names: str) -> None:
    connection = Connection(Profile("lab", credentials="anonymous"))
    queue.submit_all(connection, [Fake(name) for name in names])  # type: ignore[misc]


def waiting(queue: Queue) -> int:
    return sum("no answer" in view.stage for view in queue.moving())


def test_a_healthy_job_does_not_wait_behind_one_whose_endpoint_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    line, pauses = Line(3), threading.Event()

    def wait(_: object, progress: Progress, token: CancelToken) -> None:
        progress.stage = "no answer"
        while not pauses.is_set():
            token.wait(0.01)

    monkeypatch.setattr(patience.Patience, "wait", wait)
    away = [f"away {number}" for number in range(6)]
    WORK.update(dict.fromkeys(away, line))
    queue = Queue()
    queue.patience = 90.0
    submit(queue, *away)
    eventually(lambda: waiting(queue) == 3)
    submit(queue, *(f"healthy {number}" for number in range(5)))
    eventually(lambda: queue.counts.get("verified") == 5)
    assert len([name for name in RAN if "away" in name]) == 3  # no more of them find the same
    assert queue.counts["running"] == 3 and queue.counts["waiting"] == 3
    line.is_away = False
    pauses.set()
    assert queue._wait_for_all(60) and queue.counts == {"verified": 11}


@pytest.mark.parametrize("keep", [True, False])
def test_who_waits_for_an_endpoint_or_a_place_can_be_stopped(keep: bool) -> None:
    WORK.update(dict.fromkeys(("away 1", "away 2"), Line(2)))
    queue = Queue()
    queue.patience = 90.0
    submit(queue, "away 1", "away 2")
    eventually(lambda: waiting(queue) == 2)
    (queue.pause if keep else queue.cancel)()
    assert queue._wait_for_all(60)
    assert queue.counts == {"paused" if keep else "cancelled": 2}
    submit(queue, *"abcd")
    assert queue._wait_for_all(60) and queue.counts["verified"] == 4


def test_who_comes_back_goes_before_what_is_new() -> None:
    places = [1]
    room, token, back = Room(lambda: places[0]), CancelToken(), threading.Event()
    assert room.take() and not room.take()
    assert room.go_away() and room.take()

    def come_back() -> None:
        room.come_back(token)
        back.set()

    threading.Thread(target=come_back, daemon=True).start()
    eventually(lambda: room._coming_back)
    places[0] = 2
    assert not room.take() and not back.is_set()
    room.look_again()
    assert back.wait(60)
    room.leave()
    assert room.take() and not room.take()


def test_one_that_is_stopped_waits_for_no_place() -> None:
    room, token = Room(lambda: 1), CancelToken()
    assert room.take() and room.go_away() and room.take()
    token.cancel()
    room.come_back(token)
    for _ in range(2):
        room.leave()
    assert room.take() and not room.take()


def test_there_is_always_a_thread_for_a_place() -> None:
    room = Room(lambda: TRANSFERS.size - 1)
    for _ in range(2):
        assert room.take()
    assert room.go_away() and not room.go_away()
