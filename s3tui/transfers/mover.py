"""The process that moves the bytes of transfers, so that the screen's need not compute while they move.

What it does, with which keys and which environment, comes over its standard input, nothing over arguments or its own
environment. It ends when that closes. It decides nothing but how bytes move: the order, the limits and the journal
are its parent's, which it asks before it goes on.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, BinaryIO

from s3tui import folders
from s3tui.background import LOCAL, METADATA, MOVERS, TRANSFERS, CancelToken
from s3tui.s3 import connections, session
from s3tui.s3.borrowed import Borrowed
from s3tui.s3.listing_child import read, write
from s3tui.s3.requests import LoggedRequest, RequestLog
from s3tui.s3.standing_back import stand_back
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.lots import Lots
from s3tui.transfers.mover_words import (
    AllEnded,
    End,
    Ended,
    Given,
    Lend,
    Limited,
    Logged,
    Move,
    MoveAll,
    Moved,
    NewKeys,
    Note,
    NoteAll,
    Owed,
    Ping,
    Pong,
    Question,
    ReadOnly,
    Reply,
    Settle,
    Stop,
    portable,
)
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import Progress

_EVERY = 0.1  # s between two times that the parent is told how far all are
_GARBAGE = 100_000  # objects more than before, until those in circles are looked for: transfers are in none
_MOST_LOGGED = 2000  # requests that wait to be told; a log keeps no more
Ask = Callable[[Any], Any]


class _AskedNotes(Notes):
    """They are kept by the parent when `set`, `jot` and `clear` return; these raise `JournalError`."""

    def __init__(self, given: Given, ask: Ask) -> None:
        super().__init__(given.facts)
        self.number, self.kept = given.number, given.kept
        self._ask = ask
        self._order = threading.Lock()

    def set(self, **facts: Fact) -> None:
        with self._order:
            self._ask(Note(self.number, self._facts | facts, durable=True))
            super().set(**facts)

    def jot(self, **facts: Fact) -> None:
        with self._order:
            self._ask(Note(self.number, self._facts | facts, durable=False))
            super().jot(**facts)

    def clear(self) -> None:
        with self._order:
            if not self.empty:
                self._ask(Note(self.number, {}, durable=True))
                super().clear()

    def noted(self, facts: Mapping[str, Fact]) -> None:
        """The parent keeps them already."""
        with self._order:
            self._facts = dict(facts)


class _SharedBandwidth(Bandwidth):
    """The limit is of all processes together: the parent counts."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.is_limited = False
        self._ask = ask

    def owed(self, count: int) -> float:
        seconds: float = self._ask(Owed(count)) if self.is_limited else 0.0
        return seconds


class _UntoldLog(RequestLog):
    """What the parent's log does not have yet."""

    def __init__(self) -> None:
        super().__init__()
        self._untold: deque[LoggedRequest] = deque(maxlen=_MOST_LOGGED)

    def add(self, request: LoggedRequest) -> None:
        self._untold.append(request)

    def take(self) -> list[LoggedRequest]:
        """Of one thread only."""
        return [self._untold.popleft() for _ in range(len(self._untold))]


class _Transfer:
    """One that runs."""

    __slots__ = ("notes", "number", "progress", "request", "token", "told")

    def __init__(self, given: Given, bandwidth: Bandwidth, ask: Ask) -> None:
        self.number, self.request = given.number, given.request
        self.token = CancelToken()
        self.notes = _AskedNotes(given, ask)
        self.progress = Progress(partial(self._take, bandwidth))
        self.told = self.progress.counted

    def _take(self, bandwidth: Bandwidth, count: int) -> None:
        bandwidth.take(count, self.token)


