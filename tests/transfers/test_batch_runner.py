"""Many small transfers of one job: few requests, and each with its own fate, whatever happens in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from s3tui import folders
from s3tui.s3.client import Connection
from s3tui.s3.errors import NoSuchKey
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.flood import SMALL
from s3tui.transfers.journal import Journal
from s3tui.transfers.names import local_paths
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.upload import UploadRequest
from tests.floods import few_on_their_way
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment

NAMES = [f"{number:02}.txt" for number in range(30)]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """By the key that each shall have."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(os.urandom(100))
    return {f"small/{name}": folder / name for name in NAMES}


def uploads(bucket: str, files: dict[str, Path], **more: object) -> list[UploadRequest]:
    return [UploadRequest(path, S3Uri(bucket, key), **more) for key, path in files.items()]  # type: ignore[arg-type]


def states(transfers: list[Transfer]) -> Counter[str]:
    for transfer in transfers:
        transfer.future.result(60)
    return Counter(transfer.state for transfer in transfers)


def all_arrived(connection: Connection, bucket: str, files: dict[str, Path]) -> bool:
    return all(content(connection, bucket, key) == path.read_bytes() for key, path in files.items())


def journal_says(queue: Queue) -> Counter[str]:
    return Counter(row.state for row in queue.journal.since(-1).rows)


def test_they_go_up_in_few_requests(through: Connection, proxy: Proxy, bucket: str, files: dict[str, Path]) -> None:
    told = []
    queue = Queue(told.append, Journal(folders.transfers_folder()))
    transfers = queue.submit_all(through, uploads(bucket, files))
    assert states(transfers) == journal_says(queue) == {"verified": len(files)}
    assert all_arrived(through, bucket, files)
    puts = Counter(asked.path for asked in proxy.asked if asked.method == "PUT")
    # One was sent again to see that it is not replaced.
    assert len(puts) == len(files) and puts.total() <= len(files) + 1
    assert sorted(view.number for view in told) == [transfer.number for transfer in transfers]
    assert {(view.done, view.total) for view in told} == {(100, 100)}
    assert not any(row.left for row in queue.journal.since(-1).rows)


def test_they_come_down_in_few_requests(
    through: Connection, proxy: Proxy, bucket: str, files: dict[str, Path], tmp_path: Path
) -> None:
    for key, path in files.items():
        through.call("put_object", Bucket=bucket, Key=key, Body=path.read_bytes())
    proxy.asked.clear()
    there = local_paths(tmp_path / "there", files)
    queue = Queue(None, Journal(folders.transfers_folder()))
    transfers = queue.submit_all(through, [DownloadRequest(S3Uri(bucket, key), path) for key, path in there.items()])
    assert states(transfers) == journal_says(queue) == {"verified": len(files)}
    assert {key: path.read_bytes() for key, path in there.items()} == {k: p.read_bytes() for k, p in files.items()}
    # Two that had begun by then went by themselves, with a HEAD each.
    assert len(proxy.asked) <= len(files) + 3


def test_each_has_its_own_fate(connection: Connection, bucket: str, files: dict[str, Path]) -> None:
    """Too large for it, gone, there already, promised by a checksum file, and a key that can't be."""
    keys = list(files)
    files[keys[3]].write_bytes(os.urandom(SMALL + 1))
    files[keys[9]].unlink()
    connection.call("put_object", Bucket=bucket, Key=keys[12], Body=b"old")
    requests = uploads(bucket, files)
    requests[20] = UploadRequest(files[keys[20]], S3Uri(bucket, "x" * 1025))
    queue = Queue(None, Journal(folders.transfers_folder()))
    transfers = queue.submit_all(connection, requests)
    assert states(transfers) == {"verified": len(files) - 3, "failed": 3}
    why = {keys[at]: transfers[at].view().why for at in (9, 12, 20)}
    assert "no such file" in why[keys[9]] and "already exists" in why[keys[12]] and "1,025 bytes" in why[keys[20]]
    assert content(connection, bucket, keys[12]) == b"old"
    assert content(connection, bucket, keys[3]) == files[keys[3]].read_bytes()
    assert not any(row.left for row in queue.journal.since(-1).rows)
    connection.call("delete_object", Bucket=bucket, Key=keys[12])
    assert queue.retry() == 3
    assert states(transfers) == {"verified": len(files) - 2, "failed": 2}


