from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.columns import DELETED, OBJECT, Columns, Row
from s3tui.s3.packed import Packed, pack

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
    assert columns.keys() == [row.key for row in some]
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
    assert columns.keys() == ["caf\udce9/"]


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
    assert used / len(columns) < 105  # bytes; 45 of them are the key, and the arrays have room to grow


def test_a_row_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        columns_of([]).row(0)


@given(rows, st.data())
def test_a_part_is_a_copy_of_those_rows(some: list[Row], data: st.DataObject) -> None:
    columns = columns_of(some)
    first = data.draw(st.integers(0, len(some)))
    last = data.draw(st.integers(first, len(some)))
    part = columns.part(first, last)
    assert list(part) == some[first:last]
    assert part.etags() == [row.etag for row in some[first:last]]
    assert part.total_size == sum(row.size for row in some[first:last])
    assert part.prefix_count == sum(row.is_prefix for row in some[first:last])


@given(rows, rows, st.integers(0, 100))
def test_columns_survive_the_way_to_another_process(some: list[Row], more: list[Row], base: int) -> None:
    """Also onto others than they were packed for."""
    columns, arrived = columns_of(some), columns_of(some)
    packed = Packed(memoryview(b"".join(pack(columns_of(more), base))))
    columns.extend(columns_of(more))
    packed.add_to(arrived)
    assert list(arrived) == list(columns) == some + more
    assert list(packed.columns) == more
    assert (arrived.in_order, arrived.last_key, arrived.total_size, arrived.prefix_count) == (
        columns.in_order, columns.last_key, columns.total_size, columns.prefix_count
    )  # fmt: skip


@given(rows, keys, st.booleans())
def test_a_row_is_found_by_its_key(some: list[Row], key: str, is_prefix: bool) -> None:
    columns = columns_of(some)
    for wanted, kind in [(key, is_prefix), *((row.key, row.is_prefix) for row in some)]:
        expected = (i for i, row in enumerate(some) if (row.key, row.is_prefix) == (wanted, kind))
        assert columns.index_of(wanted.encode(), kind) == next(expected, None)


@given(rows, rows, st.data())
def test_what_was_written_stands_in_its_place(some: list[Row], puts: list[Row], data: st.DataObject) -> None:
    one_a_key = {(row.is_prefix, row.key): row for row in some}
    listed = sorted(one_a_key.values(), key=lambda row: row.key.encode())
    pages = [listed[: len(listed) // 2], listed[len(listed) // 2 :]]  # on each the prefixes come first
    columns = columns_of([row for page in pages for row in sorted(page, key=lambda row: not row.is_prefix)])
    gone = {row.key for row in data.draw(st.lists(st.sampled_from(some), max_size=5) if some else st.just([]))}
    merged = columns.merged(puts, {key.encode() for key in gone})
    expected = {of: row for of, row in one_a_key.items() if row.key not in gone}
    expected |= {(row.is_prefix, row.key): row for row in puts}
    assert {(row.is_prefix, row.key): row for row in merged} == expected
    assert len(merged) == len(expected)
    assert merged.in_order
    assert merged.total_size == sum(row.size for row in expected.values())


def test_merging_keeps_versions_and_deleted_keys() -> None:
    columns = Columns()
    columns.append_objects([b"a", b"c"], [1, 0], [0, 0], ["", ""], ["", ""], bytes([OBJECT, DELETED]))
    merged = columns.merged([Row("b", DELETED, modified=EPOCH), Row("c", OBJECT, 7, EPOCH)], [b"a"])
    assert [(row.key, row.kind, row.size) for row in merged] == [("b", DELETED, 0), ("c", OBJECT, 7)]


def test_merging_into_rows_that_are_not_sorted_puts_new_ones_last() -> None:
    columns = columns_of([Row("b"), Row("a"), Row("c")])
    merged = columns.merged([Row("a", size=1), Row("aa")], [b"b"])
    assert [(row.key, row.size) for row in merged] == [("a", 1), ("c", 0), ("aa", 0)]
    assert not merged.in_order


def test_many_rows_are_merged_in_pieces() -> None:
    columns = Columns()
    some = [b"%06d" % number for number in range(0, 200_000, 2)]
    columns.append_objects(some, [1] * len(some), [0] * len(some), bytes(16 * len(some)), ["A"] * len(some))
    merged = columns.merged([Row("100001")], [b"000000", b"199998"])
    keys = [merged.key_bytes(row) for row in range(len(merged))]
    assert keys == sorted({*some, b"100001"} - {b"000000", b"199998"})
    assert merged.in_order
    assert merged.total_size == len(some) - 2
