"""What every kind of transfer looks like to the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from s3tui.background import CancelToken
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import OVER, Outcome, Progress, State

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

Kind = Literal["upload", "download", "copy", "move", "delete", "remove"]
DELETES: frozenset[Kind] = frozenset(("delete", "remove"))  # objects, and local files: counted, not measured in bytes


class Request(Protocol):
    """A frozen dataclass of plain fields: strings, numbers, `Path`, `S3Uri`.

    One that is about what may change while it waits also has `noted() -> Request`, which is it with what that is like
    now; one that knows has `size`, the bytes that will move. One that may write by another connection than it reads has
    `there(connection) -> Connection`, which is that one.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def ends(self) -> tuple[str, str]:
        """From where to where, for people."""
        ...

    @property
    def overwrite(self) -> bool:
        """Whether what is at the target may be replaced."""
        ...

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        """Do it, or go on with it if `notes` hold facts. Raises `S3tuiError` and `Cancelled`.

        When `token.keep` is true as it raises `Cancelled`, what is unfinished stays, and `notes` say what that is.
        Otherwise nothing stays, and `notes` are empty: as long as they hold facts, something is left behind. When it
        went well they may still hold some: they are cleared in the step that writes down how it ended.
        """
        ...

    def discard(self, connection: Connection, notes: Notes) -> None:
        """Remove what is unfinished at the target, which the facts in `notes` speak of, and clear them. Nothing there
        any more is no failure. Raises `S3tuiError`; the facts stay then."""
        ...


def leaves(kind: Kind, state: State, notes_empty: bool) -> bool:
    """Whether something unfinished may be at the target of a transfer in `state`.

    What is copied or deleted removes that itself when it fails; its notes are for another try.
    """
    return not notes_empty and (kind not in ("copy", "move", *DELETES) or state == "paused") and state not in OVER
