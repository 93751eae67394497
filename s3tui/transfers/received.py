"""What is noted of a download, so that it can go on after its process has ended."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from s3tui.s3.objects import ObjectInfo
from s3tui.transfers.notes import Notes
from s3tui.transfers.part_file import PartFile
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Outcome, State
from s3tui.transfers.stored import bare

BETWEEN_SYNCS = 1.0  # seconds after which the disk is to have what came
_JOTS = 8  # of what is written in the time in which a part comes
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PAIRS = ("parts", "begun", "kernel_parts", "kernel_begun")


@dataclass(frozen=True, slots=True)
class Received:
    """One download that was begun: which object, into which file, and which parts of it are on the disk.

    `kernel_parts` and `kernel_begun` are all that was written, whether the disk has it or only the kernel: a kill loses
    nothing of that, but it is there only until the machine is started anew.
    """

    name: str  # of the part file, which lies beside the target
    size: int  # bytes
    etag: str
    version_id: str | None
    modified: float  # seconds since the epoch
    part_size: int  # bytes
    inode: int = 0  # of the part file; 0 until a part was noted
    parts: tuple[tuple[int, int], ...] = ()  # those that are complete: first and last number of each stretch
    begun: tuple[tuple[int, int], ...] = ()  # those of which so many bytes are there
    boot: str = ""  # of the machine, when the next two were written; empty when it can't be told
    kernel_parts: tuple[tuple[int, int], ...] = ()
    kernel_begun: tuple[tuple[int, int], ...] = ()
    state: State | None = None  # how it was found to be when it was complete; what follows is that it gets its name
    detail: str = ""

    def note(self, notes: Notes) -> Received:
        """Keep it."""
        notes.set(download=self._fact())
        return self

    def jot(self, notes: Notes) -> None:
        """Keep it until there is a power cut."""
        notes.jot(download=self._fact())

    def _fact(self) -> dict[str, Any]:
        fact: dict[str, Any] = asdict(self)
        return fact | {name: [list(pair) for pair in fact[name]] for name in _PAIRS}

    def is_of(self, stored: ObjectInfo) -> bool:
        """Whether it was of the object that is there now. Without an ETag nobody can know."""
        then = self.size, self.etag, self.version_id, self.modified
        return bool(self.etag) and then == (stored.size, stored.etag, stored.version_id, stored.modified.timestamp())

    def part_file(self, target: Path) -> Path:
        """Where it is, for `target`."""
        return target.with_name(os.path.basename(self.name))

    @property
    def least(self) -> int:
        """Bytes that the part file has at least; 0 when nothing is in it."""
        ends = [last * self.part_size for _, last in self.parts]
        ends += [(number - 1) * self.part_size + count for number, count in self.begun]
        return min(self.size, max(ends, default=0))

    @property
    def outcome(self) -> Outcome | None:
        """As it was found to be; None as long as it wasn't complete."""
        return Outcome(self.state, self.detail, bare(self.etag), self.version_id, self.size) if self.state else None

    @property
    def numbers(self) -> set[int]:
        """Of the parts that are on the disk."""
        return {number for first, last in self.parts for number in range(first, last + 1)}


def begin(name: str, stored: ObjectInfo, part_size: int) -> Received:
    """Nothing of `stored` is in the part file `name` yet."""
    return Received(name, stored.size, stored.etag, stored.version_id, stored.modified.timestamp(), part_size)


def received_in(notes: Notes) -> Received | None:
    """What `notes` say of a download, as far as it is there for sure."""
    fact: Any = notes.get("download")
    if not fact:
        return None
    found = Received(**{**fact, **{name: tuple((a, b) for a, b in fact.get(name) or ()) for name in _PAIRS}})
    if not found.boot or found.boot != this_boot():
        return found
    return replace(found, parts=found.kernel_parts, begun=found.kernel_begun)


@cache
def this_boot() -> str:
    """What tells one start of the machine from another; empty where that isn't known."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def stretches(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """`numbers` as few pairs of first and last, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return tuple(found)


class Keeper:
    """Notes what came, when the notes are kept for longer than the process: often what the kernel has, now and then what
    the disk has for good. Thread-safe."""

    def __init__(self, received: Received, file: PartFile, notes: Notes) -> None:
        self._received, self._file, self._notes = received, file, notes
        self._complete = received.numbers
        self._begun = dict(received.begun)
        self._boot = this_boot() if notes.kept else ""
        self._between = received.part_size // _JOTS  # bytes
        self._new = 0  # bytes since the last jot, more or less
        self._synced = time.monotonic()
        self._syncing, self._noting = threading.Lock(), threading.Lock()

    def there(self, part: Part) -> int:
        """How many bytes of `part` are there, from its beginning."""
        return part.length if part.number in self._complete else self._begun.get(part.number, 0)

    def wrote(self, part: Part, count: int) -> None:
        """`count` more bytes of `part` were written. Raises `LocalFailure`."""
        self._begun[part.number] = self._begun.get(part.number, 0) + count
        if not self._notes.kept:
            return
        self._new += count
        if self._new >= self._between:
            self._jot()
        if time.monotonic() - self._synced >= BETWEEN_SYNCS and self._syncing.acquire(blocking=False):
            try:
                self._note()
            finally:
                self._syncing.release()

    def add(self, part: Part) -> None:
        """All of `part` was written."""
        self._complete.add(part.number)
        self._begun.pop(part.number, None)
        self._jot()

    def note(self) -> None:
        """Note all that was written. Raises `LocalFailure`."""
        with self._syncing:
            self._note()

    def finish(self, outcome: Outcome) -> None:
        """It is complete and checked, and about to get its name."""
        with self._noting:
            replace(self._now(), state=outcome.state, detail=outcome.detail).note(self._notes)

    def _jot(self) -> None:
        if not self._boot:
            return
        with self._noting:
            self._new = 0
            self._now().jot(self._notes)

    def _note(self) -> None:
        now = self._now()  # before the disk is told to keep what was written by then
        if self._notes.kept:
            self._file.sync()
        with self._noting:
            self._received = replace(now, parts=now.kernel_parts, begun=now.kernel_begun)
            self._received.note(self._notes)
        self._synced = time.monotonic()

    def _now(self) -> Received:
        """What the disk is known to have stays as it is; the rest is as of now."""
        complete, begun = stretches(self._complete.copy()), tuple(sorted(self._begun.copy().items()))
        return replace(
            self._received, inode=self._file.inode, boot=self._boot, kernel_parts=complete, kernel_begun=begun
        )
