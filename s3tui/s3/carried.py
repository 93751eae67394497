"""What a copy does not bring along by itself: tags, ACL, encryption, storage class, retention, legal hold.

Read before an object is copied onto itself, given to the copy, and compared afterwards.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from s3tui.s3 import capabilities, errors, tags
from s3tui.s3.client import Connection
from s3tui.s3.objects import Lock, ObjectInfo
from s3tui.s3.uri import S3Uri

T = TypeVar("T")
What = Literal["tags", "acl", "retention"]
_GRANT_PARAMETERS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}
_GRANTEES = {
    "id": ("CanonicalUser", "ID"),
    "uri": ("Group", "URI"),
    "emailAddress": ("AmazonCustomerByEmail", "EmailAddress"),
}
_COUNT_TAGS = ("MinIO", "SeaweedFS")  # `Server` of those that do so, beside AWS; rclone calls itself AmazonS3
_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")  # the others are the file system's, not ours to ask for


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of an ACL: `kind` is `id`, `uri` (a group) or `emailAddress`."""

    kind: Literal["id", "uri", "emailAddress"]
    grantee: str
    permission: str


@dataclass(frozen=True, slots=True)
class Acl:
    """Who may do what; `owner` is a canonical user id."""

    owner: str
    grants: frozenset[Grant]

    @property
    def is_private(self) -> bool:
        """The ACL that every new object gets."""
        return self.grants <= {Grant("id", self.owner, "FULL_CONTROL")}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that we may not read, and that the copy may therefore lose."""

    what: What
    sentence: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What the copy must have. None: this endpoint has no such thing, or it is in `unknown`."""

    tags: dict[str, str] | None
    acl: Acl | None
    unknown: tuple[Unknown, ...] = ()
    versioned: bool | None = None  # whether writing makes a new version; None: we may not know


def survey(connection: Connection, info: ObjectInfo) -> Carried:
    """Find out what a copy of the object onto itself must carry. Sends only reads; raises `errors.S3Error`."""
    return replace(survey_object(connection, info), versioned=_versioned(connection, info.uri.bucket))


def survey_object(connection: Connection, info: ObjectInfo) -> Carried:
    """Find out what any copy of the object that `info` describes must carry. What holds for a whole bucket is asked
    once. Sends only reads; raises `errors.S3Error`."""
    uri = info.uri.of_version(info.version_id)
    unknown: list[Unknown] = []
    found_tags = _tags(connection, info, uri, unknown)
    found_acl = None
    if not _acls_are_off(connection, uri.bucket):
        found_acl = _known(connection, uri, "acl", lambda: read_acl(connection, uri), unknown)
    if info.version_id and not info.lock.mode:
        # HeadObject hides retention from who may not read it.
        _known(connection, uri, "retention", lambda: _read_retention(connection, uri), unknown)
    return Carried(found_tags, found_acl, tuple(unknown))


def _tags(connection: Connection, info: ObjectInfo, uri: S3Uri, unknown: list[Unknown]) -> dict[str, str] | None:
    """An endpoint that counts tags in HeadObject says nothing when there are none."""
    if info.tag_count:
        _learnt(connection, uri.bucket)["tag count"] = True
    elif _counts_tags(connection, info):
        return {}
    return _known(connection, uri, "tags", lambda: tags.read(connection, uri), unknown)


def _counts_tags(connection: Connection, info: ObjectInfo) -> bool:
    counts = connection.profile.is_aws or _learnt(connection, info.uri.bucket).get("tag count", False)
    return counts or dict(info.headers).get("server", "").startswith(_COUNT_TAGS)


def is_told(connection: Connection, info: ObjectInfo) -> bool:
    """Whether `survey_object` asks nothing, by now, about an object of which HeadObject tells this."""
    facts = _learnt(connection, info.uri.bucket)
    has_tags = bool(info.tag_count) or not (facts.get("no tags") or _counts_tags(connection, info))
    has_acl = not (facts.get("no acl") or facts.get("acls off"))
    has_retention = info.version_id and not info.lock.mode and not facts.get("no retention")
    return not (has_tags or has_acl or has_retention)


