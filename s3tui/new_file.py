"""A file that gets its name only when all of it is there, and that never replaces another unasked."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from s3tui.errors import BadInput, S3tuiError


class NotWritten(S3tuiError):
    """The file can't be written: no permission, no room, no such folder."""


@contextmanager
def new_file(path: Path, overwrite: bool = False, *, sync: bool = True) -> Iterator[BinaryIO]:
    """Write to `.NAME.RANDOM.part` beside `path`, which gets its name at the end; an exception leaves nothing.

    With `sync` the disk has the name as well when this ends; who writes many does that once, by `sync_folder`.

    Raises `BadInput` when `path` is there already and `overwrite` wasn't asked for, at the beginning or (when it
    came meanwhile) at the end, and `NotWritten`.
    """
    if "\0" in str(path):
        raise NotWritten(f"“{path}” can't be written: a name holds no NUL.")
    short = path.name.encode(errors="surrogateescape")[:200].decode(errors="ignore")
    part = path.with_name(f".{short or 'new'}.{secrets.token_hex(4)}.part")
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
        if sync:
            sync_folder(path.parent)
    except FileExistsError as error:
        raise BadInput(f"“{path}” is there already; nothing was replaced.", "Choose another name.") from error
    except OSError as error:
        said = error.strerror or str(error)
        raise NotWritten(f"“{path}” can't be written: {said[:1].lower()}{said[1:]}.") from error
    finally:
        with suppress(OSError):
            part.unlink()


def rename_to_new(path: Path, target: Path) -> None:
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
        path.unlink()


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in `folder` for good. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
