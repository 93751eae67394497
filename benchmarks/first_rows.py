"""From Enter on a folder to its first rows on the screen, with a network in between: ten keys, and a million."""

from __future__ import annotations

import tempfile

from place import ABOVE, ENTER, FIRST_ROW, browser
from result import Result, at
from thin_server import serving

ROUNDS = 7
TRIP = 20  # ms a request
TARGET = TRIP + 50  # ms


def run() -> list[Result]:
    """Each round opens both folders, each in an app that has not seen it."""
    few: list[float] = []
    many: list[float] = []
    with tempfile.TemporaryDirectory() as home, serving([TRIP]) as [endpoint]:
        for _ in range(ROUNDS):
            few.append(_opened(endpoint, "small", home))
            many.append(_opened(endpoint, "flat", home))
    median, ten = at(0.5, many) * 1000, at(0.5, few) * 1000
    what = f"first rows of 1,000,000, {TRIP} ms a request"
    return [Result(what, median, "ms", "of ten", ten, f"≤ {TARGET} ms", median <= TARGET)]


def _opened(endpoint: str, bucket: str, home: str) -> float:
    with browser(endpoint, f"{bucket}/{ABOVE}", home) as terminal:
        terminal.wait_for("complete")
        terminal.quiet(0.5)
        pressed = terminal.send(ENTER)
        return terminal.wait_for(FIRST_ROW) - pressed
