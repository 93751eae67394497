"""How late the screen's event loop is while transfers move as fast as they can, beside the same app with nothing to do;
and what the app takes in memory with a hundred thousand of them queued."""

from __future__ import annotations

import os
import tempfile
import time
from array import array
from collections.abc import Iterable
from pathlib import Path

from place import browser
from result import Result, at
from thin_sink import GIVEN, LARGE_KEY, sinking
from uploading import MEMORY

from s3tui.profiles import sources
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest

ROUNDS = 3
SECONDS = 4.0  # of each, in each round
BEGINNING = 2.0  # seconds in which all of the screen changes once, and threads are started
WRITTEN = 1.0  # seconds until the probe has written all it saw
TARGET = 3.0  # times as late as an idle loop
QUEUED = 100_000
MOST_MEMORY = 350  # MiB
SIZE = 64 << 30  # bytes, of zeros that take no room; none is done while one looks
PROBED = str(Path(__file__).with_name("probed_app.py"))
TRANSFERS, RESUME_ALL = "T", "R"


def run() -> list[Result]:
    """Three move at the same time: one download, and uploads whose parts are hashed before they are sent."""
    idle: list[float] = []
    busy: list[float] = []
    with tempfile.TemporaryDirectory(dir=MEMORY) as home, sinking() as endpoint:
        path = Path(home) / "image.iso"
        path.touch()
        os.truncate(path, SIZE)
        for number in range(ROUNDS):
            _measure(endpoint, Path(home) / f"round-{number}", path, idle, busy)
        resident = _resident(endpoint, Path(home) / "queued", path)
    late, usual = at(0.95, busy) * 1000, at(0.95, idle) * 1000
    what = "lateness of the loop while transfers run"
    return [
        Result(f"{what}, p95", late, "ms", "idle", usual, f"≤ {TARGET:.0f}", late <= TARGET * usual),
        Result(f"{what}, worst", max(busy) * 1000, "ms", "idle", max(idle) * 1000),
        Result(
            f"memory with {QUEUED:,} queued, 3 of them moving",
            resident,
            "MiB",
            target=f"≤ {MOST_MEMORY} MiB",
            met=resident <= MOST_MEMORY,
        ),
    ]


def _requests(path: Path, folder: Path, count: int) -> Iterable[Request]:
    yield DownloadRequest(S3Uri(GIVEN, LARGE_KEY), folder / "received.iso")
    for number in range(count):
        yield UploadRequest(path, S3Uri("up", f"{number:06}.iso"))


def _leave(endpoint: str, home: Path, requests: Iterable[Request]) -> None:
    """A journal as an s3tui that was killed has left it."""
    journal = Journal(home / ".local/state/s3tui/transfers")
    journal.add(Whom(sources.ENVIRONMENT, endpoint, "us-east-1", sources.COMMAND_LINE), requests)
    journal.close()


def _measure(endpoint: str, home: Path, path: Path, idle: list[float], busy: list[float]) -> None:
    ticks = home / "ticks"
    _leave(endpoint, home, _requests(path, home, 200))
    with browser(endpoint, "up/", str(home), (PROBED, str(ticks))) as terminal:
        terminal.wait_for("complete")
        terminal.send(TRANSFERS)
        terminal.wait_for("paused")
        terminal.quiet(1.0)
        at_rest = time.monotonic()
        time.sleep(SECONDS)
        terminal.send(RESUME_ALL)
        terminal.wait_for("running")
        terminal.read_for(BEGINNING)
        moving = time.monotonic()
        terminal.read_for(SECONDS)
        time.sleep(WRITTEN)
    seen = array("d", ticks.read_bytes())
    for due, late in zip(seen[::2], seen[1::2], strict=True):
        if at_rest <= due < at_rest + SECONDS:
            idle.append(late)
        elif moving <= due < moving + SECONDS:
            busy.append(late)
    (home / "received.iso").unlink(missing_ok=True)
    for part in home.glob(".*.part"):
        part.unlink()


def _resident(endpoint: str, home: Path, path: Path) -> float:
    """MiB that the app has had at most, as the kernel counts it."""
    _leave(endpoint, home, _requests(path, home, QUEUED))
    with browser(endpoint, "up/", str(home)) as terminal:
        terminal.wait_for("complete")
        terminal.send(TRANSFERS)
        terminal.wait_for("paused")
        terminal.send(RESUME_ALL)
        terminal.wait_for("running")
        terminal.read_for(SECONDS)
        status = Path(f"/proc/{terminal.pid}/status").read_text()
    [line] = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
