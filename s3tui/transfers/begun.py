"""What is noted of an upload, so that it can be settled and continued after its process has ended."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from s3tui.s3.client import Connection
from s3tui.transfers.failures import FileChangedSince
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.source import Source


class Begun(NamedTuple):
    """One upload that was begun, as far as we know of it.

    Times are seconds since the epoch by the endpoint's clock. An empty `upload_id` means that the answer to
    CreateMultipartUpload never came, or that the object goes in one request (`part_size` 0).
    """

    file: tuple[int, int, int]  # `Source.identity`
    part_size: int = 0  # bytes
    asked: float = 0.0  # CreateMultipartUpload was about to be sent
    answered: float = 0.0  # when the last attempt that wasn't answered was over
    unanswered: int = 0  # of its attempts, those that may have begun an upload whose id we never heard
    upload_id: str = ""
    making: bool = False  # the request that makes the object was sent: it may be there
    adopted: bool = False  # another program began it, with a content type, metadata and tags of its own

    @property
    def facts(self) -> dict[str, Fact]:
        """As notes keep it."""
        return {"upload": {**self._asdict(), "file": list(self.file)}}

    def note(self, notes: Notes) -> Begun:
        """Keep it."""
        notes.set(**self.facts)
        return self

    def now_making(self, notes: Notes) -> Begun:
        """Keep that the request that makes the object is about to be sent."""
        return self._replace(making=True).note(notes)


def begun_in(notes: Notes) -> Begun | None:
    """What `notes` say of an upload."""
    fact: Any = notes.get("upload")
    return Begun(**{**fact, "file": tuple(fact["file"])}) if fact else None


def begun_before(notes: Notes, source: Source) -> Begun | None:
    """What an earlier run noted of sending `source`. Raises `FileChangedSince` when parts of another file may be
    there."""
    begun = begun_in(notes)
    if begun is None or begun.file == source.identity:
        return begun
    if begun.part_size:
        raise FileChangedSince(source.path, source.identity)
    return None  # it went in one request or not at all: nothing could be mixed


def clock(connection: Connection) -> float:
    """Now by the endpoint's clock, as far as its answers told; one second is as exact as they are."""
    return time.time() + (connection.clock_ahead.total_seconds() if connection.clock_ahead else 0.0)
