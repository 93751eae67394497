"""The garbage collector looks at all there is in one go, and the screen waits meanwhile: 0.1 s once boto3 is loaded.

What is loaded once stays until the end, so it is taken out of what is looked at. What one frame takes is gone with the
next one, so the collector doesn't look after each.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s3tui.ui.app import S3tuiApp

_done: set[str] = set()
MANY = 20_000  # objects more than before; Python looks after 700, which one frame makes


def look_seldom(app: S3tuiApp) -> None:
    """Let the collector look when there may be something for it. Page Down among a million rows started it 1.2 times."""
    if not app.is_headless:
        gc.set_threshold(MANY)


@contextmanager
def loading(app: S3tuiApp, what: str) -> Iterator[None]:
    """Around what loads much that stays. Only the first time, or what has become garbage since would stay, too."""
    if app.is_headless or what in _done:  # one process runs many apps without a screen, each of which is garbage soon
        yield
        return
    _done.add(what)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
