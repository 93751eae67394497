"""Transfers whose bytes are moved by child processes (see `mover`), seen from the process that has the queue."""

from __future__ import annotations

import io
import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, cast

from s3tui import folders
from s3tui.background import METADATA, MOVERS, CancelToken
from s3tui.s3 import processes
from s3tui.s3.client import Connection
from s3tui.s3.listing_child import read, write
from s3tui.s3.loan import lend
from s3tui.transfers import reservations
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.failures import Hung, Interrupted
from s3tui.transfers.heartbeat import Heartbeat
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
    Question,
    ReadOnly,
    Reply,
    Settle,
    Stop,
    portable,
)
from s3tui.transfers.notes import Notes
from s3tui.transfers.places import HERE, Many, Noting, One
from s3tui.transfers.progress import Counted, Outcome, Progress
from s3tui.transfers.request import Request

PROGRAM = "s3tui.transfers.mover"


@dataclass(slots=True)
class _Transfer:
    """One that was given away."""

    progress: Progress
    token: CancelToken
    notes: Notes
    ended: Callable[[End], object]
    moved: Callable[[], object] = lambda: None


@dataclass(slots=True)
class _Many:
    """Some that go in one go."""

    note: Noting
    numbers: list[int]
    over: Future[None] = field(default_factory=Future)


class Mover:
    """One child process, started when something is to be moved. When it dies, another is started for what comes next;
    one that hangs is killed.

    Thread-safe. What it was moving then ends by `Interrupted`, of which `Hung`.
    """

    def __init__(self, bandwidth: Bandwidth) -> None:
        self._bandwidth = bandwidth
        bandwidth.changed.append(self._limit)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def run(self, one: One) -> Outcome:
        """As `Here.run`; also raises `Interrupted`."""
        child = self._there()
        if not child:
            return HERE.run(one)
        over = Future[Outcome]()

        def ended(end: End) -> None:
            if isinstance(end, Outcome):
                over.set_result(end)
            else:
                over.set_exception(end or Interrupted())

        lent = child.lend(one.connection, one.request)
        transfer = _Transfer(one.progress, one.token, one.notes, ended, one.moved)
        child.give(lambda given: Move(lent, given[0]), [(one.request, transfer)])
        return over.result()

    def move_all(self, many: Many) -> None:
        """As `Here.move_all`; those that it was moving when it died have ended by `Interrupted`."""
        child = self._there()
        if not child:
            HERE.move_all(many)
            return
        lent = child.lend(many.connection, None)
        transfers = [
            (item.request, _Transfer(item.progress, item.token, item.notes, partial(many.ended, item.number)))
            for item in many.items
        ]
        given_away = _Many(many.note, [])
        child.give(lambda given: MoveAll(lent, given[0].number, many.kind, given), transfers, given_away)
        given_away.over.result()

    def get_ready(self) -> None:
        """As `Place.get_ready`: a process takes as long to start as a thousand small files to go."""
        self._there()

    def _limit(self) -> None:
        with self._lock:
            if self._child:
                self._child.tell(Limited(self._bandwidth.limit is not None))

    def close(self) -> None:
        """End the process at once."""
        with self._lock:
            if self._child:
                self._child.end()
                self._child = None

    def _there(self) -> _Child | None:
        """None when there can be no process, or its transfers would not be kept from those of this one."""
        with self._lock, suppress(OSError):
            if self._child is None or self._child.is_gone:
                self._child = _Child(self._bandwidth, self._numbers) if reservations.reach_others() else None
            return self._child
        return None


