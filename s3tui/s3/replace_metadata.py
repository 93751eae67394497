"""Other metadata for an object, with nothing else changed (DESIGN 3.2).

S3 can't edit metadata in place: the object is copied onto itself. What the copy doesn't bring along by itself
is read first, given to it, and afterwards everything is read back and compared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from s3tui import display
from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import carried, copying, errors, likeness, objects, restore
from s3tui.s3.carried import Carried, What
from s3tui.s3.client import Connection
from s3tui.s3.copying import AnswerLost, Progress, copy_onto_itself
from s3tui.s3.metadata import Metadata, differences, problems
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.tags import refuse_writing


class NotKept(errors.S3Error):
    """The endpoint accepted the copy, but what it holds now is not what was asked; `lost` says what differs."""

    lost: tuple[str, ...] = ()


class OutcomeUnknown(errors.S3Error):
    """The answer was lost, and the object does not show whether the copy was made."""


def replace_metadata(
    connection: Connection,
    before: ObjectInfo,
    new: Metadata,
    *,
    token: CancelToken | None = None,
    on_progress: Progress = lambda done, total: None,
    despite: Collection[What] = (),
) -> ObjectInfo:
    """Give the object that `before` describes the metadata `new`, and return what the endpoint then holds.

    Tags, ACL, storage class, encryption, retention and checksum algorithm stay. Objects over 5 GiB are copied in
    parts; `on_progress(done, total)` is told bytes, from several threads. Where one of them can't be read, so
    that it might be lost, it raises `errors.Unsafe` unless the user accepted that by naming it in `despite`.

    Raises `BadInput` for metadata that S3 refuses, `errors.ReadOnly`, `errors.Archived`, `errors.Changed` when
    the object is not the one in `before`, `NotKept`, `OutcomeUnknown`, other `errors.S3Error`, and `Cancelled`.
    """
    token = token or CancelToken()
    check(connection, before)
    if complaints := problems(new):
        raise BadInput(complaints[0])
    current = _still(connection, before)
    if not differences(before.metadata, new):
        return current
    kept = carried.survey(connection, current)
    if hidden := [item for item in kept.unknown if item.what not in despite]:
        raise errors.Unsafe(hidden[0].sentence, "Nothing was sent.")
    try:
        version = copy_onto_itself(connection, current, new, kept, token, on_progress)
    except AnswerLost as error:
        version = _settled(connection, current, new, error.cause)
    return _verified(connection, current, new, kept, version)


def check(connection: Connection, info: ObjectInfo) -> None:
    """Whether the metadata of this object can be replaced at all. Sends a read at most.

    Raises `errors.ReadOnly`, `errors.Archived` or `errors.Unsafe` with the reason why not.
    """
    refuse_writing(connection)
    if info.restore or restore.is_archived(connection, info):
        raise errors.Archived(
            f"“{info.uri.key}” is in an archive, and its metadata can't change there: S3 would have to copy it.",
            "A restored copy would go back into the archive at once. Copy it to another storage class first.",
        )
    if info.encryption.customer_algorithm:
        raise errors.Unsafe(
            f"“{info.uri.key}” is encrypted with a customer's own key (SSE-C), which a copy would need.",
            "Change it with a tool that holds the key.",
        )
    if info.missing_metadata:
        raise errors.Unsafe(
            f"“{info.uri.key}” has user metadata that no header can hold; a copy would lose it.",
            "Change it with the tool that wrote it.",
        )


def notes(connection: Connection, info: ObjectInfo, kept: Carried) -> list[str]:
    """What the user should know before the metadata of this object is replaced, a sentence each."""
    found = []
    if kept.versioned:
        found.append("The bucket keeps versions: this makes a new one, and the old one stays.")
    elif kept.versioned is None:
        found.append("Whether the bucket keeps versions can't be read; if it does, this makes a new one.")
    if info.size > copying.COPY_LIMIT:
        found.append(f"The endpoint copies {display.size(info.size)} in parts, which may take a while.")
        if connection.profile.is_aws:
            found.append("Annotations, if it has any, are not copied with an object of this size.")
    if info.encryption.algorithm.startswith("aws:kms"):
        found.append("A KMS encryption context can't be read back: the copy gets S3's usual one.")
    return found


def _still(connection: Connection, before: ObjectInfo) -> ObjectInfo:
    """The object as it is now, when that is what `before` says."""
    now = objects.head(connection, replace(before.uri, version_id=None))
    if now.version_id != before.version_id and before.uri.version_id:
        raise errors.Unsafe(
            f"This is an older version of “{before.uri.key}”: a version never changes.",
            "Copy it over the newest one first.",
        )
    same = (now.etag, now.modified, now.size, now.version_id, now.metadata)
    if same != (before.etag, before.modified, before.size, before.version_id, before.metadata):
        raise errors.Changed(
            f"“{before.uri.key}” was changed by someone else at {display.when(now.modified)} UTC.",
            "Nothing was written. Look at it again before you change it.",
        )
    return now


def _settled(connection: Connection, before: ObjectInfo, new: Metadata, lost: errors.S3Error) -> str | None:
    """After a lost answer: the version that was written after all. Raises `lost` or `OutcomeUnknown`."""
    try:
        now = objects.head(connection, replace(before.uri, version_id=None))
    except errors.S3Error:
        now = None
    if now and not differences(new, now.metadata) and now.size == before.size:
        return now.version_id
    if now and isinstance(lost, errors.ServerFault):
        raise lost
    raise OutcomeUnknown(
        f"The answer was lost, and at {display.when(datetime.now(UTC))} UTC “{before.uri.key}” did not show the change.",
        "The copy may still be going on: look again in a while.",
        lost.request,
    ) from lost


def _verified(
    connection: Connection, before: ObjectInfo, new: Metadata, kept: Carried, version: str | None
) -> ObjectInfo:
    # `null` is what a bucket without versions, or with suspended ones, holds now anyway.
    written = replace(before.uri, version_id=None if version == "null" else version)
    side = likeness.side_differences(connection, written, kept)
    after = likeness.relocked(connection, before, objects.head(connection, written))
    lost = (
        likeness.metadata_differences(new, after.metadata)
        + likeness.content_differences(before, after)
        + likeness.kept_differences(before, after)
        + side
    )
    if lost:
        older = f" Its version {before.version_id} is untouched." if version and before.version_id else ""
        error = NotKept(
            f"The metadata of “{before.uri.key}” was written, but the endpoint did not keep everything: "
            f"{'; '.join(lost)}.",
            f"Look at it again.{older}",
        )
        error.lost = tuple(lost)
        raise error
    return replace(after, uri=replace(before.uri, version_id=None))
