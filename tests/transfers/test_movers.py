"""Transfers in processes of their own: the same ends as in this one."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.demo import server as demo_server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import connections, processes
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
from s3tui.s3.uri import S3Uri
from s3tui.transfers import reservations
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.reservations import reserved
from s3tui.transfers.upload import UploadRequest
from tests.s3.processes import eventually
from tests.transfers.apart import children, ended, part, queue
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Proxy, Treatment

__all__ = ["queue"]  # a fixture
pytestmark = pytest.mark.long


def test_the_processes_start_before_anything_is_submitted(queue: Queue) -> None:
    queue.expect(10)
    assert not children(os.getpid())
    queue.expect(1000)
    assert not queue.rows()
    eventually(lambda: len(children(os.getpid())) == 2)


def test_pausing_and_cancelling_reach_the_mover(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path]
) -> None:
    came, go = threading.Event(), threading.Event()

    def hold() -> None:
        came.set()
        go.wait(30)

    proxy.rules.append(lambda asked: Treatment(before=hold, instead=(503, b"")) if part(2)(asked) else None)
    path = make(11 * MIB)
    transfer = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    assert came.wait(60)
    queue.pause()
    go.set()
    assert ended(transfer) == "paused"
    assert unfinished(through, bucket) == ["image.iso"]
    came.clear()
    go.clear()
    queue.resume()
    assert came.wait(60)
    assert queue.cancel() == 1
    go.set()
    assert ended(transfer) == "cancelled"
    assert unfinished(through, bucket) == []


def test_the_limit_is_of_all_processes_together(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    queue.bandwidth.limit = 1
    counted: list[int] = []
    owed = queue.bandwidth.owed

    def count(more: int) -> float:
        counted.append(more)
        return owed(more)

    queue.bandwidth.owed = count  # type: ignore[method-assign]
    path = make(MIB)
    transfer = queue.submit(connection, UploadRequest(path, S3Uri(bucket, "image.iso")))
    eventually(lambda: sum(counted) >= 1)
    assert transfer.state == "running"
    queue.bandwidth.limit = None
    assert ended(transfer) == "verified"
    assert 0 < sum(counted) <= MIB


def test_read_only_holds_in_the_mover(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    other = Connection(replace(through.profile, read_only=True))
    refused = queue.submit(other, UploadRequest(path, S3Uri(bucket, "a")))
    assert ended(refused) == "failed" and "read-only" in refused.why
    first = queue.submit(through, UploadRequest(path, S3Uri(bucket, "b")))
    assert ended(first) == "verified"
    through.read_only = True
    later = queue.submit(through, UploadRequest(path, S3Uri(bucket, "c")))
    assert ended(later) == "failed" and "read-only" in later.why
    assert {asked.path for asked in proxy.asked if asked.method not in ("GET", "HEAD")} == {f"/{bucket}/b"}
    assert {entry.operation for entry in through.log.newest()} >= {"PutObject", "HeadObject"}


def test_no_secret_can_be_seen_from_outside(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    assert ended(queue.submit(connection, UploadRequest(make(100), S3Uri(bucket, "a")))) == "verified"
    [child] = children(os.getpid())
    for name in ("cmdline", "environ"):
        seen = Path(f"/proc/{child}/{name}").read_bytes()
        assert demo_server.SECRET_ACCESS_KEY.encode() not in seen and b"of-the-environment" not in seen


def test_a_file_that_changed_while_it_waited_is_sent_when_it_is_tried_again(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    request = UploadRequest(path, S3Uri(bucket, "image.iso")).noted()
    path.write_bytes(b"another")
    transfer = queue.submit(connection, request)
    assert ended(transfer) == "failed" and "100 bytes" in transfer.why
    assert queue.retry() == 1
    assert ended(transfer) == "verified"
    assert content(connection, bucket) == b"another"


def test_two_processes_never_write_one_target(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    request = UploadRequest(make(100), S3Uri(bucket, "a"))
    with reserved((connection.profile.endpoint, bucket, "a"), "a"):
        transfer = queue.submit(connection, request)
        assert ended(transfer) == "failed" and "right now" in transfer.why
    queue.retry()
    assert ended(transfer) == "verified"


def test_a_copy_to_another_profile_and_a_move_are_done_in_the_mover(
    queue: Queue, connection: Connection, profile: Profile, bucket: str
) -> None:
    """It is lent both connections."""
    other = replace(profile, name="other")
    remember("other", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    assert connect(other).profile == other
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"content")
    copied = queue.submit(
        connection,
        CopyRequest(S3Uri(bucket, "a"), S3Uri(bucket, "b"), to_profile="other", to_endpoint=other.endpoint),
    )
    assert ended(copied) == "verified", copied.why
    assert ended(queue.submit(connection, MoveRequest(S3Uri(bucket, "b"), S3Uri(bucket, "c")))) == "verified"
    assert content(connection, bucket, "c") == b"content"
    assert {entry.operation for entry in connect(other).log.newest()} >= {"CopyObject"}
    assert len(children(os.getpid())) == 1


def test_a_mover_copies_to_the_endpoint_that_was_meant_of_all_that_it_was_lent_under_one_name(
    queue: Queue, connection: Connection, profile: Profile, proxy: Proxy, bucket: str
) -> None:
    """A profile that was edited, back and forth, and removed."""
    remember("other", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    one, other = (replace(profile, name="other", endpoint=url) for url in (profile.endpoint, proxy.endpoint))
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"content")

    def copied(to: Profile, key: str) -> Transfer:
        request = CopyRequest(S3Uri(bucket, "a"), S3Uri(bucket, key), to_profile="other", to_endpoint=to.endpoint)
        return queue.submit(connection, request)

    connect(one)
    connect(other)
    assert ended(copied(one, "b")) == ended(copied(other, "c")) == "verified"
    asked = len(proxy.asked)
    assert asked and ended(copied(one, "d")) == "verified" and len(proxy.asked) == asked
    connections.forget("other")
    connect(other)
    gone = copied(one, "e")
    assert ended(gone) == "failed" and f"“other” at {one.endpoint}" in gone.why
    assert len(proxy.asked) == asked
    assert len(children(os.getpid())) == 1


@pytest.mark.parametrize("lacking", ["processes", "locks"])
def test_without_processes_or_locks_all_runs_here(
    lacking: str,
    queue: Queue,
    connection: Connection,
    bucket: str,
    make: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a disk that can't lock, two processes could write one target."""

    def no_process(_: str) -> None:
        raise OSError(errno.EAGAIN, "no more processes")

    if lacking == "processes":
        monkeypatch.setattr(processes, "start", no_process)
    else:
        monkeypatch.setattr(reservations, "reach_others", lambda: False)
    assert ended(queue.submit(connection, UploadRequest(make(100), S3Uri(bucket, "a")))) == "verified"
    assert not children(os.getpid())
