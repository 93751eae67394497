"""5,000 files of 4 KiB, up and down, beside s5cmd and rclone. All compare MD5s, s3tui and rclone afterwards as well."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from peers import S5CMD, Rounds, peak, rclone, s5cmd
from result import Result, at
from thin_sink import COUNT, SMALL, sinking
from transfer_floor import small_up
from uploading import MEMORY, forget

from s3tui.background import CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.flood import upload_all
from s3tui.transfers.upload import UploadRequest

ROUNDS = 5
FLOOR, SERVICE, RCLONE_32 = "one socket", "flood service", "rclone --transfers 32"
PAIRS = ((SERVICE, FLOOR, None), (SERVICE, S5CMD, 0.4), (SERVICE, RCLONE_32, 0.7))


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as home, sinking() as endpoint:
        folder = Path(home) / "files"
        make_files(folder)
        up = Rounds(
            "5,000 x 4 KiB up",
            {
                FLOOR: lambda: small_up(endpoint, folder),
                SERVICE: lambda: uploaded(endpoint, folder),
                S5CMD: s5cmd(endpoint, home, "cp", f"{folder}/", "s3://up/s5cmd/"),
                RCLONE_32: rclone(endpoint, home, "copy", str(folder), ":s3:up/rclone", "--transfers", "32"),
            },
            lambda: forget(endpoint),
        )
        for _ in range(ROUNDS):
            up.once()
        forget(endpoint)
        code = f"from small_objects import *; uploaded(endpoint, Path({str(folder)!r}))"
        return [
            Result("the thin sink takes", COUNT / at(0.5, up.seconds[FLOOR]), "/s"),
            *up.results(PAIRS),
            Result("5,000 x 4 KiB up: peak memory", peak(endpoint, home, code) / 2**20, "MiB"),
        ]


def make_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:05}.bin").write_bytes(os.urandom(SMALL))


def connection(endpoint: str) -> Connection:
    """A new one, as for any endpoint that is not AWS."""
    remember("thin", Keys("id", "secret"))
    return Connection(Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session"))


def uploaded(endpoint: str, folder: Path) -> None:
    requests = [UploadRequest(path, S3Uri("up", f"service/{path.name}")) for path in sorted(folder.iterdir())]
    ends: Counter[str] = Counter()
    upload_all(
        connection(endpoint),
        requests,
        lambda _, end: ends.update([getattr(end, "state", type(end).__name__)]),
        CancelToken(),
    )
    if ends != {"verified": COUNT}:
        raise AssertionError(ends)