class _Child:
    """A process, as long as it lives."""

    def __init__(self, bandwidth: Bandwidth, numbers: itertools.count[int]) -> None:
        """Raises `OSError`."""
        self.is_gone = False
        self._bandwidth, self._numbers = bandwidth, numbers
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._transfers: dict[int, _Transfer] = {}
        self._many: dict[int, _Many] = {}
        self._lent: dict[tuple[Connection, int], int] = {}
        self._lenders: dict[int, Connection] = {}
        self._heard: list[Callable[[], None]] = []  # each ends that it is told of a connection
        self._process = processes.start(PROGRAM)
        self._out = io.BufferedWriter(cast(io.RawIOBase, self._process.stdin))
        self._why_over: type[Interrupted] = Interrupted
        self._is_heard = True  # False while something is done about what it said: meanwhile nobody listens
        self._heartbeat = Heartbeat(lambda: self.tell(Ping()), self._should_answer, self._hung)
        self.tell(Settle(folders.state_folder(), dict(os.environ)))
        self.tell(Limited(bandwidth.limit is not None))
        MOVERS.submit(self._hear)

    def tell(self, message: object) -> None:
        """When it is gone, nobody hears."""
        with suppress(OSError, ValueError), self._writing:
            write(cast(BinaryIO, self._out), message)

    def end(self) -> None:
        self._process.kill()

    def _should_answer(self) -> bool:
        return self._is_heard and bool(self._transfers or self._many)

    def _hung(self) -> None:
        self._why_over = Hung
        self.end()

    # ---- what it works on

    def lend(self, connection: Connection, request: Request | None) -> int:
        """The number by which it knows `connection`. It knows the one with which `request` writes, too.

        Raises what reading the keys raises, and `BadInput` when this process does not have that one itself.
        """
        if there := getattr(request, "there", None):
            self._number_of(there(connection))
        return self._number_of(connection)

    def _number_of(self, connection: Connection) -> int:
        with self._lock:
            if number := self._lent.get((connection, connection.renewals)):
                return number
        loan = lend(connection)
        with self._lock:
            number = self._lent[connection, connection.renewals] = next(self._numbers)
            self._lenders[number] = connection
            self.tell(Lend(number, loan))
            if not self.is_gone:
                self._heard.append(connection.on_read_only(lambda value: self.tell(ReadOnly(number, value))))
        return number

    def give(
        self,
        message: Callable[[list[Given]], Move | MoveAll],
        transfers: Sequence[tuple[Request, _Transfer]],
        many: _Many | None = None,
    ) -> None:
        """Have it work on these, and hear how they end."""
        given = [
            Given(next(self._numbers), request, dict(transfer.notes.facts), transfer.notes.kept)
            for request, transfer in transfers
        ]
        with self._lock:
            self._transfers.update(
                (each.number, transfer) for each, (_, transfer) in zip(given, transfers, strict=True)
            )
            if many:
                many.numbers[:] = [each.number for each in given]
                self._many[given[0].number] = many
            gone = self.is_gone
        if gone:
            self._interrupt()
            return
        self.tell(message(given))
        for each, (_, transfer) in zip(given, transfers, strict=True):
            transfer.token.on_cancel(partial(self._stop, each.number, transfer.token))

    def _stop(self, number: int, token: CancelToken) -> None:
        self.tell(Stop(number, token.keep))

    # ---- what it says

    def _hear(self) -> None:
        """In a thread, until it is gone."""
        source = io.BufferedReader(cast(io.RawIOBase, self._process.stdout), processes.PIPE)
        try:
            while True:
                message = read(cast(BinaryIO, source))
                self._heartbeat.heard()
                self._is_heard = False
                self._take(message)
                self._is_heard = True
        except (EOFError, OSError):
            pass
        finally:
            with self._lock:
                self.is_gone = True
            for end in self._heard:
                end()
            self._heartbeat.end()
            processes.end(self._process)
            self._interrupt()

    def _interrupt(self) -> None:
        """What it was working on is over."""
        with self._lock:
            transfers, self._transfers = self._transfers, {}
            many, self._many = self._many, {}
        for transfer in transfers.values():
            transfer.ended(self._why_over())
        for each in many.values():
            each.over.set_result(None)

    def _take(self, message: Any) -> None:
        match message:
            case Moved():
                for number, counted in message.counted:
                    self._moved(number, counted)
            case Logged():
                self._lenders[message.connection].log.add_all(message.requests)
            case Ended():
                for number, end, counted in message.ends:
                    transfer = self._transfers.pop(number)
                    transfer.progress.follow(counted)
                    transfer.ended(end)
            case AllEnded():
                self._all_ended(message)
            case Question():
                self._hear_question(message)

    def _moved(self, number: int, counted: Counted) -> None:
        if transfer := self._transfers.get(number):
            transfer.progress.follow(counted)
            transfer.moved()

    def _all_ended(self, message: AllEnded) -> None:
        many = self._many.pop(message.number)
        for number in many.numbers:
            if message.failure and (transfer := self._transfers.pop(number, None)):
                transfer.ended(message.failure)
        many.over.set_result(None)

    # ---- what it asks

    def _hear_question(self, question: Question) -> None:
        asked = question.asked
        if isinstance(asked, NewKeys):  # which may wait for the keyring, or the user
            METADATA.submit(self._reply, question.number, partial(self._new_keys, asked))
        else:
            self._reply(question.number, partial(self._answer, asked))

    def _reply(self, number: int, answer: Callable[[], Any]) -> None:
        try:
            self.tell(Reply(number, answer()))
        except Exception as error:
            self.tell(Reply(number, None, portable(error)))

    def _answer(self, asked: Note | NoteAll | Owed) -> float | None:
        match asked:
            case Owed():
                return self._bandwidth.owed(asked.count)
            case Note():
                notes = self._transfers[asked.number].notes
                if not asked.facts:
                    notes.clear()
                elif asked.durable:
                    notes.set(**asked.facts)
                else:
                    notes.jot(**asked.facts)
            case NoteAll():
                noted = [(self._transfers[number].notes, facts) for number, facts in asked.facts]
                self._many[asked.number].note(noted)
        return None

    def _new_keys(self, asked: NewKeys) -> Any:
        connection = self._lenders[asked.connection]
        lent = lend(connection).lent
        if asked.refused and lent and lent.keys == asked.refused:
            connection.close()  # and ask for the keys, or the MFA code, anew
            lent = lend(connection).lent
            if lent and lent.keys == asked.refused:
                connection.close()  # nobody has signed in yet: what comes next must not be lent these
        return lent
