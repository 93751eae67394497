"""What was asked for and what became of it, so that it outlives the program: jobs, and the items of each.

A job is one submission. While something of it waits or runs, one process runs it, and no other changes it. Nothing in
here is secret: a profile is kept by its name, and a request names buckets, keys and files.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from s3tui.errors import BadInput
from s3tui.transfers import followers, request_text, run_lock
from s3tui.transfers.journal_file import JournalError, JournalFile
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import OVER, State
from s3tui.transfers.request import Kind, Request, leaves

__all__ = ["IN_MEMORY", "Changes", "Job", "Journal", "JournalError", "JournalNotes", "Row", "Whom"]

IN_MEMORY = "memory"  # the name of a run that no other process can know of
_KEPT = 7 * 86_400.0  # s that a job of which nothing is left to do is remembered
_OVER = "('" + "', '".join(sorted(OVER)) + "')"
_COLUMNS = "id, job, position, kind, ends, state, why, taken, total, done, etag, version_id, notes = '{}'"
_INTERRUPTED = "Interrupted: s3tui ended while it was running."
_NOT_BEGUN = "s3tui ended before it began."
_NOW = "changed = (SELECT changes FROM counter)"


@dataclass(frozen=True, slots=True)
class Whom:
    """The profile of a job: enough to find it again, and to see that it is still the same endpoint."""

    profile: str
    endpoint: str | None
    region: str | None
    origin: str  # see `Profile.origin`


@dataclass(frozen=True, slots=True)
class Job:
    """One submission. `made` is seconds since the epoch; `run` is who runs it now, empty when nobody does. `after` is
    the number of the job that must have gone well before it begins; 0 when it needs none."""

    number: int
    made: float
    whom: Whom
    run: str
    after: int = 0


class Row(NamedTuple):
    """One item as the journal has it, without its request. `left`: something unfinished of it may be somewhere."""

    number: int
    job: int
    position: int
    kind: Kind
    ends: tuple[str, str]
    state: State
    why: str
    exists: bool
    total: int | None
    done: int
    etag: str
    version_id: str | None
    left: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since a look at the journal. `removals` is another number when items were removed."""

    upto: int
    removals: int
    jobs: tuple[Job, ...]
    rows: tuple[Row, ...]


