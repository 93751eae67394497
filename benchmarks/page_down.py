"""Page Down among a million objects: from the key to the last byte of the frame, in a real terminal."""

from __future__ import annotations

import sys
import tempfile

from place import INSIDE, browser, environment
from result import Result, at
from start_up import BARE
from terminal import Terminal
from thin_server import KEYS, serving

PRESSES = 200
TARGET = 16  # ms, p95
PEERS_ROWS = 20_000  # a million take it a minute to load
PAGE_DOWN = "\x1b[6~"


def run() -> list[Result]:
    """Both programs page through as many rows, one after the other."""
    with tempfile.TemporaryDirectory() as home:
        with serving() as [endpoint], browser(endpoint, f"flat/{INSIDE}", home) as terminal:
            terminal.wait_for(f"{KEYS:,}")
            ours = presses(terminal)
        with Terminal([sys.executable, str(BARE), str(PEERS_ROWS)], environment(home)) as terminal:
            terminal.wait_for("READY TO BROWSE")
            theirs = presses(terminal)
    results = []
    for share in (0.5, 0.95):
        mine, peers = at(share, ours) * 1000, at(share, theirs) * 1000
        target, met = (f"≤ {TARGET} ms", mine <= TARGET) if share == 0.95 else ("", None)
        what, peer = f"Page Down among {KEYS:,}, p{share * 100:.0f}", f"DataTable of {PEERS_ROWS:,}"
        results.append(Result(what, mine, "ms", peer, peers, target, met))
    return results


def presses(terminal: Terminal) -> list[float]:
    """Seconds of each press, after the first few."""
    terminal.quiet(1.0)
    for _ in range(5):
        terminal.press(PAGE_DOWN)
    return [terminal.press(PAGE_DOWN) for _ in range(PRESSES)]
