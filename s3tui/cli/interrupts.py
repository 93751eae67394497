"""Ctrl-C while something is listed: what is printed stays whole, and it is said that it isn't all."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from s3tui.cli import stdout
from s3tui.cli.common import say


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C raises `KeyboardInterrupt` at the end of this only, so that no record is cut in two; the second one at
    once, for whoever reads may have stopped reading. Call it in the main thread."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # Ctrl-C is ignored, as after `nohup`
        yield
        return
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        if pressed:
            stdout.drop()
            raise KeyboardInterrupt
        pressed = True

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


@contextmanager
def told(lost: str) -> Iterator[None]:
    """Say on Ctrl-C what is missing because of it, such as `the list is not complete`."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"s3tui: Interrupted; {lost}.")
        try:
            with uninterrupted():
                sys.stdout.flush()
        except OSError:  # Ctrl-C has ended the reader, too
            stdout.drop()
        raise
