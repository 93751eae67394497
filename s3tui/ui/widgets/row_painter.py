"""One line of the object table as a strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from s3tui.display import visible
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.arrangement import Order
from s3tui.ui.widgets.row_layout import Layout

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

_MATCH = Style(underline=True)


def header(order: Order, widths: Layout, style: Style) -> Strip:
    """The titles of the columns."""
    return Strip([Segment(row_layout.header(order, widths), style)], widths.total)


def row(
    columns: Columns, number: int, skip: int, widths: Layout, order: Order, styles: tuple[Style, Style], selected: bool
) -> Strip:
    """A row in two styles, one for its name and one for the rest; a selected one has a mark as well."""
    name, rest = row_layout.cells(columns, number, skip, widths)
    mark = "✓ " if selected else "  "
    return Strip([*_name(mark, name, order, styles[0]), Segment(rest, styles[1])], widths.total)


def _name(mark: str, name: str, order: Order, style: Style) -> list[Segment]:
    """The mark and the name, with what the filter found underlined; few segments, since each costs."""
    span = order.filter.span(name.rstrip())
    if span is None:
        return [Segment(mark + name, style)]
    at, end = span
    return [Segment(mark + name[:at], style), Segment(name[at:end], style + _MATCH), Segment(name[end:], style)]


def no_match(text: str, complete: bool, width: int, style: Style) -> Strip:
    """The line that stands for no rows: never as if a partial list were all there is."""
    said = f"  Nothing here matches “{visible(text)}”."
    if not complete:
        said = f"  Nothing read so far matches “{visible(text)}”; the list isn't complete."
    return Strip([Segment(row_layout.fit(said, width), style)], width)
