"""The object table on its own: what it draws, where cursor and selection go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from s3tui.s3 import columns
from s3tui.s3 import listing as listings
from s3tui.s3.client import Connection
from s3tui.s3.columns import milliseconds
from s3tui.s3.listing import COMPLETE, Completeness, Listing
from s3tui.ui.widgets import arrangement, row_layout
from s3tui.ui.widgets.object_table import ObjectTable
from tests.ui.table_host import NOW, Host, add, key, numbered
from tests.ui.waiting import idle, until

HOSTILE = [
    "a[/b]",
    "[red]x[/]",
    "esc\x1b[31mred",
    "bell\x07",
    "nl\nb",
    "bidi‮gnp.exe",
    "x[@click=app.quit]y",
    "日本語" * 30,
]


async def test_shows_names_without_the_prefix_and_prefixes_first() -> None:
    listing = Listing("bucket", "p/")
    listing.columns.append("p/", 0, NOW)
    listing.columns.append("p/a.iso", 1536, NOW, "", "GLACIER")
    listing.columns.append_prefix("p/z/")
    app = Host(listing)
    async with app.run_test(size=(100, 10)):
        header, *lines = [line.split() for line in app.screen_lines[:4]]
    assert header == ["Name", "▲", "Size", "Modified", "(UTC)", "Class"]
    assert lines[0] == ["z/"]
    assert lines[1][:3] == ["(this", "prefix", "itself)"]
    assert lines[2] == ["a.iso", "1.5", "KiB", "2026-11-20", "15:49:03", "GLACIER"]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (120, ["Name", "Size", "Modified", "Class"]),
        (88, ["Name", "Size", "Modified", "Class"]),
        (85, ["Name", "Size", "Modified"]),
        (70, ["Name", "Size", "Modified"]),
        (54, ["Name", "Size", "Modified"]),
        (40, ["Name", "Size"]),
        (20, ["Name"]),
        (3, []),
    ],
)
async def test_columns_give_way_when_it_gets_narrow(width: int, columns: list[str]) -> None:
    app = Host(numbered(50))
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        lines = app.screen_lines
        assert [word for word in lines[0].split() if word.isalpha() and len(word) > 2] == columns
        assert {cell_len(line) for line in lines} == {app.table.scrollable_content_region.width}


async def test_a_column_without_room_that_is_sorted_by_is_said_beside_the_name() -> None:
    app = Host(numbered(50))
    async with app.run_test(size=(40, 24)) as pilot:
        app.table.sort_by("class")
        await pilot.pause()
        assert app.screen_lines[0].split()[:4] == ["Name,", "by", "class", "▲"]


async def test_keys_move_the_cursor_and_never_beyond_the_rows() -> None:
    app = Host(numbered(100))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up")
        assert key(app) == "p/f0/"
        await pilot.press("down", "down", "down")
        assert key(app) == "p/k00001"
        await pilot.press("pagedown")
        assert key(app) == "p/k00023"
        assert app.table.top == 22
        await pilot.press("end", "down", "pagedown")
        assert key(app) == "p/k00099"
        assert app.screen_lines[-1].split()[0] == "k00099"
        await pilot.press("pageup", "home")
        assert key(app) == "p/f0/"
        assert app.table.top == 0
        await pilot.press("enter")
        app.table.action_go_up()
        await pilot.pause()
    assert app.said[-2:] == [("opened", "p/f0/"), "up"]


async def test_sorting_keeps_cursor_and_selection_on_their_rows() -> None:
    app = Host(numbered(100))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        for _ in range(10):
            table.action_cursor_down()
        table.action_toggle_selected()
        assert [row.key for row in table.selected] == ["p/k00008"]
        assert key(app) == "p/k00009"
        for by, descending, first in (
            ("size", False, "p/k00099"),
            ("size", True, "p/k00000"),
            ("modified", True, "p/k00099"),
            ("class", False, "p/k00001"),
            ("name", True, "p/k00099"),
            ("name", False, "p/k00000"),
        ):
            table.sort_by(by, descending)  # type: ignore[arg-type]
            await idle(pilot)
            assert table.sorted_by == (by, descending)
            assert key(app) == "p/k00009"
            assert [row.key for row in table.selected] == ["p/k00008"]
            table.action_first()
            # prefixes stay on top
            assert key(app) == ("p/f1/" if (by, descending) == ("name", True) else "p/f0/")
            table.move_cursor(2)
            assert key(app) == first
            table._was_moved = False
            table.move_cursor(next(i for i in range(table.shown) if table._shown.row_at(i) == 11))  # type: ignore[union-attr]


async def test_the_selection_survives_a_filter_that_hides_it() -> None:
    app = Host(numbered(100))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.move_cursor(5)
        table.action_toggle_selected()
        table.filter("009")
        await idle(pilot)
        assert table.shown == 11  # k0009x and k00009
        assert [row.key for row in table.selected] == ["p/k00003"]
        assert (table.selected_count, table.hidden_selected, table.selected_size) == (1, 1, 100_000 - 3)
        table.action_invert_selection()
        assert (table.selected_count, table.hidden_selected) == (12, 1)
        table.filter("")
        await idle(pilot)
        assert table.shown == 102
        assert table.selected_count == 12
        table.action_clear_selection()
        assert table.selected == []


async def test_a_range_is_selected_from_end_to_end_in_the_order_shown() -> None:
    app = Host(numbered(50, folders=0))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.sort_by("size")
        await idle(pilot)
        table.move_cursor(1)
        table.action_select_range()
        await pilot.press("down", "down")
        assert table.selected_count == 3
        assert sum(line.startswith("✓") for line in app.screen_lines) == 3
        table.action_select_range()
        assert [row.key for row in table.selected] == ["p/k00046", "p/k00047", "p/k00048"]
        table.action_first()
        table.action_select_range()
        await pilot.press("end", "escape")
        assert table.selected_count == 3


async def test_rows_that_arrive_do_not_move_what_the_user_looks_at() -> None:
    listing = numbered(30, folders=1)
    listing.completeness = listings.MORE
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.move_cursor(10)
        table.action_toggle_selected()
        line = table.cursor - table.top
        listing.columns.append_prefix("p/g/")
        add(listing, range(30, 1030))
        table.refresh_rows()
        await idle(pilot)
        assert key(app) == "p/k00010"
        assert table.cursor - table.top == line
        assert [row.key for row in table.selected] == ["p/k00009"]
        assert table.shown == 1032
        assert app.table.render_line(line + 1).text.split()[0] == "k00010"


async def test_an_untouched_cursor_stays_on_top_while_rows_arrive() -> None:
    listing = Listing("bucket")
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.table.cursor_row is None
        add(listing, range(5))
        app.table.refresh_rows()
        await pilot.pause()
        assert key(app) == "k00000"
        listing.columns.append_prefix("z/")
        app.table.refresh_rows()
        await pilot.pause()
        assert key(app) == "z/"
    assert app.said == [("at", "k00000"), ("at", "z/")]


async def test_going_back_up_lands_on_the_prefix_that_was_left_even_if_it_comes_late() -> None:
    listing = numbered(5)
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.move_to("p/late/")
        await pilot.pause()
        assert key(app) == "p/f0/"
        listing.columns.append_prefix("p/late/")
        app.table.refresh_rows()
        await pilot.pause()
        assert key(app) == "p/late/"
        app.table.action_first()
        app.table.move_to("p/late/")
        assert key(app) == "p/f0/"


async def test_a_filter_that_finds_nothing_never_speaks_for_a_partial_list() -> None:
    listing = numbered(5)
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.filter("nothing[/]\x1b")
        await idle(pilot)
        assert any("Nothing here matches “nothing[/]␛”." in line for line in app.screen_lines)
        listing.completeness = Completeness("stopped", "denied")
        assert any("isn't complete" in line for line in app.screen_lines)
        assert not any("Nothing here" in line for line in app.screen_lines)
        await pilot.press("down", "enter", "pagedown")
        assert app.table.cursor_row is None


async def test_many_rows_are_sorted_and_searched_off_the_loop() -> None:
    listing = numbered(arrangement.SMALL + 500, folders=1)
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.sort_by("size")
        table.sort_by("modified", True)  # while the first is still being done
        await idle(pilot)
        table.move_cursor(1)
        assert key(app) == f"p/k{arrangement.SMALL + 499:05}"
        table.filter("k0001")
        await idle(pilot)
        assert table.shown == 10
        add(listing, range(arrangement.SMALL + 500, arrangement.SMALL + 510))
        table.filter("")
        table.refresh_rows()
        await idle(pilot)
        assert table.shown == arrangement.SMALL + 511


async def test_another_listing_starts_anew_but_keeps_the_order() -> None:
    app = Host(numbered(50))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.sort_by("size")
        table.action_last()
        table.action_toggle_selected()
        table.filter("k")
        await idle(pilot)
        table.set_listing(numbered(3, "q/"))
        await idle(pilot)
        assert (table.shown, table.selected, table.cursor, table.top) == (5, [], 0, 0)
        assert table.sorted_by == ("size", False)


async def test_the_mouse_sorts_moves_selects_and_opens() -> None:
    app = Host(numbered(50))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        size_at = table.render_line(0).text.index("Size")
        await pilot.click(ObjectTable, offset=(size_at, 0))
        assert table.sorted_by == ("size", True)
        await pilot.click(ObjectTable, offset=(size_at, 0))
        assert table.sorted_by == ("size", False)
        await pilot.click(ObjectTable, offset=(3, 0))
        assert table.sorted_by == ("name", False)
        await pilot.click(ObjectTable, offset=(10, 4))
        assert key(app) == "p/k00001"
        assert table.selected == []
        await pilot.click(ObjectTable, offset=(10, 6), shift=True)
        assert table.selected_count == 3
        await pilot.click(ObjectTable, offset=(0, 5))
        await pilot.click(ObjectTable, offset=(10, 8), control=True)
        assert [row.key for row in table.selected] == ["p/k00001", "p/k00003", "p/k00005"]
        await pilot.click(ObjectTable, offset=(10, 2), times=2)
        await pilot.pause()
    assert app.said[-1] == ("opened", "p/f1/")


@pytest.mark.parametrize("width", [20, 60, 120])
async def test_hostile_names_are_shown_as_they_are_and_drive_nothing(width: int) -> None:
    listing = Listing("bucket")
    for name in HOSTILE:
        listing.columns.append(name, 1, NOW, "", "evil\x1b[0m[/x]")
    listing.columns.append_prefixes([b"caf\xe9/"])
    listing.completeness = COMPLETE
    app = Host(listing)
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.press("down")
        app.table.action_toggle_selected()
        lines = app.screen_lines
        assert all(line.isprintable() for line in lines)
        assert "‮" not in "".join(lines)
        assert "a[/b]" in "".join(lines)
        app.export_screenshot()


async def test_a_real_listing(connection: Connection, bucket: str) -> None:
    for name in ("d/1", "é.iso", "a[b]"):
        connection.call("put_object", Bucket=bucket, Key=name, Body=b"12")
    listing = Listing(bucket)
    listings.read(listing, connection)
    app = Host(listing)
    async with app.run_test(size=(80, 24)):
        assert [line.split()[0] for line in app.screen_lines[1:4]] == ["d/", "a[b]", "é.iso"]


async def test_a_filter_that_cannot_be_read_says_so_and_the_last_good_one_holds() -> None:
    app = Host(numbered(30))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.filter("k0001")
        table.filter("k0001 size>")
        await idle(pilot)
        assert "size>" in table.filter_problem
        assert (table.shown, table.order.filter.text) == (10, "k0001")
        table.filter("k0001 size>99985")
        await idle(pilot)
        assert (table.shown, table.filter_problem) == (5, "")
        assert list(table.shown_rows()) == list(range(12, 17))
        assert any("Size" in line and "▲" in line for line in app.screen_lines)


async def test_a_deleted_key_is_marked_in_words_wherever_there_is_room() -> None:
    listing = Listing("bucket")
    listing.columns.append("here.iso", 1536, NOW)
    listing.columns.append_objects([b"gone.iso"], [0], [milliseconds(NOW)], [""], [""], bytes([columns.DELETED]))
    for width in (80, 20):
        app = Host(listing)
        async with app.run_test(size=(width, 10)):
            gone = next(line for line in app.screen_lines if "gone" in line)
            here = next(line for line in app.screen_lines if "here" in line)
            assert "✗" in gone
            assert "✗" not in here
            if width == 80:
                assert gone.split()[:3] == ["gone.iso", "✗", "deleted"]


async def test_many_rows_that_arrive_are_sorted_in_without_moving_what_the_user_looks_at() -> None:
    listing = numbered(2000, folders=0)
    listing.completeness = listings.MORE
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        table.sort_by("size")
        table.filter("!k00007")
        await idle(pilot)
        table.move_cursor(500)
        table.action_toggle_selected()
        before, line = key(app), table.cursor - table.top
        for first in range(2000, 8000, 1500):
            add(listing, range(first, first + 1500))
            table.refresh_rows()
            await pilot.pause()
        await until(pilot, lambda: table.shown == 7999)
        assert (key(app), table.cursor - table.top) == (before, line)
        assert [row.key for row in table.selected] == ["p/k01499"]
        sizes = [listing.columns.size(row) for row in table.shown_rows()]
        assert sizes == sorted(sizes)


# ---- without a screen


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Mn", "Me", "Cf"]), max_size=60), st.integers(1, 50))
def test_a_name_always_takes_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(row_layout.fit(text, width)) == width


def test_a_long_name_keeps_both_ends() -> None:
    shown = row_layout.fit("warehouse-events-2026-11-20-part-0000001.json.gz", 24)
    assert shown.startswith("warehouse")
    assert shown.endswith(".json.gz"[-7:])
    assert "…" in shown
