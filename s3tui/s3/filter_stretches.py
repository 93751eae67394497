"""Filters over many rows, with numpy: one stretch of rows after the other, so that other threads get their turn.

Imported only when there are many rows, since numpy takes a while to load.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from s3tui.background import STRETCHES
from s3tui.s3.columns import NONCURRENT, OBJECT, Columns

if TYPE_CHECKING:
    from s3tui.s3.filter_words import Word

Mask = npt.NDArray[np.bool_]
_ROWS = 32768  # in one stretch; each gives others their turn, which costs 0.2 ms
_DENSE = 1  # more hits a row than this are found sooner by looking at all bytes than at all hits
_EIGHT = 8  # bytes that are looked at together
_AT_ONCE = 57  # bits that eight bytes have from any bit of the first one on
_SAMPLE = 4096  # bytes that tell which are rare
_CALLS = 1024  # of Python for single names before other threads get their turn
_TURN = 20e-6  # s


def rows(words: Sequence[Word], columns: Columns, first: int, last: int, skip: int) -> array[int]:
    """The rows of which all words hold; half of many are looked at by a thread of their own."""
    if last - first <= 2 * _ROWS:
        return _rows(words, columns, first, last, skip)
    middle = (first + last) // 2
    others = STRETCHES.submit(_rows, words, columns, middle, last, skip)
    return _rows(words, columns, first, middle, skip) + others.result()


def _rows(words: Sequence[Word], columns: Columns, first: int, last: int, skip: int) -> array[int]:
    found = array("Q")
    scratch = Scratch()
    for start in range(first, last, _ROWS):
        stretch = Stretch(columns, start, min(start + _ROWS, last), skip, scratch)
        mask: Mask = np.ones(len(stretch), np.bool_)
        for word in words:
            mask &= word.mask(stretch, mask)
            if not mask.any():
                break
        else:
            found.frombytes((np.flatnonzero(mask) + start).data.cast("B"))
        if len(stretch) == _ROWS:
            time.sleep(_TURN)
    return found


class Scratch:
    """Memory for what is computed on the way: asking the system for it for each stretch takes longer than the rest."""

    def __init__(self) -> None:
        self._bytes = [np.empty(0, np.uint8)] * 3

    def text(self, length: int) -> npt.NDArray[np.uint8]:
        return self._part(0, length)

    def masks(self, length: int) -> tuple[Mask, Mask]:
        return self._part(1, length).view(np.bool_), self._part(2, length).view(np.bool_)

    def _part(self, number: int, length: int) -> npt.NDArray[np.uint8]:
        if length > len(self._bytes[number]):
            self._bytes[number] = np.empty(length + length // 4, np.uint8)
        return self._bytes[number][:length]


class Stretch:
    """Some rows that follow each other; what a filter doesn't ask for isn't copied."""

    def __init__(self, columns: Columns, first: int, last: int, skip: int, scratch: Scratch) -> None:
        self._columns = columns
        self._scratch = scratch
        self._first = first
        self._last = last
        self._skip = skip

    def __len__(self) -> int:
        return self._last - self._first

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self._columns.column("kinds", self._first, self._last), np.uint8)

    @cached_property
    def has_content(self) -> Mask:
        """Which rows are objects, or versions of one that aren't delete markers."""
        has_content: Mask = (self.kinds == OBJECT) | (self.kinds == NONCURRENT)
        return has_content

    def numbers(self, column: Literal["sizes", "times"]) -> npt.NDArray[np.int64]:
        return np.frombuffer(self._columns.column(column, self._first, self._last), np.int64)

    def of_class(self, is_meant: Callable[[str], bool]) -> Mask:
        """Which rows have a storage class that `is_meant`."""
        numbers = np.frombuffer(self._columns.column("classes", self._first, self._last), np.uint8)
        meant = np.zeros(256, np.bool_)
        for number, name in enumerate(self._columns.class_names):
            meant[number] = is_meant(name)
        of_class: Mask = meant[numbers]
        return of_class

    @cached_property
    def _blob(self) -> tuple[bytearray, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """All keys, and where in them each name starts and ends. Behind them there is something, for `_eights`."""
        blob, starts = self._columns.keys_blob(self._first, self._last)
        blob += bytes(_EIGHT)
        edges = np.asarray(starts, np.int64) - starts[0]
        return blob, np.minimum(edges[:-1] + self._skip, edges[1:]), edges[1:]

    def where(self, is_meant: Callable[[str], bool], among: Mask, ascii_too: bool) -> Mask:
        """Of which of the rows `among` the name `is_meant`; one by one. Pure ASCII may be known not to be."""
        mask: Mask = np.zeros(len(self), np.bool_)
        blob, starts, ends = self._blob
        is_ascii = blob.isascii()
        if is_ascii and not ascii_too:
            return mask
        candidates = np.flatnonzero(among)
        for at in range(0, len(candidates), _CALLS):
            some = candidates[at : at + _CALLS]
            edges = zip(starts[some].tolist(), ends[some].tolist(), strict=True)
            mask[some] = [is_meant(blob[start:end].decode("utf-8", "surrogateescape")) for start, end in edges]
            time.sleep(_TURN)
        return mask

    def holding(self, needle: bytes, ignores_case: bool) -> Mask:
        """Which names hold `needle`; ignoring case it is lower-case ASCII."""
        blob, starts, ends = self._blob
        length = len(needle)
        text = np.frombuffer(blob, np.uint8)
        count = len(text) - _EIGHT - length + 1
        if count <= 0:
            return np.zeros(len(self), np.bool_)
        places = [text] * length
        if ignores_case:
            # Right for letters, and only looked at for them.
            lowered = np.bitwise_or(text, 0x20, out=self._scratch.text(len(text)))
            places = [lowered if chr(byte).isalpha() else text for byte in needle]
        hits, more = self._scratch.masks(count)
        first, *left = _rarest_first(places, needle)
        np.equal(places[first][first : first + count], needle[first], out=hits)
        while np.count_nonzero(hits) > _DENSE * len(self):
            if not left:
                return _any_between(hits, starts, ends - (length - 1))
            at = left.pop(0)
            np.equal(places[at][at : at + count], needle[at], out=more)
            np.logical_and(hits, more, out=hits)
        found = np.flatnonzero(hits)
        if left:  # few places are left: each is looked at
            found = found[_is_there(text, found, needle, ignores_case)]
        if len(found) == len(self) and ((starts <= found) & (found + length <= ends)).all():
            return np.ones(len(self), np.bool_)  # one in each name, as of an ending that all have
        rows = np.searchsorted(starts, found, "right") - 1
        mask: Mask = np.zeros(len(self), np.bool_)
        mask[rows[(rows >= 0) & (found + length <= ends[rows])]] = True
        return mask


def _eights(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The eight bytes from each byte on, as one number."""
    return np.ndarray(len(text) - _EIGHT + 1, "<u8", text, strides=(1,))


def _is_there(text: npt.NDArray[np.uint8], places: npt.NDArray[np.int64], needle: bytes, ignores_case: bool) -> Mask:
    """At which of the places the needle is; ignoring case it is lower-case ASCII."""
    # Without one bit a letter is the same as its other case, and nothing else is.
    asked = bytes(0xDF if ignores_case and chr(byte).isalpha() else 0xFF for byte in needle)
    is_there: Mask = np.ones(len(places), np.bool_)
    for at in range(0, len(needle), _EIGHT):
        bits, wanted = (np.uint64(int.from_bytes(part[at : at + _EIGHT], "little")) for part in (asked, needle))
        is_there &= _eights(text)[places + at] & bits == wanted & bits
    return is_there


def _any_between(hits: Mask, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Mask:
    """For each start and end whether there is a hit from the one up to, and without, the other."""
    # With a bit for each place, eight bytes are enough for most names.
    packed = np.concatenate([np.packbits(hits, bitorder="little"), np.zeros(int(starts[-1]) // 8 + _EIGHT, np.uint8)])
    eights = _eights(packed)
    lengths = ends - starts

    def any_soon(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Mask:
        asked = (np.uint64(1) << np.clip(lengths, 0, _AT_ONCE).view(np.uint64)) - np.uint64(1)
        found: Mask = eights[starts >> 3] >> (starts & 7).view(np.uint64) & asked != 0
        return found

    any_hit = any_soon(starts, lengths)
    at = _AT_ONCE
    while len(rows := np.flatnonzero(~any_hit & (lengths > at))):
        any_hit[rows] = any_soon(starts[rows] + at, lengths[rows] - at)
        at += _AT_ONCE
    return any_hit


def _rarest_first(places: list[npt.NDArray[np.uint8]], needle: bytes) -> list[int]:
    """Places in the needle, those first whose byte seems to be rare where it is looked for."""
    counts = [np.count_nonzero(text[:_SAMPLE] == byte) for text, byte in zip(places, needle, strict=True)]
    return sorted(range(len(needle)), key=counts.__getitem__)
