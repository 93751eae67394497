"""What a listed object takes in the app's process, beyond the same app with ten objects."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from place import INSIDE, browser
from result import Result
from thin_server import KEYS, serving

TARGET = 110  # bytes
SETTLED = 2.0  # seconds


def run() -> list[Result]:
    """Resident memory as the kernel counts it."""
    with tempfile.TemporaryDirectory() as home, serving() as [endpoint]:
        empty = _resident(endpoint, "small", "complete", home)
        full = _resident(endpoint, "flat", f"{KEYS:,}", home)
    per_row = (full - empty) / KEYS
    return [
        Result("memory of a listed object", per_row, "B", target=f"≤ {TARGET} B", met=per_row <= TARGET),
        Result("memory of the app with 1,000,000", full / 2**20, "MiB", "with ten", empty / 2**20),
    ]


def _resident(endpoint: str, bucket: str, until: str, home: str) -> int:
    with browser(endpoint, f"{bucket}/{INSIDE}", home) as terminal:
        terminal.wait_for(until)
        terminal.quiet(0.5)
        time.sleep(SETTLED)
        status = Path(f"/proc/{terminal.pid}/status").read_text()
    [line] = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
