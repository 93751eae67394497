"""Watching transfers on the command line: a line of progress on a terminal, results as they come, Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

from s3tui import display
from s3tui.cli.common import emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import visible
from s3tui.transfers.queue import Queue, TransferView

_INTERVAL = 0.2  # s
_ABORT_SECONDS = 60  # what cancelling may take: each abort is a request
_GOOD = ("verified", "sent but not verified", "received but not verified")


def watch(queue: Queue, as_json: bool) -> int:
    """Wait for everything in `queue`, print how each transfer ended, and return the exit code.

    Ctrl-C (SIGTERM and SIGHUP too) cancels all of them and waits until unfinished uploads are aborted, then goes on to the caller.
    """
    told: set[int] = set()
    try:
        with _like_ctrl_c(signal.SIGTERM, signal.SIGHUP):
            while queue.running:
                _tell_ended(queue, told, as_json)
                _show_progress(queue)
                queue.wait(_INTERVAL)
    except KeyboardInterrupt:
        _clear()
        say("Cancelling: unfinished uploads are aborted …")
        if not queue.cancel_all(_ABORT_SECONDS):
            say("s3tui: not everything could be cancelled in time; unfinished uploads may remain.")
        _tell_ended(queue, told, as_json)
        raise
    _tell_ended(queue, told, as_json)
    good = [view.state in _GOOD for view in queue.snapshot()]
    return DONE if all(good) else PARTLY if any(good) else FAILED


@contextlib.contextmanager
def _like_ctrl_c(*signals: signal.Signals) -> Iterator[None]:
    """Being ended by others, or losing the terminal, must abort uploads too."""
    before = [(each, signal.signal(each, signal.default_int_handler)) for each in signals]
    try:
        yield
    finally:
        for each, handler in before:
            signal.signal(each, handler)


def _tell_ended(queue: Queue, told: set[int], as_json: bool) -> None:
    for view in queue.snapshot():
        if view.finished and view.number not in told:
            told.add(view.number)
            _clear()
            _tell(view, as_json)


def _tell(view: TransferView, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "kind": view.kind,
                "source": view.source,
                "target": view.target,
                "state": view.state,
                "detail": view.why,
                "size": view.total,
                "etag": view.etag,
                "version_id": view.version_id,
            }
        )
    elif view.state in _GOOD:
        print(visible(f"{view.source} -> {view.target}: {view.state}. {view.why}"))
    else:
        say(f"s3tui: {view.source} -> {view.target}: {view.state}. {view.why}")


def _show_progress(queue: Queue) -> None:
    if not sys.stderr.isatty():
        return
    moving = [view for view in queue.snapshot() if view.state == "running"]
    done, total = sum(view.done for view in moving), sum(view.total or 0 for view in moving)
    speed = sum(view.speed for view in moving)
    words = [f"{display.size(done)} of {display.size(total)}"]
    if speed >= 1:
        words += [f"{display.size(round(speed))}/s", f"{display.duration((total - done) / speed)} left"]
    words += sorted({view.stage for view in moving if view.stage})[:1]
    words.append(f"{display.counted(queue.running, 'file')} to go")
    print(f"\r\x1b[K{'  '.join(words)}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
