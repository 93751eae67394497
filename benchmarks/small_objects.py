"""5,000 files of 4 KiB, up and down, beside s5cmd and rclone. All compare MD5s, s3tui and rclone afterwards as well."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from peers import S5CMD, Program, Rounds, peak, rclone, s3tui, s5cmd
from result import Result, at
from thin_sink import COUNT, GIVEN, SMALL, sinking
from transfer_floor import signed_up, small_down, small_up
from uploading import MEMORY, forget

from s3tui.background import FLOOD
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.flood import Item, upload_all
from s3tui.transfers.flood_down import download_all
from s3tui.transfers.places import Many, apart
from s3tui.transfers.request import Kind
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.heap import MANY

ROUNDS, FAR_ROUNDS = 5, 3
FLOOR, SERVICE, RCLONE_32 = "one socket", "flood service", "rclone --transfers 32"
SIGNED = "bare process that sums and signs"
APART = "in two processes"
COMMAND = "command line"  # with its start, the plan, the journal and a line for each
PAIRS = (
    (SERVICE, FLOOR, None),
    (SERVICE, SIGNED, None),
    (APART, FLOOR, None),
    (APART, S5CMD, 0.4),
    (APART, RCLONE_32, 0.7),
    (COMMAND, S5CMD, None),
)
FAR = 40  # ms that an answer of the other sink takes, as over a long line
FAR_PAIRS = ((APART, S5CMD, None), (APART, RCLONE_32, None), (COMMAND, S5CMD, None))
_PLACES = apart(Bandwidth())  # started with the first round, as a session does with its first transfer


def run() -> list[Result]:
    """Rounds alternate between the programs. A peer that isn't installed is left out."""
    gc.set_threshold(MANY)  # as the processes do that have a queue
    with tempfile.TemporaryDirectory(dir=MEMORY) as home:
        folder = Path(home) / "files"
        make_files(folder)
        with sinking() as endpoint:
            up, down = _rounds(endpoint, home, folder, "5,000 x 4 KiB", ROUNDS, {FLOOR, SERVICE, SIGNED, COMMAND})
            forget(endpoint)
            code = f"from small_objects import *; uploaded(endpoint, Path({str(folder)!r}))"
            results = [
                Result("the thin sink takes", COUNT / at(0.5, up.seconds[FLOOR]), "/s"),
                *up.results(PAIRS, {APART}),
                *down.results(PAIRS, {APART}),
                Result("5,000 x 4 KiB up: peak memory", peak(endpoint, home, code) / 2**20, "MiB"),
            ]
        with sinking(FAR) as endpoint:
            for rounds in _rounds(endpoint, home, folder, f"the same, {FAR} ms away", FAR_ROUNDS, {COMMAND}):
                results += rounds.results(FAR_PAIRS, {APART})
    return results


def _rounds(
    endpoint: str, home: str, folder: Path, what: str, count: int, also: Collection[str]
) -> tuple[Rounds, Rounds]:
    """Up and down, so many times beside the peers, with `also` of ours."""
    there = Path(home) / "there"

    def empty() -> None:
        forget(endpoint)
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir()

    up: dict[str, Program | None] = {
        FLOOR: lambda: small_up(endpoint, folder),
        SIGNED: lambda: signed_up(endpoint, folder),
        SERVICE: lambda: uploaded(endpoint, folder),
        APART: lambda: sent_apart(connection(endpoint), "upload", uploads(folder)),
        COMMAND: s3tui(endpoint, home, "put", "-r", f"{folder}/", "s3://up/command/"),
        S5CMD: s5cmd(endpoint, home, "cp", f"{folder}/", "s3://up/s5cmd/"),
        RCLONE_32: rclone(endpoint, home, "copy", str(folder), ":s3:up/rclone", "--transfers", "32"),
    }
    down: dict[str, Program | None] = {
        FLOOR: lambda: small_down(endpoint, there),
        SERVICE: lambda: downloaded(endpoint, there),
        APART: lambda: sent_apart(connection(endpoint), "download", downloads(there)),
        COMMAND: s3tui(endpoint, home, "get", "-r", f"s3://{GIVEN}/small/", str(there)),
        S5CMD: s5cmd(endpoint, home, "cp", f"s3://{GIVEN}/small/*", f"{there}/"),
        RCLONE_32: rclone(endpoint, home, "copy", f":s3:{GIVEN}/small", str(there), "--transfers", "32"),
    }
    chosen = {APART, S5CMD, RCLONE_32, *also}
    both = tuple(
        Rounds(f"{what} {way}", {name: programs[name] for name in programs if name in chosen}, empty)
        for way, programs in (("up", up), ("down", down))
    )
    for _ in range(count):
        for rounds in both:
            rounds.once()
    return both[0], both[1]


def make_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:05}.bin").write_bytes(os.urandom(SMALL))


def connection(endpoint: str) -> Connection:
    """A new one, as for any endpoint that is not AWS."""
    remember("thin", Keys("id", "secret"))
    return Connection(Profile("thin", endpoint=endpoint, region="us-east-1", credentials="session"))


def uploads(folder: Path) -> Iterator[Item[UploadRequest]]:
    for number, path in enumerate(sorted(folder.iterdir())):
        yield Item(number, UploadRequest(path, S3Uri("up", f"service/{path.name}")))


def downloads(folder: Path) -> Iterator[Item[DownloadRequest]]:
    for number in range(COUNT):
        name = f"{number:05}.bin"
        yield Item(number, DownloadRequest(S3Uri(GIVEN, f"small/{name}"), folder / name, root=folder))


def uploaded(endpoint: str, folder: Path) -> None:
    all_verified(lambda ended: upload_all(connection(endpoint), list(uploads(folder)), ended))


def downloaded(endpoint: str, folder: Path) -> None:
    all_verified(lambda ended: download_all(connection(endpoint), list(downloads(folder)), ended))


def sent_apart(way: Connection, kind: Kind, items: Iterator[Item[Any]]) -> None:
    """Some hundreds at a time at each of two processes, made when one is free, as the queue does it."""
    taking = threading.Lock()
    left = COUNT

    def taken() -> list[Item[Any]]:
        nonlocal left
        with taking:
            lot = list(islice(items, _PLACES.share(left)))
            left -= len(lot)
        return lot

    def work(ended: Callable[[int, object], None]) -> None:
        def some() -> None:
            while left:
                with _PLACES.free(left) as place:
                    if lot := taken():
                        place.move_all(Many(way, kind, lot, ended, lambda noted: None))

        for future in [FLOOD.submit(some) for _ in range(_PLACES.count)]:
            future.result()

    all_verified(work)


def all_verified(work: Callable[[Callable[[int, object], None]], object]) -> None:
    ends: Counter[str] = Counter()
    work(lambda _, end: ends.update([getattr(end, "state", type(end).__name__)]))
    if ends != {"verified": COUNT}:
        raise AssertionError(ends)
