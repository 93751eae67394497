"""How a child process lets the screen go first."""

from __future__ import annotations

import os
import time
from pathlib import Path

from s3tui import background

_NICE, _NICE_SESSION = 5, 10
_TRIES = 20


def stand_back() -> None:
    """What a child does first, so that the screen, and whatever else people look at, is drawn before it goes on.

    Linux shares a processor among sessions before it looks at what is in them (“The autogroup feature”, sched(7)). In
    our own session a child that computes would hold up the screen's thread for some 3 ms, however nice it is; so it has
    a session of its own, which is nice. Elsewhere only the process is.
    """
    os.nice(_NICE)
    background.LOCAL.submit(_let_session_stand_back)


def _let_session_stand_back() -> None:
    for _ in range(_TRIES):
        try:
            Path("/proc/self/autogroup").write_text(str(_NICE_SESSION))
            return
        except BlockingIOError:  # only one process of all may do so in a tenth of a second, unless it is root's
            time.sleep(0.1 + os.getpid() % 10 / 100)
        except OSError:
            return
