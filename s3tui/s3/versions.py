"""Versions and delete markers of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from s3tui.background import CancelToken
from s3tui.s3 import page_parser
from s3tui.s3.client import Connection
from s3tui.s3.columns import unquoted
from s3tui.s3.listing import COMPLETE, BrokenListing, Completeness
from s3tui.s3.uri import S3Uri

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key, or one delete marker (no size, no ETag)."""

    key: str
    version_id: str  # `null` for what was written while versioning was off or suspended
    is_latest: bool
    is_delete_marker: bool
    modified: datetime
    size: int = 0  # bytes
    etag: str = ""  # without quotes
    storage_class: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class VersionList:
    """Versions of one key, newest first."""

    versions: tuple[Version, ...]
    completeness: Completeness


def versions_of(connection: Connection, uri: S3Uri, token: CancelToken | None = None) -> VersionList:
    """All versions and delete markers of exactly `uri.key`. Raises `S3Error`, `Cancelled`.

    If the endpoint's pages don't add up, the list says that it was stopped.
    """
    found: list[Version] = []
    completeness = COMPLETE
    try:
        for page, next_key in _pages(connection, uri.bucket, uri.key, token):
            found += (version for version in page if version.key == uri.key)
            if next_key and next_key != uri.key:
                break  # all versions of a key stand together, and this key comes first under its own prefix
    except BrokenListing as error:
        completeness = Completeness("stopped", error.sentence)
    return VersionList(tuple(newest_first(found)), completeness)


def pages(
    connection: Connection, bucket: str, prefix: str = "", token: CancelToken | None = None
) -> Iterator[tuple[Version, ...]]:
    """Versions and delete markers of all keys under `prefix`; if it ends without an error, that was all.

    On a page the versions of a key come newest first. Raises `S3Error`, `BrokenListing`, `Cancelled`.
    """
    for page, _ in _pages(connection, bucket, prefix, token):
        yield page


def newest_first(versions: list[Version]) -> list[Version]:
    """Versions of one key in order. S3 lists versions and markers apart, with times in whole seconds, so the
    one it calls the latest goes before any other of the same time."""
    return sorted(versions, key=lambda version: (version.is_latest, version.modified), reverse=True)


def _pages(
    connection: Connection, bucket: str, prefix: str, token: CancelToken | None
) -> Iterator[tuple[tuple[Version, ...], str | None]]:
    """Each page with the key at which the next one begins."""
    parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": PAGE_SIZE}
    seen: set[tuple[str, str]] = set()
    while True:
        if token:
            token.check()
        answer = connection.call("list_object_versions", **parameters)
        following = page_parser.following_of(answer)
        marker = following.get("key-marker", ""), following.get("version-id-marker", "")
        truncated = answer.get("IsTruncated") is not False
        yield _versions(answer), marker[0] if truncated else None
        if not truncated:
            return
        if not marker[0]:
            raise BrokenListing("The endpoint doesn't say that these are all versions, nor how to get more.")
        if marker in seen:
            raise BrokenListing("The endpoint repeats a page of versions.")
        seen.add(marker)
        parameters["KeyMarker"] = marker[0]
        parameters.pop("VersionIdMarker", None)
        if marker[1]:
            parameters["VersionIdMarker"] = marker[1]


def _versions(answer: dict[str, Any]) -> tuple[Version, ...]:
    versions = [_version(item, False) for item in answer.get("Versions") or ()]
    versions += (_version(item, True) for item in answer.get("DeleteMarkers") or ())
    return tuple(sorted(newest_first(versions), key=lambda version: version.key.encode("utf-8", "surrogatepass")))


def _version(item: dict[str, Any], is_delete_marker: bool) -> Version:
    owner = item.get("Owner") or {}
    return Version(
        key=item["Key"],
        version_id=str(item.get("VersionId") or "null"),
        is_latest=bool(item.get("IsLatest")),
        is_delete_marker=is_delete_marker,
        modified=item["LastModified"].astimezone(UTC),
        size=int(item.get("Size") or 0),
        etag=unquoted(str(item.get("ETag") or "")),
        storage_class=str(item.get("StorageClass") or ""),
        owner=str(owner.get("DisplayName") or owner.get("ID") or ""),
    )
