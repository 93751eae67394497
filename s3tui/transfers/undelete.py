"""Taking back the deletion of an object in a bucket that keeps versions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.tags import refuse_writing
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import Version, versions_of
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import find

_NULL = "null"  # the id of whatever is written while versioning is suspended


@dataclass(frozen=True, slots=True)
class Deletion:
    """The delete marker that is the latest of a key, and the versions that are left, newest first."""

    marker: Version
    versions: tuple[Version, ...]


def deletion_of(connection: Connection, uri: S3Uri, token: CancelToken | None = None) -> Deletion:
    """What was done to `uri` when it was deleted. Sends only reads.

    Raises `BadInput` when it isn't deleted or no version of it is left, `errors.S3Error` and `Cancelled`.
    """
    found = versions_of(connection, uri, token)
    if not found.completeness.is_complete:
        raise BadInput(f"The versions of “{uri}” can't be told for certain: {found.completeness.reason}")
    if not found.versions:
        raise BadInput(f"“{uri}” has no versions: nothing is left of it.")
    if not found.versions[0].is_delete_marker:
        raise BadInput(f"“{uri}” is not deleted.", "To go back to an older version, copy that one over it.")
    versions = tuple(version for version in found.versions if not version.is_delete_marker)
    if not versions:
        raise BadInput(f"Only delete markers are left of “{uri}”: no version is there to come back.")
    return Deletion(found.versions[0], versions)


def undelete(connection: Connection, uri: S3Uri, token: CancelToken | None = None) -> Outcome:
    """Let the newest version of a deleted object be the current one again, and look that it is.

    Delete markers are removed as long as one is the latest, each by its id, which leaves everything else as it is (“Removing delete markers”).
    A marker whose id is `null` may by now be an object that someone has written, and would be gone for good: there
    the version is copied on top instead, which replaces nothing. Raises as `deletion_of`, and `errors.ReadOnly`.
    """
    refuse_writing(connection)
    token = token or CancelToken()
    first = deletion_of(connection, uri, token)
    known = {each.version_id for each in first.versions}
    deletion: Deletion | None = first
    while deletion:
        marker = deletion.marker
        if marker.version_id == _NULL:
            source = replace(uri, version_id=deletion.versions[0].version_id)
            request = CopyRequest(source, uri, etag=deletion.versions[0].etag)
            return request.run(connection, Progress(), token, Notes())
        token.check()
        connection.call("delete_object", **replace(uri, version_id=marker.version_id).parameters)
        deletion = _still(connection, uri, token)
    return _settled(connection, uri, known)


def _still(connection: Connection, uri: S3Uri, token: CancelToken) -> Deletion | None:
    """The deletion beneath the one that was taken back. Which marker that is only the endpoint knows for certain: times
    are in whole seconds."""
    try:
        return deletion_of(connection, uri, token)
    except BadInput:
        return None


def _settled(connection: Connection, uri: S3Uri, known: set[str]) -> Outcome:
    try:
        now = find(connection, uri)
    except errors.S3Error as error:
        return Outcome("outcome unknown", f"The delete marker is removed. {error.sentence}")
    if now is None or (now.version_id or _NULL) not in known:
        return Outcome("failed", "The delete marker is removed, but someone has written or deleted it since.")
    return Outcome("verified", "It is as it was before it was deleted.", now.etag, now.version_id, now.size)
