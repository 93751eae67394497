"""One transfer for each target at a time: two that end on one name would replace each other.

Other processes are kept away by a lock on one byte of a file in the state folder, whose place is made of the target. The
kernel drops it with the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
from collections.abc import Hashable, Iterator
from pathlib import Path

from s3tui import folders
from s3tui.transfers.failures import AlreadyExists

_targets: set[Hashable] = set()
_lock = threading.Lock()
_file: tuple[Path, int] | None = None  # opened once: closing it anywhere would drop the locks of all


@contextlib.contextmanager
def reserved(target: Hashable, shown: str) -> Iterator[None]:
    """Keep the others away from `target`, which people know as `shown`. Raises `AlreadyExists`."""
    with _lock:
        if target in _targets or not _locked(fcntl.LOCK_EX | fcntl.LOCK_NB, target):
            raise AlreadyExists(shown, "Another transfer is writing it right now: choose another name.")
        _targets.add(target)
    try:
        yield
    finally:
        with _lock:
            _targets.discard(target)
            _locked(fcntl.LOCK_UN, target)


def _locked(operation: int, target: Hashable) -> bool:
    """False when another process has it. A disk that can't lock keeps nobody away."""
    place = int.from_bytes(hashlib.sha256(ascii(target).encode()).digest()[:7], "big")
    with contextlib.suppress(OSError):
        file = _opened()
        try:
            fcntl.lockf(file, operation, 1, place)
        except (BlockingIOError, PermissionError):  # both are said, by different systems
            return False
    return True


def _opened() -> int:
    """Raises `OSError`."""
    global _file
    path = folders.transfers_folder() / "targets.lock"
    if _file is None or _file[0] != path:
        if _file:
            os.close(_file[1])
            _file = None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _file = path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _file[1]
