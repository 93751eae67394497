from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.columns import Columns, Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
keys = st.text(min_size=1, max_size=40).map(lambda key: key.encode("utf-8", "replace").decode())
etags = st.one_of(
    st.just(""),
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.builds("{}-{}".format, st.binary(min_size=16, max_size=16).map(bytes.hex), st.integers(0, 99999)),
    st.text(alphabet='0aAfF-"Wé', min_size=1, max_size=40).map(lambda text: text.strip('"')),
)
objects = st.builds(
    Row,
    keys,
    st.just(False),
    st.integers(0, 5 << 40),
    st.none() | st.integers(-(10**12), 10**13).map(lambda ms: EPOCH + timedelta(milliseconds=ms)),
    etags,
    st.sampled_from(["", "STANDARD", "GLACIER", "ein Eimer"]),
)
rows = st.lists(objects | st.builds(Row, keys, st.just(True)), max_size=30)


def columns_of(some: list[Row]) -> Columns:
    columns = Columns()
    for row in some:
        if row.is_prefix:
            columns.append_prefix(row.key)
        else:
            columns.append(row.key, row.size, row.modified, row.etag, row.storage_class)
    return columns


@given(rows)
def test_rows_come_out_as_they_went_in(some: list[Row]) -> None:
    columns = columns_of(some)
    assert list(columns) == some
    assert columns.total_size == sum(row.size for row in some)
    assert columns.prefix_count == sum(row.is_prefix for row in some)
    assert columns.object_count == len(some) - columns.prefix_count


@given(rows, rows, rows)
def test_extending_by_pages_is_appending_their_rows(first: list[Row], second: list[Row], third: list[Row]) -> None:
    whole, apart = columns_of(first + second + third), Columns()
    for page in (first, second, third):
        apart.extend(columns_of(page))
    assert list(apart) == list(whole)
    assert apart.keys_blob() == whole.keys_blob()
    assert (apart.total_size, apart.prefix_count, apart.in_order) == (
        whole.total_size,
        whole.prefix_count,
        whole.in_order,
    )


@given(rows)
def test_in_order_means_that_prefixes_and_objects_each_ascend_by_bytes(some: list[Row]) -> None:
    expected = all(
        group == sorted(set(group))
        for group in ([row.key.encode() for row in some if row.is_prefix is kind] for kind in (True, False))
    )
    assert columns_of(some).in_order is expected


@given(rows)
def test_blob_holds_every_key_at_its_start(some: list[Row]) -> None:
    blob, starts = columns_of(some).keys_blob()
    assert [blob[starts[i] : starts[i + 1]].decode() for i in range(len(some))] == [row.key for row in some]


def test_quotes_around_an_etag_are_not_part_of_it() -> None:
    columns = Columns()
    for etag in ('"abc"', 'W/"abc"', '"'):
        columns.append("key", 1, None, etag)
    assert [row.etag for row in columns] == ["abc", 'W/"abc"', '"']


def test_a_key_that_is_not_utf8_survives() -> None:
    columns = Columns()
    columns.append_prefixes([b"caf\xe9/"])
    assert columns.key(0) == "caf\udce9/"
    assert columns.key_bytes(0) == b"caf\xe9/"


def test_more_storage_classes_than_a_byte_can_number_lose_their_names_only() -> None:
    columns = Columns()
    for number in range(300):
        columns.append(f"{number:03}", number, None, "", f"CLASS_{number}")
    assert columns.storage_class(254) == "CLASS_254"
    assert columns.storage_class(299) == ""
    assert columns.size(299) == 299


def test_a_row_costs_its_key_and_fifty_bytes() -> None:
    page = Columns()
    for number in range(1000):
        page.append(f"warehouse/events/2026/part-{number:010}.parquet", number, EPOCH, f"{number:032x}", "STANDARD")
    tracemalloc.start()
    columns = Columns()
    for _ in range(100):
        columns.extend(page)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(columns) < 120  # bytes; 45 of them are the key, and the arrays have room to grow


def test_a_row_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        columns_of([]).row(0)
