"""What a delete is about: listed as it goes on, and counted before it begins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted, listed, size
from s3tui.s3 import buckets, capabilities, errors, listing, uploads, versions
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed
from s3tui.s3.listing import COMPLETE, MORE, BrokenListing, Completeness
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.transfers.delete import DeleteRequest

_named = partial(tuple.__new__, Doomed)  # half the time of Doomed()


@dataclass(frozen=True, slots=True)
class Some:
    """Some of what is to go."""

    doomed: Sequence[Doomed]
    size: int = 0  # bytes
    versions: int = 0  # noncurrent ones among them
    markers: int = 0  # delete markers among them


@dataclass(slots=True)
class Count:
    """What would go, as far as it has been counted."""

    objects: int = 0
    versions: int = 0  # noncurrent ones
    markers: int = 0
    uploads: int = 0  # unfinished
    size: int = 0  # bytes, without those of unfinished uploads
    completeness: Completeness = MORE
    versioning: buckets.Versioning = "unknown"
    missing: list[S3Uri] = field(default_factory=list)  # named, and not there

    @property
    def total(self) -> int:
        """Keys, versions and markers together."""
        return self.objects + self.versions + self.markers

    def __str__(self) -> str:
        """`3 objects, 5 older versions and 1 delete marker, 1.5 KiB`."""
        found = (
            (self.objects, "object"),
            (self.versions, "older version"),
            (self.markers, "delete marker"),
            (self.uploads, "unfinished upload"),
        )
        parts = [counted(count, noun) for count, noun in found if count]
        return f"{listed(parts)}, {size(self.size)}" if parts else "nothing"


def stream(
    connection: Connection, request: DeleteRequest, token: CancelToken | None = None
) -> Generator[Some, None, None]:
    """All that `request` deletes, but unfinished uploads, as it is listed.

    Keys that are named come as they are, whether they are there or not. Raises `errors.S3Error` and `Cancelled`; what
    came before is still right. Versions of an endpoint that doesn't list them are refused (`errors.Unsupported`,
    `errors.Unsafe`): it would delete the object itself.
    """
    if request.all_versions or request.version_id:
        capabilities.require(connection, request.bucket, "versions")
    if request.version_id:
        yield Some([Doomed(key, request.version_id) for key in request.keys])
    elif request.all_versions:
        for key in request.keys:
            found = versions.versions_of(connection, S3Uri(request.bucket, key), token)
            yield _some(found.versions)
            if not found.completeness.is_complete:
                raise BrokenListing(found.completeness.reason)
    elif request.keys:
        yield Some([Doomed(key) for key in request.keys])
    for prefix in request.prefixes:
        yield from _under(connection, request, prefix, token)


def _under(connection: Connection, request: DeleteRequest, prefix: str, token: CancelToken | None) -> Iterator[Some]:
    if request.all_versions:
        for page in versions.pages(connection, request.bucket, prefix, token):
            if not all(version.key.startswith(prefix) for version in page):
                raise BrokenListing("The endpoint lists versions of other keys than those that were asked for.")
            yield _some(page)
        return
    # One child keeps ahead of what deletes.
    listed = listing.stream(connection, request.bucket, prefix, token=token, rests=False, children=1)
    with closing(listed) as pages:
        for rows in pages:
            yield Some(list(map(_named, zip(rows.keys(), repeat("")))), rows.total_size)


def _some(page: Sequence[versions.Version]) -> Some:
    return Some(
        [Doomed(version.key, version.version_id) for version in page],
        sum(version.size for version in page),
        sum(not (version.is_latest or version.is_delete_marker) for version in page),
        sum(version.is_delete_marker for version in page),
    )


def unfinished(
    connection: Connection, request: DeleteRequest, token: CancelToken | None = None
) -> Iterator[uploads.Upload]:
    """The unfinished uploads of the keys and prefixes. Raises `errors.S3Error`, `Cancelled`, and `errors.Unsupported`
    or `errors.Unsafe` where the endpoint doesn't list them: aborting one there would delete the object."""
    if not request.uploads:
        return
    capabilities.require(connection, request.bucket, "uploads")
    for place in (*request.keys, *request.prefixes):
        found = uploads.unfinished(connection, request.bucket, place, token)
        yield from (upload for upload in found.uploads if place in request.prefixes or upload.key == place)
        if not found.completeness.is_complete:
            raise BrokenListing(found.completeness.reason)


