"""Many requests under way: how many, where answers come soon and where they come late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from s3tui.s3.client import Connection
from s3tui.transfers import together
from s3tui.transfers.together import Work, in_flight
from tests.s3.stub_server import Answer, Asked, stub

KEYS = [f"k{number}" for number in range(12)]


def test_one_that_is_answered_late_holds_up_no_other() -> None:
    """Its answer comes when all others have been read."""
    read: list[str] = []
    others_are_read = threading.Event()
    waited: list[bool] = []

    def answer(asked: Asked) -> Answer:
        if asked.path == "/bucket/k5":
            waited.append(others_are_read.wait(10))
        return Answer(200, headers={"ETag": '"e"'})

    with stub(answer) as server:
        connection = Connection(server.profile)
        connection.call("head_object", Bucket="bucket", Key="first")

        def work(key: str) -> Work:
            underway = connection.begin("head_object", Bucket="bucket", Key=key)
            yield underway
            assert underway.finish()["ETag"] == '"e"'
            read.append(key)
            if len(read) == len(KEYS) - 1:
                others_are_read.set()

        in_flight(connection, work, KEYS)
    assert waited == [True]
    assert sorted(read) == sorted(KEYS)
    assert read[-1] == "k5"


class _Crowd:
    """How many are asked for at the same time, by a server that takes its time."""

    def __init__(self, wait: Callable[[_Crowd], object]) -> None:
        self._wait, self._lock = wait, threading.Lock()
        self.now, self.asked = 0, 0
        self.counts: list[int] = []  # one for each request, as it came

    def answer(self, _: Asked) -> Answer:
        with self._lock:
            self.now += 1
            self.asked += 1
            self.counts.append(self.now)
        self._wait(self)
        with self._lock:
            self.now -= 1
        return Answer(200, headers={"ETag": '"e"'})


@contextmanager
def asking(crowd: _Crowd) -> Iterator[Callable[[Sequence[str]], None]]:
    """A function that asks for all of some keys. What a first request finds out is known."""
    with stub(crowd.answer) as server:
        connection = Connection(server.profile)
        connection.call("head_object", Bucket="bucket", Key="first")
        crowd.counts.clear()

        def work(key: str) -> Work:
            underway = connection.begin("head_object", Bucket="bucket", Key=key)
            yield underway
            assert underway.finish()["ETag"] == '"e"'

        yield lambda keys: in_flight(connection, work, keys)
        connection.close()


def test_a_long_line_is_filled() -> None:
    """Answers take twice as long as one thread's line may, but it is the line that is long: all soon have their turn."""
    crowded = threading.Event()
    enough = together._FAR // 2

    def wait(crowd: _Crowd) -> None:
        if crowd.asked < 400:
            time.sleep(2 * together._NEAR)
        elif crowd.now >= enough:
            crowded.set()
        else:
            crowded.wait(20)

    crowd = _Crowd(wait)
    with asking(crowd) as ask:
        ask([f"k{number}" for number in range(700)])
    assert crowd.asked == 701
    assert crowded.is_set() and max(crowd.counts) <= together._FAR


def test_where_answers_come_soon_one_thread_sends() -> None:
    crowd = _Crowd(lambda _: None)
    with asking(crowd) as ask:
        ask([f"k{number}" for number in range(300)])
    assert crowd.asked == 301 and max(crowd.counts) <= together._CLOSE_BY


def test_a_slow_line_is_not_shared_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is late from the first one on: the next must not be later still."""
    monkeypatch.setattr(together, "_SOON", 0.02)
    monkeypatch.setattr(together, "_LATE", 0.05)
    crowd = _Crowd(lambda _: time.sleep(0.1))
    with asking(crowd) as ask:
        ask(KEYS)
        ask(KEYS)  # by now it is known
    assert crowd.counts == [1] * 2 * len(KEYS)


def test_when_a_line_becomes_slow_fewer_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_SOON", 0.05)
    monkeypatch.setattr(together, "_LATE", 0.06)
    crowd = _Crowd(lambda crowd: time.sleep(0.08 if crowd.asked > 30 else 2 * together._NEAR))
    with asking(crowd) as ask:
        ask([f"k{number}" for number in range(130)])
    assert crowd.asked == 131
    assert max(crowd.counts) >= together._FEW and max(crowd.counts[-3:]) == 1


def test_what_was_found_out_counts_for_the_next_ones() -> None:
    crowd = _Crowd(lambda _: time.sleep(2 * together._NEAR))
    with asking(crowd) as ask:
        ask([f"k{number}" for number in range(300)])
        crowd.counts.clear()
        ask([f"k{number}" for number in range(100)])
    assert max(crowd.counts) > together._THREADS


def test_who_fails_holds_up_no_other() -> None:
    """What is no error of the endpoint is told, and the places of those that waited are free again."""

    class Failed(Exception):
        pass

    crowd = _Crowd(lambda _: time.sleep(2 * together._NEAR))
    with stub(crowd.answer) as server:
        connection = Connection(server.profile)
        connection.call("head_object", Bucket="bucket", Key="first")

        def work(key: str) -> Work:
            underway = connection.begin("head_object", Bucket="bucket", Key=key)
            yield underway
            underway.finish()
            if key.endswith("0"):
                raise Failed

        keys = [f"k{number}" for number in range(300)]
        for _ in range(5):  # more fail than there are places
            with pytest.raises(Failed):
                in_flight(connection, work, keys)
        in_flight(connection, work, [key for key in keys if not key.endswith("0")])
    assert crowd.asked >= 271
