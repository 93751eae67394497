"""Waking the screen's thread in time, however busy the machine is with our own lists and transfers.

Linux lets whoever runs go on for some 3 ms before another one that has woken up gets its turn, unless that one wants
only little at a time: sched(7) and sched_setattr(2), for ordinary threads since Linux 6.12. The screen wants little.
Elsewhere, and on older kernels, this changes nothing.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress

from s3tui import background

_SWITCH = 0.0001  # s until a thread of ours that works lets the event loop in; Python's own is 5 ms
_NICER = 5  # for threads that move bytes or take in lists
_SLICE = 100_000  # ns
_SYSTEM_CALL = {"x86_64": 314, "aarch64": 274, "riscv64": 274}  # sched_setattr
_NOT_INHERITED = 1  # SCHED_FLAG_RESET_ON_FORK: threads and processes that this thread starts are ordinary ones
_ATTRIBUTES = struct.Struct("=IIQiIQQQII")  # sched_attr: size, policy, flags, nice, priority, runtime, …


def wake_early() -> None:
    """Let the calling thread be the first to run when it has something to do. Before any bytes move."""
    for pool in (background.LISTING, background.TRANSFERS, background.PARTS, background.FLOOD):
        pool.nice = _NICER
    sys.setswitchinterval(_SWITCH)
    number = _SYSTEM_CALL.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    said = (_ATTRIBUTES.size, os.SCHED_OTHER, _NOT_INHERITED, nice, 0, _SLICE, 0, 0, 0, 0)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).syscall(number, 0, ctypes.create_string_buffer(_ATTRIBUTES.pack(*said)), 0)
