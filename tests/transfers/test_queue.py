"""The queue: states, cancelling, and leaving nothing behind at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.queue import Queue, Transfer, TransferView
from s3tui.transfers.upload import UploadRequest
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Proxy, Treatment

Make = Callable[..., Path]


def ended(transfer: Transfer) -> TransferView:
    transfer.future.result(90)
    return transfer.view()


def test_up_and_down_again(connection: Connection, bucket: str, make: Make, tmp_path: Path) -> None:
    told: list[TransferView] = []
    queue = Queue(told.append)
    path = make(6 * MIB)
    up = queue.submit(connection, UploadRequest(path, S3Uri(bucket, "image.iso")))
    view = ended(up)
    assert (view.kind, view.state, view.done, view.total) == ("upload", "verified", 6 * MIB, 6 * MIB)
    assert view.source == str(path) and view.target == f"s3://{bucket}/image.iso" and view.profile == "moto"
    down = queue.submit(connection, DownloadRequest(S3Uri(bucket, "image.iso"), tmp_path / "again.iso"))
    assert ended(down).state == "verified"
    assert (tmp_path / "again.iso").read_bytes() == path.read_bytes()
    assert [view.number for view in queue.snapshot()] == [1, 2] == [view.number for view in told]
    assert queue.running == 0
    queue.clear()
    assert queue.snapshot() == ()


def test_a_failure_says_why_and_can_be_tried_again(connection: Connection, bucket: str, make: Make) -> None:
    queue = Queue()
    path = make(10)
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"mine")
    transfer = queue.submit(connection, UploadRequest(path, S3Uri(bucket, "image.iso")))
    view = ended(transfer)
    assert view.state == "failed" and "already exists" in view.why and view.exists
    occupied = queue.occupied(view.number)
    assert (
        occupied
        and queue.replace(view.number, occupied) == 1
        and ended(transfer).state == "verified"
        and transfer.number == view.number
    )
    assert queue.occupied(view.number) is None and queue.replace(view.number, occupied) == 0 == queue.retry(
        [view.number]
    )
    assert content(connection, bucket) == path.read_bytes()


def test_what_failed_is_tried_again(connection: Connection, bucket: str, make: Make) -> None:
    queue = Queue()
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"mine")
    transfer = queue.submit(connection, UploadRequest(make(10), S3Uri(bucket, "image.iso")))
    assert ended(transfer).state == "failed"
    connection.call("delete_object", Bucket=bucket, Key="image.iso")
    assert queue.retry() == 1 and ended(transfer).state == "verified"


def test_cancel_while_parts_move(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    queue = Queue()
    moving, cancelled = threading.Event(), threading.Event()

    def hold() -> None:
        moving.set()
        cancelled.wait(10)

    proxy.once(lambda asked: Treatment(before=hold) if "partNumber=2" in asked.path else None)
    transfer = queue.submit(through, UploadRequest(make(12 * MIB), S3Uri(bucket, "image.iso")))
    assert moving.wait(90)
    assert queue.running == 1 and transfer.view().state == "running"
    queue.cancel([transfer.number])
    assert transfer.view().stage == "cancelling"
    cancelled.set()
    assert ended(transfer).state == "cancelled"
    assert not unfinished(connection, bucket)


def test_leaving_cancels_what_moves_and_what_waits(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    queue = Queue()
    moving, cancelled = threading.Barrier(4), threading.Event()

    def hold() -> None:
        moving.wait(10)
        cancelled.wait(10)

    proxy.rules.append(
        lambda asked: Treatment(before=hold) if "uploads" in asked.path and asked.method == "POST" else None
    )
    path = make(6 * MIB)
    transfers = [queue.submit(through, UploadRequest(path, S3Uri(bucket, f"{n}.iso"))) for n in range(5)]
    moving.wait(10)  # three move, two wait
    assert not queue.cancel_all(0.0)
    cancelled.set()
    assert queue.cancel_all(20)
    assert {transfer.view().state for transfer in transfers} == {"cancelled"}
    assert not unfinished(connection, bucket) and queue.running == 0


def test_many_files_at_once_all_arrive(connection: Connection, bucket: str, make: Make) -> None:
    queue = Queue()
    paths = [make(6 * MIB + n, f"{n}.iso") for n in range(6)]
    transfers = [queue.submit(connection, UploadRequest(path, S3Uri(bucket, path.name))) for path in paths]
    assert [ended(transfer).state for transfer in transfers] == ["verified"] * 6
    for path in paths:
        assert content(connection, bucket, path.name) == path.read_bytes()


def test_a_fault_of_ours_ends_the_transfer(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3tui.transfers import upload as module

    def fault(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(module, "upload", fault)
    queue = Queue()
    transfer = queue.submit(connection, UploadRequest(Path("x"), S3Uri(bucket, "x")))
    assert ended(transfer).state == "failed" and "fault in s3tui" in transfer.why


def test_nothing_has_ended_before_who_wants_to_know_was_told(connection: Connection, bucket: str) -> None:
    """A command's exit code is made of what it was told when nothing runs any more."""
    telling, go = threading.Event(), threading.Event()
    told: list[TransferView] = []

    def tell(view: TransferView) -> None:
        telling.set()
        go.wait(20)
        told.append(view)

    queue = Queue(tell)
    transfer = queue.submit(connection, UploadRequest(Path("/nowhere/x"), S3Uri(bucket, "x")))
    assert telling.wait(20)
    assert transfer.state == "failed" and queue.running == 1 and not queue.pause_all(0.0)
    go.set()
    assert queue.pause_all(20) and queue.running == 0 and [view.state for view in told] == ["failed"]
