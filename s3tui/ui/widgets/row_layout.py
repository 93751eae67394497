"""How wide each column of the object table is, and the text of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from s3tui import display
from s3tui.s3.columns import DELETED, PREFIX
from s3tui.ui.widgets.arrangement import Order, SortBy

if TYPE_CHECKING:
    from s3tui.s3.columns import Columns

MARK = 2  # the cells before the name
_GAP = 2
_LEAST_IN_THREE = 20  # cells; fewer hold no more than the two ends of a name
_UUID = 36  # what many keys are: to read one to its end is worth more than its class
_SIZE = 10
_TIME, _SHORT_TIME = 19, 16  # with and without seconds
_CLASS, _LONG_CLASS = 12, 19  # INTELLIGENT_TIERING
_DELETED = "✗ deleted"  # in the place of a size
_TITLES: dict[SortBy, str] = {"name": "Name", "size": "Size", "modified": "Modified (UTC)", "class": "Class"}
_BY: dict[SortBy, str] = {"name": "name", "size": "size", "modified": "time", "class": "class"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths in cells; a column of width 0 isn't shown."""

    total: int
    name: int
    size: int
    time: int
    storage_class: int

    def column_at(self, x: int) -> SortBy:
        """The column of a click; the gap before a column belongs to it."""
        edge = MARK + self.name
        if x < edge:
            return "name"
        if x < (edge := edge + _taken(self.size)):
            return "size"
        return "modified" if x < edge + _taken(self.time) or not self.storage_class else "class"


def _taken(width: int) -> int:
    return width + _GAP if width else 0


def layout(total: int) -> Layout:
    """The widths for a table of `total` cells: the class goes first, then seconds, time and size."""
    for least, size, time, storage_class in (
        (50, _SIZE, _TIME, _LONG_CLASS),
        (_UUID, _SIZE, _TIME, _CLASS),
        (28, _SIZE, _TIME, 0),
        (20, _SIZE, _SHORT_TIME, 0),
        (16, _SIZE, 0, 0),
    ):
        name = total - MARK - 1 - _taken(size) - _taken(time) - _taken(storage_class)
        if name >= least:
            return Layout(total, name, size, time, storage_class)
    return Layout(total, total - MARK - 1, 0, 0, 0)


def name(columns: Columns, row: int, skip: int) -> str:
    """A row's name, safe to show."""
    text = columns.key_bytes(row)[skip:].decode("utf-8", "surrogateescape")
    return display.visible(text) if text else "(this prefix itself)"


def cells(columns: Columns, row: int, skip: int, widths: Layout, show: int = 0) -> tuple[str, str]:
    """The name, with its character at `show` if not all of it has room, and everything after it, each padded to its
    width."""
    kind = columns.kind(row)
    text = name(columns, row, skip)
    if kind == DELETED and not widths.size:
        text = f"✗ {text}"
    text = fit(text, widths.name, show)
    if kind == PREFIX:
        return text, " " * (widths.total - MARK - widths.name)
    rest = ""
    if widths.size:
        size = _DELETED if kind == DELETED else display.size(columns.size(row))
        rest += f"{size:>{widths.size + _GAP}}"
    if widths.time:
        modified = columns.modified(row)
        shown = display.when(modified)[: widths.time] if modified else ""
        rest += f"{shown:>{widths.time + _GAP}}"
    if widths.storage_class:
        rest += "  " + fit(display.visible(columns.storage_class(row)), widths.storage_class)
    return text, rest.ljust(widths.total - MARK - widths.name)


def header(order: Order, widths: Layout) -> str:
    """The titles, with an arrow at the column that is sorted by; where that has no room, the name's title says it."""
    shown = {"name": widths.name, "size": widths.size, "modified": widths.time, "class": widths.storage_class}
    name = _title("name", order) if shown[order.by] else f"Name, by {_BY[order.by]} {_arrow(order)}"
    text = " " * MARK + name.ljust(widths.name)[: widths.name]
    if widths.size:
        text += f"{_title('size', order):>{widths.size + _GAP}}"
    if widths.time:
        text += "  " + _title("modified", order).ljust(widths.time)
    if widths.storage_class:
        text += "  " + _title("class", order).ljust(widths.storage_class)
    return text.ljust(widths.total)[: widths.total]


def _title(by: SortBy, order: Order) -> str:
    return f"{_TITLES[by]} {_arrow(order)}" if by == order.by else _TITLES[by]


def _arrow(order: Order) -> str:
    return "▼" if order.descending else "▲"


def fit(text: str, width: int, show: int = 0) -> str:
    """`text` in exactly `width` cells. What is too long loses its middle, since names differ at both ends; when the
    character at `show` would be lost with it, some of what stands there is kept, too."""
    if text.isascii():
        if len(text) <= width:
            return text.ljust(width)
    elif cell_len(text) <= width:
        return set_cell_size(text, width)
    tail = _tail(text, (width - 1) // 3)
    head = _head(text, width - 1 - cell_len(tail))
    if width < _LEAST_IN_THREE or not len(head) <= show < len(text) - len(tail):
        return _padded(f"{head}…{tail}", width)
    tail = _tail(text, width // 5)
    middle = _head(text[max(show - 2, 0) : len(text) - len(tail)], width * 2 // 5)
    head = _head(text, width - 2 - cell_len(middle) - cell_len(tail))
    behind = "" if text.endswith(middle + tail) else "…"
    return _padded(f"{head}…{middle}{behind}{tail}", width)


def _padded(text: str, width: int) -> str:
    return text.ljust(width) if text.isascii() else set_cell_size(text, width)


def _head(text: str, width: int) -> str:
    """As many of the first characters as have room in `width` cells."""
    if text.isascii():
        return text[:width]
    end = min(len(text), width)
    while end and cell_len(text[:end]) > width:
        end -= 1
    return text[:end]


def _tail(text: str, width: int) -> str:
    """As many of the last characters as have room in `width` cells."""
    start = max(len(text) - width, 0)
    while start < len(text) and not text.isascii() and cell_len(text[start:]) > width:
        start += 1
    return text[start:]


def difference(name: str, *others: str) -> int:
    """Where `name` begins to differ from all of `others`: the character one needs to see to tell them apart."""
    return max((_first_difference(name, other) for other in others), default=0)


def _first_difference(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)
