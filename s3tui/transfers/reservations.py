"""One transfer of this process for each target at a time: two that end on one name would replace each other."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Hashable, Iterator

from s3tui.transfers.failures import AlreadyExists

_targets: set[Hashable] = set()
_lock = threading.Lock()


@contextlib.contextmanager
def reserved(target: Hashable, shown: str) -> Iterator[None]:
    """Keep the others away from `target`, which people know as `shown`. Raises `AlreadyExists`."""
    with _lock:
        if target in _targets:
            raise AlreadyExists(shown, "Another transfer is writing it right now: choose another name.")
        _targets.add(target)
    try:
        yield
    finally:
        with _lock:
            _targets.discard(target)
