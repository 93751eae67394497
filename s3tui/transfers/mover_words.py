"""What the screen's process and the one that moves bytes for it say to each other (see `mover`).

A number stands for a connection that was lent, for a transfer, or for many of them in one go.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from s3tui.packing import packed_by_fields
from s3tui.s3.loan import Loan
from s3tui.s3.requests import LoggedRequest
from s3tui.s3.signature import Keys
from s3tui.transfers.notes import Fact
from s3tui.transfers.progress import Counted, Outcome
from s3tui.transfers.request import Kind, Request

End = Outcome | Exception | None
Facts = Mapping[str, Fact]
T = TypeVar("T")


def portable(end: T) -> T | Exception:
    """`end` as it is; in the place of an exception that can't be said to another process, one that can."""
    if not isinstance(end, Exception):
        return end
    try:
        pickle.loads(pickle.dumps(end))
    except Exception:  # of any kind: whatever its parts raise when they are packed
        return RuntimeError(f"{type(end).__name__}: {end}")
    return end


# ---- to the mover


@dataclass(frozen=True, slots=True)
class Settle:
    """First: where state is kept, and what the environment says."""

    state_folder: Path
    environment: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lend:
    """A connection to be used."""

    connection: int
    loan: Loan


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Whether a connection is read-only from now on."""

    connection: int
    value: bool


@dataclass(frozen=True, slots=True)
class Limited:
    """Whether a limit holds for the bytes of all transfers together: then each must be asked for."""

    value: bool


@packed_by_fields
@dataclass(frozen=True, slots=True)
class Given:
    """A transfer. `kept`: its notes outlive the process."""

    number: int
    request: Request
    facts: dict[str, Fact]
    kept: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Run a transfer."""

    connection: int
    given: Given


@dataclass(frozen=True, slots=True)
class MoveAll:
    """Run many small ones of one kind in one go."""

    connection: int
    number: int
    kind: Kind
    given: list[Given]


@dataclass(frozen=True, slots=True)
class Stop:
    """A transfer is paused (`keep`) or cancelled."""

    number: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """It is to say `Pong`, as long as it can."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question, or the failure to be raised."""

    number: int
    answer: Any = field(repr=False)
    failure: Exception | None = None


# ---- from the mover


@dataclass(frozen=True, slots=True)
class Pong:
    """It doesn't stand still."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far transfers are, by their numbers."""

    counted: list[tuple[int, Counted]]


@dataclass(frozen=True, slots=True)
class Logged:
    """What was asked of the endpoint of a connection."""

    connection: int
    requests: list[LoggedRequest]


@dataclass(frozen=True, slots=True)
class Ended:
    """Transfers have ended so; None: it must go by itself."""

    ends: list[tuple[int, End, Counted]]


@dataclass(frozen=True, slots=True)
class AllEnded:
    """Those that went in one go have ended; with a `failure`, those of which nothing was heard have ended so."""

    number: int
    failure: Exception | None


@dataclass(frozen=True, slots=True)
class Question:
    """It goes on when it has the answer."""

    number: int
    asked: Note | NoteAll | Owed | NewKeys


@dataclass(frozen=True, slots=True)
class Note:
    """Keep these facts of a transfer, and no others."""

    number: int
    facts: Facts
    durable: bool


@dataclass(frozen=True, slots=True)
class NoteAll:
    """Keep these facts of those that go in one go."""

    number: int
    facts: list[tuple[int, Facts]]


@dataclass(frozen=True, slots=True)
class Owed:
    """How many seconds to wait after so many bytes have moved?"""

    count: int


@dataclass(frozen=True, slots=True)
class NewKeys:
    """Keys of a connection, others than those that were refused."""

    connection: int
    refused: Keys | None = field(repr=False)
