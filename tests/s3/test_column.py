"""A column, beside a plain list of the same numbers."""

from __future__ import annotations

import pickle
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.column import Column

Typecode = Literal["B", "H", "q", "Q"]
HOWS = ("append", "adopt", "extend")
steps = st.lists(st.tuples(st.sampled_from(HOWS), st.lists(st.integers(0, 255), max_size=20)), max_size=12)


def column_of(typecode: Typecode, some: list[tuple[str, list[int]]]) -> Column:
    column = Column(typecode)
    for how, numbers in some:
        memory = array(typecode, numbers)
        if how == "append":
            column.append(memory)
        elif how == "adopt":
            column.adopt(memoryview(memory.tobytes()))
        else:
            column.extend(Column(typecode, [7, *numbers, 7]), 1, len(numbers) + 1)
    return column


@given(st.sampled_from(["B", "H", "q", "Q"]), steps, st.data())
def test_numbers_come_out_as_they_went_in(
    typecode: Typecode, some: list[tuple[str, list[int]]], data: st.DataObject
) -> None:
    column = column_of(typecode, some)
    whole = [number for _, numbers in some for number in numbers]
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, len(whole)))
    assert len(column) == len(whole)
    assert list(column) == [column[place] for place in range(len(whole))] == whole
    assert column.numbers(first, last) == array(typecode, whole[first:last])
    assert all(
        column.piece(place, place + 1) == array(typecode, whole[place : place + 1]).tobytes()
        for place in range(len(whole))
    )
    assert column.raw(first) == array(typecode, whole[first:]).tobytes()
    with pytest.raises(IndexError):
        column[len(whole)]


@given(steps, st.integers(0, 3), st.data())
def test_a_byte_is_found_wherever_it_stands(
    some: list[tuple[str, list[int]]], wanted: int, data: st.DataObject
) -> None:
    some = [(how, [number % 4 for number in numbers]) for how, numbers in some]
    whole = [number for _, numbers in some for number in numbers]
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, len(whole)))
    places = list(column_of("B", some).places(bytes([wanted]), first, last))
    assert places == [place for place in range(first, last) if whole[place] == wanted]


@given(st.sampled_from(["B", "H", "q", "Q"]), steps)
def test_another_process_gets_the_same(typecode: Typecode, some: list[tuple[str, list[int]]]) -> None:
    column = column_of(typecode, some)
    column.extend(Column(typecode, [1]))
    arrived = pickle.loads(pickle.dumps(column))
    assert list(arrived) == list(column)
    arrived.append(array(typecode, [2]))
    assert list(arrived) == [*column, 2]


def test_what_is_adopted_stays_in_its_memory() -> None:
    memory = bytearray(array("q", [1, 2, 3]).tobytes())
    column = Column("q", [0])
    column.adopt(memoryview(memory))
    column.append(array("q", [4]))
    memory[:8] = array("q", [9]).tobytes()
    assert list(column) == [0, 9, 2, 3, 4]


def test_no_stretch_grows_without_end() -> None:
    column = Column("q")
    for _ in range(100):
        column.append(array("q", range(8192)))  # 64 KiB
    assert len(column._stretches) > 10
    assert list(column) == list(range(8192)) * 100


def test_others_read_while_one_appends() -> None:
    column = Column("Q", [0])
    has_ended = threading.Event()

    def read() -> int:
        rounds = 0
        while not has_ended.is_set() or not rounds:
            count = len(column)
            for place in (0, count // 2, count - 1):
                assert column[place] == place
            assert column.numbers(count - 1, count) == array("Q", [count - 1])
            rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for first in range(1, 200_000, 1000):
                numbers = array("Q", range(first, first + 1000))
                if first % 3:
                    column.append(numbers)
                else:
                    column.adopt(memoryview(numbers.tobytes()))
        finally:
            has_ended.set()
        assert all(reader.result() for reader in readers)
    assert len(column) == 200_001