def count(
    connection: Connection,
    request: DeleteRequest,
    token: CancelToken | None = None,
    on_progress: Callable[[Count], object] | None = None,
    named_size: int | None = None,
) -> Count:
    """Count what `request` would delete; `on_progress` is called often, from this thread.

    `named_size` is how many bytes the named objects have, if they were just listed; otherwise each is looked at.
    Raises `Cancelled`, and `errors.S3Error` when nothing at all could be counted; otherwise the count says why it
    stopped.
    """
    counting = Count()
    progress = on_progress or (lambda _: None)
    try:
        counting.versioning = versioning_of(connection, request.bucket)
        progress(counting)
        if not request.all_versions and named_size is not None:
            counting.objects, counting.size = len(request.keys), named_size
        elif not request.all_versions:
            _count_named(counting, connection, request, token, progress)
        for some in stream(connection, _unnamed(request), token):
            counting.objects += len(some.doomed) - some.versions - some.markers
            counting.versions += some.versions
            counting.markers += some.markers
            counting.size += some.size
            progress(counting)
        for _ in unfinished(connection, request, token):
            counting.uploads += 1
    except Cancelled:
        counting.completeness = Completeness("stopped", "cancelled")
        raise
    except errors.S3Error as error:
        if not counting.total:
            raise
        counting.completeness = Completeness("stopped", error.sentence)
        return counting
    counting.completeness = COMPLETE
    return counting


def _unnamed(request: DeleteRequest) -> DeleteRequest:
    """Without the keys that are looked at one by one."""
    return request if request.all_versions else replace(request, keys=(), version_id="")


def _count_named(
    counting: Count,
    connection: Connection,
    request: DeleteRequest,
    token: CancelToken | None,
    progress: Callable[[Count], object],
) -> None:
    if request.version_id:
        capabilities.require(connection, request.bucket, "versions")
    for key in request.keys:
        if token:
            token.check()
        uri = S3Uri(request.bucket, key, request.version_id or None)
        try:
            counting.size += head(connection, uri).size
            counting.objects += 1
        except errors.NoSuchKey:
            counting.missing.append(uri)
        except errors.Unsupported:  # how S3 answers for the version id of a delete marker
            counting.markers += 1
        progress(counting)


def can_be_undone(request: DeleteRequest, count: Count) -> bool:
    """Whether all of it only gets delete markers, which can be taken away again."""
    return count.versioning == "Enabled" and not (request.all_versions or request.version_id or request.uploads)


def wants_name(request: DeleteRequest, count: Count) -> bool:
    """Whether the bucket's name must be typed: more than one object, or a prefix, would be gone for good."""
    return not can_be_undone(request, count) and (bool(request.prefixes) or count.total > 1 or request.uploads)


def consequence(request: DeleteRequest, count: Count) -> str:
    """Whether it can be undone, in a sentence."""
    if can_be_undone(request, count):
        return "The bucket keeps versions: each gets a delete marker, and comes back when that is deleted."
    if request.all_versions or request.version_id or count.versioning in ("Off", "unknown"):
        return "It is gone for good: this can't be undone."
    if count.versioning == "Suspended":
        return "Versioning is suspended: what was written since then is gone for good."
    return "Unfinished uploads are gone for good; each object gets a delete marker."


def versioning_of(connection: Connection, bucket: str) -> buckets.Versioning:
    """Whether `bucket` keeps versions; `unknown` also where we may not look."""
    try:
        return buckets.versioning(connection, bucket)
    except (errors.AccessDenied, errors.Unsupported):
        return "unknown"
