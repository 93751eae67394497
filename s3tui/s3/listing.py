"""What is under a prefix, page by page, and whether that is all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import page_parser
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.errors import S3Error

PAGE_SIZE = 1000
# AWS may send empty pages where much was deleted; no real listing has this many one after the other.
_EMPTY_PAGES = 1000
_PREFIX_PAGES = 5


class BrokenListing(S3Error):
    """The endpoint's pages don't add up, so what was listed can't be called complete."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a list holds everything there was to list. Everything computed from it inherits this."""

    state: Literal["complete", "more", "stopped"]
    reason: str = ""  # why it was stopped; a sentence

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"

    def __str__(self) -> str:
        """`complete`, `more exist`, `stopped: why`."""
        words = {"complete": "complete", "more": "more exist", "stopped": "stopped"}[self.state]
        return f"{words}: {self.reason}" if self.reason else words


COMPLETE = Completeness("complete")
MORE = Completeness("more")


class Listing:
    """The rows under one prefix so far. One thread reads pages into it, others look at it."""

    def __init__(self, bucket: str, prefix: str = "", delimiter: str = "/") -> None:
        """An empty `delimiter` lists everything below the prefix instead of one level."""
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.columns = Columns()
        self.completeness = MORE

    def add(self, page: Columns) -> None:
        self.columns.extend(page)

    def name(self, index: int) -> str:
        """The row's key without the listing's prefix."""
        return self.columns.key(index)[len(self.prefix) :]


def read(
    listing: Listing,
    connection: Connection,
    token: CancelToken | None = None,
    on_page: Callable[[Listing], object] | None = None,
) -> None:
    """Read all pages into `listing`, which must be new, and call `on_page` after each, from this thread.

    Raises `S3Error` and `Cancelled`; the listing then says why it stopped and keeps the rows it has.
    """
    try:
        for page in pages(connection, listing.bucket, listing.prefix, listing.delimiter, token):
            listing.add(page)
            if on_page:
                on_page(listing)
    except Cancelled:
        listing.completeness = Completeness("stopped", "cancelled")
        raise
    except S3Error as error:
        listing.completeness = Completeness("stopped", error.sentence)
        raise
    listing.completeness = COMPLETE


def pages(
    connection: Connection,
    bucket: str,
    prefix: str = "",
    delimiter: str = "/",
    token: CancelToken | None = None,
    page_size: int = PAGE_SIZE,
) -> Iterator[Columns]:
    """The rows under `prefix`, one page after the other; if it ends without an error, that was all.

    Raises `S3Error`, `BrokenListing` when the endpoint's pages don't add up, and `Cancelled`.
    """
    parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": page_size}
    if delimiter:
        parameters["Delimiter"] = delimiter
    guard = _Guard(bucket, prefix)
    while True:
        if token:
            token.check()
        with page_parser.columns_wanted():
            answer = connection.call("list_objects_v2", **parameters)
        page = page_parser.page_of(answer)
        guard.look_at(page)
        if token:
            token.check()
        yield page
        following = guard.following(answer)
        if following is None:
            return
        parameters["ContinuationToken"] = following


def stream(
    connection: Connection,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    token: CancelToken | None = None,
    *,
    versions: bool = False,
    in_order: bool = True,
) -> Iterator[Columns]:
    """The rows under `prefix` as fast as they can be had: after some pages in child processes, many at a time.

    With `versions` also noncurrent versions and delete markers come. Without `in_order` a part may come before
    another that is earlier in the order of keys, each row once all the same; then nothing has to be kept back.
    Raises `S3Error`, `BrokenListing` when the endpoint's pages don't add up, and `Cancelled`.
    """
    return pages(connection, bucket, prefix, delimiter, token)


def first_prefixes(
    connection: Connection, bucket: str, prefix: str, limit: int, token: CancelToken | None = None
) -> tuple[list[str], bool]:
    """Up to `limit` common prefixes one level below `prefix`, and whether there may be more.

    Looks at a few pages only, so it stays quick where prefixes stand among many objects. Raises `S3Error`.
    """
    found: list[str] = []
    for looked_at, page in enumerate(pages(connection, bucket, prefix, "/", token)):
        if looked_at == _PREFIX_PAGES or len(found) > limit:
            return found[:limit], True
        found += (page.key(index) for index in range(len(page)) if page.is_prefix(index))
    return found[:limit], len(found) > limit


class _Guard:
    """Sees to it that a listing ends, and that it isn't called complete when it can't be."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix.encode("utf-8", "surrogateescape")
        self._tokens: set[str] = set()
        self._firsts: set[bytes] = set()
        self._empty = 0

    def look_at(self, page: Columns) -> None:
        if not len(page):
            self._empty += 1
            if self._empty > _EMPTY_PAGES:
                raise self._broken(f"The endpoint sent {_EMPTY_PAGES:,} empty pages one after the other.")
            return
        self._empty = 0
        if not page.all_start_with(self._prefix):
            raise self._broken("The endpoint sent keys that are not under the prefix.")
        # Order can't be checked (not every server sorts as S3 does), but no page begins like an earlier one.
        first = page.key_bytes(0)
        if first in self._firsts:
            raise self._broken("The endpoint sent the same page twice.")
        self._firsts.add(first)

    def following(self, answer: dict[str, Any]) -> str | None:
        """The token of the next page; None when this was the last one."""
        following = answer.get("NextContinuationToken")
        if not following:
            if answer.get("IsTruncated"):
                raise self._broken("The endpoint says that there is more, but not how to get it.")
            return None
        # Some servers send a token and say that nothing is left: asking once more settles it.
        if following in self._tokens:
            raise self._broken("The endpoint repeats its continuation token.")
        self._tokens.add(following)
        return str(following)

    def _broken(self, why: str) -> BrokenListing:
        return BrokenListing(why, f"The list of “{self._bucket}” is not complete.")
