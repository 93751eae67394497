"""A stretch of a listing that one stream reads, how a page is cut at its end, and what may be wrong with pages."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field

from s3tui.s3.columns import Columns


class PlanBroken(Exception):
    """The endpoint's pages don't add up; the text is a sentence for the user."""


class StartAfterIgnored(PlanBroken):
    """The endpoint doesn't begin where it is told to: `Plan.collapse` may still save the listing."""


class OutOfOrder(PlanBroken):
    """A page goes back to where an earlier page has been: `Plan.collapse` may still save the listing."""


class RepeatedToken(PlanBroken):
    """The endpoint would send the same pages for ever."""


class RepeatedPage(PlanBroken):
    """The endpoint sends the same rows again."""


class NoToken(PlanBroken):
    """The endpoint doesn't say that this was all, nor how to get more."""


class TooManyEmpty(PlanBroken):
    """The endpoint sends empty pages for ever."""


class OutsidePrefix(PlanBroken):
    """The endpoint sent keys or prefixes that nobody asked for."""


@dataclass(slots=True, eq=False)
class Segment:
    """A stretch of a listing that one stream reads: keys after `after`, up to and with `end`."""

    after: bytes  # empty: from the prefix on
    end: bytes | None
    following: dict[str, str] = field(default_factory=dict)  # query words of its next page; empty: begin after `after`
    last: bytes = b""  # of what came; empty: nothing came
    done: bool = False
    busy: bool = False
    missed: bool = False  # a page was not taken, so the ones after it from the same stream can't be
    first: bytes = b""
    rows: int = 0
    recent: deque[tuple[bytes, int]] = field(default_factory=lambda: deque(maxlen=4))
    trust: float = 1.0  # in the estimate of what is left: halved when what was split off turns out to be empty
    estimate: tuple[object, float] = (None, 0.0)
    pages: deque[Columns] = field(default_factory=deque)  # that were not given out yet
    before: bytes | None = None  # reopened: it ends before this key, which its neighbour has
    rest: Columns | None = None  # what came beyond its end, until that is compared with the neighbour's first page
    more: bool = False  # whether there was more after `rest`
    tokens: set[int] = field(default_factory=set)  # hashes of `following`
    empty: int = 0  # pages in a row


def first_key(columns: Columns) -> bytes:
    """The lowest key of a page that has rows: its prefixes come before its objects, each in order."""
    prefixes = columns.prefix_count
    first = columns.key_bytes(0)
    return min(first, columns.key_bytes(prefixes)) if 0 < prefixes < len(columns) else first


def last_key(columns: Columns) -> bytes:
    prefixes = columns.prefix_count
    last = columns.key_bytes(len(columns) - 1)
    return max(last, columns.key_bytes(prefixes - 1)) if 0 < prefixes < len(columns) else last


def without_repeated(columns: Columns, last: bytes) -> Columns:
    """A page with rows, without the key that was the `last` one before it: some endpoints begin with that once more.

    Raises `RepeatedPage` when a key stands on it twice.
    """
    if not columns.in_order:
        rows = list(zip(columns.keys(), columns.column("kinds"), strict=True))
        if len(set(rows)) < len(rows):
            raise RepeatedPage("The endpoint sent the same key twice.")
    if first_key(columns) != last:
        return columns
    at = 0 if columns.key_bytes(0) == last else columns.prefix_count
    others = columns.part(0, at)
    others.extend(columns.part(at + 1, len(columns)))
    return others


def cut_for(segment: Segment, columns: Columns) -> tuple[Columns, Columns]:
    """The rows that are the segment's own, and those beyond its end."""
    find, end = (bisect_right, segment.end) if segment.before is None else (bisect_left, segment.before)
    if end is None or not len(columns) or last_key(columns) < end:
        return columns, Columns()
    prefixes, count = columns.prefix_count, len(columns)
    prefix_end = find(range(prefixes), end, key=columns.key_bytes)
    object_end = find(range(count), end, lo=prefixes, key=columns.key_bytes)
    own, beyond = columns.part(0, prefix_end), columns.part(prefix_end, prefixes)
    own.extend(columns.part(prefixes, object_end))
    beyond.extend(columns.part(object_end, count))
    return own, beyond
