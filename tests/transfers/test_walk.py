"""The files below folders: which go, under which names, and what is said of the rest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.transfers import walk as walking
from s3tui.transfers.walk import Walked, walk


def nobody(*_: object) -> None:
    """Doesn't want to know how far it is."""


def found(*paths: Path) -> Walked:
    return walk(paths, CancelToken(), nobody)


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def names(walked: Walked) -> list[str]:
    return [file.relpath for file in walked.files]


def test_everything_below_one_folder_hidden_files_too(tmp_path: Path) -> None:
    folder = tree(tmp_path / "photos", "b.txt", ".hidden", "2024/.git/config", "2024/a b\nc.jpg")
    walked = found(folder)
    assert names(walked) == [".hidden", "b.txt", "2024/a b\nc.jpg", "2024/.git/config"]
    assert all(file.path == folder / file.relpath for file in walked.files) and not walked.remarks


def test_of_several_each_goes_under_its_own_name(tmp_path: Path) -> None:
    tree(tmp_path, "photos/a.jpg", "docs/a.txt", "note.txt")
    assert names(found(tmp_path / "photos", tmp_path / "note.txt", tmp_path / "docs")) == [
        "photos/a.jpg",
        "note.txt",
        "docs/a.txt",
    ]


def test_a_folder_has_a_name_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "photos/a.jpg", "docs/a.txt")
    monkeypatch.chdir(tmp_path / "docs")
    assert names(found(Path(), Path("../photos"))) == ["docs/a.txt", "photos/a.jpg"]


def test_links_and_loops(tmp_path: Path) -> None:
    folder = tree(tmp_path / "folder", "real/file.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "real/up").symlink_to("..")
    (folder / "file-link").symlink_to("real/file.txt")
    (folder / "dangling").symlink_to("nowhere")
    walked = found(folder)
    assert names(walked) == ["dangling", "file-link", "real/file.txt"]  # why the first can't be read, the plan says
    [remark] = walked.remarks
    assert "2 links" in remark and "loop" in remark and "not followed" in remark
    (tmp_path / "chosen").symlink_to(folder)
    assert names(found(tmp_path / "chosen")) == names(walked)


def test_what_is_no_file_is_refused_and_empty_folders_are_said(tmp_path: Path) -> None:
    folder = tree(tmp_path / "folder", "a.txt")
    os.mkfifo(folder / "pipe")
    for name in ("one", "two", "three", "four/five"):
        (folder / name).mkdir(parents=True)
    walked = found(folder)
    assert [(file.relpath, bool(file.why)) for file in walked.files] == [("a.txt", False), ("pipe", True)]
    [remark] = walked.remarks
    assert remark.startswith("4 empty folders") and "1 more" in remark


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, scandir = tree(tmp_path / "folder", "secret/a.txt", "b.txt"), os.scandir

    def denied(path: Any) -> Any:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(walking.os, "scandir", denied)
    whys = {file.relpath: file.why for file in found(folder).files}
    assert whys["b.txt"] == "" and "permission denied" in whys["secret/"]


def test_it_can_be_cancelled_and_goes_deep(tmp_path: Path) -> None:
    folder = tree(tmp_path / "deep", "/".join(["d"] * 400) + "/file")
    assert names(found(folder)) == ["d/" * 400 + "file"]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        walk([folder], token, nobody)
