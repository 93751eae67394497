"""Cutting into parts, and stopping all of them together."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3tui.background import Cancelled, CancelToken, Pool
from s3tui.errors import BadInput
from s3tui.transfers import parts
from s3tui.transfers.checksums import etag_of, sums_of, whole_crc64
from s3tui.transfers.listed_parts import Listed, ListedPart
from s3tui.transfers.parts import MIB, Part, cut, each_part, part_size
from s3tui.transfers.received import stretches


@given(st.integers(0, 50 << 40))
@example(0)
@example(5 * MIB * 10_000)
@example(5 * MIB * 10_000 + 1)
@example(10_000 * (5 << 30))
def test_parts_cover_the_object_within_the_limits(size: int) -> None:
    if size > 10_000 * (5 << 30):
        with pytest.raises(BadInput):
            part_size(size)
        return
    pieces = cut(size, part_size(size))
    assert sum(piece.length for piece in pieces) == size and len(pieces) <= 10_000
    assert [piece.number for piece in pieces] == list(range(1, len(pieces) + 1))
    at = 0
    for piece in pieces:
        assert piece.offset == at and 0 < piece.length <= 5 << 30
        at += piece.length
    assert all(piece.length >= parts.PART_SIZE for piece in pieces[:-1])


@given(
    st.integers(1, 50 << 40),
    st.dictionaries(st.integers(1, 10_000), st.integers(0, 6 << 30), max_size=5),
)
def test_a_plan_taken_from_what_an_endpoint_lists_is_within_the_limits(size: int, lengths: dict[int, int]) -> None:
    listed = Listed({number: ListedPart(length, "", "") for number, length in lengths.items()})
    each = listed.part_size(size)
    if each is not None:
        assert each in lengths.values() and len(cut(size, each)) <= 10_000
        assert 5 * MIB <= each <= 5 << 30 or len(cut(size, each)) == 1


def test_the_plan_of_another_program_is_its_first_parts_length() -> None:
    def listed(*lengths: int) -> Listed:
        return Listed({number: ListedPart(length, "", "") for number, length in enumerate(lengths, 1) if length})

    assert listed(8 * MIB, 8 * MIB, MIB).part_size(17 * MIB) == 8 * MIB
    assert listed(0, 8 * MIB, MIB).part_size(17 * MIB) == 8 * MIB
    assert listed(MIB).part_size(MIB) == MIB
    assert listed(MIB).part_size(17 * MIB) is None and listed().part_size(17 * MIB) is None


@given(st.sets(st.integers(1, 300)))
def test_numbers_of_parts_are_noted_as_few_stretches(numbers: set[int]) -> None:
    found = stretches(numbers)
    assert {number for first, last in found for number in range(first, last + 1)} == numbers
    assert all(first <= last for first, last in found)
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_sums_of_parts_make_the_sum_of_the_whole(pieces: list[bytes]) -> None:
    sums = [sums_of([piece]) for piece in pieces]
    assert whole_crc64(sums) == sums_of([b"".join(pieces)]).checksum


def test_etags_as_s3_makes_them() -> None:
    """Worked out with md5sum for two parts, `a` and `b`."""
    sums = [sums_of([b"a"]), sums_of([b"b"])]
    assert etag_of(sums[:1], False) == "0cc175b9c0f1b6a831c399e269772661"
    assert etag_of(sums, True) == "96e024ba2074fe77e8e965ba43a704be-2"


def test_one_failure_stops_the_others_and_is_the_one_that_is_told() -> None:
    pool, stopped = Pool("test", 4), threading.Event()

    def work(part: Part, token: CancelToken) -> None:
        if part.number == 2:
            raise BadInput("the cause")
        try:
            token.wait(30)
        except Cancelled:
            stopped.set()
            raise

    with pytest.raises(BadInput, match="the cause"):
        each_part(work, [Part(n, 0, 1) for n in range(1, 20)], CancelToken(), pool)
    assert stopped.is_set()


def test_no_more_than_a_few_at_once_and_results_in_order() -> None:
    pool, lock = Pool("test", 16), threading.Lock()
    running, most = 0, 0

    def work(part: Part, token: CancelToken) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        token.wait(0.002)
        with lock:
            running -= 1
        return part.number

    pieces = [Part(n, 0, 1) for n in range(1, 30)]
    assert each_part(work, pieces, CancelToken(), pool) == list(range(1, 30))
    assert most <= parts.AT_ONCE
