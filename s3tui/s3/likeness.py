"""How far a copy is like the object that it was made of. Each difference is a few words, after a colon or alone."""

from __future__ import annotations

from dataclasses import replace

from s3tui import display
from s3tui.display import visible
from s3tui.s3 import carried, errors, objects
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Difference, Metadata, differences
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri


def relocked(connection: Connection, before: ObjectInfo, after: ObjectInfo) -> ObjectInfo:
    """`after`, with the protection of `before` set again where the copy didn't take it along and that can be done."""
    if after.lock.as_strong_as(before.lock) and after.lock.legal_hold >= before.lock.legal_hold:
        return after
    # By its version: RGW does not say in its answer to the copy which one it made.
    written = replace(after.uri, version_id=after.version_id)
    try:
        carried.restore_lost_lock(connection, written, before.lock, after.lock)
    except errors.S3Error:
        # What is missing is found by comparing, and told.
        return after
    return objects.head(connection, written)


def metadata_differences(wanted: Metadata, there: Metadata) -> list[str]:
    """Headers and user metadata that are not what was `wanted`."""
    return [words(difference) for difference in differences(wanted, there)]


def words(difference: Difference) -> str:
    """What is there, and what was wanted."""
    name = visible(difference.name)
    if difference.kind == "removed":
        return f"{name} is missing"
    return f"{name} is “{visible(difference.after)}”" + (
        f", not “{visible(difference.before)}”" if difference.kind == "changed" else ""
    )


def content_differences(before: ObjectInfo, after: ObjectInfo) -> list[str]:
    """What shows that the bytes are not the same: size, ETag, checksums."""
    found = []
    if after.size != before.size:
        found.append(f"it has {after.size:,} bytes, not {before.size:,}")
    if _is_md5(before) and _is_md5(after) and after.etag != before.etag:
        found.append(f"its content is another one: ETag {after.etag}, not {before.etag}")
    then, now = dict(before.checksums), dict(after.checksums)
    if "COMPOSITE" not in (before.checksum_type, after.checksum_type) and not (before.parts or after.parts):
        found += [
            f"its {name} is {now[name]}, not {then[name]}"
            for name in then.keys() & now.keys()
            if then[name] != now[name]
        ]
    return found


def _is_md5(info: ObjectInfo) -> bool:
    return not info.parts and info.encryption.algorithm in ("", "AES256") and len(info.etag) == 32


def kept_differences(before: ObjectInfo, after: ObjectInfo) -> list[str]:
    """Storage class, encryption, checksums and protection that the copy does not have."""
    found = []
    if after.storage_class != before.storage_class:
        found.append(f"its storage class is {after.storage_class}, not {before.storage_class}")
    was, now = before.encryption, after.encryption
    if was.algorithm and (now.algorithm, now.kms_key_id) != (was.algorithm, was.kms_key_id):
        found.append(f"its encryption is {now.algorithm or 'none'} {now.kms_key_id}".rstrip())
    found += [f"its {name} checksum is gone" for name in dict(before.checksums).keys() - dict(after.checksums).keys()]
    lock = before.lock
    if lock.until and not after.lock.as_strong_as(lock):
        found.append(f"its retention ({lock.mode} until {display.when(lock.until)} UTC) is gone")
    if lock.legal_hold and not after.lock.legal_hold:
        found.append("its legal hold is gone")
    if lock.event_hold and not after.lock.event_hold:
        found.append("its event hold is gone")
    return found


def side_differences(connection: Connection, written: S3Uri, kept: Carried) -> list[str]:
    """Tags and access list of `written` that are not those of `kept`, after an attempt to set them again."""
    try:
        tags, acl = carried.restore_lost(connection, written, kept)
    except errors.S3Error as error:
        return [f"its tags and access list (ACL) could not be compared: {error.sentence.rstrip('.')}"]
    found = ["its tags differ"] if kept.tags != tags else []
    if kept.acl is not None and acl is not None and kept.acl.grants != acl.grants:
        found.append("its access list (ACL) differs")
    elif kept.acl is not None and acl is not None and kept.acl.owner != acl.owner:
        found.append(f"its owner is now {acl.owner}")
    return found
