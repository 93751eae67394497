"""One transfer for each target at a time: two that end on one name would replace each other.

Other processes are kept away by a lock on one byte of a file in the state folder, whose place is made of the target. The
kernel drops it with the process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Hashable
from pathlib import Path
from typing import Final

from s3tui import folders
from s3tui.transfers.failures import AlreadyExists

_TRY: Final = int(fcntl.LOCK_EX | fcntl.LOCK_NB)  # as an enum it takes longer than the call
_targets: set[Hashable] = set()
_lock = threading.Lock()
_file: tuple[Path, int] | None = None  # opened once: closing it anywhere would drop the locks of all


def reserved(target: Hashable, shown: object) -> Reservation:
    """Keep the others away from `target`, which people know as `shown`. Entering it raises `AlreadyExists`."""
    return Reservation(target, shown)


class Reservation:
    """A target that is reserved while the `with` block runs."""

    __slots__ = ("_place", "_shown", "_target")

    def __init__(self, target: Hashable, shown: object) -> None:
        self._target, self._shown = target, shown

    def take(self) -> None:
        """As the `with` block begins. Raises `AlreadyExists`."""
        with _lock:
            place = None if self._target in _targets else _locked(self._target)
            if place is None:
                raise AlreadyExists(str(self._shown), "Another transfer is writing it right now: choose another name.")
            _targets.add(self._target)
        self._place = place

    def give_back(self) -> None:
        """As the `with` block ends."""
        with _lock:
            _targets.discard(self._target)
            if self._place >= 0 and _file:
                fcntl.lockf(_file[1], fcntl.LOCK_UN, 1, self._place)

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: object) -> None:
        self.give_back()


def reach_others() -> bool:
    """Whether other processes are kept away: not every disk can lock."""
    with _lock:
        try:
            fcntl.lockf(_opened(), fcntl.LOCK_SH | fcntl.LOCK_NB, 1, 1 << 56)  # a byte that no target has
        except OSError:
            return False
    return True


def _locked(target: Hashable) -> int | None:
    """The byte that stands for it, -1 on a disk that can't lock: that keeps nobody away. None when another process
    has it."""
    place = int.from_bytes(hashlib.sha256(ascii(target).encode()).digest()[:7], "big")
    try:
        file = _opened()
        try:
            fcntl.lockf(file, _TRY, 1, place)
        except (BlockingIOError, PermissionError):  # both are said, by different systems
            return None
    except OSError:
        return -1
    return place


def _opened() -> int:
    """Raises `OSError`."""
    global _file
    folder = folders.transfers_folder()
    if _file is None or _file[0] is not folder:
        if _file:
            os.close(_file[1])
            _file = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _file = folder, os.open(folder / "targets.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _file[1]
