"""One object as HeadObject tells it: typed, and in words for people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from s3tui import display
from s3tui.s3 import errors
from s3tui.s3.metadata import Metadata, from_answer
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection

ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
_QUOTED = re.compile(r'([\w-]+)="([^"]*)"')
_CHECKSUM = re.compile(r"Checksum(?!Type)(.+)")
_CLASS_WORDS = {
    "STANDARD": "read at once",
    "REDUCED_REDUNDANCY": "fewer copies, no longer advised",
    "STANDARD_IA": "infrequent access: reading costs, kept at least 30 days",
    "ONEZONE_IA": "infrequent access in one zone only",
    "INTELLIGENT_TIERING": "moves between tiers by itself",
    "GLACIER_IR": "archive that is read at once, kept at least 90 days",
    "GLACIER": "archive: must be restored before it can be read",
    "DEEP_ARCHIVE": "deep archive: restoring takes hours",
    "EXPRESS_ONEZONE": "one zone, fastest",
}


@dataclass(frozen=True, slots=True)
class Encryption:
    """How the server keeps it: `AES256`, `aws:kms` …; empty when it says nothing."""

    algorithm: str = ""
    kms_key_id: str = ""
    bucket_key: bool | None = None  # None: the server didn't say
    customer_algorithm: str = ""  # SSE-C: only who has the key can read it or its metadata


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore of an archived object: under way, or a copy that is there until `until`."""

    ongoing: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Lock:
    """Object lock as far as we may see it (it is hidden from who lacks s3:GetObjectRetention)."""

    mode: str = ""  # GOVERNANCE or COMPLIANCE
    until: datetime | None = None
    legal_hold: bool = False
    event_hold: bool = False
    event_hold_days: int = 0
    event_hold_years: int = 0

    @property
    def holds(self) -> bool:
        """Whether there is a retention that has not run out. (S3 refuses to set one that has.)"""
        return bool(self.mode) and self.until is not None and self.until > datetime.now(UTC)

    def as_strong_as(self, other: Lock) -> bool:
        """Whether this retention protects as long as the `other`, in the same mode."""
        return not other.holds or (
            self.mode == other.mode and self.until is not None and other.until is not None and self.until >= other.until
        )


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Everything HeadObject returns about one object or version."""

    uri: S3Uri  # as it was asked for
    size: int  # bytes
    modified: datetime
    etag: str  # without quotes
    version_id: str | None  # None: the bucket has no versions; `null` is a version of its own
    storage_class: str
    metadata: Metadata
    tag_count: int | None = None  # None: none, or we may not see them
    encryption: Encryption = Encryption()
    restore: Restore | None = None
    archive_status: str = ""  # of INTELLIGENT_TIERING
    replication: str = ""
    lock: Lock = Lock()
    checksums: tuple[tuple[str, str], ...] = ()  # algorithm, base64
    checksum_type: str = ""  # FULL_OBJECT or COMPOSITE
    parts: int | None = None  # of the multipart upload that made it
    expires_at: datetime | None = None  # by a lifecycle rule
    expires_by: str = ""  # that rule's id
    missing_metadata: int = 0  # entries that the server could not put into headers
    accepts_ranges: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # the whole answer, names in lower case

    @property
    def quoted_etag(self) -> str:
        """As `If-Match` wants it."""
        return f'"{self.etag}"'

    @property
    def archived(self) -> bool:
        """Its content can't be read now, as far as HeadObject tells."""
        if self.restore is not None and not self.restore.ongoing:
            return False
        return self.storage_class in ARCHIVE_CLASSES or bool(self.archive_status)


def head(connection: Connection, uri: S3Uri) -> ObjectInfo:
    """What the server says about the object, or about the version that `uri` names. Raises `errors.S3Error`."""
    try:
        try:
            answer = connection.call("head_object", **uri.parameters, ChecksumMode="ENABLED")
        except errors.AccessDenied:
            # With checksums, AWS also wants the right to use the KMS key.
            answer = connection.call("head_object", **uri.parameters)
    except errors.Unsupported as error:
        if uri.version_id:
            raise errors.NoSuchKey("This version is a delete marker: it has no content.", "", error.request) from error
        raise
    except errors.Refused as error:
        if error.request.status == 400:
            raise errors.Refused(
                "The endpoint refuses to describe this object.",
                "It may be encrypted with a customer's own key (SSE-C), which s3tui does not hold.",
                error.request,
            ) from error
        raise
    return from_head(uri, answer)


def from_head(uri: S3Uri, answer: dict[str, Any]) -> ObjectInfo:
    """boto3's answer to HeadObject for `uri` as ours."""
    etag = bare_etag(str(answer.get("ETag") or ""))
    expiration = dict(_QUOTED.findall(str(answer.get("Expiration") or "")))
    return ObjectInfo(
        uri=uri,
        size=int(answer.get("ContentLength") or 0),
        modified=_utc(answer.get("LastModified")) or datetime.fromtimestamp(0, UTC),
        etag=etag,
        version_id=answer.get("VersionId"),
        storage_class=str(answer.get("StorageClass") or "STANDARD"),
        metadata=from_answer(answer),
        tag_count=answer.get("TagCount"),
        encryption=_encryption(answer),
        restore=_restore(str(answer.get("Restore") or "")),
        archive_status=str(answer.get("ArchiveStatus") or ""),
        replication=str(answer.get("ReplicationStatus") or ""),
        lock=_lock(answer),
        checksums=_checksums({name: value for name, value in answer.items() if name.startswith("Checksum")}),
        checksum_type=str(answer.get("ChecksumType") or ""),
        parts=_parts(etag, answer.get("PartsCount")),
        expires_at=_http_date(expiration.get("expiry-date", "")),
        expires_by=unquote(expiration.get("rule-id", "")),
        missing_metadata=int(answer.get("MissingMeta") or 0),
        accepts_ranges=answer.get("AcceptRanges") == "bytes",
        headers=tuple(sorted((answer.get("ResponseMetadata") or {}).get("HTTPHeaders", {}).items())),
    )


