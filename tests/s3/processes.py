"""Looking at the child processes of a listing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def children_of(parent: int, module: str = "listing_child") -> list[int]:
    """Processes that run `module` for `parent`, or for its children."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "stat").read_text().rpartition(")")[2].split()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended
        if int(said[1]) == parent and b"s3tui.s3" in command and said[0] != "Z":
            if module.encode() in command:
                found.append(int(process.name))
            found += children_of(int(process.name), module)
    return found


def eventually(what: Callable[[], object]) -> None:
    """Wait until `what` is true; a minute is for ever."""
    ends = time.monotonic() + 60
    while not what():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.01)
