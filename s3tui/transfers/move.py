"""Moving and renaming: a copy, compared, and only then the deletion of exactly what was copied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from s3tui.background import CancelToken
from s3tui.packing import packed_by_fields
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.description import Described, is_same
from s3tui.s3.objects import head
from s3tui.s3.tags import refuse_writing
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import find

_BOTH = "The copy is there, and the original is too"


@packed_by_fields
@dataclass(frozen=True, slots=True)
class MoveRequest:
    """As `copy.CopyRequest`; afterwards the original is deleted.

    In a bucket with versions that makes a delete marker, and the versions stay; a version that `source` names is
    deleted itself.
    """

    kind: ClassVar[Kind] = "move"
    source: S3Uri
    target: S3Uri
    overwrite: bool = False
    etag: str = ""
    to_profile: str | None = None
    to_endpoint: str | None = ""
    replaces: str | None = None
    size: int | None = None

    @property
    def ends(self) -> tuple[str, str]:
        return copy.ends(self.source, self.target, self.to_profile)

    @property
    def copying(self) -> CopyRequest:
        """The copy, without what a move does then."""
        to = self.to_profile, self.to_endpoint
        return CopyRequest(self.source, self.target, self.overwrite, self.etag, *to, self.replaces)

    def there(self, connection: Connection) -> Connection:
        return self.copying.there(connection)

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return move(connection, self, progress, token, notes)

    def discard(self, connection: Connection, notes: Notes) -> None:
        copy.discard(connection, self.copying, notes)


def move(connection: Connection, request: MoveRequest, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
    """Copy, compare, delete. What is not verified, or has changed meanwhile, is not deleted.

    Raises as `copy.copy`, as long as nothing was copied; afterwards the outcome says what is where.
    """
    refuse_writing(connection)
    copying = request.copying
    there = request.there(connection)
    # Not even a version goes where it is: to bring it back, copy it.
    copy.refuse_itself(connection, there, replace(copying, source=replace(request.source, version_id=None)))
    with (
        reserved((there.profile.endpoint, request.target.bucket, request.target.key), str(request.target)),
        reserved((connection.profile.endpoint, request.source.bucket, request.source.key), str(request.source)),
    ):
        if finished := _finished_before(connection, there, request, notes):
            return finished
        source = copy.look(connection, there, copying, progress)
        outcome = copy.bring(connection, there, copying, source, progress, token, notes)
        if outcome.state != "verified":
            return outcome._replace(detail=f"{outcome.detail} The original was not deleted.")
        if token.cancelled:
            return kept(outcome, "it was cancelled before the original was deleted")
        notes.set(**moved_facts(outcome))
        progress.stage = "deleting"
        return delete_original(connection, request.source, source, outcome)


def moved_facts(outcome: Outcome) -> dict[str, Fact]:
    """What is noted of a verified copy before its original is deleted."""
    return {"moved": [outcome.etag, outcome.size, outcome.detail]}


def _finished_before(connection: Connection, there: Connection, request: MoveRequest, notes: Notes) -> Outcome | None:
    """A process that was killed may have deleted the original, after the copy was verified."""
    moved = notes.get("moved")
    if not isinstance(moved, list) or find(connection, request.source) is not None:
        return None
    etag, size, detail = moved
    copied = find(there, request.target)
    if copied is None or (copied.etag, copied.size) != (etag, size):
        return None
    return Outcome("verified", f"{detail} The original is deleted.", copied.etag, copied.version_id, copied.size)


def delete_original(connection: Connection, asked: S3Uri, source: Described, outcome: Outcome) -> Outcome:
    """Delete the original if it is still what was copied. How the move ended; raises nothing that an endpoint says."""
    try:
        _check_same(connection, asked, source)
        _delete(connection, asked, source)
    except (errors.Unreachable, errors.ServerFault) as error:
        return after_lost_answer(connection, asked, outcome, error)
    except errors.NoSuchKey:
        return outcome._replace(detail=f"{outcome.detail} The original was gone already.")
    except errors.Changed:
        return kept(outcome, "it has changed meanwhile")
    except errors.S3Error as error:
        return kept(outcome, error.sentence.rstrip("."))
    return deleted(outcome, asked, source)


def deleted(outcome: Outcome, asked: S3Uri, source: Described) -> Outcome:
    """How a move ended whose original was deleted."""
    marker = " A delete marker hides the original: its versions stay." if _leaves_versions(asked, source) else ""
    return outcome._replace(detail=f"{outcome.detail}{marker or ' The original is deleted.'}")


def _leaves_versions(asked: S3Uri, source: Described) -> bool:
    return not asked.version_id and source.version_id not in (None, "null")


def _delete(connection: Connection, asked: S3Uri, source: Described) -> None:
    if asked.version_id:  # a version never changes
        connection.call("delete_object", **asked.parameters)
        return
    try:
        connection.call("delete_object", **asked.parameters, IfMatch=source.quoted_etag)
    except errors.Unsupported:
        _check_same(connection, asked, source)
        connection.call("delete_object", **asked.parameters)


def _check_same(connection: Connection, asked: S3Uri, source: Described) -> None:
    """Raise `errors.Changed` when the original isn't what was copied."""
    if not is_same(head(connection, asked), source):
        raise errors.Changed(f"“{asked}” has changed meanwhile.", "Look at it.")


def after_lost_answer(connection: Connection, asked: S3Uri, outcome: Outcome, lost: errors.S3Error) -> Outcome:
    """How a move ended whose original was to be deleted when the answer was lost."""
    try:
        gone = find(connection, asked) is None
    except errors.S3Error:
        return outcome._replace(
            state="outcome unknown",
            detail=f"{outcome.detail} Whether the original was deleted is not known: {lost.sentence}",
        )
    if gone:
        return outcome._replace(detail=f"{outcome.detail} The original is deleted.")
    return kept(outcome, lost.sentence.rstrip("."))


def kept(outcome: Outcome, why: str) -> Outcome:
    """How a move ended whose original was not deleted, and why."""
    return outcome._replace(state="sent but not verified", detail=f"{outcome.detail} {_BOTH}: {why}.")
