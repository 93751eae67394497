"""How late the screen's event loop is while a million keys arrive, beside the same app with nothing to do."""

from __future__ import annotations

import tempfile
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from place import ABOVE, ENTER, FIRST_ROW, browser
from result import Result, at
from thin_server import serving

ROUNDS = 3
IDLE = 3.0  # seconds
WRITTEN = 1.0  # seconds until the probe has written all it saw
OPENING = 0.3  # seconds after the first rows in which footer and detail are laid out, whatever else comes
TARGET = 2.0  # times as late as an idle loop
PROBED = str(Path(__file__).with_name("probed_app.py"))


@dataclass
class Lateness:
    """Seconds that each tick came late."""

    idle: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    arriving: list[float] = field(default_factory=list)


def run() -> list[Result]:
    """The listing has no latency: more keys at once can't come."""
    many, few = Lateness(), Lateness()
    with tempfile.TemporaryDirectory() as home, serving() as [endpoint]:
        for number in range(ROUNDS):
            _measure(endpoint, "flat", Path(home) / f"many-{number}", many)
            _measure(endpoint, "small", Path(home) / f"few-{number}", few)
    late, usual = at(0.95, many.arriving) * 1000, at(0.95, many.idle) * 1000
    what = "lateness of the loop while 1,000,000 keys arrive"
    opening = at(0.95, many.opening) * 1000, at(0.95, few.opening) * 1000
    return [
        Result(f"{what}, p95", late, "ms", "idle", usual, f"≤ {TARGET:.0f}", late <= TARGET * usual),
        Result(f"{what}, worst", max(many.arriving) * 1000, "ms", "idle", max(many.idle) * 1000),
        Result(f"the same in the first {OPENING} s, p95", opening[0], "ms", "of ten keys", opening[1]),
    ]


def _measure(endpoint: str, bucket: str, ticks: Path, into: Lateness) -> None:
    with browser(endpoint, f"{bucket}/{ABOVE}", str(ticks.parent), (PROBED, str(ticks))) as terminal:
        terminal.wait_for("complete")
        terminal.quiet(1.0)
        at_rest = time.monotonic()
        time.sleep(IDLE)
        terminal.send(ENTER)
        opened = terminal.wait_for(FIRST_ROW)
        if bucket == "flat":
            terminal.wait_for("1,000,000")
        arrived = time.monotonic()
        time.sleep(OPENING + WRITTEN)
    seen = array("d", ticks.read_bytes())
    for due, late in zip(seen[::2], seen[1::2], strict=True):
        if at_rest <= due < at_rest + IDLE:
            into.idle.append(late)
        elif opened <= due < opened + OPENING:
            into.opening.append(late)
        elif opened + OPENING <= due < arrived:
            into.arriving.append(late)
