"""What is noted of a download, so that it can go on after its process has ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from s3tui.s3.objects import ObjectInfo
from s3tui.transfers.notes import Notes
from s3tui.transfers.part_file import PartFile
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Outcome, State
from s3tui.transfers.stored import bare


@dataclass(frozen=True, slots=True)
class Received:
    """One download that was begun: which object, into which file, and which parts of it are on the disk."""

    name: str  # of the part file, which lies beside the target
    size: int  # bytes
    etag: str
    version_id: str | None
    modified: float  # seconds since the epoch
    part_size: int  # bytes
    inode: int = 0  # of the part file; 0 until a part was noted
    parts: tuple[tuple[int, int], ...] = ()  # first and last number of each stretch
    state: State | None = None  # how it was found to be when it was complete; what follows is that it gets its name
    detail: str = ""

    def note(self, notes: Notes) -> Received:
        """Keep it."""
        notes.set(download={**asdict(self), "parts": [list(stretch) for stretch in self.parts]})
        return self

    def is_of(self, stored: ObjectInfo) -> bool:
        """Whether it was of the object that is there now. Without an ETag nobody can know."""
        then = self.size, self.etag, self.version_id, self.modified
        return bool(self.etag) and then == (stored.size, stored.etag, stored.version_id, stored.modified.timestamp())

    def part_file(self, target: Path) -> Path:
        """Where it is, for `target`."""
        return target.with_name(os.path.basename(self.name))

    @property
    def least(self) -> int:
        """Bytes that the part file has at least."""
        return min(self.size, self.parts[-1][1] * self.part_size) if self.parts else 0

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
    """What `notes` say of a download."""
    fact: Any = notes.get("download")
    return Received(**{**fact, "parts": tuple((first, last) for first, last in fact["parts"])}) if fact else None


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
    """Notes each part as it is complete; only what the disk has for good is noted. Thread-safe."""

    def __init__(self, received: Received, file: PartFile, notes: Notes) -> None:
        self._received, self._file, self._notes = received, file, notes
        self._complete = received.numbers
        self._lock = threading.Lock()

    def has(self, part: Part) -> bool:
        """Whether it is on the disk."""
        return part.number in self._complete

    def add(self, part: Part) -> None:
        """All of `part` was written. Raises `LocalFailure`."""
        with self._lock:
            if self._notes.kept:
                self._file.sync()
            self._complete.add(part.number)
            self._now().note(self._notes)

    def finish(self, outcome: Outcome) -> None:
        """It is complete and checked, and about to get its name."""
        replace(self._now(), state=outcome.state, detail=outcome.detail).note(self._notes)

    def _now(self) -> Received:
        return replace(self._received, inode=self._file.inode, parts=stretches(self._complete))
