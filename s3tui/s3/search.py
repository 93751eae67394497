"""Search: what lies anywhere below some places and fits a filter, handed out while it is being found.

Of several places (every bucket of a profile) a few are searched at a time, since most buckets are small and the
round trips are what takes long; what is found still comes out place by place. An unreadable place is part of the
answer, and keeps nobody from searching the others. Threads of a pool do it, so that cancel waits for no answer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby, islice

from s3tui import background
from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted
from s3tui.errors import S3tuiError
from s3tui.s3 import buckets, filters, listing
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns, Row
from s3tui.s3.filters import Filter
from s3tui.s3.listing import COMPLETE, Completeness, Listing
from s3tui.s3.uri import S3Uri

# The filter's language by example, for those who type it.
LANGUAGE = (
    ("report 2026", "names that hold both; capitals you type matter"),
    ('"a b"  "!x"', "just as it stands, with its space or its sign"),
    (r"re:^a/.*\.iso$", "names in which a regular expression finds something"),
    ("size>1G  size<=1.5M", "bytes, in powers of 1024: K M G T; also ="),
    ("age>30d  age<2h", "since the last change, in s m h d w y"),
    ("class:GLACIER", "the storage class"),
    ("!word", "what the word, whichever it is, does not hold of"),
)
_AHEAD = 64  # steps that a place may be ahead of the one that is being handed out
_PIECE = 1000  # rows
_REASONS = 3  # of places that can't be read, said in full


@dataclass(frozen=True, slots=True)
class Found:
    """One step of a search: some rows of one place were looked at, or it can't be read (any further)."""

    place: S3Uri
    looked_at: int = 0  # rows
    hits: Columns = field(default_factory=Columns)  # those among them that fit
    error: S3tuiError | None = None


def everywhere(connection: Connection) -> list[S3Uri]:
    """Every bucket of the profile, as places to search. Raises `S3Error`."""
    return [S3Uri(bucket.name) for bucket in buckets.list_buckets(connection)]


def search(
    connection: Connection, places: Sequence[S3Uri], wanted: Filter, token: CancelToken | None = None
) -> Iterator[Found]:
    """Look at every object below each of `places`, however deep, and hand out those that `wanted` fits.

    A name that is matched is what follows the place's own key. Each place's keys come in order, and one place
    after the other. What can't be read is a `Found` with its error. Raises `Cancelled`.
    """
    ours = CancelToken()
    if token:
        token.on_cancel(ours.cancel)
    lanes = [_Lane(connection, place, wanted, ours) for place in places]
    running = [background.SEARCH.submit(lane.run) for lane in lanes]
    try:
        for lane in lanes:
            yield from lane.found()
    finally:
        ours.cancel()
        for future in running:
            if not future.cancel():
                background.SEARCH.abandon(future)


def _looked_through(
    connection: Connection, place: S3Uri, wanted: Filter, token: CancelToken
) -> Generator[Found, None, None]:
    skip = len(_encoded(place.key))
    try:
        for rows in listing.stream(connection, place.bucket, place.key + wanted.key_prefix, "", token):
            fitting = wanted.rows(rows, 0, len(rows), skip)
            yield Found(place, len(rows), rows if len(fitting) == len(rows) else _picked(rows, fitting))
    except S3tuiError as error:
        yield Found(place, error=error)


class _Lane:
    """The search of one place in a thread of the pool, and what it found until that is handed out."""

    def __init__(self, connection: Connection, place: S3Uri, wanted: Filter, token: CancelToken) -> None:
        self._search = _looked_through(connection, place, wanted, token)
        self._token = token
        self._steps: queue.SimpleQueue[Found | BaseException | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_AHEAD)
        token.on_cancel(self._let_go)

    def run(self) -> None:
        """Search; waits while too much is not handed out yet."""
        try:
            self._token.check()
            with closing(self._search) as search:
                for step in search:
                    self._room.acquire()
                    self._token.check()
                    self._steps.put(step)
        except BaseException as error:  # for whoever waits for the next step
            self._steps.put(error)
        else:
            self._steps.put(None)

    def found(self) -> Iterator[Found]:
        """The steps as they come. Raises `Cancelled` at once when cancel is asked for."""
        while True:
            step = self._steps.get()
            self._token.check()
            if step is None:
                return
            if isinstance(step, BaseException):
                raise step
            self._room.release()
            yield step

    def _let_go(self) -> None:
        self._room.release()
        self._steps.put(Cancelled())


