"""Deleting local files, each only if it is still the one that was seen."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted
from s3tui.s3.client import Connection
from s3tui.transfers.failures import LocalFailure, local_failure
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind

_TOLD = 3  # failures in the outcome's sentence


@dataclass(frozen=True, slots=True)
class DeleteFilesRequest:
    """Which files below `folder` are to go: the path below it, with `/`, size in bytes and time of modification in ns
    of each, as they were when this was asked for."""

    kind: ClassVar[Kind] = "remove"
    overwrite: ClassVar[bool] = False
    folder: Path
    files: tuple[tuple[str, int, int], ...]

    @property
    def ends(self) -> tuple[str, str]:
        """What goes; it goes nowhere."""
        if len(self.files) == 1:
            return str(self.folder / self.files[0][0]), ""
        return f"{self.folder}: {counted(len(self.files), 'file')}", ""

    def run(self, _: Connection, progress: Progress, token: CancelToken, __: Notes) -> Outcome:
        return delete_files(self, progress, token)

    def discard(self, _: Connection, notes: Notes) -> None:
        """What is deleted can't be brought back, and nothing else is left."""
        notes.clear()


def delete_files(request: DeleteFilesRequest, progress: Progress, token: CancelToken) -> Outcome:
    """Delete the files, and say how many went. One that is gone already is no failure.

    A file that has changed since it was seen stays, and so does whatever else has got its name. No symbolic link below
    the folder is followed. Folders stay. Raises `Cancelled` when nothing was deleted before, and `LocalFailure` when
    nothing could be.
    """
    progress.begin(len(request.files))
    gone, failures = 0, list[LocalFailure]()
    for name, size, changed in request.files:
        if token.cancelled:
            if not gone:
                raise Cancelled
            return Outcome("cancelled", f"{counted(gone, 'file')} deleted before that.")
        try:
            gone += _delete(request.folder, name, size, changed)
        except LocalFailure as error:
            failures.append(error)
        progress.add(1)
    if failures and not gone:
        raise failures[0]
    said = f"{counted(gone, 'file')} deleted."
    if failures:
        told = " ".join(failure.sentence for failure in failures[:_TOLD])
        return Outcome("done in part", f"{said} {len(failures):,} not deleted: {told}")
    return Outcome("verified", said)


def _delete(folder: Path, name: str, size: int, changed: int) -> bool:
    """False when it was gone already."""
    path = folder / name
    try:
        inside = _folder_of(folder, name)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise local_failure(error, path) from error
    try:
        last = name.rpartition("/")[2]
        now = os.stat(last, dir_fd=inside, follow_symlinks=False)
        if not stat.S_ISREG(now.st_mode) or (now.st_size, now.st_mtime_ns) != (size, changed):
            raise LocalFailure(f"“{path}” has changed since it was looked at; it was not deleted.", "Look again.")
        os.unlink(last, dir_fd=inside)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise local_failure(error, path) from error
    finally:
        os.close(inside)
    return True


def _folder_of(folder: Path, name: str) -> int:
    """The open folder that the file is in, come to from `folder` without following a link. Raises `OSError`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    here = os.open(folder, flags)
    for step in name.split("/")[:-1]:
        try:
            below = os.open(step, flags | os.O_NOFOLLOW, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here
