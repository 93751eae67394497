"""What a sample bucket is made of, as plain values; `fill` puts them into a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

# Fixed, so that every start and every picture shows the same.
TODAY = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def ago(days: float) -> datetime:
    """The moment `days` before the demo's today."""
    return TODAY - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Object:
    """One object, or one version of it when its bucket keeps versions. `headers` are S3's own (`Cache-Control`)."""

    key: str
    body: bytes
    modified: datetime
    content_type: str = "binary/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A delete marker laid on top of the versions of `key`."""

    key: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that nobody finished."""

    key: str
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and everything in it, in the order in which it was written.

    `lifecycle` and `cors` are rules with the names of S3's XML, one element a value.
    """

    name: str
    created: datetime
    contents: Iterable[Object | Deletion | Upload]
    versioned: bool = False
    lifecycle: tuple[dict[str, Any], ...] = ()
    cors: tuple[dict[str, Any], ...] = ()
