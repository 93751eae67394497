"""Stdout as the commands need it, and what becomes of it when nobody takes what is printed."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress


def prepare() -> None:
    """A name that this terminal's encoding lacks is no reason to stop, and a signal none to lose what is printed."""
    out = sys.stdout
    if not isinstance(out, io.TextIOWrapper):
        return
    if isinstance(out.buffer, io.RawIOBase):  # PYTHONUNBUFFERED: a write that a signal cuts short loses the rest
        buffered = io.BufferedWriter(io.FileIO(out.fileno(), "w", closefd=False))
        out = sys.stdout = io.TextIOWrapper(buffered, out.encoding, line_buffering=True)
    out.reconfigure(errors="backslashreplace")


def drop() -> None:
    """Nobody takes it: what waits to be written goes nowhere, where at the exit it would be tried, and failed, again."""
    with suppress(io.UnsupportedOperation):  # it is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, sys.stdout.fileno())
        finally:
            os.close(nowhere)
