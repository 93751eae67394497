"""One column of many numbers, in stretches of memory that never move.

A column in one block is moved again and again while it grows, and nobody else runs meanwhile. Memory that was filled
elsewhere, as by a pipe, becomes a stretch as it is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

Typecode = Literal["B", "H", "q", "Q"]  # of `array`
_FULL = 1 << 19  # bytes of a stretch that gets no more


class Column:
    """One thread appends, others read what was appended before. What is appended together stays in one stretch."""

    def __init__(self, typecode: Typecode, first: Iterable[int] = ()) -> None:
        self._typecode: Typecode = typecode
        # Only the last one grows. The others are views, also of what is an array, which then can't be resized.
        self._stretches: list[array[int] | memoryview] = [array(typecode, first)]
        self._firsts = [0]  # of each stretch the place of its first number; what has none here doesn't count yet

    def __len__(self) -> int:
        last = len(self._firsts) - 1
        return self._firsts[last] + len(self._stretches[last])

    def __getitem__(self, place: int) -> int:
        """`place` counts from 0 on; nothing is counted from the end."""
        at = bisect_right(self._firsts, place) - 1
        return self._stretches[at][place - self._firsts[at]]

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._stretches)

    def __reduce__(self) -> tuple[object, ...]:
        """For another process. Memory that was adopted can't be sent as it is."""
        return _again, (self._typecode, bytes(self.raw()))

    def raw(self, first: int = 0, last: int | None = None) -> bytearray:
        """A copy of the numbers from `first` up to, and without, `last`, as they are in memory."""
        return bytearray().join(self._cut(first, last))

    def piece(self, first: int, last: int) -> bytes:
        """As `raw`, sooner, of numbers that were appended together."""
        at = bisect_right(self._firsts, first) - 1
        begin = self._firsts[at]
        return bytes(self._stretches[at][first - begin : last - begin])

    def numbers(self, first: int = 0, last: int | None = None) -> array[int]:
        """A copy of the numbers from `first` up to, and without, `last`."""
        numbers = array(self._typecode)
        for cut in self._cut(first, last):
            numbers.frombytes(memoryview(cut).cast("B"))
        return numbers

    def places(self, text: bytes, first: int = 0, last: int | None = None) -> Iterator[int]:
        """In a column of bytes: where between `first` and `last` this text stands that was appended together."""
        for cut in self._cut(first, last):
            at = (searched := bytes(cut)).find(text)
            while at >= 0:
                yield first + at
                at = searched.find(text, at + 1)
            first += len(cut)

    def append(self, numbers: bytes | bytearray | array[int] | memoryview) -> None:
        """Add numbers, or what they are in memory."""
        last = self._stretches[-1]
        if isinstance(last, memoryview) or len(last) * last.itemsize >= _FULL:
            last = array(self._typecode)
            self._begin(last)
        last.frombytes(memoryview(numbers).cast("B"))

    def adopt(self, numbers: memoryview) -> None:
        """Add numbers without a copy: bytes as they are in memory that nobody changes any more."""
        self._begin(numbers.cast(self._typecode))

    def extend(self, other: Column, first: int = 0, last: int | None = None) -> None:
        """Add those of another column, from `first` up to, and without, `last`."""
        for cut in other._cut(first, last):
            self.append(cut)

    def _begin(self, stretch: array[int] | memoryview) -> None:
        first = len(self)
        self._stretches[-1] = memoryview(self._stretches[-1])
        self._stretches.append(stretch)
        self._firsts.append(first)

    def _cut(self, first: int, last: int | None) -> Iterator[array[int] | memoryview]:
        """The stretches, and the first and the last of them only as far as they are asked for."""
        end = len(self) if last is None else last
        at = bisect_right(self._firsts, first) - 1
        while first < end and at < len(self._firsts):
            begin = self._firsts[at]
            # What grows is copied here: a view would be in the way of who appends.
            cut = self._stretches[at][first - begin : end - begin]
            if cut:
                yield cut
            first += len(cut)
            at += 1


def _again(typecode: Typecode, raw: bytes) -> Column:
    column = Column(typecode)
    column.adopt(memoryview(raw))
    return column