class Journal:
    """Thread-safe. Every method raises `JournalError` when the file can't be written."""

    def __init__(self, folder: Path | None = None) -> None:
        """In `folder`; without one it ends with the process."""
        self._file = JournalFile(folder)
        self._lock: run_lock.RunLock | None = None

    @property
    def problem(self) -> str:
        """Why nothing outlives this process though it was meant to, in a sentence."""
        return self._file.problem

    @property
    def run(self) -> str:
        """The name of this run, by which other processes know that it lives."""
        if not self._file.kept:
            return IN_MEMORY
        if self._lock is None:
            assert self._file.folder is not None
            try:
                self._lock = run_lock.RunLock(self._file.folder)
            except OSError as error:
                raise JournalError(f"The journal of transfers can't be used: {error.strerror}.") from error
        return self._lock.name

    def close(self) -> None:
        """Let go of the file and of the jobs of this run."""
        self._file.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    # ---- jobs

    def add(self, whom: Whom, requests: Iterable[Request]) -> tuple[Job, list[Row]]:
        """A new job, run by this process. It is on the disk when this returns."""
        return self.add_in_turn((whom, requests))[0]

    def add_in_turn(self, *asked: tuple[Whom, Iterable[Request]]) -> list[tuple[Job, list[Row]]]:
        """New jobs, the first of them run by this process; the others are paused until the one before went well.

        All of them are on the disk when this returns, or none is.
        """
        added: list[tuple[Job, list[Row]]] = []
        run, made = self.run, time.time()
        with self._writing(durable=True) as database:
            for whom, requests in asked:
                before = added[-1][0].number if added else 0
                added.append(_add(database, Job(0, made, whom, "" if before else run, before), requests))
        return added

    def states(self, job: int) -> set[State]:
        """Those that the items of a job are in; none when there is no such job any more."""
        with self._file.reading() as database:
            return followers.states(database, job)

    def take(self, jobs: Collection[int]) -> dict[int, str]:
        """Run these jobs in this process. Those that another process runs are returned, with that run's name."""
        run = self.run
        with self._writing(durable=False) as database:
            _settle(database, self._file.folder)
            elsewhere = {job.number: job.run for job in _jobs(database, jobs) if job.run not in ("", run)}
            database.executemany(
                "UPDATE job SET run = ? WHERE id = ?", [(run, job) for job in jobs if job not in elsewhere]
            )
        return elsewhere

    def release(self, job: int) -> None:
        """Nothing of it waits or runs any more: whoever wants may go on with it."""
        with self._writing(durable=False) as database:
            database.execute("UPDATE job SET run = '' WHERE id = ?", (job,))

    def unfinished(self) -> Changes:
        """Every job with something left to do, and what it waits for, with all items. What ended long ago is forgotten."""
        with self._writing(durable=False) as database:
            _settle(database, self._file.folder)
            _forget_old(database)
        with self._file.reading() as database:
            unfinished = f"SELECT job FROM item WHERE state NOT IN {_OVER} OR notes != '{{}}'"
            return _found(database, f"{unfinished} UNION SELECT after FROM job WHERE id IN ({unfinished})", -1)

    def since(self, upto: int) -> Changes:
        """Every job, and the items that have changed after `upto`, in this process and in others; -1 is all of them."""
        with self._file.reading() as database:
            return _found(database, "SELECT id FROM job", upto)

    def changes(self) -> int:
        """Grows with every change, whoever made it, and when a process that ran a job has ended."""
        with self._file.reading() as database:
            runs = [run for (run,) in database.execute("SELECT DISTINCT run FROM job WHERE run != ''")]
        if not all(map(self._lives, runs)):
            with self._writing(durable=False) as database:
                _settle(database, self._file.folder)
        with self._file.reading() as database:
            return int(database.execute("SELECT changes FROM counter").fetchone()[0])

    def _lives(self, run: str) -> bool:
        return self._file.folder is None or run_lock.lives(self._file.folder, run)

    def numbers(self) -> set[int]:
        """Of all items there are."""
        with self._file.reading() as database:
            return {number for (number,) in database.execute("SELECT id FROM item")}

    # ---- items

    def request(self, number: int) -> tuple[Request, JournalNotes]:
        """What an item asks for, and what it noted. Raises `BadInput` when another version wrote it."""
        found = self.requests((number,))
        if not found:
            raise BadInput("It was taken from the list by another s3tui.")
        return found[number]

    def requests(self, numbers: Iterable[int]) -> dict[int, tuple[Request, JournalNotes]]:
        """The same of many, without those that aren't there any more."""
        asked = "SELECT kind, request, notes FROM item WHERE id = ?"
        with self._file.reading() as database:
            found = {number: database.execute(asked, (number,)).fetchone() for number in numbers}
        return {
            number: (request_text.read(row[0], row[1]), JournalNotes(self, number, json.loads(row[2])))
            for number, row in found.items()
            if row
        }

    def set_request(self, number: int, request: Request) -> None:
        """Ask for something else in its place."""
        with self._writing(durable=True) as database:
            database.execute("UPDATE item SET request = ? WHERE id = ?", (request_text.written(request), number))

    def set_notes(self, facts: Mapping[int, Mapping[str, Fact]], durable: bool = True) -> None:
        """Of each item by its number. On the disk when this returns; if not `durable`, in the kernel's hands, so that
        only a power cut can lose it."""
        with self._writing(durable) as database:
            database.executemany(
                f"UPDATE item SET notes = ?, {_NOW} WHERE id = ?",
                [(json.dumps(noted), number) for number, noted in facts.items()],
            )

    def set_state(self, numbers: Iterable[int], state: State, why: str, before: Collection[State]) -> list[int]:
        """Give those items that are in one of the states `before` another one; returns which they are."""
        changed = []
        marks = ", ".join("?" * len(before))
        with self._writing(durable=False) as database:
            for number in numbers:
                cursor = database.execute(
                    f"UPDATE item SET state = ?, why = ?, {_NOW} WHERE id = ? AND state IN ({marks})",
                    (state, json.dumps(why), number, *before),
                )
                if cursor.rowcount:
                    changed.append(number)
        return changed

    def set_progress(self, number: int, done: int, total: int | None) -> None:
        """How many bytes of a running item have moved."""
        with self._writing(durable=False) as database:
            database.execute(
                f"UPDATE item SET done = ?, total = ?, {_NOW} WHERE id = ? AND state = 'running'", (done, total, number)
            )

    def end(self, *rows: Row) -> None:
        """How they ended, or where they were paused. What is over needs no notes any more: they go in the same moment."""
        with self._writing(durable=False) as database:
            database.executemany(
                "UPDATE item SET state = ?, why = ?, taken = ?, total = ?, done = ?, etag = ?, version_id = ?,"
                f" notes = CASE WHEN ? THEN '{{}}' ELSE notes END, {_NOW} WHERE id = ?",
                [
                    (row.state, json.dumps(row.why), row.exists, row.total, row.done, row.etag, row.version_id,
                     row.state in OVER, row.number)
                    for row in rows
                ],
            )  # fmt: skip

    def set_positions(self, positions: Sequence[tuple[int, int]]) -> None:
        """Reorder: (number, position) of each that moves."""
        with self._writing(durable=False) as database:
            database.executemany(
                f"UPDATE item SET position = ?, {_NOW} WHERE id = ?", [(place, number) for number, place in positions]
            )

    def remove(self, numbers: Iterable[int]) -> None:
        """Forget items, but those that another process runs; a job without any goes with them."""
        run, numbers = self.run, list(numbers)
        with self._writing(durable=False) as database:
            _settle(database, self._file.folder)
            followers.part(database, numbers)
            database.executemany(
                "DELETE FROM item WHERE id = ? AND job IN (SELECT id FROM job WHERE run IN ('', ?))",
                [(number, run) for number in numbers],
            )
            database.execute("DELETE FROM job WHERE run = '' AND id NOT IN (SELECT job FROM item)")
            database.execute("UPDATE counter SET removals = removals + 1")

    @contextlib.contextmanager
    def _writing(self, durable: bool) -> Iterator[sqlite3.Connection]:
        """One change, with a number by which others see what is new."""
        with self._file.writing(durable) as database:
            database.execute("UPDATE counter SET changes = changes + 1")
            yield database


