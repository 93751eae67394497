"""The words of a filter: what each holds of, for one row and for a stretch of rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from s3tui.s3.columns import NONCURRENT, OBJECT, PREFIX, Columns

if TYPE_CHECKING:
    from s3tui.s3.filter_stretches import Mask, Stretch

FEW = 500  # rows that are looked at one by one, for which numpy isn't imported
NO_TIME = -(2**63)


class Facts(NamedTuple):
    """What words look at in a row."""

    name: bytes  # as shown
    kind: int
    size: int  # bytes
    time: int  # milliseconds since 1970
    storage_class: str


def facts(columns: Columns, row: int, skip: int) -> Facts:
    """Of one row, whose key's first `skip` bytes aren't shown."""
    name = columns.key_bytes(row)[skip:]
    return Facts(name, columns.kind(row), columns.size(row), columns.milliseconds(row), columns.storage_class(row))


class Word(Protocol):
    """One word of a filter."""

    @property
    def cost(self) -> int:
        """Cheap words come first: then dear ones look at fewer rows."""

    @property
    def literal_start(self) -> str:
        """What the names it holds of begin with; empty when that can't be told."""

    def holds(self, row: Facts) -> bool:
        """Whether it holds of one row."""

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        """Of which rows it holds; only right for the rows `among`."""

    def span(self, name: str) -> tuple[int, int] | None:
        """Where in a name it is found."""


@dataclass(frozen=True)
class Text:
    """A piece of the name."""

    text: str
    needle: bytes
    ignores_case: bool
    cost = 1
    literal_start = ""

    def holds(self, row: Facts) -> bool:
        if not self.ignores_case:
            return self.needle in row.name
        if self.text.isascii():
            return self.needle in row.name.lower()  # of bytes only A-Z change
        return self.text in row.name.decode("utf-8", "surrogateescape").lower()

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        if self.ignores_case and not self.text.isascii():
            return stretch.where(lambda name: self.text in name.lower(), among, ascii_too=False)
        return stretch.holding(self.needle, self.ignores_case)

    def span(self, name: str) -> tuple[int, int] | None:
        lowered = name.lower() if self.ignores_case else name
        at = lowered.find(self.text) if len(lowered) == len(name) else -1
        return (at, at + len(self.text)) if at >= 0 else None


@dataclass(frozen=True)
class Pattern:
    """A regular expression that finds something in the name."""

    pattern: re.Pattern[str]
    literal_start: str
    cost = 2

    def holds(self, row: Facts) -> bool:
        return self.pattern.search(row.name.decode("utf-8", "surrogateescape")) is not None

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        return stretch.where(lambda name: self.pattern.search(name) is not None, among, ascii_too=True)

    def span(self, name: str) -> tuple[int, int] | None:
        found = self.pattern.search(name)
        return found.span() if found and found[0] else None


@dataclass(frozen=True)
class Range:
    """A size in bytes, or a time in milliseconds, from `low` to `high`."""

    column: Literal["sizes", "times"]
    low: int
    high: int
    cost = 0
    literal_start = ""

    def holds(self, row: Facts) -> bool:
        if self.column == "times":
            return row.kind != PREFIX and self.low <= row.time <= self.high
        return row.kind in (OBJECT, NONCURRENT) and self.low <= row.size <= self.high

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        values = stretch.numbers(self.column)
        within: Mask = (values >= self.low) & (values <= self.high)
        return within & (stretch.kinds != PREFIX if self.column == "times" else stretch.has_content)

    def span(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class StorageClass:
    """A storage class by its name in capitals."""

    name: str
    cost = 0
    literal_start = ""

    def holds(self, row: Facts) -> bool:
        return row.kind in (OBJECT, NONCURRENT) and self.is_meant(row.storage_class)

    def is_meant(self, storage_class: str) -> bool:
        return (storage_class or "STANDARD").upper() == self.name

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        return stretch.of_class(self.is_meant) & stretch.has_content

    def span(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class Not:
    """Whatever another word doesn't hold of."""

    word: Word
    literal_start = ""

    @property
    def cost(self) -> int:
        return self.word.cost

    def holds(self, row: Facts) -> bool:
        return not self.word.holds(row)

    def mask(self, stretch: Stretch, among: Mask) -> Mask:
        return ~self.word.mask(stretch, among)

    def span(self, name: str) -> None:
        return None
