"""How late the screen's event loop is while a million keys arrive, beside the same app with nothing to do."""

from __future__ import annotations

import tempfile
import time
from array import array
from pathlib import Path

from place import ABOVE, ENTER, FIRST_ROW, browser
from result import Result, at
from thin_server import serving

ROUNDS = 3
IDLE = 3.0  # seconds
WRITTEN = 1.0  # seconds until the probe has written all it saw
TARGET = 2.0  # times as late as an idle loop
PROBED = "/tmp/probed2.py"


def run() -> list[Result]:
    """The listing has no latency: more keys at once can't come."""
    idle: list[float] = []
    busy: list[float] = []
    with tempfile.TemporaryDirectory() as home, serving() as [endpoint]:
        for number in range(ROUNDS):
            _measure(endpoint, home, Path(home) / f"ticks-{number}", idle, busy)
    late, usual = at(0.95, busy) * 1000, at(0.95, idle) * 1000
    what = "lateness of the loop while 1,000,000 keys arrive"
    return [
        Result(f"{what}, p95", late, "ms", "idle", usual, f"≤ {TARGET:.0f}", late <= TARGET * usual),
        Result(f"{what}, worst", max(busy) * 1000, "ms", "idle", max(idle) * 1000),
    ]


def _measure(endpoint: str, home: str, ticks: Path, idle: list[float], busy: list[float]) -> None:
    with browser(endpoint, f"flat/{ABOVE}", home, (PROBED, str(ticks))) as terminal:
        terminal.wait_for("complete")
        terminal.quiet(1.0)
        at_rest = time.monotonic()
        time.sleep(IDLE)
        terminal.send(ENTER)
        # What opening a place costs, it costs for ten keys, too.
        begun = terminal.wait_for(FIRST_ROW)
        terminal.wait_for("1,000,000")
        arrived = time.monotonic()
        time.sleep(WRITTEN)
    seen = array("d", ticks.read_bytes())
    for due, late in zip(seen[::2], seen[1::2], strict=True):
        if at_rest <= due < at_rest + IDLE:
            idle.append(late)
        elif begun <= due < arrived:
            busy.append(late)
