"""RestoreObject: a readable copy, for some days, of an object in an archive class."""

from __future__ import annotations

from typing import Literal, get_args

from s3tui.errors import BadInput
from s3tui.s3 import errors, preview, tags
from s3tui.s3.client import Connection
from s3tui.s3.objects import ARCHIVE_CLASSES, ObjectInfo, head
from s3tui.s3.uri import S3Uri

Tier = Literal["Standard", "Bulk", "Expedited"]
TIERS: tuple[Tier, ...] = get_args(Tier)
_DEEP = ("DEEP_ARCHIVE", "DEEP_ARCHIVE_ACCESS")
# S3 user guide, “Archive retrieval options”.
_TAKES: dict[Tier, str] = {"Standard": "3 to 5 hours", "Bulk": "5 to 12 hours", "Expedited": "1 to 5 minutes"}
_DEEP_TAKES: dict[Tier, str] = {"Standard": "up to 12 hours", "Bulk": "up to 48 hours"}


def takes(info: ObjectInfo, tier: Tier) -> str:
    """How long AWS says that it takes; empty where the tier isn't offered."""
    is_deep = info.storage_class in _DEEP or info.archive_status in _DEEP
    return (_DEEP_TAKES if is_deep else _TAKES).get(tier, "")


def is_archived(connection: Connection, info: ObjectInfo) -> bool:
    """Whether its content can't be read now. Raises `errors.S3Error`.

    Elsewhere than on AWS, a class named GLACIER may be a disk like any other (Ceph): it is seen whether it answers.
    """
    if not info.archived or connection.profile.is_aws:
        return info.archived
    try:
        preview.first_bytes(connection, info, limit=1)
    except errors.Archived:
        return True
    return False


def restore(connection: Connection, uri: S3Uri, days: int, tier: Tier) -> ObjectInfo:
    """Ask for a copy that can be read for `days` days, or for more days of one that is there. What HEAD says then.

    S3 has no GET of this sub-resource to ask first whether it is known. So it is sent only for an object that HEAD calls
    archived, and HEAD is asked afterwards whether it is still the same. Raises `BadInput` when it isn't archived or the
    tier isn't offered, `errors.ReadOnly`, `errors.Conflict` when one is under way, `errors.Unsupported`,
    `errors.S3Error`.
    """
    tags.refuse_writing(connection)
    if days < 1:
        raise BadInput("A restored copy is kept for at least one day.")
    before = head(connection, uri)
    if not (before.archived or before.restore):
        raise BadInput(f"“{uri.key}” is not archived (storage class {before.storage_class}): it can be read.")
    if not takes(before, tier):
        raise BadInput(f"“{uri.key}” is in the deep archive, which has no {tier} tier.", "Choose Standard or Bulk.")
    wanted: dict[str, object] = {"GlacierJobParameters": {"Tier": tier}}
    if before.storage_class in ARCHIVE_CLASSES:
        wanted["Days"] = days  # INTELLIGENT_TIERING takes it back to a tier that is read at once, for good
    connection.call("restore_object", **uri.parameters, RestoreRequest=wanted)
    after = head(connection, uri)
    if (after.etag, after.size, after.modified) != (before.etag, before.size, before.modified):
        raise errors.S3Error(f"“{uri.key}” is another object since the restore was asked for.", "Look at its versions.")
    if after.archived and not after.restore:
        raise errors.S3Error(f"The endpoint took the request, but says nothing of a restore of “{uri.key}”.", "")
    return after