# What was found out about buckets: connection -> bucket -> what -> yes or no.
_facts: weakref.WeakKeyDictionary[Connection, dict[str, dict[str, bool]]] = weakref.WeakKeyDictionary()


def _learnt(connection: Connection, bucket: str) -> dict[str, bool]:
    return _facts.setdefault(connection, {}).setdefault(bucket, {})


_LOSSES: dict[What, str] = {
    "tags": "Its tags can't be read, so they may be lost",
    "acl": "Its access list (ACL) can't be read, so it may become private",
    "retention": "Its retention can't be read, so the new version may be unprotected",
}


def _known(connection: Connection, uri: S3Uri, what: What, read: Callable[[], T], unknown: list[Unknown]) -> T | None:
    """What `read` finds. None where the endpoint has no such thing; also where it is hidden from us, which is
    then added to `unknown`."""
    facts = _learnt(connection, uri.bucket)
    if facts.get(f"no {what}"):
        return None
    try:
        return read()
    except errors.Unsupported:
        facts[f"no {what}"] = True
        return None
    except errors.NoSuchKey:
        if what == "acl" and uri.version_id:  # MinIO, which has none, says so of a version beneath a delete marker
            return None
        raise
    except (errors.AccessDenied, errors.Unsafe, errors.ServerFault) as error:
        unknown.append(Unknown(what, f"{_LOSSES[what]}. {error.sentence}"))
        return None


def _acls_are_off(connection: Connection, bucket: str) -> bool:
    """Whether the bucket's owner owns everything in it, so that no object has an ACL of its own."""
    facts = _learnt(connection, bucket)
    if "acls off" not in facts:
        facts["acls off"] = _owner_owns_all(connection, bucket)
    return facts["acls off"]


def _owner_owns_all(connection: Connection, bucket: str) -> bool:
    try:
        answer = connection.call("get_bucket_ownership_controls", Bucket=bucket)
    except errors.S3Error:
        return False
    rules = (answer.get("OwnershipControls") or {}).get("Rules") or ()
    return any(rule.get("ObjectOwnership") == "BucketOwnerEnforced" for rule in rules)


def _read_retention(connection: Connection, uri: S3Uri) -> dict[str, Any] | None:
    capabilities.require_object(connection, uri, "retention")
    try:
        return connection.call("get_object_retention", **uri.parameters)
    except errors.NotSet:
        return None


def _versioned(connection: Connection, bucket: str) -> bool | None:
    try:
        return connection.call("get_bucket_versioning", Bucket=bucket).get("Status") == "Enabled"
    except errors.Unsupported:
        return False
    except errors.AccessDenied:
        return None


def read_acl(connection: Connection, uri: S3Uri) -> Acl:
    """The ACL of an object. Raises `errors.Unsupported` where the endpoint has none, `errors.S3Error`."""
    capabilities.require_object(connection, uri, "acl")
    answer = connection.call("get_object_acl", **uri.parameters)
    grants = set()
    for item in answer.get("Grants") or ():
        grantee = item.get("Grantee") or {}
        permission = str(item.get("Permission") or "")
        if grantee.get("URI"):
            grants.add(Grant("uri", str(grantee["URI"]), permission))
        elif grantee.get("EmailAddress"):
            grants.add(Grant("emailAddress", str(grantee["EmailAddress"]), permission))
        else:
            grants.add(Grant("id", str(grantee.get("ID") or ""), permission))
    return Acl(str((answer.get("Owner") or {}).get("ID") or ""), frozenset(grants))


def write_acl(connection: Connection, uri: S3Uri, acl: Acl) -> None:
    """Set `acl`, where the endpoint has ACLs. Raises like `read_acl`."""
    capabilities.require_object(connection, uri, "acl")
    if all(grant.permission in _GRANT_PARAMETERS for grant in acl.grants):
        connection.call("put_object_acl", **uri.parameters, **_grant_parameters(acl))
        return
    grants = []
    for grant in sorted(acl.grants, key=str):
        kind, name = _GRANTEES[grant.kind]
        grants.append({"Grantee": {"Type": kind, name: grant.grantee}, "Permission": grant.permission})
    policy = {"Owner": {"ID": acl.owner}, "Grants": grants}
    connection.call("put_object_acl", **uri.parameters, AccessControlPolicy=policy)


