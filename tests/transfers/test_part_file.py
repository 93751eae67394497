"""The part file that a download left is gone on with only when it surely is that one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest, download
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from tests.transfers.conftest import SIZE
from tests.transfers.killed import KeptNotes
from tests.transfers.proxy import Proxy
from tests.transfers.test_download_again import KEY, PART, complete_parts, go, left, paused

pytestmark = pytest.mark.long


def gone(path: Path) -> None:
    path.unlink()


def shorter(path: Path) -> None:
    os.truncate(path, 100)


def longer(path: Path) -> None:
    os.truncate(path, SIZE + 1)


def copied(path: Path) -> None:
    """Another file of the same name and content."""
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def linked(path: Path) -> None:
    """A symbolic link to someone's file."""
    precious = path.with_name("precious")
    precious.write_bytes(b"p" * SIZE)
    path.unlink()
    path.symlink_to(precious)


def named_twice(path: Path) -> None:
    path.with_name("precious").hardlink_to(path)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("happening", [gone, shorter, longer, copied, linked, named_twice, piped])
def test_a_part_file_that_is_not_the_one_that_was_left_is_not_written_to(
    through: Connection,
    proxy: Proxy,
    bucket: str,
    data: bytes,
    target: Path,
    notes: KeptNotes,
    happening: Callable[[Path], None],
) -> None:
    paused(through, proxy, bucket, target, notes)
    [part] = left(target)
    happening(part)
    precious = target.with_name("precious")
    before = precious.read_bytes() if precious.exists() else b""
    assert go(through, bucket, target, notes).state == "verified"
    assert target.read_bytes() == data
    assert not precious.exists() or precious.read_bytes() == before
    ours = happening in (gone, shorter, longer, named_twice)
    assert part.is_symlink() or part.exists() != ours


def test_a_part_that_was_damaged_on_the_disk_is_found_and_all_comes_anew(
    through: Connection, proxy: Proxy, bucket: str, data: bytes, target: Path, notes: KeptNotes
) -> None:
    paused(through, proxy, bucket, target, notes)
    [part] = left(target)
    with part.open("r+b") as file:
        file.seek((min(complete_parts(notes)) - 1) * PART)
        file.write(b"damage")
    progress = Progress()
    request = DownloadRequest(S3Uri(bucket, KEY), target)
    assert download(through, request, progress, CancelToken(), notes).state == "verified"
    assert target.read_bytes() == data and progress.done == SIZE and left(target) == []


def test_part_files_that_no_notes_know_are_left_alone(
    connection: Connection, bucket: str, data: bytes, target: Path
) -> None:
    stray = target.with_name(".image.iso.0123abcd.part")
    stray.write_bytes(b"x" * SIZE)
    assert go(connection, bucket, target, Notes()).state == "verified"
    assert target.read_bytes() == data and stray.read_bytes() == b"x" * SIZE


@pytest.mark.parametrize("name", ["../precious", "/precious", "sub/../../precious"])
def test_a_noted_name_never_leads_out_of_the_folder(
    connection: Connection, bucket: str, data: bytes, target: Path, notes: KeptNotes, name: str, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"p")
    notes.set(
        download={
            "name": name,
            "size": 1,
            "etag": "",
            "version_id": None,
            "modified": 0.0,
            "part_size": PART,
            "inode": precious.stat().st_ino,
            "parts": [],
            "begun": [],
            "state": None,
            "detail": "",
        }
    )
    assert go(connection, bucket, target, notes).state == "verified"
    assert precious.read_bytes() == b"p"
