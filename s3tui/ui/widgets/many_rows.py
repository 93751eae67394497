"""What is done to very many rows at once: sorted, split and counted with numpy.

Imported only when there are many, since numpy takes a while and some memory to load. Its long steps let other
threads run meanwhile; what doesn't is done to a stretch of rows at a time.
"""

from __future__ import annotations

import time
from array import array
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from s3tui.s3.columns import PREFIX

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns
    from s3tui.ui.widgets.arrangement import SortBy

_STRETCH = 131_072  # rows copied at a time
_TURN = 20e-6  # s; in which other threads get their turn
_WORD = 8  # bytes of a key that are compared at a time
_Rows = npt.NDArray[np.uint64]


def arranged(
    columns: Columns,
    new: tuple[int, int],
    found: array[int] | None,
    before: tuple[array[int], array[int]],
    by: SortBy | None,
    descending: bool,
) -> tuple[array[int], array[int]]:
    """The prefixes and the other rows of those `before`, and of the `new` ones (first, last) what was `found`, or all.

    Sorted, so that those that are equal stay as they are; or not, without `by`.
    """
    first, last = new
    if found is not None and not (by or columns.prefix_count):
        return before[0], before[1] + found if first else found
    rows = np.arange(first, last, dtype=np.uint64) if found is None else np.frombuffer(found, np.uint64)
    prefixes, others = _by_kind(columns, first, last, rows)
    if first:
        prefixes, others = np.concatenate((_rows(before[0]), prefixes)), np.concatenate((_rows(before[1]), others))
    if by:
        prefixes = _ordered(columns, prefixes, "name", by == "name" and descending)
        others = _ordered(columns, others, by, descending)
    return _array(prefixes), _array(others)


def _by_kind(columns: Columns, first: int, last: int, rows: _Rows) -> tuple[_Rows, _Rows]:
    if not columns.prefix_count:
        return rows[:0], rows
    kinds = np.frombuffer(columns.column("kinds", first, last), np.uint8)
    are_prefixes = kinds[rows - np.uint64(first)] == PREFIX
    return rows[are_prefixes], rows[~are_prefixes]


def _ordered(columns: Columns, rows: _Rows, by: SortBy, descending: bool) -> _Rows:
    if not len(rows):
        return rows
    if by == "name":
        rows = np.sort(rows, kind="stable") if columns.in_order else _by_key(columns, rows)
        return rows[::-1] if descending else rows
    values = _classes(columns) if by == "class" else _column(columns, "sizes" if by == "size" else "times")
    keys = values[rows]
    ordered: _Rows = rows[np.argsort(~keys if descending else keys, kind="stable")]
    return ordered


def index(rows: array[int], row: int) -> int | None:
    """Where `row` is among `rows`."""
    at = np.flatnonzero(_rows(rows) == row)
    return int(at[0]) if len(at) else None


def set_flags(flags: bytearray, rows: array[int]) -> None:
    """Put a 1 at each row."""
    np.frombuffer(flags, np.uint8)[_rows(rows)] = 1


def flip_flags(flags: bytearray, rows: array[int]) -> None:
    """Turn 0 and 1 around at each row."""
    np.frombuffer(flags, np.uint8)[_rows(rows)] ^= 1


def count_flags(flags: bytearray, rows: array[int]) -> int:
    """How many rows have a 1."""
    return int(np.count_nonzero(np.frombuffer(flags, np.uint8)[_rows(rows)]))


def _array(rows: _Rows) -> array[int]:
    result = array("Q")
    for first in range(0, len(rows), _STRETCH):
        result.frombytes(rows[first : first + _STRETCH].tobytes())
        time.sleep(_TURN)
    return result


def _rows(rows: array[int]) -> _Rows:
    return np.frombuffer(rows, np.uint64)


def _column(columns: Columns, name: Literal["sizes", "times"]) -> npt.NDArray[np.int64]:
    values = np.empty(len(columns), np.int64)
    for first in range(0, len(values), _STRETCH):
        last = min(first + _STRETCH, len(values))
        values[first:last] = np.frombuffer(columns.column(name, first, last), np.int64)
        time.sleep(_TURN)
    return values


def _classes(columns: Columns) -> npt.NDArray[np.uint8]:
    """For each row the rank of its storage class among all."""
    names = columns.class_names
    ranks = np.zeros(256, np.uint8)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks[np.frombuffer(columns.column("classes"), np.uint8)]


def _by_key(columns: Columns, rows: _Rows) -> _Rows:
    """Sorted by key where the server didn't: eight bytes at a time, each time only what is still equal."""
    order = np.sort(rows)  # so that equal keys stay as they were listed
    starts = np.empty(len(columns) + 1, np.int64)
    starts[:] = np.frombuffer(columns.column("starts", 0, len(columns)), np.int64)
    text = np.frombuffer(columns.keys_blob(0, len(columns))[0] + bytes(_WORD), np.uint8)
    groups = np.zeros(len(order), np.int64)  # rows of one group are equal so far; groups are in order
    tied = np.arange(len(order))  # places in `order`
    at = 0
    while len(tied):
        words, are_over = _words(text, starts, order[tied], at)
        by_word = np.lexsort((words, groups[tied]))
        order[tied] = order[tied][by_word]
        words, are_over, group = words[by_word], are_over[by_word], groups[tied][by_word]
        begins = np.ones(len(tied), np.bool_)
        begins[1:] = (words[1:] != words[:-1]) | (group[1:] != group[:-1])
        groups[tied] = tied[np.maximum.accumulate(np.where(begins, np.arange(len(tied)), 0))]
        alone = begins & np.append(begins[1:], True)
        tied = tied[~alone & ~are_over]
        at += _WORD
    return order


def _words(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], rows: _Rows, at: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Of each row's key the eight bytes from `at` on as a number that sorts like them, and whether that was all."""
    lengths = starts[rows + np.uint64(1)] - starts[rows] - at
    words = np.zeros(len(rows), np.uint64)
    for place in range(_WORD):
        byte = text[np.minimum(starts[rows] + at + place, len(text) - 1)]
        words = (words << np.uint64(8)) | np.where(place < lengths, byte, 0).astype(np.uint64)
    return words, lengths <= _WORD
