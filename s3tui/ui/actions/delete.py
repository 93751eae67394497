"""`D`: delete what is selected, or what is under the cursor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.s3.uri import S3Uri
from s3tui.ui.screens.browser import Browser

if TYPE_CHECKING:
    from s3tui.s3.listing import Listing
    from s3tui.transfers.delete import DeleteRequest


def delete(browser: Browser) -> None:
    """The bucket or prefix of the tree, when that has the focus; else what is chosen in the table."""
    from s3tui.ui.actions import buckets

    in_tree = browser.bucket_tree.has_focus or browser.places.view is None
    if not in_tree:
        browser.ask(_delete_chosen)
    elif browser.current_uri and browser.current_uri.key:
        browser.ask(_delete_prefix, browser.current_uri)
    else:
        buckets.delete(browser)


async def _delete_prefix(browser: Browser, prefix: S3Uri) -> None:
    from s3tui.transfers.delete import DeleteRequest

    await _confirm(browser, DeleteRequest(prefix.bucket, prefixes=(prefix.key,)), 0)


async def _delete_chosen(browser: Browser) -> None:
    table = browser.objects.table
    listing, rows = table.listing, table.selected_ids or ([] if table.cursor_id is None else [table.cursor_id])
    if listing is None:
        return
    chosen = await background.run(background.ROWS, _requests, listing, rows)
    if not chosen:
        browser.say("Only deleted objects are chosen; there is nothing left of them to delete but versions.")
    for request, size in chosen:
        await _confirm(browser, request, size)


def _requests(listing: Listing, rows: Sequence[int]) -> list[tuple[DeleteRequest, int]]:
    """One for each bucket (the hits of a search may be of several), with the bytes of its objects."""
    from s3tui.transfers.delete import DeleteRequest

    keys: dict[str, list[str]] = defaultdict(list)
    prefixes: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = defaultdict(int)
    for number in rows:
        place, row = listing.uri(number), listing.columns.row(number)
        if row.is_prefix:
            prefixes[place.bucket].append(place.key)
        elif not row.is_deleted:
            keys[place.bucket].append(place.key)
            sizes[place.bucket] += row.size
    return [
        (DeleteRequest(bucket, tuple(keys[bucket]), tuple(prefixes[bucket])), sizes[bucket])
        for bucket in dict.fromkeys((*keys, *prefixes))
    ]


async def _confirm(browser: Browser, request: DeleteRequest, size: int) -> None:
    from s3tui.ui.dialogs.delete_objects import DeleteObjects

    connection = browser.connection
    assert connection is not None
    agreed = await browser.app.push_screen_wait(DeleteObjects(connection, request, size))
    if agreed is not None:
        await background.run(background.LOCAL, browser.queue.submit, connection, agreed)
