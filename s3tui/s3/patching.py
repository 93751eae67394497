"""A listing, or the hits of a search, as they are after we wrote something, without listing everything again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from s3tui.background import CancelToken
from s3tui.s3 import listing as listings
from s3tui.s3 import versions
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, OBJECT, PREFIX, Columns, Row
from s3tui.s3.deleted import WithDeleted
from s3tui.s3.listing import Listing
from s3tui.s3.search import Hits
from s3tui.s3.uri import S3Uri


def patched(
    listing: Listing, connection: Connection, written: Iterable[S3Uri], token: CancelToken | None = None
) -> Listing:
    """A copy of `listing` with what is at each of `written` now: a row, a prefix, or nothing any more.

    Asks one page for each; whoever has written much lists anew. Raises `S3Error`, `Cancelled`.
    """
    puts: dict[str, Row] = {}
    gone: set[bytes] = set()
    for element in sorted({_element(listing, uri) for uri in written}):
        row = _look(listing, connection, element, token)
        if row is not None:
            puts[element] = row
        elif not (isinstance(listing, WithDeleted) and _is_prefix(listing, element)):  # it may hold deleted keys
            gone.add(element.encode("utf-8", "surrogateescape"))
    new = listing.anew()
    new.columns = listing.columns.merged(list(puts.values()), gone)
    new.completeness = listing.completeness
    return new


def patched_hits(
    hits: Hits,
    connection: Connection,
    written: Iterable[S3Uri],
    gone: Iterable[S3Uri],
    token: CancelToken | None = None,
) -> Hits:
    """A copy of `hits` with what is at each of `written` now, if it fits, and without `gone`.

    Asks one page for each of `written`. Raises `S3Error`, `Cancelled`.
    """
    puts: list[Row] = []
    out = {hits.key_of(uri) for uri in gone}
    for uri in sorted(set(written), key=str):
        row = _look(Listing(uri.bucket, "", ""), connection, uri.key, token)
        if row is not None and hits.fits(uri, row):
            puts.append(replace(row, key=hits.key_of(uri)))
        else:
            out.add(hits.key_of(uri))
    return hits.with_rows(hits.columns.merged(puts, {key.encode("utf-8", "surrogateescape") for key in out}))


def _element(listing: Listing, uri: S3Uri) -> str:
    """What stands for `uri` in the listing: its key, or the common prefix that hides it."""
    name = uri.key[len(listing.prefix) :]
    cut = name.find(listing.delimiter) if listing.delimiter else -1
    return uri.key if cut < 0 else listing.prefix + name[: cut + len(listing.delimiter)]


def _is_prefix(listing: Listing, element: str) -> bool:
    return bool(listing.delimiter) and element.endswith(listing.delimiter) and element != listing.prefix


def _look(listing: Listing, connection: Connection, element: str, token: CancelToken | None) -> Row | None:
    is_prefix = _is_prefix(listing, element)
    if isinstance(listing, WithDeleted) and not is_prefix:
        return _latest(connection, S3Uri(listing.bucket, element), token)
    if is_prefix:
        return Row(element, PREFIX) if listings.any_key(connection, listing.bucket, element, token) else None
    page = next(listings.pages(connection, listing.bucket, element, "", token, page_size=1), Columns())
    return next((row for row in page if row.key == element), None)


def _latest(connection: Connection, uri: S3Uri, token: CancelToken | None) -> Row | None:
    for version in versions.versions_of(connection, uri, token).versions:
        if version.is_latest:
            kind = DELETED if version.is_delete_marker else OBJECT
            return Row(uri.key, kind, version.size, version.modified, version.etag, version.storage_class)
    return None
