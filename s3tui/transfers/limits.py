"""How many transfers at the same time and how fast: what was set is remembered in the state folder."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from s3tui.transfers.failures import local_failure
from s3tui.transfers.queue import AT_ONCE, Queue

_NAME = "limits.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """`bandwidth` is bytes a second of all transfers of a process together, None for no limit."""

    at_once: int = AT_ONCE
    bandwidth: int | None = None

    def apply(self, queue: Queue) -> None:
        """Let `queue` keep to them; it may begin some."""
        queue.bandwidth.limit = self.bandwidth
        queue.at_once = self.at_once


def remembered(folder: Path) -> Limits:
    """What was set last; what nobody set, or can't be read, is as usual."""
    try:
        said = json.loads((folder / _NAME).read_bytes())
    except (OSError, ValueError):
        return Limits()
    found = said if isinstance(said, dict) else {}
    return Limits(_count(found.get("at_once")) or AT_ONCE, _count(found.get("bandwidth")))


def remember(folder: Path, limits: Limits) -> None:
    """For later runs. Raises `LocalFailure`."""
    path = folder / _NAME
    new = path.with_name(f".{_NAME}.{os.getpid()}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_text(json.dumps(asdict(limits)))
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise local_failure(error, path) from error


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
