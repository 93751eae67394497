"""Many requests under way: how many, where answers come soon and where they come late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from s3tui.s3.client import Connection
from s3tui.transfers import together
from s3tui.transfers.parts import MIB
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


class _Asking:
    """Asks a server for keys. What a first request finds out is known."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.threads: set[str] = set()  # that asked for something
        connection.call("head_object", Bucket="bucket", Key="first")

    @property
    def room(self) -> together._Room:
        return together._rooms[self.connection]

    def work(self, key: str) -> Work:
        self.threads.add(threading.current_thread().name)
        underway = self.connection.begin("head_object", Bucket="bucket", Key=key)
        yield underway
        assert underway.finish()["ETag"] == '"e"'

    def all(self, count: int, body: int = 0) -> None:
        """Ask for so many, each of which counts for so many bytes."""
        in_flight(self.connection, self.work, [f"k{number}" for number in range(count)], lambda _: body)


@contextmanager
def asking(crowd: _Crowd) -> Iterator[_Asking]:
    with stub(crowd.answer) as server:
        asks = _Asking(Connection(server.profile))
        crowd.counts.clear()
        yield asks
        assert (asks.room._taken, asks.room._count) == (0, 0)
        asks.connection.close()


def far_away(_: _Crowd) -> None:
    time.sleep(2 * together._NEAR)


def test_a_long_line_is_filled_by_many_threads() -> None:
    """Few are sent at first. Then answers are held back until there are many."""
    crowded, enough = threading.Event(), together._FAR // 2

    def wait(crowd: _Crowd) -> None:
        if crowd.asked < 400:
            far_away(crowd)
        elif crowd.now >= enough:
            crowded.set()
        else:
            crowded.wait(5)

    crowd = _Crowd(wait)
    with asking(crowd) as ask:
        ask.all(700)
        assert not ask.room.is_near and len(ask.threads) > 1
    assert crowd.asked == 701
    assert max(crowd.counts[: together._TRIED]) == 1
    assert crowded.is_set() and max(crowd.counts) <= together._FAR


def test_close_by_one_thread_sends() -> None:
    crowd = _Crowd(lambda _: None)
    with asking(crowd) as ask:
        ask.all(300)
        assert ask.room.is_near and ask.threads == {threading.current_thread().name}
    assert crowd.asked == 301 and max(crowd.counts) <= together._CLOSE_BY


def test_a_slow_line_is_not_shared_by_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is late from the first one on: the next must not be later still."""
    monkeypatch.setattr(together, "_SOON", 0.02)
    monkeypatch.setattr(together, "_LATE", 0.05)
    crowd = _Crowd(lambda _: time.sleep(0.1))
    with asking(crowd) as ask:
        ask.all(12, MIB)
        ask.all(12, MIB)
    assert crowd.counts == [1] * 24


def test_when_a_line_becomes_slow_fewer_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_SOON", 0.05)
    monkeypatch.setattr(together, "_LATE", 0.06)
    crowd = _Crowd(lambda crowd: time.sleep(0.08) if crowd.asked > 30 else far_away(crowd))
    with asking(crowd) as ask:
        ask.all(130)
    assert crowd.asked == 131
    assert max(crowd.counts) > 1 and max(crowd.counts[-10:]) == 1


def test_room_for_small_ones_is_none_for_large_ones() -> None:
    crowd = _Crowd(far_away)
    with asking(crowd) as ask:
        ask.all(500)
        crowd.counts.clear()
        room = ask.room.bytes
        ask.all(4, MIB)
        assert room < 3 * MIB
    assert max(crowd.counts) <= 2


def test_room_grows_only_when_it_is_full() -> None:
    crowd = _Crowd(far_away)
    with asking(crowd) as ask:
        ask.all(20)
        assert ask.room.bytes == together._FIRST  # never were there so many at the same time
        ask.all(200, together._FIRST)
        assert ask.room.bytes > 3 * together._FIRST


def test_what_was_found_out_counts_for_the_next_ones() -> None:
    crowd = _Crowd(far_away)
    with asking(crowd) as ask:
        ask.all(300)
        known = ask.room
        crowd.counts.clear()
        ask.all(100)
        assert ask.room is known
    assert max(crowd.counts[: 2 * together._TRIED]) > 1  # nothing was tried once more


def test_what_asks_for_nothing_tells_nothing() -> None:
    crowd = _Crowd(lambda _: None)
    with asking(crowd) as ask:

        def nothing(_: str) -> Work:
            yield from ()

        in_flight(ask.connection, nothing, KEYS)
        in_flight(ask.connection, ask.work, [])
        assert ask.connection not in together._rooms
        in_flight(ask.connection, lambda key: nothing(key) if int(key[1:]) < 8 else ask.work(key), KEYS)
        assert ask.room.is_near


def test_a_line_that_is_no_longer_far() -> None:
    """One slow answer at the beginning is not believed for long."""
    is_slow = [True]
    crowd = _Crowd(lambda crowd: far_away(crowd) if is_slow else None)
    with asking(crowd) as ask:
        ask.all(10)
        assert not ask.room.is_near
        is_slow.clear()
        ask.all(50)
        ask.all(50)
        assert ask.room.is_near


def test_who_fails_holds_up_no_other() -> None:
    """What is no error of the endpoint is told, and the places of those that waited are free again."""

    class Failed(Exception):
        pass

    crowd = _Crowd(far_away)
    with asking(crowd) as ask:

        def failing(key: str) -> Work:
            yield from ask.work(key)
            if key.endswith("0"):
                raise Failed

        ask.all(100)
        for _ in range(3):
            with pytest.raises(Failed):
                in_flight(ask.connection, failing, [f"k{number}" for number in range(300)])
            assert (ask.room._taken, ask.room._count) == (0, 0)
        ask.all(100)
    assert crowd.asked > 200
