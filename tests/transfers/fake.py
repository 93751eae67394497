"""A request that does what the test says, for tests of the queue; and a journal that another process uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress

DONE = Outcome("verified", "Done.", etag="e", size=10)
Work = Callable[[Progress, CancelToken, Notes], Outcome]
# What requests do, by their name: a request itself is made anew from its text.
WORK: dict[str, Work] = {}
RAN: list[str] = []  # names, in the order in which they ran
DISCARDED: list[str] = []


@dataclass(frozen=True, slots=True)
class Fake:
    kind: ClassVar[str] = "fake"
    name: str
    overwrite: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        return f"/{self.name}", f"s3://bucket/{self.name}"

    def run(self, _: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        RAN.append(self.name)
        work = WORK.get(self.name) or WORK.get("*")
        return work(progress, token, notes) if work else DONE

    def discard(self, _: Connection, notes: Notes) -> None:
        DISCARDED.append(self.name)
        notes.clear()


CLASSES = {Fake.kind: f"{Fake.__module__}:{Fake.__name__}"}