class Mover:
    """From the first message to the last."""

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self._source, self._out = source, out
        self._writing = threading.Lock()
        self._telling = threading.Lock()
        self._connections: dict[int, Borrowed] = {}
        self._logs: dict[int, _UntoldLog] = {}
        self._bandwidth = _SharedBandwidth(self.ask)
        self._transfers: dict[int, _Transfer] = {}
        self._some_move = threading.Event()
        self._numbers = itertools.count(1)
        self._questions: dict[int, Future[Any]] = {}

    def run(self) -> None:
        """Do what is said. Raises `EOFError` when the parent is gone."""
        LOCAL.submit(self._report)
        while True:
            self._obey(read(self._source))

    def ask(self, question: Note | NoteAll | Owed | NewKeys) -> Any:
        """The parent's answer. Raises what it raised there."""
        number, answer = next(self._numbers), Future[Any]()
        self._questions[number] = answer
        self._tell(Question(number, question))
        return answer.result()

    def _obey(self, message: Any) -> None:
        match message:
            case Settle():
                os.environ.update(message.environment)
                folders.keep_state_in(message.state_folder)
                METADATA.submit(_load)
            case Lend():
                self._borrow(message)
            case ReadOnly():
                self._connections[message.connection].read_only = message.value
            case Limited():
                self._bandwidth.is_limited = message.value
            case Move():
                TRANSFERS.submit(self._move, message, self._begun(message.given))
            case MoveAll():
                TRANSFERS.submit(self._move_all, message, [self._begun(given) for given in message.given])
            case Stop():
                if transfer := self._transfers.get(message.number):
                    METADATA.submit(transfer.token.pause if message.keep else transfer.token.cancel)
            case Ping():
                MOVERS.submit(self._tell, Pong())  # not here: both would wait for the other to read, and both write
            case Reply():
                answer = self._questions.pop(message.number)
                if message.failure:
                    answer.set_exception(message.failure)
                else:
                    answer.set_result(message.answer)

    def _borrow(self, lend: Lend) -> None:
        log = self._logs[lend.connection] = _UntoldLog()
        ask = partial(self._new_keys, lend.connection)
        connection = self._connections[lend.connection] = Borrowed(lend.loan, ask, log)
        connections.use(connection)

    def _new_keys(self, connection: int, refused: Any) -> Any:
        return self.ask(NewKeys(connection, refused))

    # ---- transfers

    def _begun(self, given: Given) -> _Transfer:
        transfer = self._transfers[given.number] = _Transfer(given, self._bandwidth, self.ask)
        self._some_move.set()
        return transfer

    def _move(self, message: Move, transfer: _Transfer) -> None:
        connection = self._connections[message.connection]
        end: End
        try:
            end = transfer.request.run(connection, transfer.progress, transfer.token, transfer.notes)
        except Exception as error:
            end = error
        self._end([(transfer.number, end)])

    def _move_all(self, message: MoveAll, transfers: Sequence[_Transfer]) -> None:
        from s3tui.transfers.flood import Item
        from s3tui.transfers.many import move_all

        items = [Item(each.number, each.request, each.progress, each.token, each.notes) for each in transfers]
        ends = Lots(self._end)
        failure = None
        try:
            move_all(
                self._connections[message.connection],
                message.kind,
                items,
                lambda number, end: ends.add((number, end)),
                partial(self._note, message.number),
            )
        except Exception as error:
            failure = error
        ends.tell()
        for each in transfers:
            self._transfers.pop(each.number, None)
        self._tell(AllEnded(message.number, portable(failure)))

    def _note(self, number: int, noted: Sequence[tuple[Notes, Mapping[str, Fact]]]) -> None:
        ours = [(notes, facts) for notes, facts in noted if isinstance(notes, _AskedNotes)]
        if ours:
            self.ask(NoteAll(number, [(notes.number, facts) for notes, facts in ours]))
        for notes, facts in ours:
            notes.noted(facts)

    # ---- telling

    def _end(self, ends: Sequence[tuple[int, End]]) -> None:
        self._tell_log()
        ended = [(number, portable(end), self._transfers.pop(number).progress.counted) for number, end in ends]
        self._tell(Ended(ended))

    def _report(self) -> None:
        while True:
            self._some_move.wait()
            self._some_move.clear()
            if self._transfers:
                self._some_move.set()
            time.sleep(_EVERY)
            moved = []
            for transfer in list(self._transfers.values()):
                if (counted := transfer.progress.counted) != transfer.told:
                    transfer.told = counted
                    moved.append((transfer.number, counted))
            if moved:
                self._tell(Moved(moved))
            self._tell_log()

    def _tell_log(self) -> None:
        with self._telling:
            for number, log in list(self._logs.items()):
                if requests := log.take():
                    self._tell(Logged(number, requests))

    def _tell(self, message: Any) -> None:
        try:
            with self._writing:
                write(self._out, message)
        except OSError:
            os._exit(0)  # the parent is gone


def _load() -> None:
    """What the first transfer needs, while the parent may still be planning."""
    importlib.import_module("s3tui.transfers.many")
    try:
        session.load()
    finally:  # whatever is wrong with AWS's files, the first request will say
        gc.freeze()  # what is loaded stays, and need not be looked through again and again


def main() -> None:
    """Until standard input is closed."""
    stand_back()
    gc.set_threshold(_GARBAGE)
    # Who ends all processes of a user or a service means their parent too, which says what shall be done then.
    for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    try:
        Mover(sys.stdin.buffer, sys.stdout.buffer).run()
    finally:
        os._exit(0)  # threads may be in the middle of a request


if __name__ == "__main__":
    main()
