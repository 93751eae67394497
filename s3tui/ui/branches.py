"""What we write ourselves is worked into the tree: prefixes that there are from now on, and those that are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.ui.screens.browser import Browser

MOST_ASKED = 50  # prefixes below one node; of more of them, all are asked for together


async def follow(browser: Browser, written: Collection[S3Uri], emptied: Collection[S3Uri]) -> None:
    """Show what is on the way to each of `written`, and what is left of the prefixes that were `emptied`. Asks for a
    key below each prefix. Raises `S3Error`."""
    connection, tree = browser.connection, browser.bucket_tree
    if connection is None:
        return
    below: dict[S3Uri, set[S3Uri]] = defaultdict(set)
    for uri in written:
        for node, prefix in tree.way_to(uri):
            below[node].add(prefix)
    anew = [node for node, prefixes in below.items() if len(prefixes) > MOST_ASKED]
    asked = [(node, prefix) for node in below if node not in anew for prefix in sorted(below[node], key=str)]
    there = await background.run(background.LISTING, _there, connection, [prefix for _, prefix in asked])
    if browser.connection is not connection:
        return
    for (node, prefix), is_there in zip(asked, there, strict=True):
        tree.put(node, prefix, is_there)
    for node in dict.fromkeys((*anew, *(node for prefix in emptied for node in tree.filled_in(prefix)))):
        tree.post_message(tree.Wanted(node))


def _there(connection: Connection, prefixes: Collection[S3Uri]) -> list[bool]:
    from s3tui.s3 import listing

    return [listing.any_key(connection, prefix.bucket, prefix.key) for prefix in prefixes]
