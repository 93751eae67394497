"""Deleting 100,000 objects, which are listed for it, beside s5cmd on the same server.

The server only says that it deletes, so that the time is the client's own and each round finds everything again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from place import environment
from result import Result, at
from thin_server import serving

from s3tui.background import CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.transfers.delete import DeleteRequest, delete
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress

OBJECTS = 100_000
LATENCY = 20  # ms a request
ROUNDS = 3
SERVICE, COMMAND, S5CMD = "delete service", "s3tui rm -r", "s5cmd rm"
SHARE = 0.35  # of the peer's time


@dataclass
class Rounds:
    """One endpoint, and the seconds that each program took on it."""

    endpoint: str
    home: str
    latency: float  # ms a request
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def once(self, names: Iterable[str]) -> None:
        for name in names:
            if call := self._program(name):
                started = time.perf_counter()
                call()
                self.seconds.setdefault(name, []).append(time.perf_counter() - started)

    def results(self) -> Iterable[Result]:
        for ours in (SERVICE, COMMAND):
            if S5CMD in self.seconds:
                mine, theirs = at(0.5, self.seconds[ours]), at(0.5, self.seconds[S5CMD])
                what = f"{OBJECTS:,} objects deleted, {self.latency:g} ms: {ours}"
                yield Result(what, mine, "s", S5CMD, theirs, f"≤ {SHARE}", mine <= SHARE * theirs)

    def _program(self, name: str) -> Callable[[], object] | None:
        """How to run it; None where it isn't installed."""
        if name == SERVICE:
            return lambda: deleted(self.endpoint)
        places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        path = shutil.which("python" if name == COMMAND else name.split()[0], path=places)
        if not path:
            return None
        command = [path, *_words(name, self.endpoint)]
        return lambda: subprocess.run(command, env=environment(self.home), check=True, capture_output=True)


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    with tempfile.TemporaryDirectory() as home, serving((0, LATENCY), OBJECTS) as [near, far]:
        quick, slow = Rounds(near, home, 0), Rounds(far, home, LATENCY)
        for _ in range(ROUNDS):
            quick.once((SERVICE, COMMAND, S5CMD))
            slow.once((SERVICE, COMMAND, S5CMD))
        return [*quick.results(), *slow.results()]


def deleted(endpoint: str) -> None:
    """Everything, over a new connection."""
    remember("thin", Keys("id", "secret"))
    connection = Connection(Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session"))
    request = DeleteRequest("flat", prefixes=("",))
    progress = Progress()
    outcome = delete(connection, request, progress, CancelToken(), Notes())
    if outcome.state != "verified" or progress.done != OBJECTS:
        raise AssertionError(f"{progress.done:,}: {outcome}")


def _words(name: str, endpoint: str) -> list[str]:
    if name == COMMAND:
        here = ["--endpoint-url", endpoint, "--region", "us-east-1"]
        return ["-m", "s3tui", *here, "rm", "-r", "--yes", "s3://flat"]
    return ["--endpoint-url", endpoint, "rm", "s3://flat/*"]
