"""One line of the object table as a strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from s3tui.display import visible
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.arrangement import Order
from s3tui.ui.widgets.row_layout import Layout

if TYPE_CHECKING:
    from s3tui.ui.widgets.arrangement import Arrangement

_MATCH = Style(underline=True)


def header(order: Order, widths: Layout, style: Style) -> Strip:
    """The titles of the columns."""
    return Strip([Segment(row_layout.header(order, widths), style)], widths.total)


def row(
    shown: Arrangement, position: int, number: int, widths: Layout, styles: tuple[Style, Style], selected: bool
) -> Strip:
    """A row in two styles, one for its name and one for the rest; a selected one has a mark as well."""
    name, rest = row_layout.cells(shown.columns, number, shown.skip, widths, _telling(shown, position, number, widths))
    mark = "✓ " if selected else "  "
    return Strip([*_name(mark, name, shown.order, styles[0]), Segment(rest, styles[1])], widths.total)


def _telling(shown: Arrangement, position: int, number: int, widths: Layout) -> int:
    """Which character of a long name must be seen: where the filter found something, or where the name begins to
    differ from those of the rows above and below."""
    name = row_layout.name(shown.columns, number, shown.skip)
    if len(name) <= widths.name and (name.isascii() or cell_len(name) <= widths.name):
        return 0
    if (span := shown.order.filter.span(name)) is not None:
        return span[0]
    around = [at for at in (position - 1, position + 1) if 0 <= at < len(shown)]
    others = (row_layout.name(shown.columns, shown.row_at(at), shown.skip) for at in around)
    return row_layout.difference(name, *others)


def _name(mark: str, name: str, order: Order, style: Style) -> list[Segment]:
    """The mark and the name, with what the filter found underlined; few segments, since each costs."""
    span = order.filter.span(name.rstrip())
    if span is None:
        return [Segment(mark + name, style)]
    at, end = span
    return [Segment(mark + name[:at], style), Segment(name[at:end], style + _MATCH), Segment(name[end:], style)]


def no_match(text: str, complete: bool, line: int, width: int, style: Style) -> Strip:
    """A line of what stands for no rows, from 0 on: never as if a partial list were all there is."""
    found = "Nothing here" if complete else "Nothing read so far"
    lines = ["", f"  {found} matches “{visible(text)}”.", "" if complete else "  The list isn't complete."]
    return Strip([Segment(row_layout.fit(lines[line] if line < len(lines) else "", width), style)], width)
