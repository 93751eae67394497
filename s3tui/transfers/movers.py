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
from s3tui.s3.client import Connection, connected
from s3tui.s3.listing_child import read, write
from s3tui.s3.loan import lend
from s3tui.transfers import reservations
from s3tui.transfers.bandwidth import Bandwidth
from s3tui.transfers.failures import Interrupted
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
    Question,
    ReadOnly,
    Reply,
    Settle,
    Stop,
    portable,
)
from s3tui.transfers.notes import Notes
from s3tui.transfers.places import HERE, Noting
from s3tui.transfers.progress import Counted, Outcome, Progress
from s3tui.transfers.request import Kind, Request

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
    """One child process, started when something is to be moved. When it dies, another is started for what comes next.

    Thread-safe. What it was moving then ends by `Interrupted`.
    """

    def __init__(self, bandwidth: Bandwidth) -> None:
        self._bandwidth = bandwidth
        bandwidth.changed.append(self._limit)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def run(
        self,
        connection: Connection,
        request: Request,
        progress: Progress,
        token: CancelToken,
        notes: Notes,
        moved: Callable[[], object],
    ) -> Outcome:
        """As `Here.run`; also raises `Interrupted`."""
        child = self._there()
        if not child:
            return HERE.run(connection, request, progress, token, notes, moved)
        over = Future[Outcome]()

        def ended(end: End) -> None:
            if isinstance(end, Outcome):
                over.set_result(end)
            else:
                over.set_exception(end or Interrupted())

        lent = child.lend(connection, request)
        child.give(lambda given: Move(lent, given[0]), [(request, _Transfer(progress, token, notes, ended, moved))])
        return over.result()

    def move_all(
        self,
        connection: Connection,
        kind: Kind,
        items: Sequence[Any],
        ended: Callable[[int, End], object],
        note: Noting,
    ) -> None:
        """As `Here.move_all`; those that it was moving when it died have ended by `Interrupted`."""
        child = self._there()
        if not child:
            HERE.move_all(connection, kind, items, ended, note)
            return
        lent = child.lend(connection, None)
        transfers = [
            (item.request, _Transfer(item.progress, item.token, item.notes, partial(ended, item.number)))
            for item in items
        ]
        many = _Many(note, [])
        child.give(lambda given: MoveAll(lent, given[0].number, kind, given), transfers, many)
        many.over.result()

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
        self._process = processes.start(PROGRAM)
        self._out = io.BufferedWriter(cast(io.RawIOBase, self._process.stdin))
        self.tell(Settle(folders.state_folder(), dict(os.environ)))
        self.tell(Limited(bandwidth.limit is not None))
        MOVERS.submit(self._hear)

    def tell(self, message: object) -> None:
        """When it is gone, nobody hears."""
        with suppress(OSError, ValueError), self._writing:
            write(cast(BinaryIO, self._out), message)

    def end(self) -> None:
        self._process.kill()

    # ---- what it works on

    def lend(self, connection: Connection, request: Request | None) -> int:
        """The number by which it knows `connection`. It knows the one to the other profile that `request` names, too.

        Raises what reading the keys raises.
        """
        other = connected(getattr(request, "to_profile", None) or "")
        if other:
            self._number_of(other)
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
        connection.on_read_only(lambda value: self.tell(ReadOnly(number, value)))
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
                self._take(read(cast(BinaryIO, source)))
        except (EOFError, OSError):
            pass
        finally:
            with self._lock:
                self.is_gone = True
            processes.end(self._process)
            self._interrupt()

    def _interrupt(self) -> None:
        """What it was working on is over."""
        with self._lock:
            transfers, self._transfers = self._transfers, {}
            many, self._many = self._many, {}
        for transfer in transfers.values():
            transfer.ended(Interrupted())
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
        return lent
