"""What every kind of transfer looks like to the queue."""

from __future__ import annotations

from typing import Literal, Protocol

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress

Kind = Literal["upload", "download", "copy", "move"]


class Request(Protocol):
    """A frozen dataclass of plain fields: strings, numbers, `Path`, `S3Uri`."""

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
        """Do it. Raises `S3tuiError` and `Cancelled`."""
        ...
