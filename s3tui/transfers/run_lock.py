"""Who runs a job: a file per process that is locked as long as that process lives.

The kernel drops the lock with the process, however it ends; the number of a process may be another's by then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path


class RunLock:
    """This run's own file in `folder`, locked until the process ends. `name` is “PID-RANDOM”. Raises `OSError`."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._path = _path(folder, self.name)
        new = folder / f".{self.name}"
        self._file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # It gets its name when it is locked, or another process would take it for that of a dead one.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.rename(new, self._path)
        for path in folder.glob(_path(folder, "*").name):
            lives(folder, path.stem.removeprefix("run-"))

    def release(self) -> None:
        """Give it up before the process ends."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._file)


def lives(folder: Path, name: str) -> bool:
    """Whether the run called `name` is still under way; the file of one that isn't is removed."""
    path = _path(folder, name)
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it can't be told, so nobody else may touch its jobs
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        with contextlib.suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(file)


def process_of(name: str) -> str:
    """The number of the process that the run called `name` has, for people."""
    return name.partition("-")[0]


def _path(folder: Path, name: str) -> Path:
    return folder / f"run-{name}.lock"
