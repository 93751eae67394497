"""Older versions and delete markers of exactly this key, and whether the bucket keeps any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from s3tui.diagnosis.case import Answer, Case
from s3tui.diagnosis.model import Candidate
from s3tui.diagnosis.probes.bucket import BucketFound
from s3tui.diagnosis.probes.content import ContentFound
from s3tui.diagnosis.probes.listing import ListingFound
from s3tui.display import counted, when

_UNKNOWN = datetime.fromtimestamp(0, UTC)  # S3 always says when; a server that doesn't must not stop us


@dataclass(frozen=True, slots=True)
class Kept:
    """One version or delete marker of the key."""

    version_id: str
    is_latest: bool
    is_marker: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionsFound:
    """`readable` is False when the versions could not be listed; then `kept` says nothing.

    `versioning` is `Enabled`, `Suspended`, `Off`, or `unknown` when the endpoint doesn't tell.
    """

    readable: bool
    versioning: str
    kept: tuple[Kept, ...] = ()  # newest first
    more: bool = False
    unsupported: bool = False

    @property
    def latest(self) -> Kept | None:
        return next((entry for entry in self.kept if entry.is_latest), None)

    @property
    def older(self) -> int:
        """How many versions with content are kept that are not the current one."""
        return sum(not entry.is_marker and not entry.is_latest for entry in self.kept)

    @property
    def settles_deletion(self) -> bool:
        """A deleted object would have left something to be seen here, if anything can."""
        return self.readable or self.unsupported or self.versioning == "Off"


def look(case: Case) -> None:
    """Learn `VersionsFound`."""
    bucket, content = case.know(BucketFound), case.know(ContentFound)
    if (bucket and (bucket.there is False or bucket.elsewhere)) or (content and content.state == "readable"):
        return
    versioning = _versioning(case)
    answer = case.ask("list_object_versions", Bucket=case.uri.bucket, Prefix=case.uri.key)
    if not answer.ok:
        case.show(answer, f"Versions and delete markers of this key: {answer.outcome}.")
        case.learn(VersionsFound(False, versioning, unsupported=answer.unsupported))
        _leave_open(case, answer, versioning)
        return
    kept = _kept(answer.data, case.uri.key)
    case.show(answer, _says(kept))
    case.learn(VersionsFound(True, versioning, kept, bool(kept) and _goes_on(answer.data, case.uri.key)))
    latest = next((entry for entry in kept if entry.is_latest and not entry.is_marker), None)
    if latest and case.uri.version_id not in (None, *(entry.version_id for entry in kept)):
        why = f"it is the same key, in its current version {latest.version_id}"
        case.candidates.append(Candidate(case.uri.key, why))
    if not kept:
        _leave_open(case, answer, versioning)


def _versioning(case: Case) -> str:
    answer = case.ask("get_bucket_versioning", Bucket=case.uri.bucket)
    if not answer.ok:
        case.show(answer, f"Whether the bucket keeps versions: {answer.outcome}.")
        return "Off" if answer.unsupported else "unknown"
    state = str(answer.data.get("Status") or "Off")
    says = {
        "Enabled": "The bucket keeps versions.",
        "Suspended": "The bucket kept versions once; now it is suspended: what is overwritten or deleted now may be lost.",
    }
    case.show(answer, says.get(state, "The bucket keeps no versions."))
    return state if state in says else "Off"


def _kept(data: dict[str, Any], key: str) -> tuple[Kept, ...]:
    entries = [
        Kept(
            str(item.get("VersionId") or "null"),
            bool(item.get("IsLatest")),
            is_marker,
            item.get("LastModified") or _UNKNOWN,
        )
        for kind, is_marker in (("Versions", False), ("DeleteMarkers", True))
        for item in data.get(kind) or ()
        if item.get("Key") == key
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.is_latest, entry.at), reverse=True))


def _goes_on(data: dict[str, Any], key: str) -> bool:
    return bool(data.get("IsTruncated")) and data.get("NextKeyMarker") == key


def _says(kept: tuple[Kept, ...]) -> str:
    if not kept:
        return "No version and no delete marker of this key is kept."
    markers = sum(entry.is_marker for entry in kept)
    newest = kept[0]
    kind = (
        "delete marker"
        if newest.is_marker
        else "current version"
        if newest.is_latest
        else "version that is not current"
    )
    parts = f"{counted(len(kept) - markers, 'version')} and {counted(markers, 'delete marker')}"
    return f"Of this key, {parts} are kept; the newest is a {kind} of {when(newest.at)} UTC, id {newest.version_id}."


def _leave_open(case: Case, answer: Answer, versioning: str) -> None:
    listing = case.know(ListingFound)
    if listing and listing.listed:
        return
    if versioning == "Off" or answer.unsupported:
        case.leave_open(
            "the past of a bucket without versions",
            "whether the object was here once: when it is deleted there, nothing is left of it",
        )
    elif not answer.ok:
        case.leave_open(
            f"versions and delete markers: {answer.outcome}",
            "whether the object was deleted, when, and whether older versions of it are left",
        )
    else:
        case.leave_open(
            "versions that were removed for good",
            "whether the object was here once: a version deleted by its id, by a lifecycle rule or before versioning "
            "was switched on leaves no trace",
        )