class Hits(Listing):
    """What a search has found so far, as a listing for the same kind of table.

    With several places a row's key is `bucket/key`; `uri` says where a row really is.
    """

    def __init__(self, places: Sequence[S3Uri], wanted: Filter) -> None:
        only = places[0] if len(places) == 1 else S3Uri("")
        super().__init__(only.bucket, only.key, "")
        # So that what is found in one after the other is in the order of `bucket/key`.
        self.places = sorted(places, key=lambda place: f"{place.bucket}/{place.key}")
        self.wanted = wanted
        self.looked_at = 0  # rows
        self.missed: dict[S3Uri, S3tuiError] = {}  # the places that can't be read (to their end), and why

    def anew(self) -> Hits:
        """The same search to be made once more; ages count back from now."""
        return Hits(self.places, filters.parse(self.wanted.text))

    @property
    def listed(self) -> int:
        """How many rows were looked at so far."""
        return self.looked_at

    @property
    def is_of_one_place(self) -> bool:
        return len(self.places) == 1

    def uri(self, index: int) -> S3Uri:
        """The object that this row stands for."""
        key = self.columns.key(index)
        if self.is_of_one_place:
            return S3Uri(self.bucket, key)
        bucket, _, key = key.partition("/")
        return S3Uri(bucket, key)

    def key_of(self, uri: S3Uri) -> str:
        """The key of the row that stands for `uri`."""
        return uri.key if self.is_of_one_place else f"{uri.bucket}/{uri.key}"

    def place_of(self, uri: S3Uri) -> S3Uri | None:
        """The place of the search in which `uri` is; None when it is in none."""
        return next((each for each in self.places if each.bucket == uri.bucket and uri.key.startswith(each.key)), None)

    def fits(self, uri: S3Uri, row: Row) -> bool:
        """Whether the search would find `row`, as a listing has it, at `uri`."""
        place = self.place_of(uri)
        return place is not None and self.wanted.matches(row, len(_encoded(place.key)))

    def with_rows(self, columns: Columns) -> Hits:
        """The same search, which found these instead."""
        new = Hits(self.places, self.wanted)
        new.columns, new.completeness, new.looked_at, new.missed = (
            columns,
            self.completeness,
            self.looked_at,
            self.missed,
        )
        return new

    def by_bucket(self, rows: Iterable[int]) -> Iterator[tuple[str, Columns]]:
        """Some rows under their own keys, in this order: pieces of one bucket each, with the bucket's name."""
        for bucket, numbers in groupby(rows, lambda row: self.uri(row).bucket):
            cut = 0 if self.is_of_one_place else len(bucket) + 1
            while piece := list(islice(numbers, _PIECE)):
                yield bucket, _picked(self.columns, piece, cut=cut)

    def take(self, found: Found) -> None:
        """Add what a step of the search found."""
        self.looked_at += found.looked_at
        if found.error:
            self.missed[found.place] = found.error
        elif len(found.hits):
            hits, before = found.hits, f"{found.place.bucket}/".encode()
            self.add(hits if self.is_of_one_place else _picked(hits, range(len(hits)), before))


def completeness(places: Sequence[S3Uri], missed: Mapping[S3Uri, S3tuiError]) -> Completeness:
    """That of what was found in `places`, of which some could not be read (to their end)."""
    if not missed:
        return COMPLETE
    if len(places) == 1:
        return Completeness("stopped", "".join(error.sentence for error in missed.values()))
    told = [f"bucket {place.bucket}: {error.sentence}" for place, error in missed.items()]
    if len(told) > _REASONS:
        told[_REASONS:] = [f"and {counted(len(told) - _REASONS, 'more bucket')}."]
    return Completeness("stopped", " ".join(told))


def read(
    hits: Hits,
    connection: Connection,
    token: CancelToken | None = None,
    on_page: Callable[[Hits], object] | None = None,
) -> None:
    """Search into `hits`, which must be new, and call `on_page` after each step, from this thread.

    Raises `Cancelled`, and the error of a place when no place at all could be read; `hits.completeness` then says
    why it stopped. With only some places unreadable it says so without raising.
    """
    try:
        for found in search(connection, hits.places, hits.wanted, token):
            hits.take(found)
            if on_page:
                on_page(hits)
    except Cancelled:
        hits.completeness = Completeness("stopped", "cancelled")
        raise
    hits.completeness = completeness(hits.places, hits.missed)
    if hits.missed and len(hits.missed) == len(hits.places):
        raise next(iter(hits.missed.values()))


def _picked(rows: Columns, numbers: Sequence[int], before: bytes = b"", cut: int = 0) -> Columns:
    """A copy of some objects, with `before` put before their keys, or `cut` bytes of these cut off."""
    picked = Columns()
    picked.append_objects(
        [before + rows.key_bytes(number)[cut:] for number in numbers],
        [rows.size(number) for number in numbers],
        [rows.milliseconds(number) for number in numbers],
        [rows.etag(number) for number in numbers],
        [rows.storage_class(number) for number in numbers],
    )
    return picked


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
