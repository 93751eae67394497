"""Rows are painted without Textual's work for each line: what comes of that must be what Textual would paint."""

from __future__ import annotations

import random

import pytest
from rich.segment import Segment
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tests.ui.table_host import Host, add, numbered
from tests.ui.waiting import idle

KEYS = ["pagedown", "pageup", "end", "home", "down", "up", "space", "v", "asterisk"]


def cells(strips: list[Strip]) -> list[list[tuple[str, object]]]:
    """Each character with the style it has."""
    return [[(cell, segment.style) for segment in Segment.simplify(strip) for cell in segment.text] for strip in strips]


def painted(app: Host) -> list[list[tuple[str, object]]]:
    return cells(app.table.render_lines(app.table.size.region))


def by_textual(app: Host) -> list[list[tuple[str, object]]]:
    app.table._styles_cache.clear()
    return cells(ScrollView.render_lines(app.table, app.table.size.region))


async def _do(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await idle(pilot)


@pytest.mark.parametrize("rows", [0, 3, 5000])
async def test_it_looks_as_textual_paints_it(rows: int) -> None:
    app = Host(numbered(rows, folders=min(rows, 2)))
    async with app.run_test(size=(100, 20)) as pilot:
        chance = random.Random(rows)
        for _ in range(25):
            await _do(pilot, chance.choice(KEYS))
            assert painted(app) == by_textual(app)
        app.theme = "textual-light"
        app.set_focus(None)
        await idle(pilot)
        assert painted(app) == by_textual(app)


async def test_the_scroll_bar_is_drawn_where_it_belongs_wherever_one_goes() -> None:
    app = Host(numbered(5000))
    async with app.run_test(size=(100, 20)) as pilot:
        await idle(pilot)
        bar, chance = app.table.vertical_scrollbar, random.Random(0)
        for _ in range(60):
            await _do(pilot, *[chance.choice(KEYS[:6])] * chance.randrange(1, 4))
            drawn = cells(bar.render_lines(bar.size.region))
            bar.refresh()
            assert drawn == cells(bar.render_lines(bar.size.region))
            assert bar.position == pytest.approx(app.table.scroll_y, abs=1)


async def test_the_scroll_bar_is_right_however_many_rows_arrive() -> None:
    listing = numbered(23, folders=0)
    app = Host(listing)
    async with app.run_test(size=(80, 24)) as pilot:
        table, bar = app.table, app.table.vertical_scrollbar
        for arrived, top in ((24, 0), (40, 9), (100, 0), (103, 60), (500, 60), (1000, 700), (4000, 0), (9000, 8000)):
            add(listing, range(len(listing.columns), arrived))
            table.refresh_rows()
            await pilot.pause()
            table.scroll_top_to(top)
            await pilot.pause()
            painted = bar.render_lines(bar.size.region)
            bar.refresh()
            await pilot.pause()
            assert bar.render_lines(bar.size.region) == painted, f"{arrived} rows"
            assert bar.window_virtual_size == table.virtual_size.height == arrived + 1
        table.action_last()
        await pilot.pause()
        assert table.top == 9000 - table.rows_visible
