"""Listing a million keys, as a service and from the command line, beside s5cmd and rclone on the same server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from floor import floor
from place import environment
from result import Result, at
from thin_server import KEYS, serving

from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing, read

PAGES = KEYS // 1000
LATENCY = 20  # ms a request
ROUNDS = 3
LATENT_ROUNDS = 2  # each takes the peers a minute
EXTRA = 1.2  # requests, times those of one stream

FLOOR, SERVICE, COMMAND = "a socket that skips to the token", "listing service", "s3tui ls -r --format jsonl"
S5CMD, S5CMD_JSON, RCLONE = "s5cmd ls", "s5cmd --json ls", "rclone lsf -R --fast-list"
# ours, the peer, and how much of its time ours may take
NEAR = ((SERVICE, FLOOR, None), (SERVICE, S5CMD, 0.15), (SERVICE, RCLONE, 0.2), (COMMAND, S5CMD_JSON, 0.3))
FAR = ((SERVICE, S5CMD, 0.08), (COMMAND, S5CMD_JSON, 0.08))


@dataclass
class Rounds:
    """One server, and the seconds that each program took on it."""

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

    def results(self, pairs: Iterable[tuple[str, str, float | None]]) -> Iterable[Result]:
        for ours, peer, share in pairs:
            if peer in self.seconds:
                mine, theirs = at(0.5, self.seconds[ours]), at(0.5, self.seconds[peer])
                what = f"{KEYS:,} keys, {self.latency:g} ms: {ours}"
                target, met = (f"≤ {share}", mine <= share * theirs) if share else ("", None)
                yield Result(what, mine, "s", peer, theirs, target, met)

    def _program(self, name: str) -> Callable[[], object] | None:
        """How to run it; None where it isn't installed."""
        if name == FLOOR:
            return lambda: floor(self.endpoint)
        if name == SERVICE:
            return lambda: listed(self.endpoint)
        path = _installed("python" if name == COMMAND else name.split()[0])
        if not path:
            return None
        command = [path, *_words(name, self.endpoint)]
        quiet = subprocess.DEVNULL
        return lambda: subprocess.run(command, env=environment(self.home), check=True, stdout=quiet, stderr=quiet)


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    with tempfile.TemporaryDirectory() as home, serving((0, LATENCY)) as [near, far]:
        quick, slow = Rounds(near, home, 0), Rounds(far, home, LATENCY)
        for _ in range(ROUNDS):
            quick.once((FLOOR, SERVICE, COMMAND, S5CMD, S5CMD_JSON, RCLONE))
        for _ in range(LATENT_ROUNDS):
            slow.once((SERVICE, COMMAND, S5CMD, S5CMD_JSON))
        own = PAGES / at(0.5, quick.seconds[FLOOR])
        return [
            Result("the thin server's pages a second", own, "/s"),
            *quick.results(NEAR),
            *slow.results(FAR),
            *(_requests(endpoint, latency) for endpoint, latency in ((near, 0), (far, LATENCY))),
        ]


def listed(endpoint: str) -> None:
    """All keys in columns, over a new connection."""
    remember("thin", Keys("id", "secret"))
    connection = Connection(Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session"))
    listing = Listing("flat", "", "")
    read(listing, connection)
    if len(listing.columns) != KEYS or not listing.completeness.is_complete:
        raise AssertionError(f"{len(listing.columns):,} rows, {listing.completeness}")


def _requests(endpoint: str, latency: float) -> Result:
    before = _count(endpoint)
    listed(endpoint)
    asked = _count(endpoint) - before - 1
    return Result(
        f"requests for {KEYS:,} keys, {latency} ms", asked, "", "pages", PAGES, f"≤ {EXTRA}", asked <= EXTRA * PAGES
    )


def _count(endpoint: str) -> int:
    with urllib.request.urlopen(f"{endpoint}/-/requests") as answer:
        return int(answer.read())


def _installed(program: str) -> str | None:
    return shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def _words(name: str, endpoint: str) -> list[str]:
    if name == COMMAND:
        here = ["--endpoint-url", endpoint, "--region", "us-east-1"]
        return ["-m", "s3tui", *here, "ls", "-r", "--format", "jsonl", "s3://flat"]
    if name == RCLONE:
        config = ["--config", os.devnull, "--s3-provider", "Other", "--s3-endpoint", endpoint]
        keys = ["--s3-access-key-id", "id", "--s3-secret-access-key", "secret"]
        return ["lsf", "-R", "--fast-list", *config, *keys, ":s3:flat"]
    options = ["--json"] if name == S5CMD_JSON else []
    return [*options, "--endpoint-url", endpoint, "ls", "s3://flat/*"]
