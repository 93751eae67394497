"""The child processes of one long listing, seen from the parent: they start, take jobs, and send pages back."""

from __future__ import annotations

import fcntl
import itertools
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from s3tui.s3 import listing_child
from s3tui.s3.direct import Way
from s3tui.s3.listing_child import Change, Fetched, Job

# The child finds the same modules as we do, and nothing in the folder it happens to be started in.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from s3tui.s3.listing_child import main; main()"
# Of our environment, which may hold secrets, a child gets only what an interpreter needs.
_ENVIRONMENT = ("PATH", "PYTHONHOME", "LD_LIBRARY_PATH", "OPENSSL_CONF", "LANG", "LC_ALL", "TMPDIR")
_PIPE = 1 << 20  # bytes; several pages


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    is_ready: bool = False
    jobs: set[int] = field(default_factory=set)
    received: bytearray = field(default_factory=bytearray)

    def tell(self, message: Any) -> None:
        with suppress(OSError):  # it has ended, which `receive` will see
            listing_child.write(cast(BinaryIO, self.process.stdin), message)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                cast(BinaryIO, pipe).close()


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
            self._children.pop().end()

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
            chunk = os.read(pipe, _PIPE)
            if chunk:
                child.received += chunk
                yield from self._messages(child)
            else:
                self._children.remove(child)
                child.end()
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
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        bufsize=0,
    )
    with suppress(OSError, AttributeError):  # a user may have only so much in pipes; then several writes are needed
        fcntl.fcntl(cast(BinaryIO, process.stdout), fcntl.F_SETPIPE_SZ, _PIPE)
    child = _Child(process)
    child.tell(way)
    return child
