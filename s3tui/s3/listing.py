"""What is under a prefix, page by page, and whether that is all of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from s3tui.background import Cancelled, CancelToken
from s3tui.s3.columns import Columns
from s3tui.s3.errors import S3Error
from s3tui.s3.fan_out import CHILDREN, PAGE_SIZE, Plan, PlanBroken
from s3tui.s3.packed import Packed
from s3tui.s3.uri import S3Uri

if TYPE_CHECKING:
    from datetime import datetime

    from s3tui.s3.client import Connection
    from s3tui.s3.reader import Reader

_PREFIX_PAGES = 5


class BrokenListing(S3Error):
    """The endpoint's pages don't add up, so what was listed can't be called complete."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a list holds everything there was to list. Everything computed from it inherits this."""

    state: Literal["complete", "more", "stopped", "part"]
    reason: str = ""  # why it was stopped, a sentence; when it was complete; what part this is

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"

    def __str__(self) -> str:
        """`complete`, `complete: as of when`, `more exist`, `stopped: why`, `part: what; the list: …`."""
        words = "more exist" if self.state == "more" else self.state
        return f"{words}: {self.reason}" if self.reason else words

    def as_of(self, time: datetime) -> Completeness:
        """The same of a list that was begun at `time` and may be out of date."""
        when = f"as of {time.isoformat(timespec='seconds')}"
        return Completeness("complete", when) if self.is_complete else self

    def of_part(self, which: str) -> Completeness:
        """That of rows chosen from the list, such as `the 2 selected rows`; of all rows when `which` is empty."""
        return Completeness("part", f"{which}; the list: {self}") if which else self


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
        self.plan = new_plan(prefix, delimiter)
        self.waiting: int | None = None  # rows that wait in the process that reads it, while one does

    def anew(self) -> Listing:
        """The same with nothing listed yet."""
        return type(self)(self.bucket, self.prefix, self.delimiter)

    @property
    def listed(self) -> int:
        """How many rows have come, those too that wait for rows before them."""
        return len(self.columns) + (self.plan.rows_waiting if self.waiting is None else self.waiting)

    def add(self, page: Columns | Packed) -> None:
        if isinstance(page, Packed):
            page.add_to(self.columns)
        else:
            self.columns.extend(page)

    def name(self, index: int) -> str:
        """The row's key without the listing's prefix."""
        return self.columns.key(index)[len(self.prefix) :]

    def uri(self, index: int) -> S3Uri:
        """Where the row is in S3."""
        return S3Uri(self.bucket, self.columns.key(index))


def new_plan(prefix: str, delimiter: str = "", versions: bool = False) -> Plan:
    """What is to be listed, of which nothing has been listed yet."""
    return Plan(prefix.encode("utf-8", "surrogateescape"), delimiter.encode(), versions)


def read(
    listing: Listing,
    connection: Connection,
    token: CancelToken | None = None,
    on_page: Callable[[Listing], object] | None = None,
) -> None:
    """Read all pages that `listing` lacks into it, and call `on_page` after each, from this thread.

    A listing that was cancelled goes on where it stopped. Raises `S3Error` and `Cancelled`; the listing then says
    why it stopped and keeps the rows it has.
    """
    fill(listing, _reader(connection, listing.bucket, listing.plan, token).pages(), on_page)


def fill(
    listing: Listing, pages: Iterator[Columns | Packed], on_page: Callable[[Listing], object] | None = None
) -> None:
    """Take `pages`, which are all that `listing` lacks, into it. Raises what they raise."""
    listing.completeness = MORE
    try:
        for page in _said(listing.bucket, pages):
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
    plan = new_plan(prefix, delimiter)
    return _said(bucket, _reader(connection, bucket, plan, token, page_size, children=0).pages())


def stream(
    connection: Connection,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    token: CancelToken | None = None,
    *,
    versions: bool = False,
    prepare: Callable[[Columns], object] | None = None,
    rests: bool = True,
    children: int = CHILDREN,
) -> Generator[Columns, None, None]:
    """The rows under `prefix` as fast as they can be had: after some pages in child processes, many at a time.

    With `versions` also noncurrent versions and delete markers come.
    `prepare` may be called with a page some time before it is given out, from this thread, while there is nothing
    else to do. Without `rests` pages come also while the child processes start.
    Raises `S3Error`, `BrokenListing` when the endpoint's pages don't add up, and `Cancelled`.
    """
    plan = new_plan(prefix, delimiter, versions)
    return _said(
        bucket, _reader(connection, bucket, plan, token, prepare=prepare, rests=rests, children=children).pages()
    )


def _reader(
    connection: Connection, bucket: str, plan: Plan, token: CancelToken | None, page_size: int = PAGE_SIZE, **how: Any
) -> Reader:
    from s3tui.s3.page_source import EndpointPages  # the screen's first frame doesn't wait for these
    from s3tui.s3.reader import Reader

    return Reader(EndpointPages(connection, bucket, plan, page_size), plan, token, **how)


def _said(bucket: str, pages: Iterator[T]) -> Generator[T, None, None]:
    try:
        yield from pages
    except PlanBroken as error:
        raise BrokenListing(str(error), f"The list of “{bucket}” is not complete.") from error


def any_key(connection: Connection, bucket: str, prefix: str, token: CancelToken | None = None) -> bool:
    """Whether there is a key that starts with `prefix`. One page of one key. Raises `S3Error`, `Cancelled`."""
    return len(next(pages(connection, bucket, prefix, "", token, page_size=1), Columns())) > 0


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
