"""Which rows are shown in what order, which are selected, and what is carried into a listing made anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.s3.columns import Columns, Row
from s3tui.s3.filters import parse
from s3tui.ui.widgets import arrangement, carrying, selection
from s3tui.ui.widgets.arrangement import Arrangement, Order, SortBy, arrange
from s3tui.ui.widgets.carrying import Carrying, Finder
from s3tui.ui.widgets.selection import Selection

NOW = datetime(2026, 11, 20, tzinfo=UTC)
names = st.text("abAB/é", min_size=1, max_size=5)
objects = st.builds(
    Row,
    names,
    st.just(0),
    st.integers(0, 3),
    st.none() | st.integers(0, 3).map(lambda days: NOW + timedelta(days=days)),
    st.just(""),
    st.sampled_from(["", "GLACIER", "STANDARD"]),
)
# Pages as they come: some prefixes, then some objects; both in order, or not.
pages = st.lists(st.tuples(st.lists(names, max_size=3), st.lists(objects, max_size=6)), max_size=5)
orders = st.builds(
    Order,
    st.sampled_from(["name", "size", "modified", "class"]),
    st.booleans(),
    st.sampled_from(["", "a", "!a", "size>1", "re:^[ab]"]).map(parse),
)


@pytest.fixture(params=[500, 2], ids=["few", "many"])
def small(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways: row by row, and all at once with numpy."""
    patch = pytest.MonkeyPatch()
    for module in (arrangement, selection):
        patch.setattr(module, "SMALL", request.param)
    patch.setattr(carrying, "_STRETCH", request.param * 2)
    patch.setattr(carrying, "_LEAST", request.param)
    yield
    patch.undo()


def listed(some: list[tuple[list[str], list[Row]]], is_sorted: bool) -> list[Columns]:
    """The pages as columns; sorted as S3 does, each key once."""
    prefixes = list(dict.fromkeys(f"{name}/" for page in some for name in page[0]))
    rows = list({row.key: row for page in some for row in page[1]}.values())
    if is_sorted:
        prefixes.sort(key=str.encode)
        rows.sort(key=lambda row: row.key.encode())
    result = []
    for page in some:
        columns = Columns()
        columns.append_prefixes([prefix.encode() for prefix in prefixes[: len(page[0])]])
        for row in rows[: len(page[1])]:
            columns.append(row.key, row.size, row.modified, "", row.storage_class)
        del prefixes[: len(page[0])], rows[: len(page[1])]
        result.append(columns)
    return result


def together(some: list[Columns]) -> Columns:
    columns = Columns()
    for page in some:
        columns.extend(page)
    return columns


def expected(columns: Columns, order: Order) -> list[int]:
    """The same, said plainly."""
    rows = [row for row in range(len(columns)) if order.filter.matches(columns.row(row), 0)]
    prefixes = sorted((row for row in rows if columns.is_prefix(row)), key=columns.key_bytes)
    rest = [row for row in rows if not columns.is_prefix(row)]
    if order.by == "name":
        rest.sort(key=columns.key_bytes, reverse=order.descending)
        return (prefixes[::-1] if order.descending else prefixes) + rest
    key = {"size": columns.size, "modified": columns.milliseconds, "class": columns.storage_class}[order.by]
    return prefixes + sorted(rest, key=key, reverse=order.descending)  # type: ignore[arg-type]


def check(shown: Arrangement, rows: list[int]) -> None:
    """Everything that an arrangement says of itself fits these rows."""
    assert list(shown.shown_rows()) == rows
    assert [shown.row_at(position) for position in range(len(shown))] == rows
    for position, row in enumerate(rows):
        assert shown.position_of(row) == position
    for row in set(range(len(shown.columns))) - set(rows):
        assert shown.position_of(row) is None
    for first in range(len(rows)):
        last = min(first + 3, len(rows))
        assert list(chain.from_iterable(shown.runs(first, last))) == rows[first:last]


@pytest.mark.usefixtures("small")
@given(pages, orders, st.booleans())
def test_rows_are_shown_sorted_and_filtered_prefixes_first(
    some: list[tuple[list[str], list[Row]]], order: Order, is_sorted: bool
) -> None:
    columns = together(listed(some, is_sorted))
    check(arrange(columns, order, 0), expected(columns, order))


@pytest.mark.usefixtures("small")
@given(pages, orders, st.booleans())
def test_rows_that_come_page_by_page_end_up_in_the_same_place(
    some: list[tuple[list[str], list[Row]]], order: Order, is_sorted: bool
) -> None:
    columns = Columns()
    shown = arrange(columns, order, 0)
    for page in listed(some, is_sorted):
        columns.extend(page)
        if not shown.extend():
            shown = arrange(columns, order, 0, shown)
        check(shown, expected(columns, order))


@pytest.mark.parametrize("by", ["name", "size", "modified", "class"])
@pytest.mark.parametrize("descending", [False, True])
def test_what_was_sorted_before_is_only_added_to(by: SortBy, descending: bool) -> None:
    columns = Columns()
    order = Order(by, descending, parse("!7"))
    shown = arrange(columns, order, 0)
    for first in range(0, 4000, 900):
        for number in range(first, first + 900):
            storage = ("", "GLACIER")[number % 2]
            columns.append(f"k{number:05}", number * 7919 % 100, NOW + timedelta(number % 13), "", storage)
        shown = arrange(columns, order, 0, shown)
        assert list(shown.shown_rows()) == expected(columns, order)


