"""Looking at the child processes of a listing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def children_of(parent: int, module: str = "listing_child") -> list[int]:
    """Processes that run `module` for `parent`, or for its children."""
    found = []
    for process in _begun_by(parent):
        with suppress(OSError):  # it has ended
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            if b"s3tui.s3" in command:
                found += [process] * (module.encode() in command) + children_of(process, module)
    return found


def _begun_by(parent: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{parent}/task").glob("*/children"):  # each thread has its own
        with suppress(OSError):
            found += map(int, children.read_text().split())
    return found


def eventually(what: Callable[[], object]) -> None:
    """Wait until `what` is true; a minute is for ever."""
    ends = time.monotonic() + 60
    while not what():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.01)
