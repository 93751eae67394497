"""A file that is being received: written beside its target and given its name only when it is complete."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.new_file import rename_to_new, sync_folder
from s3tui.transfers.failures import AlreadyExists, LocalFailure, local_failure, no_room
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
    """`.NAME.RANDOM.part` beside `target`, `size` bytes long. Leaving the `with` block deletes it unless it
    was published. Raises `NoSpace`, `LocalFailure`."""

    def __init__(self, target: Path, size: int) -> None:
        self.target = target
        self._size = size
        short = target.name.encode()[:200].decode(errors="ignore")
        self.path = target.with_name(f".{short}.{secrets.token_hex(4)}.part")
        self._published = False
        try:
            free = shutil.disk_usage(target.parent).free
            if free < size:
                raise no_room(target, size, free)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise local_failure(error, target) from error

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        if not self._published:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

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
            self._published = True
            sync_folder(self.target.parent)
        except FileExistsError as error:
            raise AlreadyExists(str(self.target)) from error
        except OSError as error:
            raise local_failure(error, self.target) from error
