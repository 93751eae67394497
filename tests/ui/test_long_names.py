"""Names that are too long for their column: what is left of them tells them apart."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from s3tui.s3.listing import COMPLETE, Listing
from s3tui.ui.widgets import row_layout
from tests.ui.table_host import NOW, Host


@pytest.mark.parametrize("width", [*range(20, 60), 200])
@pytest.mark.parametrize(
    "stem", ["files/part-{}-of-01000-3c9b0d.snappy.parquet", "日本語/長い名前/{}ファイル.parquet.snappy.gz"]
)
def test_names_that_differ_in_their_middle_look_different_where_they_are_cut(stem: str, width: int) -> None:
    one, other = stem.format("00010"), stem.format("00011")
    cut = row_layout.fit(one, width, row_layout.difference(one, other))
    assert cut != row_layout.fit(other, width, row_layout.difference(other, one))
    assert cell_len(cut) == width
    pieces = cut.rstrip().split("…")
    assert one.startswith(pieces[0])
    assert one.endswith(pieces[-1])
    assert all(piece in one for piece in pieces)


def test_the_character_that_tells_a_name_from_its_neighbours() -> None:
    assert row_layout.difference("abc1", "abc2", "ax") == 3
    assert row_layout.difference("abc", "abcd") == 3
    assert row_layout.difference("alone") == 0


async def test_what_the_filter_found_in_a_long_name_is_seen() -> None:
    listing = Listing("bucket", "p/")
    listing.columns.append("p/" + "a" * 60 + "needle" + "b" * 60, 1, NOW)
    listing.completeness = COMPLETE
    app = Host(listing)
    async with app.run_test(size=(60, 10)) as pilot:
        assert "needle" not in "".join(app.screen_lines)
        app.table.filter("needle")
        await pilot.pause()
        assert "needle" in "".join(app.screen_lines)