def test_a_bad_download_beside_its_checksum_file_never_goes_up(
    connection: Connection, bucket: str, files: dict[str, Path]
) -> None:
    bad = files[f"small/{NAMES[4]}"]
    (bad.parent / "SHA256SUMS").write_text(f"{'0' * 64}  {bad.name}\n")
    transfers = Queue().submit_all(connection, uploads(bucket, files))
    assert states(transfers) == {"verified": len(files) - 1, "failed": 1}
    assert transfers[4].state == "failed" and "SHA256SUMS" in transfers[4].why


def test_paused_in_the_middle_and_resumed(
    through: Connection, proxy: Proxy, bucket: str, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    few_on_their_way(monkeypatch)
    queue = Queue(None, Journal(folders.transfers_folder()))

    def pause(asked: Asked) -> Treatment | None:
        return Treatment(before=queue.pause) if asked.method == "PUT" and NAMES[14] in asked.path else None

    proxy.once(pause)
    transfers = queue.submit_all(through, uploads(bucket, files))
    found = states(transfers)
    assert set(found) == {"verified", "paused"} and found["paused"]
    assert not any(row.left for row in queue.journal.since(-1).rows)
    assert queue.resume() == found["paused"]
    assert states(transfers) == {"verified": len(files)} and all_arrived(through, bucket, files)


def test_cancelled_one_by_one(
    through: Connection, proxy: Proxy, bucket: str, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    few_on_their_way(monkeypatch)
    queue = Queue(None, Journal(folders.transfers_folder()))
    last: list[int] = []

    def cancel(asked: Asked) -> Treatment | None:
        stop = Treatment(before=lambda: queue.cancel(last))
        return stop if asked.method == "PUT" and NAMES[5] in asked.path else None

    proxy.once(cancel)
    queue.at_once = 1
    transfers = queue.submit_all(through, uploads(bucket, files))
    last.append(transfers[-1].number)
    assert states(transfers) == {"verified": len(files) - 1, "cancelled": 1}
    assert transfers[-1].state == "cancelled"
    assert not any(NAMES[-1] in asked.path for asked in proxy.asked if asked.method == "PUT")


def test_what_another_process_asks_for_meanwhile_counts(
    connection: Connection, bucket: str, files: dict[str, Path]
) -> None:
    """Requests stay in memory until they run, but not once another process could have changed them."""
    queue, keys = Queue(None, Journal(folders.transfers_folder())), list(files)
    queue._at_once = 0
    transfers = queue.submit_all(connection, uploads(bucket, files))
    queue.pause()
    other = Journal(folders.transfers_folder())
    assert not other.take([transfers[0].row.job])
    for at in (5, 20):
        asked = UploadRequest(files[keys[at]], S3Uri(bucket, f"elsewhere/{at}"))
        other.set_request(transfers[at].number, asked)
    other.release(transfers[0].row.job)
    other.close()
    queue.at_once = 3
    for some in (transfers[:15], transfers[15:]):
        assert queue.resume([each.number for each in some]) == 15
    assert states(transfers) == {"verified": len(files)}
    for at in (5, 20):
        assert content(connection, bucket, f"elsewhere/{at}") == files.pop(keys[at]).read_bytes()
        with pytest.raises(NoSuchKey):
            connection.call("head_object", Bucket=bucket, Key=keys[at])
    assert all_arrived(connection, bucket, files)


def test_killed_in_the_middle_nothing_is_lost_or_doubtful(
    through: Connection, proxy: Proxy, bucket: str, files: dict[str, Path]
) -> None:
    command = [sys.executable, "-m", "s3tui", "put", *map(str, files.values()), f"s3://{bucket}/small/"]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "demo-access-key", "AWS_SECRET_ACCESS_KEY": "demo-secret-key"}
    started: list[subprocess.Popen[bytes]] = []
    proxy.once(
        lambda asked: Treatment(before=started[0].kill) if asked.method == "PUT" and NAMES[17] in asked.path else None
    )
    started.append(subprocess.Popen([*command, "--endpoint", proxy.endpoint, "--region", "us-east-1"], env=environment))
    assert started[0].wait(60) == -signal.SIGKILL
    queue = Queue(None, Journal(folders.transfers_folder()), lambda _: through)
    paused = queue.load()
    assert paused
    transfers = queue.rows()
    assert len(transfers) == len(files) and queue.resume() == paused
    assert states(transfers) == {"verified": len(files)} and all_arrived(through, bucket, files)
