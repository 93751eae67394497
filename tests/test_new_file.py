"""A file that gets its name when it is complete."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from s3tui.errors import BadInput
from s3tui.new_file import NotWritten, new_file, write_new


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def test_the_name_comes_last(folder: Path) -> None:
    with new_file(folder / "list.csv") as file:
        file.write(b"all of it")
        assert not (folder / "list.csv").exists()
    assert (folder / "list.csv").read_bytes() == b"all of it"
    assert os.listdir(folder) == ["list.csv"]


def test_a_failure_leaves_nothing(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_file(folder / "list.csv") as file:
        file.write(b"half of it")
        raise ZeroDivisionError
    assert os.listdir(folder) == []


def test_a_file_that_is_there_is_kept_unless_asked(folder: Path) -> None:
    (folder / "list.csv").write_bytes(b"mine")
    with pytest.raises(BadInput, match="there already"), new_file(folder / "list.csv"):
        pytest.fail("nothing should be written for a name that is taken")
    assert (folder / "list.csv").read_bytes() == b"mine"
    with new_file(folder / "list.csv", overwrite=True) as file:
        file.write(b"new")
    assert (folder / "list.csv").read_bytes() == b"new"
    assert os.listdir(folder) == ["list.csv"]


def test_a_file_that_comes_meanwhile_is_kept(folder: Path) -> None:
    with pytest.raises(BadInput, match="there already"), new_file(folder / "list.csv") as file:
        file.write(b"ours")
        (folder / "list.csv").write_bytes(b"mine")
    assert (folder / "list.csv").read_bytes() == b"mine"
    assert os.listdir(folder) == ["list.csv"]


def test_a_dangling_link_is_something_that_is_there(folder: Path) -> None:
    (folder / "list.csv").symlink_to("nowhere")
    with pytest.raises(BadInput, match="there already"), new_file(folder / "list.csv"):
        pytest.fail("nothing should be written for a name that is taken")


def test_what_the_disk_says_is_said(folder: Path) -> None:
    with pytest.raises(NotWritten, match="no such file or directory"), new_file(folder / "no/list.csv"):
        pytest.fail("there is no such folder")
    with pytest.raises(NotWritten, match="no space left"), new_file(folder / "list.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os.listdir(folder) == []


def test_the_longest_name_a_disk_takes(folder: Path) -> None:
    name = "é" * 127 + "x"
    with new_file(folder / name) as file:
        file.write(b"x")
    assert os.listdir(folder) == [name]


def test_what_is_small_is_written_at_once(folder: Path) -> None:
    name = "é" * 127 + "x"
    write_new(folder / name, b"all of it", overwrite=False, modified=1_000_000_000.5)
    assert (folder / name).read_bytes() == b"all of it"
    assert (folder / name).stat().st_mtime == 1_000_000_000.5
    with pytest.raises(BadInput, match="there already"):
        write_new(folder / name, b"other", overwrite=False, modified=None)
    assert (folder / name).read_bytes() == b"all of it"
    write_new(folder / name, b"", overwrite=True, modified=None)
    assert (folder / name).read_bytes() == b""
    assert os.listdir(folder) == [name]


def test_what_is_small_and_fails_leaves_nothing(folder: Path) -> None:
    (folder / "taken").mkdir()
    with pytest.raises(NotWritten, match="is a directory"):
        write_new(folder / "taken", b"x", overwrite=True, modified=None)
    with pytest.raises(NotWritten, match="no such file or directory"):
        write_new(folder / "no/list.csv", b"x", overwrite=False, modified=None)
    with pytest.raises(NotWritten, match="no NUL"):
        write_new(folder / "a\0b", b"x", overwrite=False, modified=None)
    (folder / "link").symlink_to("nowhere")
    with pytest.raises(BadInput, match="there already"):
        write_new(folder / "link", b"x", overwrite=False, modified=None)
    assert sorted(os.listdir(folder)) == ["link", "taken"]
