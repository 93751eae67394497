"""A file that changes between the moment its upload is asked for and its turn."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import flood
from s3tui.transfers.failures import FileChangedWaiting
from s3tui.transfers.journal import Journal
from s3tui.transfers.progress import Outcome
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.upload import UploadRequest
from tests.floods import ends_of
from tests.transfers.conftest import content

Make = Callable[..., Path]


def waiting(queue: Queue, connection: Connection, path: Path, bucket: str) -> Transfer:
    """Its upload is asked for, and doesn't begin."""
    queue._at_once = 0
    return queue.submit(connection, UploadRequest(path, S3Uri(bucket, "image.iso")))


def ended(queue: Queue, transfer: Transfer) -> str:
    queue.at_once = 1
    transfer.future.result(30)
    return f"{transfer.state}: {transfer.why}"


def another_size(path: Path) -> None:
    path.write_bytes(b"longer than it was")


def another_time(path: Path) -> None:
    path.write_bytes(b"B" * 10)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 5_000_000_000))


def another_inode(path: Path) -> None:
    """Renamed into its place, with the same size and time, as editors and rsync do."""
    other, seen = path.with_name("other"), path.stat()
    other.write_bytes(b"C" * 10)
    os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (another_size, "it had 10 bytes, and has 18 now"),
        (another_time, "it was written at"),
        (another_inode, "it is another file under the same name"),
    ],
)
def test_it_is_refused_and_taken_as_it_is_when_tried_again(
    connection: Connection, bucket: str, make: Make, change: Callable[[Path], None], said: str
) -> None:
    queue, path = Queue(), make(10)
    transfer = waiting(queue, connection, path, bucket)
    assert transfer.view().total == 10
    change(path)
    why = ended(queue, transfer)
    assert "has changed since it was queued" in why and said in why
    assert not connection.call("list_objects_v2", Bucket=bucket).get("Contents")
    assert queue.retry([transfer.number]) == 1 and ended(queue, transfer).startswith("verified")
    assert content(connection, bucket) == path.read_bytes()


def test_what_changes_once_more_is_refused_once_more(connection: Connection, bucket: str, make: Make) -> None:
    queue, path = Queue(), make(10)
    transfer = waiting(queue, connection, path, bucket)
    path.write_bytes(b"second")
    assert "has 6 now" in ended(queue, transfer)
    path.write_bytes(b"the third")
    queue.retry([transfer.number])
    assert "it had 6 bytes, and has 9 now" in ended(queue, transfer)


def test_it_is_known_after_the_process_has_ended(
    connection: Connection, bucket: str, make: Make, tmp_path: Path
) -> None:
    path = make(10)
    earlier = Queue(journal=Journal(tmp_path / "state"))
    waiting(earlier, connection, path, bucket)
    earlier.pause()
    earlier.journal.close()
    path.write_bytes(b"another")
    queue = Queue(journal=Journal(tmp_path / "state"), connect=lambda _: connection)
    queue.load()
    queue.resume()
    transfer = queue.rows()[0]
    assert "it had 10 bytes, and has 7 now" in ended(queue, transfer)
    queue.journal.close()


def test_a_file_that_is_missing_says_so(connection: Connection, bucket: str, tmp_path: Path) -> None:
    queue = Queue()
    assert "no such file" in ended(queue, waiting(queue, connection, tmp_path / "none", bucket))


def test_small_files_are_refused_as_well(connection: Connection, bucket: str, make: Make) -> None:
    requests = [UploadRequest(make(10, f"{n}"), S3Uri(bucket, f"{n}"), overwrite=True).noted() for n in range(3)]
    requests[2].path.write_bytes(b"another")
    ends = ends_of(flood.upload_all, connection, requests)
    assert all(isinstance(ends[n], Outcome) for n in (0, 1))
    assert isinstance(ends[2], FileChangedWaiting)
