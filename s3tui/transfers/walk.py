"""The files below folders: hidden ones too, links to folders not followed, nothing that isn't a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.display import counted, listed
from s3tui.transfers.bulk import LocalFile, Tell
from s3tui.transfers.failures import local_failure

_SPECIAL = "It is a device, a pipe or a socket."
_NAMED = 3  # of many, those that are named


@dataclass(slots=True)
class Walked:
    """Files in order, and sentences on what was found besides."""

    files: list[LocalFile] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def walk(paths: Sequence[Path], token: CancelToken, tell: Tell) -> Walked:
    """Every file of `paths`, which are files and folders. A folder's files are named below it; its own name is left
    out when it is the only one, and kept when there are several, as `cp -r` and `rsync` do for `FOLDER/`.

    A path that isn't there is kept as if it were a file: the plan says why it can't be read. A link to a file
    is that file; a link to a folder is left out below a folder, since it may lead round in circles, and followed
    where it is one of `paths`. Raises `Cancelled`.
    """
    walked = _Walk(token, tell)
    for path in paths:
        if path.is_dir():
            walked.folder(path, "" if len(paths) == 1 else f"{os.path.basename(os.path.abspath(path))}/")
        else:
            walked.found.files.append(LocalFile(path, path.name))
    walked.remark()
    return walked.found


class _Walk:
    def __init__(self, token: CancelToken, tell: Tell) -> None:
        self.found = Walked()
        self._token, self._tell = token, tell
        self._links: list[Path] = []
        self._empty: list[Path] = []

    def folder(self, folder: Path, above: str) -> None:
        """Without recursion: a tree may be deeper than Python's stack."""
        waiting = [(folder, above)]
        while waiting:
            self._token.check()
            here, above = waiting.pop()
            try:
                with os.scandir(here) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.found.files.append(LocalFile(here, above, why=local_failure(error, here).sentence))
                continue
            if not inside:
                self._empty.append(here)
            folders = list(self._inside(inside, above))
            waiting += reversed(folders)
            self._tell("looking for files", len(self.found.files), None)

    def _inside(self, entries: Sequence[os.DirEntry[str]], above: str) -> Iterator[tuple[Path, str]]:
        """Takes in the files; the folders are given back."""
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield path, f"{above}{entry.name}/"
            elif entry.is_symlink() and entry.is_dir():
                self._links.append(path)
            else:
                why = _SPECIAL if _is_special(entry) else ""
                self.found.files.append(LocalFile(path, above + entry.name, why=why))

    def remark(self) -> None:
        """Say what was seen besides files."""
        remarks = self.found.remarks
        if self._links:
            remarks.append(f"{_some(self._links, 'link')} to folders left out: links to folders are not followed.")
        if self._empty:
            remarks.append(f"{_some(self._empty, 'empty folder')}: S3 has no folders, so nothing is sent for them.")


def _is_special(entry: os.DirEntry[str]) -> bool:
    """What can't be looked at isn't: the plan says why."""
    try:
        mode = entry.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)


def _some(paths: Sequence[Path], noun: str) -> str:
    names = [f"“{path}”" for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        names.append(f"{len(paths) - _NAMED:,} more")
    return f"{counted(len(paths), noun)} ({listed(names)})"
