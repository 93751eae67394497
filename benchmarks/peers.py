"""Programs that do the same as s3tui, beside each other in alternating rounds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from place import environment
from result import Result, at

S5CMD, RCLONE = "s5cmd", "rclone"
Program = Callable[[], object]


class Rounds:
    """Runs each of `programs` (None where it isn't installed) once a round, after `clear`."""

    def __init__(self, what: str, programs: Mapping[str, Program | None], clear: Program) -> None:
        self._what, self._programs, self._clear = what, programs, clear
        self.seconds: dict[str, list[float]] = {}
        self.computed: dict[str, list[float]] = {}  # s of the processors, without the server's

    def once(self) -> None:
        for name, program in self._programs.items():
            if program:
                self._clear()
                started, before = time.perf_counter(), sum(os.times()[:4])
                program()
                self.computed.setdefault(name, []).append(sum(os.times()[:4]) - before)
                self.seconds.setdefault(name, []).append(time.perf_counter() - started)

    def results(
        self, pairs: Sequence[tuple[str, str, float | None]], lasting: Collection[str] = ()
    ) -> Iterable[Result]:
        """`pairs`: ours, the peer, and how much of its time ours may take. The processes of those `lasting` go on
        afterwards, so that nobody knows their processor time yet."""
        for ours, peer, share in pairs:
            if peer in self.seconds:
                mine, theirs = at(0.5, self.seconds[ours]), at(0.5, self.seconds[peer])
                target, met = (f"≤ {share}", mine <= share * theirs) if share else ("", None)
                yield Result(f"{self._what}: {ours}", mine, "s", peer, theirs, target, met)
        for ours, peer, _ in pairs:
            if peer in self.seconds and ours not in lasting:
                mine, theirs = at(0.5, self.computed[ours]), at(0.5, self.computed[peer])
                yield Result(f"{self._what}: {ours}, processor time", mine, "s", peer, theirs)


def program(name: str, words: Iterable[str], home: str, **more: str) -> Program | None:
    """How to run an installed program without a word on the terminal; None where it isn't installed. `more` is of
    its environment."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if not path:
        return None
    command = [path, *words]
    return lambda: subprocess.run(command, env=environment(home) | more, check=True, capture_output=True)


def s5cmd(endpoint: str, home: str, *words: str) -> Program | None:
    return program(S5CMD, ["--endpoint-url", endpoint, *words], home)


def rclone(endpoint: str, home: str, *words: str) -> Program | None:
    """`:s3:bucket/key` is a place on the endpoint."""
    config = ["--config", os.devnull, "--s3-provider", "Other", "--s3-endpoint", endpoint]
    keys = ["--s3-access-key-id", "id", "--s3-secret-access-key", "secret"]
    return program(RCLONE, [*words, *config, *keys], home)


def s3tui(endpoint: str, home: str, *words: str) -> Program | None:
    here = ["--endpoint-url", endpoint, "--region", "us-east-1"]
    return program("python", ["-m", "s3tui", *here, *words], home)


def peak(endpoint: str, home: str, code: str) -> int:
    """Bytes that a fresh process has had resident at most, when it runs `code` (which may use `endpoint`).

    It is asked itself: what wait4 tells begins with the size of who started it.
    """
    ask = "; import re; print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    setting = {**environment(home), "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", f"endpoint = {endpoint!r}; {code}{ask}"]
    done = subprocess.run(command, env=setting, check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024
