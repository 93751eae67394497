"""How the user is told that transfers have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue

import pytest

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers import request_text
from s3tui.transfers.failures import TransferError
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue, Transfer, TransferView
from s3tui.ui.endings import Endings, Untold
from tests.transfers import fake
from tests.transfers.fake import Fake

NOBODY = Connection(Profile("lab", credentials="anonymous"))


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(request_text.CLASSES, "fake", fake.CLASSES["fake"])
    yield
    fake.WORK.clear()


class Telling:
    """A queue that tells `untold`."""

    def __init__(self) -> None:
        self.untold, self._told = Untold(), SimpleQueue[TransferView]()
        self.queue = Queue(self._tell)

    def _tell(self, view: TransferView) -> None:
        self.untold.add(view)
        self._told.put(view)

    def submit(self, *names: str) -> list[Transfer]:
        return self.queue.submit_all(NOBODY, [Fake(name) for name in names])  # type: ignore[misc]

    def wait(self, count: int) -> None:
        for _ in range(count):
            self._told.get(timeout=20)

    def says(self) -> list[str]:
        """What is said soon: who ended last counts until it was told."""
        ends = time.monotonic() + 20
        while not (said := self.said()) and time.monotonic() < ends:
            time.sleep(0.001)
        return said

    def said(self) -> list[str]:
        return [f"{batch.title}: {batch.text}" for batch in self.untold.take(self.queue)]


def fail(*_: object) -> Outcome:
    raise TransferError("The line is dead.")


def test_a_job_is_told_once_when_all_of_it_is_done() -> None:
    go = threading.Event()

    def wait(progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        go.wait(20)
        return fake.DONE

    fake.WORK.update({"isos/bad": fail, "slow": wait})
    telling = Telling()
    telling.submit("isos/a", "isos/bad", "isos/c")
    telling.submit("slow")
    telling.submit("alone")
    telling.wait(4)
    assert telling.says() == [
        "Fake done: 3 items, s3://bucket/isos/: 2 verified, 1 failed. The line is dead. T shows each."
    ]
    assert telling.untold and not telling.said()  # single ones are told together, when nothing runs any more
    go.set()
    telling.wait(1)
    assert telling.says() == ["Transfers: 2 verified."] and not telling.untold


def test_a_job_of_which_some_is_paused_is_not_done() -> None:
    telling = Telling()
    queue = telling.queue
    queue._at_once = 0
    _, second = telling.submit("a", "b")
    queue.pause([second.number])
    queue.at_once = 1
    telling.wait(1)
    assert not telling.said() and telling.untold
    queue.resume()
    telling.wait(1)
    assert telling.says() == ["Fake done: 2 items, s3://bucket/: 2 verified."]


def test_thousands_that_end_at_once_leave_the_event_loop_its_turns() -> None:
    telling = Telling()
    telling.submit("a")
    telling.wait(1)
    view, taken, later = telling.queue.snapshot()[0], list[TransferView](), list[object]()
    endings = Endings(later.append, taken.append)
    for number in range(1200):
        endings.add(replace(view, number=number))
    turns = 0
    while later:
        later.pop()()  # type: ignore[operator]
        turns += 1
        assert len(later) <= 1 and len(taken) <= turns * 500
    assert [each.number for each in taken] == list(range(1200))
    endings.add(view)
    assert len(later) == 1
