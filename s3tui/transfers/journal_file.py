"""The journal's file: a SQLite database in the state folder, which only its owner may read.

What the program must know after a power cut (what was asked for, and the notes of each transfer) waits for the disk
(`synchronous=FULL`). How far a transfer is and how it ended doesn't: a kill loses nothing of it, since the kernel has it,
and after a power cut the transfer is found paused, and looks at its target before it does anything. Waiting for the disk
once an item would cost more than sending a small file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from s3tui.errors import S3tuiError

FORMAT = 2
NAME = "journal.db"
_OURS = 0x73337475  # SQLite's application_id: “s3tu”
_PATIENCE = 20.0  # s that another process may be writing
_SCHEMA = (
    "CREATE TABLE counter (changes INTEGER NOT NULL, removals INTEGER NOT NULL)",
    "INSERT INTO counter VALUES (0, 0)",
    # `run` is who runs the job now, and empty when nobody does; `after` is the job that must have gone well before.
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, profile TEXT NOT NULL, run TEXT NOT NULL,
        after INTEGER NOT NULL DEFAULT 0)""",
    # Texts that hold foreign names are JSON in ASCII: a file's name need not be Unicode.
    """CREATE TABLE item (
        id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job, position INTEGER NOT NULL,
        kind TEXT NOT NULL, ends TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
        taken INTEGER NOT NULL, total INTEGER, done INTEGER NOT NULL, etag TEXT NOT NULL, version_id TEXT,
        notes TEXT NOT NULL, changed INTEGER NOT NULL)""",
    "CREATE INDEX item_by_job ON item (job, state)",
    "CREATE INDEX item_by_change ON item (changed)",
    f"PRAGMA application_id = {_OURS}",
    f"PRAGMA user_version = {FORMAT}",
)
_FROM_1 = ("ALTER TABLE job ADD COLUMN after INTEGER NOT NULL DEFAULT 0", f"PRAGMA user_version = {FORMAT}")


class JournalError(S3tuiError):
    """The journal can't be read or written."""


class JournalFile:
    """The database. It is opened when it is first used, since that waits for the disk. Thread-safe.

    When it can't be used, `problem` says why, and everything is kept in memory: such a journal ends with the process.
    The file is left as it is then.
    """

    def __init__(self, folder: Path | None) -> None:
        """`folder` is made when it isn't there; None keeps everything in memory."""
        self.folder = folder
        self._problem = ""
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None

    @property
    def problem(self) -> str:
        """Why nothing outlives this process, in a sentence; empty when it does, or was never meant to."""
        with self._lock:
            self._opened()
            return self._problem

    @property
    def kept(self) -> bool:
        """Whether it outlives this process."""
        return self.folder is not None and not self.problem

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For one question. Raises `JournalError`."""
        with self._lock, _translated():
            yield self._opened()

    @contextlib.contextmanager
    def writing(self, durable: bool) -> Iterator[sqlite3.Connection]:
        """One change: all of it or nothing. `durable` waits until the disk has it. Raises `JournalError`."""
        with self._lock, _translated():
            database = self._opened()
            database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database:
                self._database.close()
                self._database = None

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            if self.folder is not None and not self._problem:
                try:
                    self._database = _open(self.folder)
                except JournalError as error:
                    self._problem = str(error)
            if self._database is None:
                self._database = _connect(":memory:")
                _create(self._database)
        return self._database


def _open(folder: Path) -> sqlite3.Connection:
    """Raises `JournalError`."""
    path = folder / NAME
    database = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
        database = _connect(str(path))
        database.execute("PRAGMA journal_mode = WAL")
        _check(database, path)
    except OSError as error:
        raise _failure(path, (error.strerror or str(error)).lower()) from error
    except sqlite3.Error as error:
        if database:
            database.close()
        raise _failure(path, str(error)) from error
    except JournalError:
        if database:
            database.close()
        raise
    return database


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Begin a new one, or make sure that this one can be used."""
    database.execute("BEGIN IMMEDIATE")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    ours = database.execute("PRAGMA application_id").fetchone()[0]
    if not (version or ours or database.execute("SELECT 1 FROM sqlite_schema").fetchone()):
        _create(database)
    elif ours != _OURS or version < 1:
        raise _failure(path, "it isn't a journal of s3tui")
    elif version > FORMAT:
        raise JournalError(
            f"The journal of transfers ({path}) was written by a newer s3tui (format {version}; this one knows {FORMAT}).",
            "Until you use that one, transfers are not remembered.",
        )
    elif (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise _failure(path, found)
    elif version == 1:
        for statement in _FROM_1:
            database.execute(statement)
    database.execute("COMMIT")


def _create(database: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        database.execute(statement)


def _failure(path: Path, why: str) -> JournalError:
    return JournalError(
        f"The journal of transfers ({path}) can't be used: {why}.",
        "It is left as it is, and transfers are not remembered. Repair it, or move it away to begin a new one.",
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(f"The journal of transfers can't be used: {error}.", "Is there room on the disk?") from error
