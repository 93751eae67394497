"""Uploading one file of 4 GiB from memory, beside s5cmd and rclone, to a sink that costs next to nothing.

All compute a checksum of what they send: s3tui CRC64NVME, as it does for AWS; s5cmd MD5 and SHA-256; rclone MD5 of
each part (the MD5 of the whole file beforehand is turned off, which is to its favour).
"""

from __future__ import annotations

import os
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import RCLONE, S5CMD, Rounds, peak, rclone, s3tui, s5cmd
from result import Result, at
from thin_sink import LARGE, sinking
from transfer_floor import large_up

from s3tui.background import CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.upload import UploadRequest

ROUNDS = 3
MEMORY = "/dev/shm"  # a disk would be what is measured
FLOOR, SERVICE, COMMAND = "sockets alone", "upload service", "s3tui put"
TUNED = ["--s3-upload-concurrency", "8", "--s3-chunk-size", "64Mi", "--s3-disable-checksum"]
PAIRS = ((SERVICE, FLOOR, None), (SERVICE, S5CMD, 0.35), (SERVICE, RCLONE, 0.35), (COMMAND, S5CMD, None))


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as home, sinking() as endpoint, large_file(Path(home)) as path:
        rounds = Rounds(
            "upload of 4 GiB",
            {
                FLOOR: lambda: large_up(endpoint, path),
                SERVICE: lambda: uploaded(endpoint, path),
                COMMAND: s3tui(endpoint, home, "put", str(path), "s3://up/command"),
                S5CMD: s5cmd(endpoint, home, "cp", str(path), "s3://up/s5cmd"),
                RCLONE: rclone(endpoint, home, "copyto", str(path), ":s3:up/rclone", *TUNED),
            },
            lambda: forget(endpoint),
        )
        for _ in range(ROUNDS):
            rounds.once()
        forget(endpoint)
        code = f"from uploading import *; uploaded(endpoint, Path({str(path)!r}))"
        speed = LARGE / 2**30 / at(0.5, rounds.seconds[FLOOR])
        return [
            Result("the thin sink takes", speed, "GiB/s"),
            *rounds.results(PAIRS),
            Result("upload of 4 GiB: peak memory", peak(endpoint, home, code) / 2**20, "MiB"),
        ]


@contextmanager
def large_file(folder: Path) -> Iterator[Path]:
    """4 GiB of noise, all of it in memory."""
    path = folder / "large.iso"
    noise = os.urandom(64 << 20)
    with path.open("wb") as file:
        for _ in range(LARGE // len(noise)):
            file.write(noise)
    yield path
    path.unlink()


def connection(endpoint: str) -> Connection:
    """A new one, which tells and compares CRC64NVME as for AWS."""
    remember("thin", Keys("id", "secret"))
    profile = Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session", checksums="when_supported")
    return Connection(profile)


def uploaded(endpoint: str, path: Path) -> None:
    request = UploadRequest(path, S3Uri("up", "service"))
    outcome = request.run(connection(endpoint), Progress(), CancelToken(), Notes())
    if outcome.state != "verified":
        raise AssertionError(outcome)


def forget(endpoint: str) -> None:
    """What the sink was sent."""
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/-/x", method="DELETE")):
        pass
