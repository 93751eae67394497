"""A copy that the endpoint makes: nothing of the object passes through here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn, TypeVar

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import carried, copying, errors
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.copying import Answer, AnswerLost
from s3tui.s3.metadata import parameters
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_check, copy_notes, seen
from s3tui.transfers.copy_notes import identity
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import bare, find, whole_checksums

T = TypeVar("T")

SMALL = 64 * 1024**2  # bytes; the look right before the copy is enough for what takes no time
# What a bucket or an endpoint may refuse to take over, in the order in which it is tried without: the comparison
# says what is missing then. Encryption is never given up.
_LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "ObjectLockEventHold")
_LOCK_MORE = ("ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears")
_OPTIONAL = (
    (*_LOCK, *_LOCK_MORE),
    ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"),
    ("StorageClass",),
)


@dataclass(frozen=True, slots=True)
class Copying:
    """One object on its way. `before` is what was at the target, if that is to be replaced; `overwrite` and `replaces`
    are as for an `UploadRequest`."""

    target: S3Uri
    overwrite: bool
    source: ObjectInfo
    kept: Carried
    before: ObjectInfo | None
    replaces: str | None = None


class _SourceChanged(Exception):
    """412 because of the source, in `error`, and not because of the target."""

    def __init__(self, error: errors.Changed) -> None:
        super().__init__(str(error))
        self.error = error


def began(notes: Notes, source: ObjectInfo) -> bool:
    """Whether an earlier process saw the target free, and began to copy this very object there."""
    return notes.get("copying") == identity(source)


def send(connection: Connection, wanted: Copying, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
    """Have the endpoint copy it, and compare. Raises as `copy.copy`."""
    copy_notes.abort_others(connection, wanted.target, wanted.source, notes)
    written: S3Uri | Outcome | None = None
    if began(notes, wanted.source) and (not wanted.overwrite or wanted.replaces is not None):
        written = ours(connection, wanted)
    if written:
        copy_notes.abort_others(connection, wanted.target, None, notes)
    else:
        written = _written(connection, wanted, progress, token, notes)
    if isinstance(written, Outcome):
        return written
    progress.stage = "checking"
    return copy_check.compared(connection, wanted.source, wanted.kept, written)


def _written(
    connection: Connection, wanted: Copying, progress: Progress, token: CancelToken, notes: Notes
) -> S3Uri | Outcome:
    """Where the copy is, with its version. An `Outcome` only when it stayed unknown whether it was made."""

    def decide(write: Callable[[dict[str, Any]], Answer]) -> Answer:
        def noted(conditions: dict[str, Any]) -> Answer:
            notes.set(copying=identity(wanted.source))
            try:
                return write(conditions)
            except errors.Changed as error:
                if "IfMatch" in conditions:
                    return made_before(connection, wanted, error) or _blamed(connection, wanted.source, error)
                raise

        return seen.write(connection, wanted, noted)

    try:
        answer = _copied(connection, wanted, decide, progress, token, notes)
    except AnswerLost as error:
        return settled(connection, wanted, error.cause)
    except _SourceChanged as refusal:
        return refused(connection, wanted, refusal.error)
    except errors.Changed as error:
        return refused(connection, wanted, error)
    except errors.Archived as error:
        key = wanted.source.uri.key  # what was refused names the target
        sentence = f"“{key}” is archived and can't be copied until it is restored."
        raise errors.Archived(sentence, error.advice, error.request) from error
    version = answer.get("VersionId")
    return replace(wanted.target, version_id=None if version == "null" else version)


def _copied(
    connection: Connection,
    wanted: Copying,
    decide: copying.Decide,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> Answer:
    source = wanted.source
    in_parts = partial(_in_parts, connection, wanted, progress=progress, token=token, notes=notes)
    if source.size > copying.COPY_LIMIT or (_only_etag_tells(source) and _makes_other_etags(connection, source)):
        return in_parts(decide)
    token.check()
    answer = less_where_refused(
        settings_of(source, wanted.kept), lambda taken: copying.in_one(connection, source, wanted.target, taken, decide)
    )
    progress.add(source.size)
    etag = bare((answer.get("CopyObjectResult") or {}).get("ETag"))
    if _only_etag_tells(source) and etag != bare(source.etag) and not token.cancelled:
        progress.add(-source.size)
        with contextlib.suppress(errors.Unsupported, Cancelled):  # the copy is there
            return in_parts(partial(copying.over, f'"{etag}"'))
    copy_notes.abort_others(connection, wanted.target, None, notes)
    return answer


def settings_of(source: ObjectInfo, kept: Carried) -> dict[str, Any]:
    """What CopyObject must be told so that the copy has everything."""
    settings = carried.copy_parameters(source, kept)
    if source.metadata.website_redirect:
        settings["WebsiteRedirectLocation"] = source.metadata.website_redirect
    return settings


def _in_parts(
    connection: Connection,
    wanted: Copying,
    decide: copying.Decide,
    *,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> Answer:
    source, kept = wanted.source, wanted.kept
    settings = (
        parameters(source.metadata) | carried.copy_parameters(source, kept) | carried.upload_parameters(source, kept)
    )

    def write(taken: dict[str, Any]) -> Answer:
        return copying.in_parts(
            connection,
            source,
            wanted.target,
            taken,
            decide,
            token,
            lambda done, _: progress.add(done - progress.done),
            copy_notes.NotedParts(connection, source, wanted.target, progress, token, notes),
        )

    answer = less_where_refused(settings, write)
    copy_notes.forget(notes)  # after a failure it stays, should the upload not have been removed
    return answer


def _only_etag_tells(source: ObjectInfo) -> bool:
    """The ETag is made of parts, and there is no checksum beside it: only an equal ETag shows that a copy is one."""
    return bool(source.parts) and not whole_checksums(source)


def _makes_other_etags(connection: Connection, source: ObjectInfo) -> bool:
    """AWS and MinIO give what is copied in one request the MD5 for its ETag; Ceph RGW and SeaweedFS keep the one it had."""
    return connection.profile.is_aws or dict(source.headers).get("server") == "MinIO"


def less_where_refused(settings: dict[str, Any], write: Callable[[dict[str, Any]], T]) -> T:
    """`write(settings)`, and again without what a bucket may refuse to take over (`_OPTIONAL`)."""
    *first, last = _less_and_less(settings)
    for taken in first:
        try:
            return write(taken)
        except errors.Refused:
            continue
    return write(last)


def _less_and_less(settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield settings
    for group in _OPTIONAL:
        if settings.keys() & set(group):
            settings = {name: value for name, value in settings.items() if name not in group}
            yield settings


def ours(connection: Connection, wanted: Copying) -> S3Uri | None:
    """Where our copy is, if what the target holds now is one that was not there before."""
    now = find(connection, wanted.target)
    if now is None or not copy_check.is_like(wanted.source, now):
        return None
    before = wanted.before
    if before and (before.etag, before.modified, before.version_id) == (now.etag, now.modified, now.version_id):
        return None
    return replace(wanted.target, version_id=None if now.version_id == "null" else now.version_id)


def made_before(connection: Connection, wanted: Copying, refusal: errors.Changed) -> Answer | None:
    """The answer to the first of two attempts, of which the second met `refusal` because of the first one. None when
    nothing shows that."""
    if refusal.request.status != 412 or (written := ours(connection, wanted)) is None:
        return None
    return {"VersionId": written.version_id}


def _blamed(connection: Connection, source: ObjectInfo, refusal: errors.Changed) -> NoReturn:
    """Raise `_SourceChanged` when the source isn't what it was, else `refusal`: the target then isn't."""
    now = find(connection, replace(source.uri, version_id=source.version_id))
    if now is None or now.etag != source.etag:
        raise _SourceChanged(refusal) from refusal
    raise refusal


def settled(connection: Connection, wanted: Copying, lost: errors.S3Error) -> S3Uri | Outcome:
    """The answer was lost: look whether the copy was made."""
    try:
        if found := ours(connection, wanted):
            return found
    except errors.S3Error:
        pass  # then nothing is known
    else:
        if isinstance(lost, errors.ServerFault):
            raise lost
    said = f"The endpoint never said whether it made the copy ({lost.sentence.rstrip('.')})."
    return Outcome("outcome unknown", f"{said} Look at “{wanted.target}” later.", size=wanted.source.size)


def refused(connection: Connection, wanted: Copying, error: errors.Changed) -> S3Uri:
    """412: the source has changed, or something is at the target. That may be ours: a first answer was lost, and the
    second attempt was refused because of the first one."""
    if not wanted.overwrite or wanted.replaces is not None:
        if found := ours(connection, wanted):
            return found
        now = find(connection, wanted.target)
        if now is not None and not wanted.overwrite:
            raise AlreadyExists(str(wanted.target)) from error
        seen.check_found(wanted.target, now, wanted.replaces)
    raise errors.Changed(
        f"“{wanted.source.uri.key}” was changed by someone else while it was being copied.",
        "Nothing was copied. Look at it again.",
        error.request,
    ) from error
