"""From the start of the process to its first frame, beside a bare Textual app with the same panes."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from result import Result, at
from terminal import Terminal

ROUNDS = 15
TARGET = 1.3  # times the bare app's
BARE = Path(__file__).with_name("bare_app.py")


def run() -> list[Result]:
    """Rounds alternate between the two, so that a busy machine harms both."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        for _ in range(ROUNDS):
            ours.append(first_frame([sys.executable, "-m", "s3tui"], "Choose a profile", environment))
            theirs.append(first_frame([sys.executable, str(BARE)], "READY TO BROWSE", environment))
    median, bare = at(0.5, ours) * 1000, at(0.5, theirs) * 1000
    return [
        Result(
            "start to first frame, median",
            median,
            "ms",
            "bare Textual app",
            bare,
            f"≤ {TARGET}",
            median / bare <= TARGET,
        )
    ]


def first_frame(command: list[str], text: str, environment: dict[str, str]) -> float:
    """Seconds from exec to the frame that holds `text`."""
    with Terminal(command, environment) as terminal:
        return terminal.wait_for(text) - terminal.started