def test_no_number_is_kept_for_an_object_that_is_shown_as_it_was_listed() -> None:
    columns = Columns()
    columns.append_prefix("a/")
    columns.append_objects([b"b%06d" % n for n in range(5000)], [1] * 5000, [0] * 5000, [""] * 5000, [""] * 5000)
    shown = arrange(columns, Order(), 0)
    assert shown.is_plain
    assert list(map(list, shown.runs())) == [[0], list(range(1, 5001))]
    assert isinstance(list(shown.runs())[1], range)


def test_keys_that_share_long_beginnings_or_hold_anything_are_sorted_as_s3_does() -> None:
    keys = {f"{'same/' * n}{chr(number)}{'x' * (number % 20)}".encode() for number in range(33, 1200) for n in (0, 9)}
    columns = Columns()
    some = sorted(keys, key=lambda key: (hash(key), key))
    columns.append_objects(some, [0] * len(some), [0] * len(some), [""] * len(some), [""] * len(some))
    assert not columns.in_order
    for descending in (False, True):
        shown = arrange(columns, Order("name", descending), 0)
        assert [columns.key_bytes(row) for row in shown.shown_rows()] == sorted(keys, reverse=descending)


# ---- the selection


@pytest.mark.usefixtures("small")
@given(pages, orders, st.booleans(), st.lists(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40))
def test_a_selection_is_a_set_of_rows(
    some: list[tuple[list[str], list[Row]]], order: Order, is_sorted: bool, toggled: list[int], start: int, cursor: int
) -> None:
    columns = together(listed(some, is_sorted))
    shown, chosen, model = arrange(columns, order, 0), Selection(), set[int]()
    rows = list(shown.shown_rows())
    for row in toggled:
        if row < len(columns):
            chosen.toggle(row)
            model ^= {row}
    chosen.invert(shown)
    model ^= set(rows)
    agree(chosen, shown, model, set())
    if not rows:
        return
    start, cursor = start % len(rows), cursor % len(rows)
    chosen.begin_range(rows[start], start)
    chosen.stretch_range(shown, cursor)
    in_range = set(rows[min(start, cursor) : max(start, cursor) + 1])
    agree(chosen, shown, model, in_range)
    chosen.end_range(shown)
    model |= in_range
    agree(chosen, shown, model, set())
    chosen.clear()
    agree(chosen, shown, set(), set())


def agree(chosen: Selection, shown: Arrangement, model: set[int], in_range: set[int]) -> None:
    both = model | in_range
    assert list(chosen.rows(shown)) == sorted(both)
    assert chosen.count(shown) == len(both)
    assert chosen.size(shown) == sum(map(shown.columns.size, both))
    assert len(chosen) == len(model)
    assert {row for row in range(len(shown.columns)) if row in chosen} == model
    assert chosen.hidden(shown) == len(model - set(shown.shown_rows()))


# ---- listed anew


@pytest.mark.usefixtures("small")
@given(pages, pages, st.booleans(), st.booleans(), st.sets(st.integers(0, 40)), st.integers(0, 3))
def test_what_was_selected_is_found_again_by_its_key(
    some: list[tuple[list[str], list[Row]]],
    others: list[tuple[list[str], list[Row]]],
    is_sorted: bool,
    others_are: bool,
    selected: set[int],
    at_first: int,
) -> None:
    old, parts = together(listed(some, is_sorted)), listed(some[1:] + others, others_are)
    chosen = {(old.key_bytes(row), old.is_prefix(row)) for row in selected if row < len(old)}
    new = Columns()
    carry = Carrying(old, bytes(row in selected for row in range(len(old))), new)
    flags = b""
    for number, page in enumerate(parts):
        new.extend(page)
        if number >= at_first or page is parts[-1]:
            first, more = carry.catch_up()
            assert first == len(flags)
            flags += more
    assert flags == bytes((new.key_bytes(row), new.is_prefix(row)) in chosen for row in range(len(new)))


@given(st.integers(0, 199), st.sets(st.integers(0, 199)), st.sampled_from(["name", "size"]), st.booleans())
def test_the_nearest_row_that_is_left_stands_in_for_one_that_is_gone(
    row: int, gone: set[int], by: SortBy, descending: bool
) -> None:
    old, new = Columns(), Columns()
    for number in range(200):
        old.append(f"k{number:03}", number * 31 % 200)
        if number not in gone:
            new.append(f"k{number:03}", number * 31 % 200)
    order = Order(by, descending)
    shown, here = arrange(old, order, 0), arrange(new, order, 0)
    found = Finder(new).nearest(shown, row, here)
    left = [at for at in range(200) if shown.row_at(at) not in gone]
    position = shown.position_of(row)
    assert position is not None
    near = [at for at in left if position <= at < position + 50] or [at for at in left if position > at][-1:]
    if near and near[0] >= position - 50:
        assert found is not None
        assert new.key_bytes(here.row_at(found)) == old.key_bytes(shown.row_at(near[0]))
    else:
        assert found is None
