"""Watching transfers on the command line: a line of progress on a terminal, results as they come, Ctrl-C."""

from __future__ import annotations

import contextlib
import queue as queues
import signal
import sys
from collections.abc import Callable, Collection, Iterator

from s3tui import display, folders
from s3tui.cli.common import emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import visible
from s3tui.s3.client import Connection
from s3tui.transfers import limits, places
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.pace import Underway
from s3tui.transfers.progress import WENT_WELL, State
from s3tui.transfers.queue import Queue, Transfer, TransferView
from s3tui.transfers.transfer_list import ACTIVE

_INTERVAL = 0.2  # s
_STOP_SECONDS = 60  # what stopping may take: each abort is a request


class Moving:
    """A queue that is watched. What is still to be done when the program ends is in the journal."""

    def __init__(self, as_json: bool, connect: Callable[[Whom], Connection] | None = None) -> None:
        self._as_json = as_json
        self._ended: queues.SimpleQueue[TransferView] = queues.SimpleQueue()
        self._good: Collection[State] = WENT_WELL
        self._went_well = self._did_not = 0
        self._underway = Underway()
        self.queue = Queue(self._ended.put, Journal(folders.transfers_folder()), connect, places.beside)
        limits.remembered(folders.transfers_folder()).apply(self.queue)
        if problem := self.queue.journal.problem:
            say(f"s3tui: {problem}")

    def watch(self, good: Collection[State] = WENT_WELL) -> int:
        """Wait for everything, print how each transfer ended, and return the exit code: whether all are `good`.

        Ctrl-C (SIGTERM and SIGHUP too) pauses what is left, says how to go on, and goes on to the caller.
        """
        self._good = good
        watched = self._ours()
        try:
            with _like_ctrl_c(signal.SIGTERM, signal.SIGHUP):
                while self.queue.running:
                    self._tell_ended()
                    self._show_progress()
                    self.queue.wait(_INTERVAL)
        except KeyboardInterrupt:
            _clear()
            self._stop()
            raise
        finally:
            self.queue.close()
        self._tell_ended()
        for each in watched:
            if each.state == "paused":  # nobody asked for that: what moved it was killed
                self._tell(self.queue.view(each))
        if self.queue.problem:
            say(f"s3tui: {self.queue.problem}")
        return DONE if not self._did_not else PARTLY if self._went_well else FAILED

    def _ours(self) -> list[Transfer]:
        """Those that wait or run in this process."""
        return [each for each in self.queue.rows(ACTIVE) if not self.queue.view(each).process]

    def _stop(self) -> None:
        stopped = self._ours()
        say("Pausing …" if self.queue.is_kept else "Cancelling: unfinished uploads are aborted …")
        stop = self.queue.pause_all if self.queue.is_kept else self.queue.cancel_all
        ended = stop(_STOP_SECONDS)
        self._tell_ended()
        left = [self.queue.view(each) for each in stopped if each.state == "paused"]
        for view in left if self._as_json else ():
            emit(record(view))
        if left:
            say(
                f"{display.counted(len(left), 'transfer')} paused. “s3tui transfers resume” goes on, “s3tui transfers "
                "cancel” removes what was begun."
            )
        if not ended:
            say("s3tui: not everything could be stopped in time; “s3tui transfers list” tells what is left.")

    def _tell_ended(self) -> None:
        with contextlib.suppress(queues.Empty):
            while True:
                view = self._ended.get_nowait()
                _clear()
                self._tell(view)

    def _tell(self, view: TransferView) -> None:
        good = view.state in self._good
        self._went_well += good
        self._did_not += not good
        if self._as_json:
            emit(record(view))
        elif good:
            print(visible(f"{view.source} -> {view.target}: {view.state}. {view.why}"))
        else:
            say(f"s3tui: {view.source} -> {view.target}: {view.state}. {view.why}")

    def _show_progress(self) -> None:
        if not sys.stderr.isatty():
            return
        moving = [view for view in self.queue.moving() if not view.process]
        underway = self._underway
        underway.see([view for view in self.queue.underway() if not view.process])
        words = [f"{display.size(underway.done)} of {display.size(underway.total)}"] if underway.in_bytes else []
        if underway.speed >= 1:
            words.append(f"{display.size(round(underway.speed))}/s")
        if underway.seconds_left is not None:
            words.append(f"{display.duration(underway.seconds_left)} left")
        words += sorted({view.stage for view in moving if view.stage})[:1]
        words.append(f"{display.counted(self.queue.running, 'file')} to go")
        print(f"\r\x1b[K{'  '.join(words)}", end="", file=sys.stderr, flush=True)


def record(view: TransferView) -> dict[str, object]:
    """A transfer for programs. Sizes are bytes."""
    return {
        "number": view.number,
        "job": view.job,
        "kind": view.kind,
        "profile": view.profile,
        "source": view.source,
        "target": view.target,
        "state": view.state,
        "detail": view.why,
        "size": view.total,
        "done": view.done,
        "etag": view.etag,
        "version_id": view.version_id,
        "process": view.process or None,
    }


@contextlib.contextmanager
def _like_ctrl_c(*signals: signal.Signals) -> Iterator[None]:
    """Being ended by others, or losing the terminal, must pause what moves, too."""
    before = [(each, signal.signal(each, signal.default_int_handler)) for each in signals]
    try:
        yield
    finally:
        for each, handler in before:
            signal.signal(each, handler)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
