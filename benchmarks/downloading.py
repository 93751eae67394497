"""Downloading 4 GiB into memory, beside s5cmd and rclone. s3tui compares the CRC64NVME afterwards; the others nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from peers import RCLONE, S5CMD, Rounds, peak, rclone, s3tui, s5cmd
from result import Result, at
from thin_sink import GIVEN, LARGE, LARGE_KEY, sinking
from transfer_floor import large_down
from uploading import MEMORY, connection

from s3tui.background import CancelToken
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress

ROUNDS = 5
SPARE = 512 << 20  # bytes that a program takes besides
FLOOR, SERVICE, COMMAND = "sockets alone", "download service", "s3tui get"
TUNED = ["--multi-thread-streams", "4", "--multi-thread-chunk-size", "64Mi"]
PAIRS = ((SERVICE, FLOOR, None), (SERVICE, S5CMD, 0.85), (SERVICE, RCLONE, 0.85), (COMMAND, S5CMD, None))


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as home, sinking() as endpoint:
        path = Path(home) / "large.iso"
        there = f"s3://{GIVEN}/{LARGE_KEY}"
        rounds = Rounds(
            "download of 4 GiB",
            {
                FLOOR: lambda: large_down(endpoint, path),
                SERVICE: lambda: downloaded(endpoint, path),
                COMMAND: s3tui(endpoint, home, "get", there, str(path)),
                S5CMD: s5cmd(endpoint, home, "cp", there, str(path)),
                RCLONE: rclone(endpoint, home, "copyto", there.replace("s3://", ":s3:"), str(path), *TUNED),
            },
            lambda: _make_room(path),
        )
        for _ in range(ROUNDS):
            rounds.once()
        path.unlink()
        code = f"from downloading import *; downloaded(endpoint, Path({str(path)!r}))"
        speed = LARGE / 2**30 / at(0.5, rounds.seconds[FLOOR])
        return [
            Result("the thin sink gives, and a file takes", speed, "GiB/s"),
            *rounds.results(PAIRS),
            Result("download of 4 GiB: peak memory", peak(endpoint, home, code) / 2**20, "MiB"),
        ]


def _make_room(path: Path) -> None:
    """Delete `path`, and touch as much memory as it takes again.

    The host of a virtual machine takes free memory back after a second or two, and gives it out at an eighth of the
    speed: without this, how long a program takes depends on when it comes.
    """
    path.unlink(missing_ok=True)
    zeros = bytes(4 << 20)
    with open(path, "wb", buffering=0) as file:
        for _ in range(0, LARGE + SPARE, len(zeros)):
            file.write(zeros)
    path.unlink()


def downloaded(endpoint: str, path: Path) -> None:
    request = DownloadRequest(S3Uri(GIVEN, LARGE_KEY), path)
    outcome = request.run(connection(endpoint), Progress(), CancelToken(), Notes())
    if outcome.state != "verified":
        raise AssertionError(outcome)