def bare_etag(header: str) -> str:
    """An ETag without quotes and weakness mark."""
    return header.removeprefix("W/").strip('"')


def _checksums(answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (match[1], str(value)) for name, value in sorted(answer.items()) if (match := _CHECKSUM.fullmatch(name))
    )


def _encryption(answer: dict[str, Any]) -> Encryption:
    return Encryption(
        algorithm=str(answer.get("ServerSideEncryption") or ""),
        kms_key_id=str(answer.get("SSEKMSKeyId") or ""),
        bucket_key=answer.get("BucketKeyEnabled"),
        customer_algorithm=str(answer.get("SSECustomerAlgorithm") or ""),
    )


def _lock(answer: dict[str, Any]) -> Lock:
    return Lock(
        mode=str(answer.get("ObjectLockMode") or ""),
        until=_utc(answer.get("ObjectLockRetainUntilDate")),
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        event_hold=answer.get("ObjectLockEventHold") == "ON",
        event_hold_days=int(answer.get("ObjectLockEventHoldDurationDays") or 0),
        event_hold_years=int(answer.get("ObjectLockEventHoldDurationYears") or 0),
    )


def _restore(header: str) -> Restore | None:
    if not header:
        return None
    said = dict(_QUOTED.findall(header))
    return Restore(said.get("ongoing-request") == "true", _http_date(said.get("expiry-date", "")))


def _parts(etag: str, count: int | None) -> int | None:
    if count:
        return count
    _, dash, parts = etag.partition("-")
    return int(parts) if dash and parts.isdecimal() else None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def described(info: ObjectInfo) -> list[tuple[str, str]]:
    """`info` in words, a label and a text for each line, without its URI; what the server didn't say is left out."""
    words = _CLASS_WORDS.get(info.storage_class)
    lines = [
        ("Size", display.exact_size(info.size)),
        ("Modified", f"{display.when(info.modified)} UTC ({_ago(info.modified)})"),
        ("Content type", info.metadata.content_type),
        ("Storage class", f"{info.storage_class} ({words})" if words else info.storage_class),
        ("Archive", _archive_words(info)),
        ("Version", _version_words(info.version_id)),
        ("ETag", _etag_words(info)),
        *((f"Checksum {name}", _checksum_words(value, info.checksum_type)) for name, value in info.checksums),
        ("Encryption", _encryption_words(info.encryption)),
        ("Tags", display.counted(info.tag_count, "tag") if info.tag_count else ""),
        ("User metadata", display.counted(len(info.metadata.user), "entry", "entries") if info.metadata.user else ""),
        ("Not shown", _missing_words(info.missing_metadata)),
        *_lock_words(info.lock),
        ("Deleted by rule", _expiry_words(info)),
        ("Replication", _replication_words(info.replication)),
        ("Redirects to", info.metadata.website_redirect),
    ]
    return [(label, text) for label, text in lines if text]


def _ago(moment: datetime) -> str:
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return f"{display.duration(seconds)} ago" if seconds >= 0 else f"{display.duration(-seconds)} in the future"


def _archive_words(info: ObjectInfo) -> str:
    if info.restore and info.restore.ongoing:
        return "a restore is under way; it can't be read yet"
    if info.restore:
        until = f" until {display.when(info.restore.until)} UTC" if info.restore.until else ""
        return f"restored: can be read{until}"
    if info.archive_status:
        return f"in {info.archive_status}: must be restored before it can be read"
    return "not restored: on AWS it can't be read until it is" if info.archived else ""


def _version_words(version: str | None) -> str:
    return "null (written while versioning was off or suspended)" if version == "null" else version or ""


def _etag_words(info: ObjectInfo) -> str:
    return f"{info.etag} (uploaded in {display.counted(info.parts, 'part')})" if info.parts else info.etag


def _checksum_words(value: str, kind: str) -> str:
    return f"{value} (of its parts' checksums)" if kind == "COMPOSITE" else value


def _encryption_words(encryption: Encryption) -> str:
    if encryption.customer_algorithm:
        return f"with a customer's own key ({encryption.customer_algorithm}, SSE-C)"
    if not encryption.algorithm:
        return ""
    key = f", key {encryption.kms_key_id}" if encryption.kms_key_id else ""
    through = ", through a bucket key" if encryption.bucket_key else ""
    return f"{encryption.algorithm}{key}{through}"


def _missing_words(count: int) -> str:
    return f"{display.counted(count, 'entry', 'entries')} of user metadata that no header can hold" if count else ""


def _lock_words(lock: Lock) -> list[tuple[str, str]]:
    until = f" until {display.when(lock.until)} UTC" if lock.until else ""
    return [
        ("Retention", f"{lock.mode}: can't be deleted or overwritten{until}" if lock.mode else ""),
        ("Legal hold", "on: can't be deleted" if lock.legal_hold else ""),
        ("Event hold", "on: can't be deleted" if lock.event_hold else ""),
    ]


def _expiry_words(info: ObjectInfo) -> str:
    if info.expires_at is None:
        return ""
    return f"{display.when(info.expires_at)} UTC, rule “{info.expires_by}”"


def _replication_words(status: str) -> str:
    return {
        "PENDING": "waiting to be copied",
        "COMPLETED": "copied",
        "COMPLETE": "copied",
        "FAILED": "failed: it was not copied",
        "REPLICA": "this is the copy",
    }.get(status, status)
