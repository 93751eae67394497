"""A place that is listed anew: cursor, range, selection and view stay on their keys."""

from __future__ import annotations

import pytest

from s3tui.s3.listing import COMPLETE, Listing
from tests.ui.table_host import NOW, Host, add, key, numbered
from tests.ui.waiting import idle, until


def listed_anew(old: Listing, gone: set[str], new: list[str]) -> Listing:
    """The same place without some keys, and with some more."""
    listing = Listing(old.bucket, old.prefix)
    keys = {row.key for row in old.columns if not row.is_prefix} - gone | set(new)
    for row in old.columns:
        if row.is_prefix and row.key not in gone:
            listing.columns.append_prefix(row.key)
    for text in sorted(keys):
        listing.columns.append(text, 7, NOW)
    listing.completeness = COMPLETE
    return listing


@pytest.mark.parametrize("count", [100, 3000])
async def test_cursor_range_selection_and_view_stay_on_their_keys_when_the_place_is_listed_anew(count: int) -> None:
    old = numbered(count)
    app = Host(old)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        for position in (1, 5, 6, 60):
            table.move_cursor(position)
            table.action_toggle_selected()
        table.move_cursor(40)
        table.action_select_range()
        table.move_cursor(44)
        line = table.cursor - table.top
        table.replace_listing(listed_anew(old, {"p/f0/", "p/k00003", "p/k00039"}, ["p/a", "p/b", "p/c", "p/k00041x"]))
        await until(pilot, lambda: table.listing is not old)
        assert (key(app), table.cursor - table.top) == ("p/k00042", line)
        table.action_select_range()
        assert [row.key[3:] for row in table.selected] == [
            *["1/", "00004"],
            *["00038", "00040", "00041", "00041x", "00042"],
            "00058",
        ]
        assert table.selected_size == 7 * 7


async def test_a_range_from_a_key_that_is_gone_begins_at_its_neighbour() -> None:
    old = numbered(50, folders=0)
    app = Host(old)
    async with app.run_test(size=(80, 24)):
        table = app.table
        table.move_cursor(10)
        table.action_select_range()
        table.move_cursor(13)
        table.replace_listing(listed_anew(old, {"p/k00010", "p/k00013"}, []))
        assert key(app) == "p/k00014"
        table.action_select_range()
        assert [row.key for row in table.selected] == [f"p/k000{number}" for number in (11, 12, 14)]


@pytest.mark.parametrize("count", [60, 3000])
async def test_a_sorted_and_filtered_table_stays_so_when_listed_anew(count: int) -> None:
    old = numbered(count, folders=0)
    app = Host(old)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.sort_by("modified", True)
        table.filter("k000")
        await idle(pilot)
        table.move_cursor(20)
        before = key(app)
        table.replace_listing(listed_anew(old, set(), ["p/other"]))
        await until(pilot, lambda: table.listing is not old)
        assert key(app) == before
        assert table.sorted_by == ("modified", True)
        assert table.shown == min(count, 100)
        table.filter("")
        await idle(pilot)
        assert table.shown == count + 1


async def test_what_is_selected_while_the_new_listing_is_prepared_is_not_forgotten() -> None:
    old = numbered(3000, folders=0)
    app = Host(old)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.move_cursor(3)
        table.action_toggle_selected()
        table.replace_listing(listed_anew(old, {"p/k00000"}, []))
        table.move_cursor(8)
        table.action_toggle_selected()
        assert table.listing is old
        await until(pilot, lambda: table.listing is not old)
        assert [row.key for row in table.selected] == ["p/k00003", "p/k00008"]
        assert key(app) == "p/k00009"


async def test_rows_of_the_new_listing_that_come_late_are_selected_when_they_come() -> None:
    old = numbered(3000, folders=0)
    app = Host(old)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.action_invert_selection()
        table.move_cursor(2)
        table.action_toggle_selected()
        new = Listing("bucket", "p/")
        table.replace_listing(new)
        await until(pilot, lambda: table.listing is new)
        assert (table.shown, table.cursor_row, table.selected_count) == (0, None, 0)
        for first in (0, 1000, 2000):
            add(new, range(first, first + 1000))
            table.refresh_rows()
            await until(pilot, lambda: table.shown == len(new.columns))
        new.completeness = COMPLETE
        table.refresh_rows()
        await idle(pilot)
        assert table.selected_count == 2999
        assert "p/k00002" not in {row.key for row in table.selected}
        add(new, range(3000, 3010))
        table.refresh_rows()
        await idle(pilot)
        assert table.selected_count == 2999


async def test_another_place_is_shown_though_a_new_listing_of_this_one_was_on_its_way() -> None:
    old, other = numbered(3000), numbered(3, "q/")
    app = Host(old)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.replace_listing(numbered(3100))
        app.table.set_listing(other)
        await idle(pilot)
        assert app.table.listing is other
        assert app.table.shown == 5
