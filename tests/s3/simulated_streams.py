"""A bucket in memory that answers as S3 does, and streams whose answers come in any order: to try plans on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from s3tui.s3.columns import NONCURRENT, OBJECT, PREFIX, Columns
from s3tui.s3.fan_out import OutOfOrder, Plan, Segment, StartAfterIgnored

Element = tuple[bytes, int]  # key, kind
Answer = tuple[Columns, bool, dict[str, str]]


def listed(keys: Sequence[bytes], prefix: bytes = b"", delimiter: bytes = b"", versions: bool = False) -> list[Element]:
    """What a sequential listing of these sorted keys gives; a key that comes twice has an older version."""
    elements: list[Element] = []
    for key in keys:
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        element = (key, OBJECT) if cut < 0 else (key[: cut + len(delimiter)], PREFIX)
        if element[1] == OBJECT and elements and elements[-1][0] == key:
            if versions:
                elements.append((key, NONCURRENT))
        elif not elements or elements[-1] != element:
            elements.append(element)
    return elements


def page(elements: Sequence[Element], versions: bool = False) -> Columns:
    columns = Columns()
    columns.append_prefixes([key for key, kind in elements if kind == PREFIX])
    objects = [(key, kind) for key, kind in elements if kind != PREFIX]
    count = len(objects)
    kinds = bytes(kind for _, kind in objects) if versions else b""
    keys = [key for key, _ in objects]
    columns.append_objects(keys, range(count), range(count), [""] * count, [""] * count, kinds)
    return columns


def elements_of(columns: Columns) -> list[Element]:
    """In key order, as a page holds its prefixes before its objects."""
    return sorted((columns.key_bytes(row), columns.kind(row)) for row in range(len(columns)))


@dataclass
class Bucket:
    """Its keys in S3's order, and what it does otherwise than S3."""

    keys: Sequence[bytes]
    prefix: bytes = b""
    delimiter: bytes = b""
    versions: bool = False
    page_size: int = 3
    hides_begun: bool = False  # a common prefix in which StartAfter lies doesn't come again
    ignores_start: bool = False
    leaves_out: int = 0  # elements after StartAfter
    walks: bool = False  # folder by folder, as a file system lists them
    asked: int = 0

    def __post_init__(self) -> None:
        self.elements = listed(self.keys, self.prefix, self.delimiter, self.versions)
        if self.walks:
            self.elements.sort(key=lambda element: element[0].split(b"/"))
        self._names = [key for key, _ in self.elements]

    def plan(self) -> Plan:
        return Plan(self.prefix, self.delimiter, self.versions)

    def answer(self, after: bytes, following: dict[str, str]) -> Answer:
        self.asked += 1
        first = int(following["place"]) if following else self._start(after)
        last = first + self.page_size
        truncated = last < len(self.elements)
        words = {"place": str(last)} if truncated else {}
        return page(self.elements[first:last], self.versions), truncated, words

    def _start(self, after: bytes) -> int:
        if not after or self.ignores_start:
            return 0
        if self.walks:
            return bisect_right(self._names, after.split(b"/"), key=lambda name: name.split(b"/"))
        at = bisect_right(self._names, after)
        begun = at and self.elements[at - 1][1] == PREFIX and after.startswith(self._names[at - 1])
        if (
            begun
            and not self.hides_begun
            and any(key > after and key.startswith(self._names[at - 1]) for key in self.keys)
        ):
            return at - 1
        return at + self.leaves_out


@dataclass
class Streams:
    """Streams that read a bucket by a plan; whose answer comes next is chance."""

    bucket: Bucket
    plan: Plan
    count: int
    chance: Random
    gives_up: float = 0  # how often a stream stops after a page
    alone: int = 0  # pages that one stream reads before the others come
    most_waiting: int = 0
    round_trips: float = 0  # one after the other: answers that are awaited at once count as one

    def run(self) -> Iterator[Columns]:
        """The pages as they are given out."""
        flying: list[tuple[Segment, bytes, dict[str, str]]] = []
        while True:
            self._begin(flying)
            if not flying:
                assert self.plan.done, "a plan that isn't done has work for a stream"
                return
            self.round_trips += 1 / len(flying)
            segment, after, following = flying.pop(self.chance.randrange(len(flying)))
            self._take(segment, self.bucket.answer(after, following))
            yield from self.plan.ready()
            self.most_waiting = max(self.most_waiting, self.plan.rows_waiting)
            if segment.done or self.plan.should_park(segment) or self.chance.random() < self.gives_up:
                self.plan.release(segment)
            else:
                flying.append((segment, segment.after, dict(segment.following)))

    def _begin(self, flying: list[tuple[Segment, bytes, dict[str, str]]]) -> None:
        count = self.count if self.plan.requests >= self.alone else 1
        flying[:] = [one for one in flying if not one[0].done]
        while len(flying) < count and (segment := self.plan.next_work(count)):
            flying.append((segment, segment.after, dict(segment.following)))

    def _take(self, segment: Segment, answer: Answer) -> None:
        try:
            self.plan.take(segment, *answer)
        except (OutOfOrder, StartAfterIgnored):
            if not self.plan.collapse():
                raise