def copy_parameters(info: ObjectInfo, carried: Carried) -> dict[str, Any]:
    """What both CopyObject and CreateMultipartUpload must be told so that the new object is like the old one.

    Tags are not among them: CopyObject brings them along, see `upload_parameters`.
    """
    found: dict[str, Any] = {}
    if info.storage_class != "STANDARD":
        found["StorageClass"] = info.storage_class
    if info.encryption.algorithm in _ENCRYPTIONS:
        found["ServerSideEncryption"] = info.encryption.algorithm
        if info.encryption.kms_key_id:
            found["SSEKMSKeyId"] = info.encryption.kms_key_id
        if info.encryption.bucket_key is not None and info.encryption.algorithm == "aws:kms":
            found["BucketKeyEnabled"] = info.encryption.bucket_key
    if info.checksums:
        found["ChecksumAlgorithm"] = info.checksums[0][0]
    if carried.acl is not None and not carried.acl.is_private:
        found |= _grant_parameters(carried.acl)
    return found | _lock_parameters(info)


def upload_parameters(info: ObjectInfo, carried: Carried) -> dict[str, Any]:
    """What CreateMultipartUpload must be told besides: it starts from nothing."""
    found: dict[str, Any] = {"Tagging": urlencode(carried.tags, quote_via=quote)} if carried.tags else {}
    if info.checksums and info.checksum_type:
        found["ChecksumType"] = info.checksum_type
    return found


def _lock_parameters(info: ObjectInfo) -> dict[str, Any]:
    lock = info.lock
    found: dict[str, Any] = {}
    if lock.holds:
        found |= {"ObjectLockMode": lock.mode, "ObjectLockRetainUntilDate": lock.until}
    if lock.legal_hold:
        found["ObjectLockLegalHoldStatus"] = "ON"
    if lock.event_hold:
        found["ObjectLockEventHold"] = "ON"
        if lock.event_hold_days:
            found["ObjectLockEventHoldDurationDays"] = lock.event_hold_days
        if lock.event_hold_years:
            found["ObjectLockEventHoldDurationYears"] = lock.event_hold_years
    return found


def _grant_parameters(acl: Acl) -> dict[str, str]:
    grouped = defaultdict(list)
    for grant in sorted(acl.grants, key=str):
        if parameter := _GRANT_PARAMETERS.get(grant.permission):
            grouped[parameter].append(f'{grant.kind}="{grant.grantee}"')
    return {parameter: ", ".join(grantees) for parameter, grantees in grouped.items()}


def restore_lost(connection: Connection, uri: S3Uri, carried: Carried) -> tuple[dict[str, str] | None, Acl | None]:
    """Set again the tags and the ACL that the endpoint did not take with the copy (Ceph drops tags, for one).
    Returns what it holds in the end."""
    now_tags: dict[str, str] | None = None
    now_acl: Acl | None = None
    if carried.tags is not None and (now_tags := tags.read(connection, uri)) != carried.tags:
        tags.write(connection, uri, carried.tags)
        now_tags = tags.read(connection, uri)
    if carried.acl is not None:
        now_acl = read_acl(connection, uri)
        if now_acl.grants != carried.acl.grants:
            write_acl(connection, uri, replace(carried.acl, owner=now_acl.owner))
            now_acl = read_acl(connection, uri)
    return now_tags, now_acl


def restore_lost_lock(connection: Connection, uri: S3Uri, before: Lock, now: Lock) -> None:
    """Set again the retention and the legal hold that the endpoint did not take with the copy (Ceph drops both).

    Only ever adds protection. Raises `errors.S3Error`.
    """
    if before.holds and not now.as_strong_as(before) and before.until:
        capabilities.require_object(connection, uri, "retention")
        retention = {"Mode": before.mode, "RetainUntilDate": before.until}
        connection.call("put_object_retention", **uri.parameters, Retention=retention)
    if before.legal_hold and not now.legal_hold:
        capabilities.require_object(connection, uri, "legal-hold")
        connection.call("put_object_legal_hold", **uri.parameters, LegalHold={"Status": "ON"})
