"""Local folders and files, as far as choosing what to send needs them."""

from __future__ import annotations

import fnmatch
import glob
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from s3tui.errors import BadInput
from s3tui.transfers.failures import LocalFailure, local_failure

MOST_MATCHES = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder. `size` is bytes, 0 for a folder."""

    name: str
    is_folder: bool
    size: int
    modified: datetime


def entries(folder: Path) -> list[Entry]:
    """Folders, then regular files, each by name without regard to case. What can't be looked at is left out.

    Raises `LocalFailure` when the folder itself can't be read.
    """
    try:
        with os.scandir(folder) as found:
            seen = [entry for each in found if (entry := _entry(each)) is not None]
    except OSError as error:
        raise local_failure(error, folder) from error
    return sorted(seen, key=lambda entry: (not entry.is_folder, entry.name.lower(), entry.name))


def _entry(found: os.DirEntry[str]) -> Entry | None:
    try:
        is_folder, told = found.is_dir(), found.stat()
    except OSError:
        return None  # a dangling link, or gone since
    if not is_folder and not found.is_file():
        return None
    return Entry(found.name, is_folder, 0 if is_folder else told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))


def is_pattern(text: str) -> bool:
    """Whether `text` is to be matched, rather than the name of something."""
    return any(sign in text for sign in "*?[")


def fits(name: str, wanted: str) -> bool:
    """Whether `name` fits what was typed to find it: a pattern, or some letters of it in any case."""
    if is_pattern(wanted):
        return fnmatch.fnmatch(name.lower(), wanted.lower())
    return wanted.lower() in name.lower()


def absolute(text: str, folder: Path) -> Path:
    """What was typed as a path, from `folder` when it is relative; `~` is the home folder. Raises `BadInput`."""
    try:
        return Path(os.path.normpath(folder / Path(text).expanduser()))
    except (RuntimeError, ValueError) as error:  # nobody has that name; a NUL
        raise BadInput(f"“{text}” is not a path: {error}") from error


def downloads() -> Path:
    """Where downloads go unless something else is typed: `~/Downloads` if it is there, else the working directory."""
    usual = Path.home() / "Downloads"
    return usual if usual.is_dir() else Path.cwd()


def named(text: str, folder: Path) -> list[Path]:
    """The files that typed `text` names: a path, or a pattern (`~/isos/*.iso`, `**/*.json`).

    Raises `BadInput` when there are none, or more than 10,000.
    """
    path = absolute(text, folder)
    if path.is_file():
        return [path]
    if not is_pattern(text):
        raise BadInput(f"There is no file “{path}”.")
    found = []
    # The folder apart: its own name may hold what would be a pattern.
    for match in glob.iglob(os.path.expanduser(text), root_dir=folder, recursive=True):
        path = absolute(match, folder)
        if path.is_file():
            found.append(path)
        if len(found) > MOST_MATCHES:
            raise BadInput(f"“{text}” names more than {MOST_MATCHES:,} files.", "Choose fewer.")
    if not found:
        raise BadInput(f"No file fits “{text}”.")
    return sorted(found)


def size_of(path: Path) -> int:
    """Bytes. Raises `LocalFailure`."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise local_failure(error, path) from error


def completion(text: str, folder: Path) -> str | None:
    """`text` completed to the first path that begins with it; None when there is none."""
    if not text or is_pattern(text):
        return None
    above, slash, begun = text.rpartition("/")
    try:
        found = entries(absolute(f"{above}{slash}" or ".", folder))
    except (LocalFailure, BadInput):
        return None
    for entry in found:
        if begun and entry.name.startswith(begun):
            return f"{above}{slash}{entry.name}" + ("/" if entry.is_folder else "")
    return None
