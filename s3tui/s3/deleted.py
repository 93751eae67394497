"""A prefix as it looks with its deleted keys: one row a key, current or deleted."""

from __future__ import annotations

from collections.abc import Callable

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import listing as listings
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, NONCURRENT, OLD_MARKER, PREFIX, Columns
from s3tui.s3.errors import S3Error
from s3tui.s3.listing import COMPLETE, Completeness, Listing

_OLD = bytes([NONCURRENT, OLD_MARKER])


class WithDeleted(Listing):
    """The objects under a prefix, and the keys whose current version is a delete marker (kind `DELETED`)."""


def read(
    listing: Listing,
    connection: Connection,
    token: CancelToken | None = None,
    on_page: Callable[[Listing], object] | None = None,
) -> None:
    """Read `listing` as `listing.read` does, but from the list of versions.

    Raises `S3Error` and `Cancelled`; the listing then says why it stopped and keeps the rows it has.
    """
    try:
        for page in listings.stream(
            connection, listing.bucket, listing.prefix, listing.delimiter, token, versions=True
        ):
            listing.add(current(page))
            if on_page:
                on_page(listing)
    except Cancelled:
        listing.completeness = Completeness("stopped", "cancelled")
        raise
    except S3Error as error:
        listing.completeness = Completeness("stopped", error.sentence)
        raise
    listing.completeness = COMPLETE


def current(page: Columns) -> Columns:
    """Of some versions and delete markers, those that are the latest of their key, and all prefixes.

    Every key has exactly one of them, wherever it stands among the others: not every server sends the markers
    of a page in their place between its versions.
    """
    kinds = page.column("kinds")
    if len(kinds) == len(kinds.translate(None, _OLD)):
        return page
    kept = [row for row, kind in enumerate(kinds) if kind not in _OLD]
    chosen = Columns()
    chosen.append_prefixes([page.key_bytes(row) for row in kept if kinds[row] == PREFIX])
    rows = [row for row in kept if kinds[row] != PREFIX]
    chosen.append_objects(
        [page.key_bytes(row) for row in rows],
        [page.size(row) for row in rows],
        [page.milliseconds(row) for row in rows],
        [page.etag(row) for row in rows],
        [page.storage_class(row) for row in rows],
        bytes(kinds[row] for row in rows),
    )
    return chosen


def deleted_count(listing: Listing) -> int:
    """How many of the rows so far are deleted keys."""
    return listing.columns.column("kinds").count(DELETED)
