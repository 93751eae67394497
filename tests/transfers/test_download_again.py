"""Downloads that go on after their process was killed, after a pause, after a failure: never mixed, never guessed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import threading
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import part_file, received
from s3tui.transfers.download import DownloadRequest, discard, download
from s3tui.transfers.failures import AlreadyExists, LocalFailure, NoSpace
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.received import received_in
from tests.transfers.conftest import MIB, SIZE
from tests.transfers.killed import KeptNotes, process, run_until_killed
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = pytest.mark.long

KEY = "image.iso"
PART = 5 * MIB


def go(connection: Connection, bucket: str, target: Path, notes: Notes, **more: Any) -> Outcome:
    return download(connection, DownloadRequest(S3Uri(bucket, KEY), target, **more), Progress(), CancelToken(), notes)


def first_byte(asked: Asked) -> int | None:
    """Of the range that is asked for; None for what is no part (the first byte alone is a question, no part)."""
    said = asked.headers.get("range", "")
    if asked.method != "GET" or not said or said == "bytes=0-0":
        return None
    return int(said.removeprefix("bytes=").partition("-")[0])


def firsts(asked: list[Asked]) -> list[int]:
    return [found for each in asked if (found := first_byte(each)) is not None]


def left(target: Path) -> list[Path]:
    return sorted(path for path in target.parent.iterdir() if path != target)


@pytest.mark.parametrize("at", [0, PART, 4 * PART])
def test_killed_it_goes_on_with_the_parts_that_were_complete(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, tmp_path: Path, at: int
) -> None:
    noted, uri = tmp_path / "notes.json", S3Uri(bucket, KEY)
    run_until_killed(proxy, "download", target, uri, noted, lambda asked: first_byte(asked) == at, True)
    assert not target.exists() and len(left(target)) == 1
    before, progress, notes = len(proxy.asked), Progress(), KeptNotes(noted)
    there = bytes_there(notes)
    assert download(through, DownloadRequest(uri, target), progress, CancelToken(), notes).state == "verified"
    missing = {at + count for at, count in there.items() if count < min(PART, SIZE - at)}
    assert set(firsts(proxy.asked[before:])) == missing
    assert target.read_bytes() == data and left(target) == [] and progress.done == SIZE


def bytes_there(notes: Notes) -> dict[int, int]:
    """How many bytes are noted of the part that begins at each offset."""
    noted = received_in(notes)
    assert noted
    there = {(number - 1) * PART: 0 for number in range(1, 6)}
    there |= {(number - 1) * PART: count for number, count in noted.begun}
    return there | {(number - 1) * PART: PART for number in noted.numbers}


def complete_parts(notes: Notes) -> set[int]:
    noted = received_in(notes)
    return noted.numbers if noted else set()


def test_killed_again_and_again_no_part_that_was_complete_comes_twice(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, tmp_path: Path
) -> None:
    noted, uri = tmp_path / "notes.json", S3Uri(bucket, KEY)
    there: set[int] = set()
    for number in (2, 4, 5):
        before = len(proxy.asked)
        run_until_killed(
            proxy, "download", target, uri, noted, lambda asked, at=(number - 1) * PART: first_byte(asked) == at, False
        )
        assert not {(done - 1) * PART for done in there} & set(firsts(proxy.asked[before:]))
        there = complete_parts(KeptNotes(noted))
    assert there
    assert go(through, bucket, target, KeptNotes(noted)).state == "verified"
    assert target.read_bytes() == data and left(target) == []


def test_what_only_the_kernel_had_is_not_believed_after_a_power_cut(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, notes: KeptNotes, monkeypatch: Any
) -> None:
    """Notes of parts that the disk may never have got: here it has zeros instead."""
    uri, noted = S3Uri(bucket, KEY), notes.path
    run_until_killed(proxy, "download", target, uri, noted, lambda asked: first_byte(asked) == 4 * PART, False)
    assert complete_parts(KeptNotes(noted))
    monkeypatch.setattr(received, "this_boot", lambda: "another")
    kept = bytes_there(KeptNotes(noted))
    [part] = left(target)
    with part.open("r+b") as file:
        for at, count in kept.items():
            lost = min(PART, max(part.stat().st_size - at, 0)) - count
            os.pwrite(file.fileno(), bytes(max(lost, 0)), at + count)
    before = len(proxy.asked)
    assert go(through, bucket, target, KeptNotes(noted)).state == "verified"
    missing = sorted(at + count for at, count in kept.items() if count < min(PART, SIZE - at))
    assert sorted(firsts(proxy.asked[before:])) == missing
    assert target.read_bytes() == data and left(target) == []


def paused(through: Connection, proxy: Proxy, bucket: str, target: Path, notes: Notes, **more: Any) -> None:
    """Receive until the last part is asked for, then pause; the parts before it are complete, or some of them."""
    token, uri = CancelToken(), S3Uri(bucket, KEY)
    rules = list(proxy.rules)
    proxy.once(lambda asked: Treatment(before=token.pause) if first_byte(asked) == 4 * PART else None)
    with pytest.raises(Cancelled):
        download(through, DownloadRequest(uri, target, **more), Progress(), token, notes)
    proxy.rules[:] = rules
    assert complete_parts(notes)


@pytest.mark.parametrize("kept", [True, False])
def test_a_pause_keeps_the_part_file_and_discarding_deletes_it(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, notes: KeptNotes, kept: bool
) -> None:
    facts = notes if kept else Notes()
    paused(through, proxy, bucket, target, facts)
    [there] = left(target)
    assert go(through, bucket, target, facts).state == "verified"
    assert target.read_bytes() == data and left(target) == []

    facts.clear()
    target.unlink()
    paused(through, proxy, bucket, target, facts)
    assert len(left(target)) == 1 and left(target) != [there]
    discard(DownloadRequest(S3Uri(bucket, KEY), target), facts)
    assert left(target) == [] and facts.get("download") is None
    discard(DownloadRequest(S3Uri(bucket, KEY), target), facts)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("size", [3 * MIB, SIZE])
def test_a_part_goes_on_where_it_was_cut(
    through: Connection,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    target: Path,
    notes: KeptNotes,
    kept: bool,
    size: int,
) -> None:
    data, facts, token = os.urandom(size), notes if kept else Notes(), CancelToken()
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=data)

    def starts(asked: Asked) -> bool:
        return asked.method == "GET" and first_byte(asked) in (None, 0) and "bytes=0-0" not in asked.headers.values()

    proxy.once(lambda asked: Treatment(cut_after=2 * MIB + 5) if starts(asked) else None)
    proxy.once(lambda asked: Treatment(before=token.pause) if first_byte(asked) == 2 * MIB + 5 else None)
    with pytest.raises(Cancelled):
        download(through, DownloadRequest(S3Uri(bucket, KEY), target), Progress(), token, facts)
    before, progress = len(proxy.asked), Progress()
    request = DownloadRequest(S3Uri(bucket, KEY), target)
    assert download(through, request, progress, CancelToken(), facts).state == "verified"
    assert 2 * MIB + 5 in firsts(proxy.asked[before:]) and 0 not in firsts(proxy.asked[before:])
    assert target.read_bytes() == data and progress.done == size and left(target) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_failure_keeps_the_part_file_when_the_notes_are_kept(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, notes: KeptNotes, kept: bool
) -> None:
    proxy.rules.append(lambda asked: Treatment(instead=(503, b"")) if first_byte(asked) == 4 * PART else None)
    facts = notes if kept else Notes()
    with pytest.raises(errors.Throttled):
        go(through, bucket, target, facts)
    assert len(left(target)) == (1 if kept else 0) and (facts.get("download") is not None) == kept
    proxy.rules.clear()
    before = len(proxy.asked)
    assert go(through, bucket, target, facts).state == "verified"
    assert len(firsts(proxy.asked[before:])) < 5 or not kept
    assert target.read_bytes() == data and left(target) == []


def test_an_object_that_changed_since_is_received_anew(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, target: Path, notes: KeptNotes, data: bytes
) -> None:
    paused(through, proxy, bucket, target, notes)
    other = os.urandom(SIZE)
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=other)
    assert go(through, bucket, target, notes).state == "verified"
    assert target.read_bytes() == other and left(target) == []


def test_an_object_that_changes_in_the_middle_of_the_second_run_is_refused_whole(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, target: Path, notes: KeptNotes, data: bytes
) -> None:
    paused(through, proxy, bucket, target, notes)
    other = os.urandom(SIZE)
    change = Treatment(before=lambda: connection.call("put_object", Bucket=bucket, Key=KEY, Body=other))
    proxy.once(lambda asked: change if first_byte(asked) is not None else None)
    with pytest.raises(errors.Changed):
        go(through, bucket, target, notes)
    assert not target.exists() and left(target) == [] and notes.empty
    assert go(through, bucket, target, notes).state == "verified" and target.read_bytes() == other


def test_an_older_version_goes_on_while_newer_ones_come(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, target: Path, notes: KeptNotes
) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    data = os.urandom(SIZE)
    version = connection.call("put_object", Bucket=bucket, Key=KEY, Body=data)["VersionId"]
    request = DownloadRequest(S3Uri(bucket, KEY, version), target)
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.pause) if first_byte(asked) == 4 * PART else None)
    with pytest.raises(Cancelled):
        download(through, request, Progress(), token, notes)
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=b"newer")
    before = len(proxy.asked)
    assert download(through, request, Progress(), CancelToken(), notes).version_id == version
    assert target.read_bytes() == data and len(firsts(proxy.asked[before:])) < 5


@pytest.mark.parametrize("both_names", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_killed_right_after_the_file_got_its_name(
    connection: Connection,
    bucket: str,
    data: bytes,
    target: Path,
    tmp_path: Path,
    notes: KeptNotes,
    monkeypatch: pytest.MonkeyPatch,
    both_names: bool,
    overwrite: bool,
) -> None:
    """A process that ends here leaves what it had noted by then, and one name of the file or two."""
    names: list[Path] = []

    def look(path: Path, *_: object) -> None:
        names.append(path)
        shutil.copy(tmp_path / "notes.json", tmp_path / "as-noted.json")

    publish = part_file.PartFile.publish
    monkeypatch.setattr(part_file.PartFile, "publish", lambda file, *rest: (look(file.path), publish(file, *rest)))
    go(connection, bucket, target, notes)
    if both_names:
        names[0].hardlink_to(target)
    outcome = go(connection, bucket, target, KeptNotes(tmp_path / "as-noted.json"), overwrite=overwrite)
    assert outcome.state == "verified" and outcome.size == SIZE and len(names) == 1
    assert target.read_bytes() == data and left(target) == []
    target.write_bytes(b"m" * SIZE)
    later = target.stat().st_mtime + 60
    os.utime(target, (later, later))
    with pytest.raises(AlreadyExists):
        go(connection, bucket, target, KeptNotes(tmp_path / "as-noted.json"))
    assert target.read_bytes() == b"m" * SIZE


def test_two_processes_never_write_one_part_file(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, tmp_path: Path
) -> None:
    noted, uri = tmp_path / "notes.json", S3Uri(bucket, KEY)
    held, tried = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        tried.wait(60)

    run_until_killed(proxy, "download", target, uri, noted, lambda asked: first_byte(asked) == 4 * PART, True)
    assert complete_parts(KeptNotes(noted))
    proxy.once(lambda asked: Treatment(before=hold) if first_byte(asked) is not None else None)
    with process("download", proxy.endpoint, noted, target, uri) as child:
        assert held.wait(60)
        with pytest.raises(AlreadyExists):
            go(through, bucket, target, KeptNotes(noted))
        tried.set()
        child.communicate(timeout=60)
        assert child.returncode == 0
    assert target.read_bytes() == data and left(target) == []


def test_a_disk_that_was_full_keeps_what_came_for_when_there_is_room(
    connection: Connection, bucket: str, data: bytes, target: Path, notes: KeptNotes
) -> None:
    """A limit on the size of files is how a full disk looks to one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * PART, hard))
    try:
        with pytest.raises(LocalFailure):
            go(connection, bucket, target, notes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert len(left(target)) == 1
    assert go(connection, bucket, target, notes).state == "verified"
    assert target.read_bytes() == data and left(target) == []


def test_what_is_there_already_needs_no_more_room(
    through: Connection,
    proxy: Proxy,
    bucket: str,
    data: bytes,
    target: Path,
    notes: KeptNotes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = namedtuple("usage", "total used free")
    paused(through, proxy, bucket, target, notes)
    [part] = left(target)
    needed = SIZE - part.stat().st_blocks * 512
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(SIZE, 0, needed - 1))
    with pytest.raises(NoSpace):
        go(through, bucket, target, notes)
    assert left(target) == [part]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(SIZE, 0, needed))
    assert go(through, bucket, target, notes).state == "verified" and target.read_bytes() == data
