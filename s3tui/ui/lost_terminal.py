"""A terminal that is closed must not hold the program.

Textual writes in a thread, which ends with the first write that fails. Nobody empties its queue then: it fills up,
and the next write, or the wait for the thread at the end, never returns.
"""

from __future__ import annotations

import os
import select
import stat

from textual.drivers._writer_thread import WriterThread

_run = WriterThread.run


def _run_to_the_end(thread: WriterThread) -> None:
    try:
        _run(thread)
    except (OSError, ValueError):  # ValueError: the file is closed
        while thread._queue.get() is not None:
            pass


def is_lost() -> bool:
    """Whether standard input was a terminal that is closed by now.

    Only whom the terminal controls gets SIGHUP for it; anyone else would read nothing from it, again and again.
    """
    try:
        is_terminal = stat.S_ISCHR(os.fstat(0).st_mode)
    except OSError:
        return False
    looked_at = select.poll()
    looked_at.register(0, 0)
    return is_terminal and any(event & select.POLLHUP for _, event in looked_at.poll(0))


def survive() -> None:
    """Let what is written to a terminal that is gone vanish. Call it before the app runs."""
    WriterThread.run = _run_to_the_end  # type: ignore[method-assign, assignment]
