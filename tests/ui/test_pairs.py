"""Long values hang below their own beginning."""

from __future__ import annotations

import pytest
from textual.screen import Screen
from textual.widgets import Static

from s3tui.ui.widgets.pairs import Pairs
from tests.ui.hosting import Host, text_of


@pytest.mark.parametrize("width", [40, 12])
async def test_no_line_of_a_value_begins_below_its_label(width: int) -> None:
    lines = Pairs((("Why", "first second third fourth fifth sixth", ""), ("To", "[b]\x1bo[/b]" + "x" * 50, "bold")))
    screen = Screen[None]()
    app = Host(screen)
    async with app.run_test(size=(width, 24)) as pilot:
        await screen.mount(Static(lines))
        await pilot.pause()
        shown = [line.rstrip() for line in text_of(app).splitlines()]
    filled = [line for line in shown if line]
    assert "".join(filled).replace(" ", "").count("x") == 51  # and the one of “sixth”
    assert any("[b]␛o[/b]" in line for line in filled)
    if width == 40:
        assert [line for line in filled if not line.startswith(" " * 8)] == [filled[0], filled[2]]
        assert filled[0].startswith("Why     first") and filled[1].startswith("        sixth")
