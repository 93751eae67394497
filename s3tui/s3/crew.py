"""The child processes of one long listing, seen from the parent: they start, take jobs, and send pages back."""

from __future__ import annotations

import itertools
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from s3tui.s3 import listing_child, processes
from s3tui.s3.direct import Way
from s3tui.s3.listing_child import Change, Fetched, Job


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    is_ready: bool = False
    jobs: set[int] = field(default_factory=set)
    received: bytearray = field(default_factory=bytearray)

    def tell(self, message: Any) -> None:
        with suppress(OSError):  # it has ended, which `receive` will see
            listing_child.write(cast(BinaryIO, self.process.stdin), message)


class Crew:
    """Up to `size` children on one way; leaving the context ends them. One thread uses it, but for `kill`."""

    def __init__(self, way: Way, size: int) -> None:
        self.way = way
        self._numbers = itertools.count(1)
        self._children: list[_Child] = []
        with suppress(OSError):  # without children one lists alone
            for _ in range(size):
                self._children.append(_start(way))

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        while self._children:
            processes.end(self._children.pop().process)

    def kill(self) -> None:
        """End the children at once: whoever waits in `receive` wakes up. From any thread."""
        for child in list(self._children):
            child.process.kill()

    @property
    def is_gone(self) -> bool:
        """Whether no child is left."""
        return not self._children

    @property
    def ready(self) -> int:
        """How many children can take jobs."""
        return sum(child.is_ready for child in self._children)

    def begin(self, following: dict[str, str], end: bytes | None) -> int:
        """Have the idlest child list from `following` (query words) to the key `end`; the number of the job."""
        child = min((child for child in self._children if child.is_ready), key=lambda child: len(child.jobs))
        job = Job(next(self._numbers), following, end)
        child.jobs.add(job.number)
        child.tell(job)
        return job.number

    def change(self, number: int, end: bytes | None, stop: bool = False) -> None:
        """A running job ends earlier, or, with `stop`, after the page it is at; what still comes of it is not given."""
        for child in self._children:
            if number in child.jobs:
                child.tell(Change(number, end, stop))
                if stop:
                    child.jobs.discard(number)

    def receive(self, seconds: float) -> Iterator[Fetched]:
        """What came from the children; waits at most so long for something to come. All jobs of a child that has
        ended have failed."""
        by_pipe = {cast(BinaryIO, child.process.stdout).fileno(): child for child in self._children}
        poll = select.poll()  # `select.select` knows no descriptors above 1023
        for pipe in by_pipe:
            poll.register(pipe, select.POLLIN)
        for pipe, _ in poll.poll(seconds * 1000):
            child = by_pipe[pipe]
            chunk = os.read(pipe, processes.PIPE)
            if chunk:
                child.received += chunk
                yield from self._messages(child)
            else:
                self._children.remove(child)
                processes.end(child.process)
                yield from (Fetched(number, "failed") for number in child.jobs)

    def _messages(self, child: _Child) -> Iterator[Fetched]:
        for message in listing_child.taken_from(child.received):
            if message.kind == "ready":
                child.is_ready = True
            elif message.number in child.jobs:
                if message.kind != "page":
                    child.jobs.discard(message.number)
                yield message


def _start(way: Way) -> _Child:
    child = _Child(processes.start("s3tui.s3.listing_child"))
    child.tell(way)
    return child