class JournalNotes(Notes):
    """The notes of one item. They are on the disk when `set` and `clear` return; these and `jot` raise
    `JournalError`, and nothing has changed then."""

    def __init__(self, journal: Journal, number: int, facts: dict[str, Fact]) -> None:
        super().__init__(facts)
        self._journal, self.number = journal, number
        self.kept = journal.run != IN_MEMORY
        self._order = threading.Lock()

    def set(self, **facts: Fact) -> None:
        with self._order:
            self._journal.set_notes({self.number: self._facts | facts})
            super().set(**facts)

    def jot(self, **facts: Fact) -> None:
        with self._order:
            self._journal.set_notes({self.number: self._facts | facts}, durable=False)
            super().jot(**facts)

    def clear(self) -> None:
        with self._order:
            if not self.empty:
                self._journal.set_notes({self.number: {}})
                super().clear()

    def noted(self, facts: Mapping[str, Fact]) -> None:
        """The journal has been told already, together with others: see `Journal.set_notes`."""
        with self._order:
            self._facts = dict(facts)


def _add(database: sqlite3.Connection, job: Job, requests: Iterable[Request]) -> tuple[Job, list[Row]]:
    """`job`, with its number, and its items."""
    cursor = database.execute(
        "INSERT INTO job (made, profile, run, after) VALUES (?, ?, ?, ?)",
        (job.made, json.dumps(asdict(job.whom)), job.run, job.after),
    )
    job = replace(job, number=int(cursor.lastrowid or 0))
    newest = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'item'").fetchone()
    state: State = "paused" if job.after else "waiting"
    why = followers.WAITS if job.after else ""
    rows: list[Row] = []

    def lines() -> Iterable[tuple[object, ...]]:
        for number, asked in enumerate(requests, (newest[0] if newest else 0) + 1):
            ends, size, text = asked.ends, getattr(asked, "size", None), request_text.written(asked)
            rows.append(Row(number, job.number, number, asked.kind, ends, state, why, False, size, 0, "", None, False))
            yield number, job.number, number, asked.kind, json.dumps(ends), text, state, json.dumps(why), size

    database.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, '', NULL, '{}', (SELECT changes FROM counter))",
        lines(),
    )
    return job, rows


