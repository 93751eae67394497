"""A line that is away for a while: what was to be moved waits for it, and goes on by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui import folders
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import patience
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = pytest.mark.long

Make = Callable[..., Path]
LONG = 90.0  # s; a passing test never needs them


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(patience, "_PAUSES", (1,))
    queue = Queue(None, Journal(folders.transfers_folder()))
    queue.patience = LONG
    return queue


class Line:
    """Away from the request of which `is_last` is told on, until it is mended; with `says`, there is that answer."""

    def __init__(self, proxy: Proxy, is_last: Callable[[Asked], bool], says: tuple[int, bytes] | None = None) -> None:
        self.is_away = False
        self._is_last, self._says = is_last, says
        proxy.rules.insert(0, self._treat)

    def _treat(self, asked: Asked) -> Treatment | None:
        self.is_away = self.is_away or self._is_last(asked)
        if not self.is_away:
            return None
        return Treatment(instead=self._says) if self._says else Treatment(before=self._cut)

    def _cut(self) -> None:
        raise ConnectionError

    def mend(self) -> None:
        self._is_last = lambda _: False
        self.is_away = False


def waits(queue: Queue, why: str = "no answer") -> None:
    """Until one waits for an answer."""
    until = time.monotonic() + LONG
    while not any(f"{why}, next try in" in view.stage for view in queue.moving()):
        assert time.monotonic() < until
        threading.Event().wait(0.02)


def state(transfer: Transfer) -> str:
    transfer.future.result(LONG)
    return transfer.state


@pytest.mark.parametrize("way", ["up", "down"])
def test_it_goes_on_where_it_was(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path, way: str
) -> None:
    path, there, uri = make(12 * MIB), tmp_path / "there.iso", S3Uri(bucket, "image.iso")
    request: Request = UploadRequest(path, uri)
    parts = [0]

    def is_second_part(asked: Asked) -> bool:
        parts[0] += "partNumber=" in asked.path if way == "up" else asked.method == "GET" and "range" in asked.headers
        return parts[0] == 2

    if way == "down":
        through.call("put_object", Bucket=bucket, Key=uri.key, Body=path.read_bytes())
        request = DownloadRequest(uri, there)
    through.call("head_bucket", Bucket=bucket)
    line = Line(proxy, is_second_part)
    transfer = queue.submit(through, request)
    waits(queue)
    line.mend()
    assert state(transfer) == "verified"
    assert (content(through, bucket) if way == "up" else there.read_bytes()) == path.read_bytes()
    assert not unfinished(through, bucket)


@pytest.mark.parametrize("says", [(503, b"<Error><Code>SlowDown</Code></Error>"), (502, b"Bad Gateway")])
def test_who_asks_to_be_asked_later_is(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make, says: tuple[int, bytes]
) -> None:
    path = make(100)
    through.call("head_bucket", Bucket=bucket)
    line = Line(proxy, lambda asked: asked.method == "PUT", says)
    transfer = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    waits(queue, "the endpoint is busy")
    line.mend()
    assert state(transfer) == "verified"
    assert content(through, bucket) == path.read_bytes()


def test_a_lost_answer_is_settled_when_the_line_is_back(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    """The object is there, and nothing is sent a second time."""
    path = make(100)
    through.call("head_bucket", Bucket=bucket)
    proxy.once(lambda asked: Treatment(lose=True) if asked.method == "PUT" else None)
    line = Line(proxy, lambda _: any(asked.method == "PUT" for asked in proxy.answered))
    transfer = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    waits(queue)
    line.mend()
    assert state(transfer) == "verified"
    assert content(through, bucket) == path.read_bytes()
    assert len([asked for asked in proxy.answered if asked.method == "PUT"]) == 1


def test_of_many_small_ones_none_fails(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    paths = {f"small/{number:02}.txt": make(100, f"{number:02}.txt") for number in range(20)}
    line = Line(proxy, lambda asked: asked.path.endswith("/small/10.txt"))
    through.call("head_bucket", Bucket=bucket)
    transfers = queue.submit_all(through, [UploadRequest(path, S3Uri(bucket, key)) for key, path in paths.items()])
    waits(queue)
    line.mend()
    assert {state(transfer) for transfer in transfers} == {"verified"}
    assert {key: content(through, bucket, key) for key in paths} == {
        key: path.read_bytes() for key, path in paths.items()
    }


@pytest.mark.parametrize("keep", [True, False])
def test_who_waits_can_be_stopped(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make, keep: bool
) -> None:
    through.call("head_bucket", Bucket=bucket)
    line = Line(proxy, lambda asked: asked.method == "PUT")
    transfer = queue.submit(through, UploadRequest(make(100), S3Uri(bucket, "image.iso")))
    waits(queue)
    (queue.pause if keep else queue.cancel)([transfer.number])
    assert state(transfer) == ("paused" if keep else "cancelled")
    line.mend()


def test_cancelling_the_wait_forgets_nothing_that_was_begun(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    """What was sent can't be removed while the line is away, so it stays known, and goes when it is back."""
    parts = [0]

    def is_second_part(asked: Asked) -> bool:
        parts[0] += "partNumber=" in asked.path
        return parts[0] == 2

    through.call("head_bucket", Bucket=bucket)
    line = Line(proxy, is_second_part)
    transfer = queue.submit(through, UploadRequest(make(12 * MIB), S3Uri(bucket, "image.iso")))
    waits(queue)
    queue.cancel([transfer.number])
    assert state(transfer) == "failed" and transfer.row.left
    line.mend()
    assert unfinished(through, bucket)
    queue.cancel([transfer.number])
    assert state(transfer) == "cancelled" and not transfer.row.left
    assert not unfinished(through, bucket)


def test_who_never_answered_isnt_waited_for(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    Line(proxy, lambda _: True)
    nobody = Connection(replace(through.profile, name="proxied"))
    transfer = queue.submit(nobody, UploadRequest(make(100), S3Uri(bucket, "image.iso")))
    assert state(transfer) == "failed"


def test_patience_ends(queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    queue.patience = 0.5
    through.call("head_bucket", Bucket=bucket)
    Line(proxy, lambda asked: asked.method == "PUT")
    transfer = queue.submit(through, UploadRequest(make(100), S3Uri(bucket, "image.iso")))
    assert state(transfer) in ("failed", "outcome unknown")
