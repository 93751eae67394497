"""How one listing is shared among several streams: which stretch of the key space each one reads, and what came.

Pure bookkeeping: no request is made here. A stretch is a `Segment`; an idle stream takes the upper part of the one
that seems to have most left. Any split is correct, a bad one only costs a request. The pages come out in key order
and each row once, as from one stream; where the endpoint's answers contradict each other, it is said or repaired.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from s3tui.s3.columns import Columns
from s3tui.s3.key_space import KeySpace
from s3tui.s3.segments import (
    NoToken,
    OutOfOrder,
    OutsidePrefix,
    PlanBroken,
    RepeatedPage,
    RepeatedToken,
    Segment,
    StartAfterIgnored,
    TooManyEmpty,
    cut_for,
    first_key,
    last_key,
    without_repeated,
)

__all__ = [
    "NoToken",
    "OutOfOrder",
    "OutsidePrefix",
    "Plan",
    "PlanBroken",
    "RepeatedPage",
    "RepeatedToken",
    "Segment",
    "StartAfterIgnored",
    "TooManyEmpty",
]

PAGE_SIZE = 1000  # rows, the most that an endpoint may be asked for
CHILDREN = min(2, os.cpu_count() or 1)  # processes that read it
KEPT = 2_000_000  # rows that may wait behind the front, about 200 MB
NEAR = 4  # unfinished segments that are read on when so many wait
WORTH = 2_500  # rows left in a segment that are worth a split
_IMPLAUSIBLE = 30  # times as many rows as were seen
_BOUNDLESS = 1e9
_EXTRA = 0.14  # splits a request, after the first few: each costs up to one request
_EMPTY_PAGES = 1000
_CONTRADICTIONS = 3, 8  # that are borne: so many, and one in so many; keys may be written meanwhile


class Plan:
    """The segments of one listing. Not for several threads at once."""

    def __init__(self, prefix: bytes, delimiter: bytes = b"", versions: bool = False) -> None:
        """One segment to begin with; `versions`: a key may come several times, one row after the other."""
        self.prefix = prefix
        self.delimiter = delimiter
        self.versions = versions
        self.can_split = True
        self.requests = 0  # pages taken
        self.rows = 0  # rows taken
        self.rows_waiting = 0  # rows taken and not given out
        self._segments = [Segment(b"", None)]  # in key order
        self._space = KeySpace(prefix)
        self._firsts: set[bytes] = set()
        self.splits = 0  # stretches cut in two
        self._compared = 0
        self._contradictions = 0
        self._disordered = False
        self._given = 0, b""  # rows that another process has given out, and the last one's key

    @property
    def done(self) -> bool:
        """Whether every segment is at its end; pages may still wait in `ready`."""
        return all(segment.done for segment in self._segments)

    # -- work for streams

    def next_work(self, streams: int) -> Segment | None:
        """What an idle stream shall read, marked as busy; None when there is nothing for it.

        `streams`: how many may be busy at a time.
        """
        unfinished = [segment for segment in self._segments if not segment.done]
        if sum(segment.busy for segment in unfinished) >= streams:
            return None
        near = unfinished[: self._near()]
        work = next((segment for segment in near if not segment.busy), None)
        if work is None and self.can_split and self.splits < 8 + 1.5 * streams + _EXTRA * self.requests:
            work = self._split_off(near)
        if work:
            work.busy = True
            work.missed = False
        return work

    def release(self, segment: Segment) -> None:
        """Its stream has stopped before the end; another one may go on where it was."""
        segment.busy = False

    def should_park(self, segment: Segment) -> bool:
        """Whether its stream shall release it: too much waits in memory for what comes before it, or a page is missing."""
        if segment.missed:
            return True
        near = self._near()
        if near is None or segment.done:
            return False
        unfinished = (other for other in self._segments if not other.done)
        return all(other is not segment for other, _ in zip(unfinished, range(near), strict=False))

    def _near(self) -> int | None:
        """How many unfinished segments may be read; None for all."""
        if self.rows_waiting <= KEPT:
            return None
        return NEAR if self.rows_waiting <= KEPT * 3 // 2 else 1

    def _split_off(self, segments: list[Segment]) -> Segment | None:
        """The upper part of the segment with most left."""
        left = [(self._left(segment), at) for at, segment in enumerate(segments)]
        for rows, at in sorted(left, reverse=True):
            if rows < WORTH:
                break
            lower = segments[at]
            middle = None
            if rows > _IMPLAUSIBLE * self.rows and (lower.trust < 0.5 or rows > _BOUNDLESS):
                middle = self._space.split_deep(lower.recent[0][0], lower.last, lower.end)
            middle = middle or self._space.split(lower.last, lower.end)
            if middle is not None:
                upper = Segment(middle, lower.end)
                lower.end = middle
                self.splits += 1
                self._segments.insert(self._segments.index(lower) + 1, upper)
                return upper
        return None

    def _left(self, segment: Segment) -> float:
        """About how many rows are still to come; 0 when nothing tells."""
        if not segment.last or segment.before is not None:
            return 0
        known = (segment.rows, segment.end, segment.trust)
        if segment.estimate[0] == known:
            return segment.estimate[1]
        recent, rows = segment.recent[0]
        lately = (segment.rows - rows) * self._space.left(recent, segment.last, segment.end)
        overall = segment.rows * self._space.left(segment.first, segment.last, segment.end)
        left = max(lately, overall) * segment.trust
        segment.estimate = known, left
        return left

    # -- pages from streams

    def take(self, segment: Segment, columns: Columns, truncated: bool, following: dict[str, str]) -> None:
        """A page came for `segment`: `truncated` when there is more, which `following` are the query words for.

        Afterwards the segment may be `done`. A page for one that is done already (`collapse`) is ignored.
        Raises `PlanBroken`; if the listing goes on all the same, the stream has to begin anew (`should_park`).
        """
        if segment.done or segment.missed:
            return
        self.requests += 1
        try:
            problem = self._problem(segment, columns, following) if truncated else None
            self._take_in(segment, self._following_rows(segment, columns), truncated, following)
            if problem:
                raise problem
            self._compare(segment)
        except PlanBroken:
            segment.missed = True
            raise

    def _take_in(self, segment: Segment, columns: Columns, truncated: bool, following: dict[str, str]) -> None:
        if len(columns):
            self._take_over(segment, last_key(columns))
            self._space.learn(columns)
        fitting, rest = cut_for(segment, columns)
        segment.following = following
        segment.tokens.add(hash(tuple(following.items())))
        segment.empty = 0 if len(columns) else segment.empty + 1
        self._keep(segment, fitting)
        if len(rest) or not truncated:
            self._finish(segment, rest, truncated)

    def _problem(self, segment: Segment, columns: Columns, following: dict[str, str]) -> PlanBroken | None:
        """Why what is behind this page can't be asked for."""
        if not following:
            return NoToken("The endpoint doesn't say that this was all, nor how to get more.")
        if hash(tuple(following.items())) in segment.tokens:
            return RepeatedToken("The endpoint repeats its continuation token.")
        if not len(columns) and segment.empty >= _EMPTY_PAGES:
            return TooManyEmpty(f"The endpoint sent {_EMPTY_PAGES:,} empty pages one after the other.")
        return None

    def _following_rows(self, segment: Segment, columns: Columns) -> Columns:
        """The page, if it comes after what came; without the common prefix in which the segment begins."""
        if not len(columns):
            return columns
        if not columns.all_start_with(self.prefix):
            raise OutsidePrefix("The endpoint sent keys that are not under the prefix.")
        if columns.prefix_count and not self.delimiter:
            raise OutsidePrefix("The endpoint sent prefixes where keys were asked for.")
        first = first_key(columns)
        begins = not segment.last
        if begins and columns.prefix_count and segment.after.startswith(columns.key_bytes(0)):
            columns = columns.part(1, len(columns))
            if not len(columns):
                return columns
            first = first_key(columns)
        if begins and segment.after and first <= segment.after:
            raise StartAfterIgnored("The endpoint doesn't begin where it was told to.")
        if not self.versions:
            columns = without_repeated(columns, segment.last)
            if not len(columns):
                return columns
            first = first_key(columns)
        goes_on = first > segment.last or (first == segment.last and self.versions)
        if not (goes_on and columns.in_order):
            self._bear_disorder(segment, first)
        if not segment.after:
            self._firsts.add(first)
        return columns

    def _bear_disorder(self, segment: Segment, first: bytes) -> None:
        """Not every endpoint sorts as S3 does: as long as one stream reads all, that is no fault."""
        if first in self._firsts:
            raise RepeatedPage("The endpoint sent the same page twice.")
        self._disordered = True
        if segment.after or len(self._segments) > 1:
            raise OutOfOrder("The endpoint doesn't send keys in order.")
        self.can_split = False

    def _take_over(self, segment: Segment, last: bytes) -> None:
        """A page that reaches into neighbours which nobody has begun to read saves their first request."""
        at = self._segments.index(segment) + 1
        while segment.end is not None and last > segment.end and at < len(self._segments):
            upper = self._segments[at]
            if upper.busy or upper.last or upper.done or upper.empty or segment.before is not None:
                return
            segment.end = upper.end
            upper.done = True
            del self._segments[at]

    def _keep(self, segment: Segment, columns: Columns) -> None:
        if not len(columns):
            return
        if not segment.first:
            segment.first = first_key(columns)
            segment.recent.append((segment.first, 0))
        segment.last = max(segment.last, last_key(columns))
        segment.pages.append(columns)
        segment.trust = min(1.0, segment.trust * 2)
        segment.rows += len(columns)
        segment.recent.append((segment.last, segment.rows))
        self.rows += len(columns)
        self.rows_waiting += len(columns)

    def _finish(self, segment: Segment, rest: Columns, more: bool) -> None:
        """Its stream has to release it: until then it may still send pages, if the segment is reopened at once."""
        segment.done = True
        segment.more = more
        segment.rest = None if segment.before is not None else rest

    # -- do the endpoint's answers fit together?

    def _compare(self, segment: Segment) -> None:
        """Compare a segment with its neighbours: what one has seen beyond its end, the next one must have."""
        at = self._segments.index(segment)
        if segment.done and not segment.first and len(self._segments) > 1 and at:
            del self._segments[at]
            self._segments[at - 1].trust /= 2
        elif at + 1 < len(self._segments) or segment.done:
            self._compare_with_next(at)
        if at:
            self._compare_with_next(at - 1)

    def _compare_with_next(self, at: int) -> None:
        lower = self._segments[at]
        upper = self._segments[at + 1] if at + 1 < len(self._segments) else None
        if not lower.done or lower.rest is None or (upper and not upper.first):
            return
        self._compared += 1
        missing = first_key(lower.rest) if len(lower.rest) else b""
        if missing and (upper is None or missing < upper.first):
            self._contradictions += 1
            some, one_in = _CONTRADICTIONS
            if self._contradictions > some + self._compared // one_in:
                raise StartAfterIgnored("The endpoint leaves out keys when it is told where to begin.")
            self._reopen(lower, upper.first if upper else None)
        lower.rest = None

    def _reopen(self, lower: Segment, before: bytes | None) -> None:
        """It goes on where its neighbour ought to have begun, up to what the neighbour has.

        A key that was written meanwhile looks the same as an endpoint that left it out.
        """
        rest = lower.rest
        assert rest is not None
        lower.before = lower.end = before
        fitting, beyond = cut_for(lower, rest)
        self._keep(lower, fitting)
        lower.done = bool(len(beyond)) or not lower.more

    def collapse(self) -> bool:
        """Give up reading at several places: one stream goes on at the front to the end, the rest is thrown away.

        False when that can't make the listing right any more.
        """
        front = next((at for at, one in enumerate(self._segments) if not one.done or one.rest is not None), None)
        if front is None:
            return True
        segment = self._segments[front]
        behind = self._segments[front + 1 :]
        if self._disordered and segment.after:
            return False
        del self._segments[front + 1 :]
        for other in behind:
            other.done = True
            self.rows -= other.rows
            self.rows_waiting -= sum(map(len, other.pages))
        self.can_split = False
        segment.end = segment.before = None
        if segment.rest is not None:
            self._keep(segment, segment.rest)
            segment.done, segment.rest = not segment.more, None
        return True

    # -- giving out

    def pass_over(self, rows: int, last_key: bytes) -> None:
        """The next `rows` have been given out already, from a copy of this plan; the last of them was `last_key`."""
        self._given = rows, last_key

    def _not_given(self, page: Columns) -> Columns:
        rows, key = self._given
        if not rows:
            return page
        passed = min(rows, len(page))
        self._given = rows - passed, key
        if passed == rows and page.key_bytes(passed - 1) != key:
            raise OutOfOrder("The list has changed while it was read a second time.")
        return page.part(passed, len(page))

    def ready(self) -> Iterator[Columns]:
        """The pages that can be given out now in key order, each once. Raises `OutOfOrder` after `pass_over`."""
        while self._segments:
            front = self._segments[0]
            while front.pages:
                page = front.pages.popleft()
                self.rows_waiting -= len(page)
                if len(page := self._not_given(page)):
                    yield page
            if not front.done or front.rest is not None or len(self._segments) == 1:
                return
            del self._segments[0]
