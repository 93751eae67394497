"""Whether a copy is what it was made of: bytes, headers, metadata, tags, access list, protection."""

from __future__ import annotations

from dataclasses import replace

from s3tui.s3 import errors, likeness
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.metadata import differences
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import Differs
from s3tui.transfers.progress import Outcome, State
from s3tui.transfers.stored import bare, whole_checksums


def is_like(source: ObjectInfo, found: ObjectInfo) -> bool:
    """Whether `found` can be a copy of `source`, as far as HeadObject tells."""
    return not (likeness.content_differences(source, found) or _metadata_lost(source, found))


def compared(
    connection: Connection,
    source: ObjectInfo,
    kept: Carried,
    written: S3Uri,
    agreed: str | None = None,
    besides: str = "",
) -> Outcome:
    """Compare what is at `written` with `source` and what it must have.

    `agreed` says what showed that the bytes are the same (None: find out), `besides` what is known to be lost. Raises
    `Differs` when the bytes are others.
    """
    try:
        copy = likeness.relocked(connection, source, head(connection, written))
    except errors.S3Error as error:
        why = f"It was copied, but the copy can't be read back: {error.sentence}"
        return Outcome("sent but not verified", why, size=source.size)
    if others := likeness.content_differences(source, copy):
        raise Differs(
            f"“{written}” is not what was copied: {'; '.join(others)}.",
            "It is damaged, or someone else has written it meanwhile.",
        )
    agreed = _agreement(source, copy) if agreed is None else agreed
    lost = [*_lost(connection, source, kept, copy), *([besides] if besides else [])]
    if agreed and not lost:
        return _outcome("verified", f"Size, {agreed}, headers and metadata agree.", copy)
    if agreed:
        return _outcome("sent but not verified", f"Size and {agreed} agree, but {'; '.join(lost)}.", copy)
    why = f"nothing tells whether the bytes are the same: its ETag is {bare(copy.etag)}, not {bare(source.etag)}"
    return _outcome("sent but not verified", f"The size agrees, but {'; '.join([why, *lost])}.", copy)


def _metadata_lost(source: ObjectInfo, copy: ObjectInfo) -> list[str]:
    """Headers and user metadata that are not as they were. What a server adds of its own (rclone: `mtime`) is no loss."""
    found = differences(source.metadata, copy.metadata)
    return [likeness.words(difference) for difference in found if difference.kind != "added"]


def _agreement(source: ObjectInfo, copy: ObjectInfo) -> str:
    """What says that the bytes are the same, in words; empty when nothing does."""
    then, now = whole_checksums(source), whole_checksums(copy)
    if name := next((name for name in then if then[name] == now.get(name)), ""):
        return f"{name} checksum"
    return "ETag" if source.etag and source.etag == copy.etag else ""


def _lost(connection: Connection, source: ObjectInfo, kept: Carried, copy: ObjectInfo) -> list[str]:
    # What every new object has needs no question.
    worth = replace(kept, tags=kept.tags or None, acl=None if kept.acl and kept.acl.is_private else kept.acl)
    lost = _metadata_lost(source, copy) + likeness.kept_differences(source, copy)
    if source.missing_metadata != copy.missing_metadata:
        lost.append("user metadata that no header can hold can't be compared")
    if worth.tags is not None or worth.acl is not None:
        lost += likeness.side_differences(connection, replace(copy.uri, version_id=copy.version_id), worth)
    return lost + [item.sentence[:1].lower() + item.sentence[1:].rstrip(".") for item in kept.unknown]


def _outcome(state: State, detail: str, copy: ObjectInfo) -> Outcome:
    return Outcome(state, detail, bare(copy.etag), copy.version_id, copy.size)
