"""Copying one object, or one version of it, to a key: by the endpoint itself, or streamed to another one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.packing import packed_by_fields
from s3tui.s3 import carried, errors
from s3tui.s3.client import Connection
from s3tui.s3.connections import connected
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.tags import refuse_writing
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_across, copy_check, copy_here, copy_notes, seen
from s3tui.transfers.create_only import check_absent
from s3tui.transfers.failures import SameObject
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare, find
from s3tui.transfers.upload import LONGEST_KEY


@packed_by_fields
@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What is to be copied where. `source` may name a version; without one it is the object as it is then.

    `etag` (without quotes) is the one that was seen when this was asked for, if it was: another object under that
    key is refused. `to_profile` names the profile of the target, where that isn't the source's: this process must
    be connected to it (`connections.connect`) before the copy runs. `to_endpoint` is that profile's endpoint when this
    was asked for (None: AWS; empty: not known): should the profile be edited, it goes to no other one. `overwrite` and
    `replaces` are as for an `UploadRequest`. `size` is in bytes, if it is known.
    """

    kind: ClassVar[Kind] = "copy"
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
        return ends(self.source, self.target, self.to_profile)

    def there(self, connection: Connection) -> Connection:
        """The connection to write with. Raises `BadInput` when this process has none."""
        own = connection.profile
        if self.to_profile is None or (self.to_profile == own.name and own.is_at(self.to_endpoint)):
            return connection
        if found := connected(self.to_profile, self.to_endpoint):
            return found
        where = "" if self.to_endpoint == "" else f" at {self.to_endpoint or 'AWS'}, for which this was meant"
        raise BadInput(
            f"There is no connection to the profile “{self.to_profile}”{where}.",
            "Open it once, then try again. If the profile has another endpoint by now, ask for this again.",
        )

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return copy(connection, self, progress, token, notes)

    def discard(self, connection: Connection, notes: Notes) -> None:
        discard(connection, self, notes)


def ends(source: S3Uri, target: S3Uri, to_profile: str | None) -> tuple[str, str]:
    """From where to where, for people: a target of another profile has that before it."""
    version = f"?versionId={source.version_id}" if source.version_id else ""
    return f"{source}{version}", f"{to_profile}: {target}" if to_profile else str(target)


def copy(connection: Connection, request: CopyRequest, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
    """Copy the object with all that belongs to it, and compare the copy with it.

    Raises `AlreadyExists` (of which `ChangedSinceSeen`), `CannotLook`, `SameObject`, `Differs`, `BadInput`, `errors.S3Error` (of which `Changed`
    when the source isn't the one seen before, `ReadOnly`) and `Cancelled`. An unfinished upload
    is left, and noted, only when it is paused.
    """
    there = request.there(connection)
    with reserved((there.profile.endpoint, request.target.bucket, request.target.key), str(request.target)):
        source = look(connection, there, request, progress)
        return bring(connection, there, request, source, progress, token, notes)


def discard(connection: Connection, request: CopyRequest, notes: Notes) -> None:
    """Abort what an earlier run had begun at the target, and forget it. Raises as `CopyRequest.there`, and
    `errors.S3Error`."""
    copy_notes.abort_others(request.there(connection), request.target, None, notes)
    notes.clear()


def look(connection: Connection, there: Connection, request: CopyRequest, progress: Progress) -> ObjectInfo:
    """The source as it is now, if it is what was asked for and may be copied there. Sends only reads."""
    check(connection, there, request)
    source = head(connection, request.source)
    check_chosen(request, source.etag)
    progress.begin(source.size)
    return source


def check(connection: Connection, there: Connection, request: CopyRequest) -> None:
    """Raise when it can't be done whatever the source is: `ReadOnly`, `BadInput`, `SameObject`."""
    refuse_writing(there)
    if complaints := problems(request.target):
        raise BadInput(complaints[0])
    refuse_itself(connection, there, request)


def check_chosen(request: CopyRequest, etag: str) -> None:
    """Raise `errors.Changed` when the source, with this `etag`, is another one than was seen when this was asked for."""
    if request.etag and bare(etag) != request.etag:
        raise errors.Changed(
            f"“{request.source.key}” is not the object that was chosen: it has changed meanwhile.",
            "Nothing was copied. Look at it again.",
        )


def problems(target: S3Uri) -> list[str]:
    """Why nothing can be copied to `target`, one sentence each."""
    if not target.key:
        return ["The new key is empty."]
    try:
        length = len(target.key.encode())
    except UnicodeEncodeError:
        return ["This name is not valid Unicode, so it can't be a key: choose another."]
    return (
        [f"The key “{target.key[:40]}…” has {length:,} bytes; S3 takes {LONGEST_KEY:,}."]
        if length > LONGEST_KEY
        else []
    )


def refuse_itself(connection: Connection, there: Connection, request: CopyRequest) -> None:
    """An older version may be copied over the newest one; nothing else may go where it is."""
    same_place = (request.source.bucket, request.source.key) == (request.target.bucket, request.target.key)
    if same_place and there.profile.endpoint == connection.profile.endpoint and not request.source.version_id:
        raise SameObject(str(request.source))


def bring(
    connection: Connection,
    there: Connection,
    request: CopyRequest,
    source: ObjectInfo,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> Outcome:
    """Make the copy of `source`, and compare."""
    before = None
    if request.overwrite:
        before = find(there, request.target)
        if copy_here.began(notes, source) and before and _is_made(request, source, before):
            before = None
        refuse_alias(source, before)
        seen.check_found(request.target, before, request.replaces)
    elif source.size > copy_here.SMALL and not copy_here.began(notes, source):
        check_absent(there, request.target)
    token.check()
    kept = carried.survey_object(connection, source)
    copying = copy_here.Copying(request.target, request.overwrite, source, kept, before, request.replaces)
    if there is connection:
        return copy_here.send(connection, copying, progress, token, notes)
    if _sees(there, connection, source):
        # The endpoint's own copy, by who may write there.
        return copy_here.send(there, copying, progress, token, notes)
    return copy_across.send(connection, there, copying, progress, token, notes)


def _is_made(request: CopyRequest, source: ObjectInfo, there: ObjectInfo) -> bool:
    """Whether an earlier process has made the copy, so that what was to be replaced is gone already."""
    return request.replaces not in (None, bare(there.etag)) and copy_check.is_like(source, there)


def refuse_alias(source: ObjectInfo, target: ObjectInfo | None) -> None:
    """One object can be seen under two names: by a server that takes `/a` for `a`, or by two endpoints of one store.

    Copying it there, and deleting the original after that, would delete it. Raises `SameObject`.
    """
    if target is None:
        return
    if (source.etag, source.size, source.modified, source.version_id) == (
        target.etag,
        target.size,
        target.modified,
        target.version_id,
    ):
        raise SameObject(str(source.uri), str(target.uri))


def _sees(there: Connection, connection: Connection, source: ObjectInfo) -> bool:
    """Whether the other profile reads the very same object: one endpoint may show each tenant buckets of its own."""
    if there.profile.endpoint != connection.profile.endpoint:
        return False
    try:
        seen = head(there, replace(source.uri, version_id=source.version_id))
    except errors.S3Error:
        return False
    return (seen.etag, seen.size, seen.modified, seen.version_id, seen.metadata) == (
        source.etag,
        source.size,
        source.modified,
        source.version_id,
        source.metadata,
    )
