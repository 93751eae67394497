"""A download replaces only the file that was seen when somebody chose to replace it, and tells when it is another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import download_plan, sync
from s3tui.transfers.download import DownloadRequest, seen_at
from s3tui.transfers.failures import ChangedSinceSeen
from s3tui.transfers.flood_down import download_all
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from tests.floods import ends_of
from tests.transfers.conftest import MIB
from tests.transfers.proxy import Proxy, Treatment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "files" / "image.iso"
    path.parent.mkdir()
    path.write_bytes(b"seen")
    return path


def stored(connection: Connection, bucket: str, size: int) -> bytes:
    body = os.urandom(size)
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=body)
    return body


def wanted(bucket: str, path: Path) -> DownloadRequest:
    return DownloadRequest(S3Uri(bucket, "image.iso"), path).replacing(seen_at(path))


def receive(connection: Connection, request: DownloadRequest) -> Outcome:
    return request.run(connection, Progress(), CancelToken(), Notes())


def _write(path: Path) -> None:
    path.write_bytes(b"mine, and newer")


def _replace(path: Path) -> None:
    """By another file of the same size and time."""
    told = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"mine")
    os.utime(other, ns=(told.st_atime_ns, told.st_mtime_ns))
    other.rename(path)


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("change", [_write, _replace, _link])
def test_a_file_that_changed_since_the_plan_stays(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, path: Path, change: Callable[[Path], None]
) -> None:
    body = stored(connection, bucket, 10)
    assert receive(connection, wanted(bucket, path)).state == "verified" and path.read_bytes() == body
    request = wanted(bucket, path)
    change(path)
    before = seen_at(path)
    with pytest.raises(ChangedSinceSeen, match="changed since you looked"):
        receive(through, request)
    assert seen_at(path) == before and not proxy.asked


@pytest.mark.parametrize("size", [10, 11 * MIB])
def test_a_file_that_changes_while_the_object_comes_stays(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, path: Path, size: int
) -> None:
    stored(connection, bucket, size)
    proxy.once(lambda asked: Treatment(before=lambda: _write(path)) if asked.method == "GET" else None)
    with pytest.raises(ChangedSinceSeen):
        receive(through, wanted(bucket, path))
    assert path.read_bytes() == b"mine, and newer" and os.listdir(path.parent) == [path.name]


def test_what_is_gone_meanwhile_is_no_obstacle(connection: Connection, bucket: str, path: Path) -> None:
    body, request = stored(connection, bucket, 10), wanted(bucket, path)
    path.unlink()
    assert receive(connection, request).state == "verified" and path.read_bytes() == body


@pytest.mark.parametrize("exists", [True, False])
def test_who_says_overwrite_means_what_is_there_when_it_is_queued(
    connection: Connection, bucket: str, path: Path, exists: bool
) -> None:
    if not exists:
        path.unlink()
    request = DownloadRequest(S3Uri(bucket, "image.iso"), path, overwrite=True).noted()
    assert (request.overwrite, request.replaces) == (exists, seen_at(path)) and request.noted() == request


@pytest.mark.parametrize("choice", ["overwrite", "different"])
def test_a_plan_says_what_was_seen(connection: Connection, bucket: str, path: Path, choice: object) -> None:
    stored(connection, bucket, 10)
    found = download_plan.Stored(connection, S3Uri(bucket, "image.iso"), 10, "")
    made = download_plan.plan([(found, path)], path.parent, choice, CancelToken(), lambda *_: None)  # type: ignore[arg-type]
    [request] = made.requests()
    assert isinstance(request, DownloadRequest)
    assert (request.overwrite, request.replaces, request.size) == (True, seen_at(path), 10)


def test_a_sync_says_what_was_seen(connection: Connection, bucket: str, path: Path) -> None:
    stored(connection, bucket, 10)
    wanted = sync.Sync(sync.Prefix(connection, S3Uri(bucket, "")), path.parent)
    [request] = sync.plan(wanted, CancelToken(), lambda *_: None).requests()
    assert isinstance(request, DownloadRequest)
    assert (request.overwrite, request.replaces, request.size) == (True, seen_at(path), 10)
    queue = Queue()
    transfer = queue.submit(connection, request)
    assert queue.view(transfer).total == 10  # also while it waits
    transfer.future.result(30)
    assert queue.view(transfer).state == "verified"


def test_of_many_only_those_that_are_as_they_were_seen(connection: Connection, bucket: str, tmp_path: Path) -> None:
    """One has changed, one is as an earlier run has left it, one has other content of that length, and one is gone."""
    requests, numbers, folder = [], range(12), tmp_path / "files"
    folder.mkdir()
    for number in numbers:
        path = folder / f"{number}"
        path.write_bytes(b"seen")
        connection.call("put_object", Bucket=bucket, Key=f"{number}", Body=f"new {number:02}".encode())
        requests.append(DownloadRequest(S3Uri(bucket, f"{number}"), path).replacing(seen_at(path)))
    (folder / "3").write_bytes(b"mine, and newer")
    (folder / "5").write_bytes(b"new 05")
    (folder / "7").write_bytes(b"new 70")
    (folder / "9").unlink()
    ends = ends_of(download_all, connection, requests)
    for number in numbers:
        assert isinstance(ends[number], ChangedSinceSeen if number in (3, 7) else Outcome), ends[number]
    left = {"3": b"mine, and newer", "7": b"new 70"}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"{number}": left.get(f"{number}", f"new {number:02}".encode()) for number in numbers
    }
