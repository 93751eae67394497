"""A process that moves bytes and stands still: it is noticed, and what it moved goes on in another one."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from s3tui import folders
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import heartbeat, movers
from s3tui.transfers.heartbeat import Heartbeat
from s3tui.transfers.journal import Journal
from s3tui.transfers.mover_words import Pong
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from tests.s3.processes import eventually
from tests.transfers.apart import children, ended, part
from tests.transfers.conftest import MIB, content
from tests.transfers.proxy import Proxy, Treatment

pytestmark = pytest.mark.long

NEVER = 1 << 40
NOT_LONG = 20


class Watched:
    """What is asked, and whether it was lost."""

    def __init__(self, answers: Callable[[int], bool], works: bool = True) -> None:
        self.asked, self.lost, self.works = 0, threading.Event(), works
        self._answers = answers
        self.heartbeat = Heartbeat(self._ask, lambda: self.works, self.lost.set)

    def _ask(self) -> None:
        self.asked += 1
        if self._answers(self.asked):
            self.heartbeat.heard()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.005)


def test_one_that_answers_now_and_then_is_not_lost() -> None:
    watched = Watched(lambda asked: asked % heartbeat.UNANSWERED == 0)
    for count in range(1, 5 * heartbeat.UNANSWERED):
        assert not watched.heartbeat._is_lost()
        eventually(lambda count=count: watched.asked == count)
        assert watched.heartbeat._asking
        watched.heartbeat._asking.result(60)
    watched.heartbeat.end()


@pytest.mark.usefixtures("quick")
def test_one_that_answers_no_more_is_lost() -> None:
    watched = Watched(lambda asked: asked < 3)
    assert watched.lost.wait(60)
    assert watched.asked >= heartbeat.UNANSWERED


@pytest.mark.usefixtures("quick")
def test_one_that_does_not_even_read_is_lost() -> None:
    go = threading.Event()
    watched = Watched(lambda _: go.wait(60))
    assert watched.lost.wait(60) and watched.asked == 1
    go.set()


@pytest.mark.usefixtures("quick")
def test_who_has_nothing_to_do_is_not_asked() -> None:
    watched, other = Watched(lambda _: False, works=False), Watched(lambda _: False)
    assert other.lost.wait(60) and not watched.lost.is_set() and not watched.asked
    watched.heartbeat.end()


# ---- a real one


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setattr(movers, "PROGRAM", "tests.transfers.hasty_mover")
    monkeypatch.setattr(heartbeat, "EVERY", 0.05)
    monkeypatch.setattr(heartbeat, "UNANSWERED", NEVER)
    queue = Queue(None, Journal(folders.transfers_folder()), places=apart)
    yield queue
    queue.close()
    eventually(lambda: not children(os.getpid()))


def stands_still(process: int) -> bool:
    """Whether all its threads are stopped."""
    try:
        told = [thread.read_text() for thread in Path(f"/proc/{process}/task").glob("*/stat")]
    except OSError:
        return False  # one has just ended
    return {text.rpartition(")")[2].split()[0] for text in told} == {"T"}


@pytest.fixture
def freeze(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Stops the mover, which is noticed soon; of the next one no haste is expected."""
    hung = movers._Child._hung

    def noticed(child: movers._Child) -> None:
        monkeypatch.setattr(heartbeat, "UNANSWERED", NEVER)
        hung(child)

    def freeze() -> None:
        [child] = children(os.getpid())
        os.kill(child, signal.SIGSTOP)
        eventually(lambda: stands_still(child))  # a thread that still runs would send the next request
        monkeypatch.setattr(heartbeat, "UNANSWERED", NOT_LONG)

    monkeypatch.setattr(movers._Child, "_hung", noticed)
    return freeze


def test_an_upload_goes_on_in_another_one(
    queue: Queue,
    through: Connection,
    proxy: Proxy,
    bucket: str,
    make: Callable[..., Path],
    freeze: Callable[[], None],
) -> None:
    path = make(11 * MIB)
    frozen = Treatment(before=freeze, instead=(503, b""))
    proxy.once(lambda asked: frozen if part(2)(asked) else None)
    up = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    assert ended(up) == "verified"
    assert "hung, and was ended; another one went on" in up.why
    assert content(through, bucket) == path.read_bytes()
    assert Counter(asked.path for asked in proxy.answered if part(1)(asked)).total() == 1


def test_one_that_hangs_twice_is_paused_and_says_why(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path], freeze: Callable[[], None]
) -> None:
    path = make(100)
    for _ in range(2):
        proxy.once(lambda asked: Treatment(before=freeze, instead=(503, b"")) if asked.method == "PUT" else None)
    up = queue.submit(through, UploadRequest(path, S3Uri(bucket, "a")))
    assert ended(up) == "paused" and "hung, again" in up.why
    assert queue.resume() == 1
    assert ended(up) == "verified" and "hung" not in up.why
    assert content(through, bucket, "a") == path.read_bytes()


def test_many_small_ones_go_on_in_another_one(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, tmp_path: Path, freeze: Callable[[], None]
) -> None:
    names = [f"{number:02}" for number in range(24)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    proxy.once(lambda asked: Treatment(before=freeze) if asked.path.endswith("/15") else None)
    transfers = queue.submit_all(through, [UploadRequest(tmp_path / name, S3Uri(bucket, name)) for name in names])
    assert {ended(each) for each in transfers} == {"verified"}
    assert [content(through, bucket, name) for name in names] == [name.encode() for name in names]
    assert any("hung" in each.why for each in transfers)


def test_a_slow_line_is_no_frozen_process(
    queue: Queue,
    through: Connection,
    proxy: Proxy,
    bucket: str,
    make: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It answers while nothing moves."""
    held, pongs = threading.Event(), threading.Semaphore(0)
    take = movers._Child._take

    def count(child: movers._Child, message: Any) -> None:
        if held.is_set() and isinstance(message, Pong):
            pongs.release()
        take(child, message)

    def hold() -> None:
        held.set()
        for _ in range(5):
            assert pongs.acquire(timeout=60)

    monkeypatch.setattr(movers._Child, "_take", count)
    proxy.once(lambda asked: Treatment(before=hold) if asked.method == "PUT" else None)
    up = queue.submit(through, UploadRequest(make(100), S3Uri(bucket, "a")))
    assert ended(up) == "verified" and "hung" not in up.why
