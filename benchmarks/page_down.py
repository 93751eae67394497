"""Page Down in a prefix of 20,000 objects: from the key to the last byte of the frame, in a real terminal."""

from __future__ import annotations

import os
import sys
import tempfile

from result import Result, at
from start_up import BARE
from terminal import Terminal

from s3tui.demo import server
from s3tui.demo.data import MANY, MANY_BUCKET, MANY_PREFIX

PRESSES = 200
TARGET = 16  # ms, p95
PAGE_DOWN = "\x1b[6~"


def run() -> list[Result]:
    """Both programs page through as many rows, one after the other."""
    with tempfile.TemporaryDirectory() as home, server.start(sample_data=True) as demo:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        keys = {"AWS_ACCESS_KEY_ID": server.ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": server.SECRET_ACCESS_KEY}
        place = f"s3://{MANY_BUCKET}/{MANY_PREFIX}"
        command = [sys.executable, "-m", "s3tui", "--endpoint-url", demo.endpoint, "--region", server.REGION, place]
        with Terminal(command, environment | keys) as terminal:
            terminal.wait_for("complete")
            ours = presses(terminal)
        with Terminal([sys.executable, str(BARE), str(MANY)], environment) as terminal:
            terminal.wait_for("READY TO BROWSE")
            theirs = presses(terminal)
    results = []
    for share in (0.5, 0.95):
        mine, peers = at(share, ours) * 1000, at(share, theirs) * 1000
        target = f"≤ {TARGET} ms" if share == 0.95 else ""
        met = mine <= TARGET if target else None
        results.append(
            Result(f"Page Down among {MANY:,}, p{share * 100:.0f}", mine, "ms", "DataTable", peers, target, met)
        )
    return results


def presses(terminal: Terminal) -> list[float]:
    """Seconds of each press, after the first few."""
    terminal.quiet(1.0)
    for _ in range(5):
        terminal.press(PAGE_DOWN)
    return [terminal.press(PAGE_DOWN) for _ in range(PRESSES)]
