"""A file that is being received: written beside its target and given its name only when it is complete."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.new_file import rename_to_new, sync_folder
from s3tui.transfers.failures import AlreadyExists, LocalFailure, NoSpace, local_failure, no_room
from s3tui.transfers.parts import CHUNK, Part


def make_folder(target: Path, root: Path | None) -> None:
    """Make the folders above `target`. Raises `BadInput` when symbolic links lead out of `root`, and
    `LocalFailure`."""
    try:
        if root is not None:
            _check_inside(target.parent, root)
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise local_failure(error, target.parent) from error


def _check_inside(folder: Path, root: Path) -> None:
    """`resolve` follows the links of what exists already, and nothing else makes links."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise BadInput(f"“{folder}” leads out of “{root}”; nothing was written.", "Choose another folder.")


class PartFile:
    """A file beside `target`, until it is published or deleted. Leaving the `with` block closes it."""

    def __init__(self, target: Path, path: Path, file: int) -> None:
        """`file` is the open `path`; `new_part_file` and `part_file_again` open it."""
        self.target, self.path = target, path
        self._file = file

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def delete(self) -> None:
        """Its name goes. Raises `LocalFailure`."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise local_failure(error, self.path) from error

    @property
    def inode(self) -> int:
        return os.fstat(self._file).st_ino

    def sync(self) -> None:
        """Have the disk keep what was written so far. Raises `LocalFailure`."""
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise local_failure(error, self.target) from error

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of `data` at `offset`. Safe from several threads."""
        try:
            while data:
                written = os.pwrite(self._file, data, offset)
                data, offset = data[written:], offset + written
        except OSError as error:
            raise local_failure(error, self.target) from error

    def chunks(self, part: Part, token: CancelToken) -> Iterator[bytes]:
        """What was written in `part`, a little at a time."""
        at, end = part.offset, part.offset + part.length
        while at < end:
            token.check()
            data = os.pread(self._file, min(CHUNK, end - at), at)
            if not data:
                raise LocalFailure(f"“{self.path}” became shorter while it was being checked.", "Try again.")
            at += len(data)
            yield data

    def publish(self, overwrite: bool, modified: datetime | None) -> None:
        """Put the file on the disk for good, with the object's time, under its name.

        Raises `AlreadyExists` when something has that name and `overwrite` wasn't chosen.
        """
        try:
            if modified is not None:
                os.utime(self._file, (modified.timestamp(), modified.timestamp()))
            os.fsync(self._file)
            if overwrite:
                os.replace(self.path, self.target)
            else:
                rename_to_new(self.path, self.target)
            sync_folder(self.target.parent)
        except FileExistsError as error:
            raise AlreadyExists(str(self.target)) from error
        except OSError as error:
            raise local_failure(error, self.target) from error


def new_part_file(path: Path, target: Path, size: int) -> PartFile:
    """Make `path`, which must not be there, for `size` bytes that become `target`. Raises `NoSpace`, `LocalFailure`."""
    try:
        _check_room(target, size)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise local_failure(error, target) from error
    return _locked(PartFile(target, path, file), file)


def part_file_again(path: Path, target: Path, size: int, inode: int, least: int) -> PartFile | None:
    """The part file that an earlier run left at `path`, at least `least` of `size` bytes long. None unless it surely is
    that one: a regular file of ours, with that inode and no other name.

    Raises `NoSpace`, `AlreadyExists` when another process is writing it.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    told = os.fstat(file)
    if not _is_ours(told, inode) or told.st_nlink != 1 or not least <= told.st_size <= size:
        os.close(file)
        return None
    try:
        _check_room(target, size - told.st_blocks * 512)
    except NoSpace:
        os.close(file)
        raise
    return _locked(PartFile(target, path, file), file)


def delete_part_file(path: Path, inode: int) -> None:
    """Delete what an earlier run left at `path`, and nothing that came into its place. `inode` is 0 when the run ended
    before it was known. Raises `LocalFailure`."""
    try:
        told = path.lstat()
        if _is_ours(told, inode or told.st_ino):
            path.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise local_failure(error, path) from error


def _is_ours(told: os.stat_result, inode: int) -> bool:
    return stat.S_ISREG(told.st_mode) and told.st_uid == os.geteuid() and told.st_ino == inode


def _check_room(target: Path, needed: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise no_room(target, needed, free)


def _locked(part_file: PartFile, file: int) -> PartFile:
    """Two processes never write one part file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        place = str(part_file.target)
        raise AlreadyExists(place, "Another process is receiving it right now: wait for that one.") from None
    except OSError:
        pass  # a disk without locks
    return part_file
