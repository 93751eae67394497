"""A prefix as it looks with its deleted keys: one row a key, current or deleted."""

from __future__ import annotations

import contextlib

from s3tui.errors import BadInput
from s3tui.s3 import buckets, capabilities, errors, listing
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, NONCURRENT, OLD_MARKER, PREFIX, Columns
from s3tui.s3.listing import Listing
from s3tui.s3.packed import Packed

_OLD = bytes([NONCURRENT, OLD_MARKER])


class WithDeleted(Listing):
    """The objects under a prefix, and the keys whose current version is a delete marker (kind `DELETED`).

    It is read with `listing.read` as any listing, but from the list of versions.
    """

    def __init__(self, bucket: str, prefix: str = "", delimiter: str = "/") -> None:
        super().__init__(bucket, prefix, delimiter)
        self.plan = listing.new_plan(prefix, delimiter, versions=True)

    def add(self, page: Columns | Packed) -> None:
        super().add(current(page.columns if isinstance(page, Packed) else page))

    @property
    def deleted_count(self) -> int:
        """How many of the rows so far are deleted keys."""
        return self.columns.column("kinds").count(DELETED)


def require_versions(connection: Connection, bucket: str) -> None:
    """See that deleted keys can be listed. Raises `BadInput` with the reason why not, and `errors.S3Error`."""
    known = capabilities.probe_bucket(connection, bucket, "versions")
    if not known.supported:
        raise BadInput("Deleted objects can't be shown.", known.reason)
    with contextlib.suppress(errors.AccessDenied):  # the list of versions may be allowed all the same
        if buckets.versioning(connection, bucket) == "Off":
            raise BadInput(f"“{bucket}” has never had versioning: what is deleted there is gone.")


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
