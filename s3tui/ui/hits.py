"""What we write ourselves is worked into the hits of a search, which would take long to be made again."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.background import CancelToken
from s3tui.s3.cache import Kept
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.s3.search import Hits
    from s3tui.ui.places import Places
    from s3tui.ui.screens.browser import Browser

MOST_ASKED = 50  # objects; of more of them only those that are gone are made out


async def follow(browser: Browser, places: Places, written: Collection[S3Uri], emptied: Collection[S3Uri]) -> None:
    """Let the hits that are shown, or that Escape leads back to, have what is at `written` and in `emptied` now.

    Raises `S3Error`.
    """
    from s3tui.s3.search import Hits

    connection, view = browser.connection, places.hits
    if view is None or not isinstance(view.listing, Hits) or connection is None:
        return
    kept = view.kept
    new = await background.run(background.LISTING, _followed, view.listing, connection, written, emptied)
    if new is None or view.kept is not kept:
        return
    if places.view is view:
        places.replace(view, Kept(new, kept.begun))
    else:
        view.kept = Kept(new, kept.begun)


def _followed(
    hits: Hits, connection: Connection, written: Collection[S3Uri], emptied: Collection[S3Uri]
) -> Hits | None:
    """The hits as they are now; None when nothing of them is concerned."""
    from s3tui.s3.listing import Completeness
    from s3tui.s3.patching import patched_hits

    inside = {uri for uri in written if hits.place_of(uri)}
    found = [uri for uri in map(hits.uri, range(len(hits.columns))) if uri in inside or _is_in_one(uri, emptied)]
    if len(inside.union(found)) <= MOST_ASKED:
        return patched_hits(hits, connection, inside.union(found), ()) if inside or found else None
    new = patched_hits(hits, connection, (), _gone(connection, found))
    if not inside.issubset(found) and new.completeness.is_complete:
        new.completeness = Completeness("stopped", "much was written since.")
    return new


def _is_in_one(uri: S3Uri, prefixes: Collection[S3Uri]) -> bool:
    return any(uri.bucket == prefix.bucket and uri.key.startswith(prefix.key) for prefix in prefixes)


def _gone(connection: Connection, uris: Collection[S3Uri]) -> list[S3Uri]:
    """Those of `uris` at which there is no object any more."""
    from s3tui.transfers.taken import taken

    gone: list[S3Uri] = []
    for bucket in {uri.bucket for uri in uris}:
        keys = [uri.key for uri in uris if uri.bucket == bucket]
        seen = taken(connection, bucket, keys, CancelToken())
        gone += (S3Uri(bucket, key) for key in keys if key not in seen.found and key not in seen.unknown)
    return gone
