"""Reads the pages of a plan: the first few by itself, then, when there are many, with a crew of child processes.

A child costs more to start than five pages take, and the first page should be on screen before anything else
begins. Whatever a child can't do (an error, an odd page, a redirect) is asked for again through the source of pages,
which retries, follows, logs and raises as for every other request.
"""

from __future__ import annotations

import ctypes
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain

from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.columns import Columns
from s3tui.s3.crew import Crew
from s3tui.s3.direct import Way
from s3tui.s3.fan_out import CHILDREN, OutOfOrder, Plan, PlanBroken, Segment, StartAfterIgnored
from s3tui.s3.listing_child import Fetched
from s3tui.s3.packed import Packed
from s3tui.s3.page_source import MOST_STREAMS, Pages
from s3tui.s3.requests import LoggedRequest

ALONE = 5  # pages that are read before children are started
MOST_FAILURES = 8, 50  # pages that children could not fetch: so many, and one in so many; with more they don't pay
_WAKE = 0.5  # s
_START = 20.0  # s in which a child is ready, or never will be
_MOST_PREPARED = 500  # pages that wait; what was made of them takes memory, too
_SLOW_DOWN = {429, 503}
_REFUSED = {400, 401, 403}  # also what an endpoint says of keys that are no longer valid


class Reader:
    """One run through what a plan still lacks. The plan can be gone on with by another run."""

    def __init__(
        self,
        source: Pages,
        plan: Plan,
        token: CancelToken | None = None,
        *,
        prepare: Callable[[Columns], object] | None = None,
        children: int = CHILDREN,
        rests: bool = True,
    ) -> None:
        """`prepare` is called with pages that wait for those before them, while there is nothing else to do.
        `rests`: nothing is read while children start, for the sake of a screen that must stay quick."""
        self._source = source
        self._plan = plan
        self._token = token or CancelToken()
        self._children = children
        self._jobs: dict[int, tuple[Segment, bytes | None]] = {}  # with the end that the child knows
        self._jobs_begun = 0
        self._asked = 0  # pages this run asked for itself
        self._is_plain = True  # pages are written so that a child can read them
        self._way: Way | None = None  # how this run's own last request was sent
        self._failures = 0
        self._was_fetched = False  # by a child, with the keys it has
        self._is_outdated = False  # the crew has keys that are no longer valid
        self._may_grow = source.may_split
        self._streams = 1
        self._rests = rests
        self._prepare = prepare
        self._unprepared: dict[int, Columns] = {}  # by `id`
        self._prepared: set[int] = set()
        self._costs: deque[tuple[float, float]] = deque(maxlen=16)  # of the last pages: s idle, s busy

    def pages(self) -> Iterator[Columns]:
        """What comes, as it can be given out. Raises `S3Error`, `PlanBroken`, `Cancelled`."""
        return chain.from_iterable(self.rounds())

    def rounds(self) -> Iterator[Iterator[Columns]]:
        """The same, as often as something came, and twice a second while children are waited for."""
        return self._given_out(chain(self._first_rounds(), self._later_rounds()))

    def first_pages(self) -> Iterator[Columns]:
        """Only what it reads before it would start children: afterwards `wants_children` tells whether it would."""
        return chain.from_iterable(self._given_out(self._first_rounds()))

    @property
    def wants_children(self) -> bool:
        """Whether children can read what is left."""
        return self._way is not None and self._is_plain and not self._plan.done

    def _given_out(self, rounds: Iterator[None]) -> Iterator[Iterator[Columns]]:
        try:
            yield self._ready()  # what an earlier run was cancelled before it could give out
            for _ in rounds:
                self._token.check()
                yield self._ready()
        except (S3tuiError, PlanBroken):
            yield self._ready()  # what came with, or before, what is wrong
            raise
        finally:
            self._release_all()
            if self._jobs_begun:
                give_back_memory()

    def _ready(self) -> Iterator[Columns]:
        for page in self._plan.ready():
            self._unprepared.pop(id(page), None)
            self._prepared.discard(id(page))
            yield page

    def _first_rounds(self) -> Iterator[None]:
        """Each round takes some pages into the plan."""
        while not self._plan.done and (self._plan.requests < ALONE or not self._asked):
            self._alone()
            yield

    def _later_rounds(self) -> Iterator[None]:
        while self.wants_children:
            assert self._way is not None
            self._was_fetched, self._is_outdated, self._failures = False, False, 0
            with Crew(self._way, self._children if self._may_grow else 1) as crew:
                self._token.on_cancel(crew.kill)
                yield from self._together(crew)
            self._release_all()
            if not self._is_outdated:
                break
        while not self._plan.done:
            self._alone()
            yield

    def _release_all(self) -> None:
        for segment, _ in self._jobs.values():
            self._plan.release(segment)
        self._jobs.clear()

    # ---- alone

    def _alone(self) -> None:
        """Fetch the next page of the segment that is next."""
        segment = self._plan.next_work(1)
        assert segment is not None, "a plan that isn't done has something to do"
        try:
            self._fetch(segment)
        finally:
            self._plan.release(segment)

    def _fetch(self, segment: Segment) -> None:
        self._token.check()  # cancel ends the children, whose pages then are missing
        page = self._source.page(self._words(segment), wants_way=bool(self._children))
        self._asked += 1
        self._way, self._is_plain = page.way, page.is_plain
        # Some servers send a token and say that nothing is left: asking once more settles it.
        self._take(segment, page.columns, page.truncated or bool(page.following), page.following)

    def _words(self, segment: Segment) -> dict[str, str]:
        """The query words of the segment's next page."""
        begin = {"key-marker" if self._plan.versions else "start-after": _text(segment.after)}
        return segment.following or (begin if segment.after else {})

    def _take(self, segment: Segment, columns: Columns, truncated: bool, following: dict[str, str]) -> None:
        try:
            self._plan.take(segment, columns, truncated, following)
        except (OutOfOrder, StartAfterIgnored):
            # Not every endpoint honours StartAfter, or sorts. One stream still lists everything from the front on.
            self._streams, self._may_grow = 1, False
            if not self._plan.collapse():
                raise
            self._unprepared.clear()  # most of them were thrown away

    # ---- together

    def _together(self, crew: Crew) -> Iterator[None]:
        """Until the plan is done, or the crew is no use any more."""
        started = time.monotonic()
        while not (self._plan.done or crew.is_gone or self._is_outdated or self._fails_too_often):
            if not crew.ready and time.monotonic() - started > _START:
                return
            if crew.ready:
                self._give_work(crew)
            elif not self._rests:
                self._alone()
                list(crew.receive(0))  # only that they are ready
                yield
                continue
            may_prepare = self._unprepared and len(self._prepared) < _MOST_PREPARED
            received = list(crew.receive(0 if may_prepare else _WAKE))
            for fetched in received:
                self._handle(crew, fetched)
            if may_prepare and not received:
                self._prepare_one()
            self._token.check()
            yield

    @property
    def _fails_too_often(self) -> bool:
        some, one_in = MOST_FAILURES
        return self._failures > some + self._plan.requests // one_in

    def _prepare_one(self) -> None:
        name, page = next(iter(self._unprepared.items()))
        del self._unprepared[name]
        self._prepared.add(name)
        assert self._prepare is not None
        self._prepare(page)

    def _give_work(self, crew: Crew) -> None:
        while len(self._jobs) < self._streams and (segment := self._plan.next_work(self._streams)):
            number = crew.begin(self._words(segment), segment.end)
            self._jobs_begun += 1
            self._jobs[number] = (segment, segment.end)
        for number, (segment, end) in self._jobs.items():
            if segment.end != end:  # a part of it was given to another
                crew.change(number, segment.end)
                self._jobs[number] = (segment, segment.end)

    def _handle(self, crew: Crew, fetched: Fetched) -> None:
        segment, _ = self._jobs.get(fetched.number, (None, None))
        if segment is None:
            return
        if fetched.kind == "page":
            self._log(fetched)
            self._was_fetched = True
            truncated = fetched.truncated or bool(fetched.following)
            waiting = len(segment.pages)
            self._take(segment, Packed(memoryview(fetched.columns)).columns, truncated, fetched.following)
            if self._prepare and len(segment.pages) > waiting:
                self._unprepared[id(segment.pages[-1])] = segment.pages[-1]
            self._learn(crew, fetched)
            for number, (other, _) in list(self._jobs.items()):
                if other.done or self._plan.should_park(other):
                    self._stop(crew, number)
            return
        del self._jobs[fetched.number]
        try:
            if fetched.kind == "failed":
                self._failures += 1
                if fetched.status in _SLOW_DOWN:
                    self._step_back(crew)
                if not (segment.done or self._is_outdated):
                    self._fetch(segment)
                    self._note_outdated(crew, fetched.status)
        finally:
            self._plan.release(segment)

    def _note_outdated(self, crew: Crew, status: int) -> None:
        """A child was refused what this process was not: if its keys are other ones by now, those were too old."""
        now = self._way
        self._is_outdated = status in _REFUSED and self._was_fetched and now is not None and now.keys != crew.way.keys

    def _stop(self, crew: Crew, number: int) -> None:
        segment, end = self._jobs.pop(number)
        crew.change(number, end, stop=True)
        self._plan.release(segment)

    def _step_back(self, crew: Crew) -> None:
        """One stream from now on."""
        self._streams, self._may_grow = 1, False
        for number in list(self._jobs):
            self._stop(crew, number)

    def _learn(self, crew: Crew, fetched: Fetched) -> None:
        """As many streams as keep each child busy: while one waits for the server, others are read."""
        self._costs.append((fetched.idle, fetched.busy))
        if self._may_grow and self._plan.can_split:
            idle = min(idle for idle, _ in self._costs)
            busy = min(busy for _, busy in self._costs)
            self._streams = min(MOST_STREAMS, crew.ready * (1 + round(idle / max(busy, 1e-6))))

    def _log(self, fetched: Fetched) -> None:
        self._source.log(
            LoggedRequest(
                at=datetime.now(UTC) - timedelta(seconds=fetched.seconds),
                operation="ListObjectVersions" if self._plan.versions else "ListObjectsV2",
                bucket=self._source.bucket,
                key="",
                status=fetched.status,
                request_id=fetched.request_id,
                attempts=1,
                milliseconds=round(fetched.seconds * 1000),
            )
        )


def give_back_memory() -> None:
    """What many pages took on their way is free again, but glibc keeps it: half as much as all their rows."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
