"""A file that gets its name only when all of it is there, and that never replaces another unasked."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from s3tui.errors import BadInput, S3tuiError

StrPath = str | Path
_LONGEST = 200  # bytes of a name, so that there is room for what is added to it
_numbers = count(secrets.randbits(31))  # made once: thousands of small files ask for one each


class NotWritten(S3tuiError):
    """The file can't be written: no permission, no room, no such folder."""


@contextmanager
def new_file(path: Path, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Write to `part_of` it, beside `path`, which gets its name at the end; an exception leaves nothing. The disk
    has the name as well when this ends.

    Raises `BadInput` when `path` is there already and `overwrite` wasn't asked for, at the beginning or (when it
    came meanwhile) at the end, and `NotWritten`.
    """
    part = Path(part_of(path))
    try:
        if not overwrite and os.path.lexists(path):
            raise FileExistsError
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(part, path)
        else:
            rename_to_new(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise _failure(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_new(path: StrPath, data: bytes, overwrite: bool, modified: float | None) -> None:
    """The same for what is small, in a quarter of the time: `data` with the time of modification `modified` (seconds
    since the epoch). The folder's names are left to `sync_folder`. Raises as `new_file`, at the end only."""
    place, part = str(path), part_of(path)
    is_there = False
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        is_there = True
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            if modified is not None:
                os.utime(file, (modified, modified))
            os.fsync(file)
        finally:
            os.close(file)
        if overwrite:
            os.replace(part, place)
        else:
            rename_to_new(part, place)
        is_there = False
    except OSError as error:
        raise _failure(path, error) from error
    finally:
        if is_there:
            with suppress(OSError):
                os.unlink(part)


def part_of(path: StrPath) -> str:
    """`.NAME.NUMBER.part`, a name for what becomes `path`; most likely nothing has it. Raises `NotWritten`."""
    if "\0" in (place := str(path)):
        raise NotWritten(f"“{path}” can't be written: a name holds no NUL.")
    begin = place.rfind(os.sep) + 1
    above, name = place[:begin], place[begin:]
    if not name.isascii() or len(name) > _LONGEST:
        name = name.encode(errors="surrogateescape")[:_LONGEST].decode(errors="ignore")
    return f"{above}.{name or 'new'}.{next(_numbers) & 0xFFFFFFFF:08x}.part"


def _failure(path: StrPath, error: OSError) -> S3tuiError:
    if isinstance(error, FileExistsError):
        return BadInput(f"“{path}” is there already; nothing was replaced.", "Choose another name.")
    said = error.strerror or str(error)
    return NotWritten(f"“{path}” can't be written: {said[:1].lower()}{said[1:]}.")


def rename_to_new(path: StrPath, target: StrPath) -> None:
    """Rename without ever replacing anything. Raises `FileExistsError` and every other `OSError`."""
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # A disk without hard links (FAT): claim the name with an empty file of our own, then replace that.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        os.replace(path, target)
    else:
        os.unlink(path)


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in `folder` for good. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