def _found(database: sqlite3.Connection, jobs: str, upto: int) -> Changes:
    """The `jobs` (a query), and those of their items that have changed after `upto`."""
    database.execute("BEGIN")  # all of it as of one moment
    try:
        changes, removals = database.execute("SELECT changes, removals FROM counter").fetchone()
        numbers = [number for (number,) in database.execute(f"SELECT DISTINCT id FROM job WHERE id IN ({jobs})")]
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM item WHERE changed > ? AND job IN ({jobs}) ORDER BY position", (upto,)
        )
        return Changes(changes, removals, tuple(_jobs(database, numbers)), tuple(map(_row, rows)))
    finally:
        database.execute("COMMIT")


def _jobs(database: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[Job]:
    for number in numbers:
        found = database.execute("SELECT made, profile, run, after FROM job WHERE id = ?", (number,)).fetchone()
        if found:
            yield Job(number, found[0], Whom(**json.loads(found[1])), *found[2:])


def _row(found: tuple[Any, ...]) -> Row:
    number, job, position, kind, ends, state, why, taken, total, done, etag, version_id, no_notes = found
    source, target = json.loads(ends)
    return Row(
        number, job, position, kind, (source, target), state, json.loads(why), bool(taken), total, done, etag,
        version_id, leaves(kind, state, bool(no_notes)),
    )  # fmt: skip


def _settle(database: sqlite3.Connection, folder: Path | None) -> None:
    """What a process that has ended was running is paused, and nobody's."""
    if folder is None:
        return
    runs = [run for (run,) in database.execute("SELECT DISTINCT run FROM job WHERE run != ''")]
    for run in runs:
        if run_lock.lives(folder, run):
            continue
        for state, why in (("running", _INTERRUPTED), ("waiting", _NOT_BEGUN)):
            database.execute(
                f"UPDATE item SET state = 'paused', why = ?, {_NOW}"
                " WHERE state = ? AND job IN (SELECT id FROM job WHERE run = ?)",
                (json.dumps(why), state, run),
            )
        database.execute("UPDATE job SET run = '' WHERE run = ?", (run,))


def _forget_old(database: sqlite3.Connection) -> None:
    old = (
        "SELECT id FROM job WHERE run = '' AND made < ? AND NOT EXISTS"
        f" (SELECT 1 FROM item WHERE job = job.id AND (state NOT IN {_OVER} OR notes != '{{}}'))"
        " AND NOT EXISTS (SELECT 1 FROM job AS follower WHERE follower.after = job.id)"
    )
    for statement in (f"DELETE FROM item WHERE job IN ({old})", f"DELETE FROM job WHERE id IN ({old})"):
        database.execute(statement, (time.time() - _KEPT,))
