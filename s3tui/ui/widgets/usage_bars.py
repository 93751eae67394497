"""The parts of one prefix as bars, the largest first: what a bar is made of is told by its shades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from s3tui import display
from s3tui.display import counted, visible
from s3tui.s3.usage_tree import STATES, Amount, Entry, State, Tally
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.row_layout import fit
from s3tui.ui.widgets.row_view import HEADER

SortBy = Literal["size", "count", "name"]
ORDER: tuple[SortBy, ...] = ("size", "count", "name")
SHADES: dict[State, str] = {"current": "█", "noncurrent": "▓", "marker": "░", "part": "▒"}
_SIZE, _SHARE, _COUNT = 10, 8, 13
_BEFORE = 1 + _SIZE + _SHARE + 2  # cells before the bar
_MARK = 3  # cells before the name
_LEAST_NAME = 24


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a prefix in the order they are shown, and how much the longest bar stands for."""

    entries: Sequence[Entry] = ()
    by: SortBy = "size"
    most: int = 1


def arranged(entries: Sequence[Entry], by: SortBy) -> Parts:
    """The most first, or by name with what is no prefix at the end. Takes a while for very many."""
    if by == "name":
        ordered = sorted(entries, key=lambda entry: (entry.kind != "prefix", entry.name))
    else:
        ordered = sorted(entries, key=lambda entry: (-_measure(entry.tally.total, by), entry.name))
    return Parts(ordered, by, max((_measure(entry.tally.total, by) for entry in ordered), default=0) or 1)


def _measure(amount: Amount, by: SortBy) -> int:
    """What a bar is long by."""
    return amount.count if by == "count" else amount.size


def bar(tally: Tally, most: int, width: int, by: SortBy) -> list[tuple[State, int]]:
    """The states in a bar and how many cells each has: `width` cells stand for `most`. Whatever there is of has one
    cell at least in the whole bar, never in each state."""
    amounts = {state: _measure(tally.of_state(state), by) for state in STATES}
    total = sum(amounts.values())
    if not total:
        return []
    length = max(1, round(width * total / most))
    cells, done, passed = [], 0, 0
    for state, amount in amounts.items():
        passed += amount
        edge = round(length * passed / total)
        if edge > done:
            cells.append((state, edge - done))
            done = edge
    return cells


class UsageBars(ClickableRows):
    """One row for each part of a prefix. It asks to go into a row, or out of the prefix."""

    COMPONENT_CLASSES = {f"usage--{state}" for state in STATES}
    DEFAULT_CSS = """
    UsageBars .usage--current { color: $primary; }
    UsageBars .usage--noncurrent { color: $warning; }
    UsageBars .usage--marker { color: $text-muted; }
    UsageBars .usage--part { color: $error; }
    """
    BINDINGS = [
        Binding("enter,l,right", "into", "Open", key_display="Enter"),
        Binding("h,backspace,left", "out", "Up", key_display="h"),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]

    @dataclass
    class Into(Message):
        """The user wants to see what `entry` is made of."""

        entry: Entry

    @dataclass
    class Out(Message):
        """The user wants to see the prefix above."""

    @dataclass
    class SortWanted(Message):
        """The user clicked on the title of a column."""

        by: SortBy

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.by: SortBy = "size"
        self.said = ""  # in the place of rows, when there are none
        self._whole = Amount(0, 0)
        self._most = 1

    @property
    def row_count(self) -> int:
        return len(self.entries)

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def show(self, parts: Parts, whole: Amount, said: str = "", cursor_on: str = "") -> None:
        """Show these as parts of `whole`; `said` when there are none.

        The cursor goes to the prefix `cursor_on`; else it stays on the entry it is on, unless that is the first.
        """
        before = self.current if self.cursor else None
        self.entries, self.by, self.said, self._whole, self._most = parts.entries, parts.by, said, whole, parts.most
        wanted = ("prefix", cursor_on) if cursor_on else (before.kind, before.name) if before else None
        at = next((number for number, entry in enumerate(self.entries) if (entry.kind, entry.name) == wanted), None)
        if at is not None or before is None:
            self.cursor = at or 0
        self.rows_changed()

    # ---- drawing

    @staticmethod
    def _widths(width: int) -> tuple[int, int, int]:
        """The cells of bar, count and name; where there is no room for all, the bar goes first, then the count."""
        room = max(0, width - _BEFORE - _MARK)
        count = _COUNT if room >= _COUNT + _LEAST_NAME else 0
        bar_width = min(60, (room - count) * 2 // 5) if room - count > _LEAST_NAME else 0
        return bar_width, count, room - count - bar_width

    def paint_header(self, width: int) -> Strip:
        bar_width, count, _ = self._widths(width)
        titles = {"size": "Size", "count": "Count", "name": "Name"}
        titles[self.by] += " ▲" if self.by == "name" else " ▼"
        before = f" {titles['size']:>{_SIZE}}{'Share':>{_SHARE}}  "
        counts = f"{titles['count']:>{count}}" if count else ""
        text = f"{before}{' ' * bar_width}{counts}{' ' * _MARK}{titles['name']}"
        return Strip([Segment(fit(text, width), self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        entry = self.entries[position]
        style = self.cursor_style if position == self.cursor else self.rich_style
        bar_width, count_width, name_width = self._widths(width)
        total = entry.tally.total
        whole = _measure(self._whole, self.by)
        share = f"{100 * _measure(total, self.by) / whole:.1f}%" if whole else ""
        segments = [Segment(f" {display.size(total.size):>{_SIZE}}{share:>{_SHARE}}  ", style)]
        filled = 0
        for state, cells in bar(entry.tally, self._most, bar_width, self.by) if bar_width else ():
            shade = style + self.part_style(f"usage--{state}") if position != self.cursor else style
            segments.append(Segment(SHADES[state] * cells, shade))
            filled += cells
        count = f"{total.count:>{count_width},}" if count_width else ""
        mark = "▸" if entry.kind == "prefix" else " "
        rest = f"{' ' * (bar_width - filled)}{count} {mark} {fit(name_of(entry), name_width)}"
        segments.append(Segment(rest, style))
        return Strip(segments).adjust_cell_length(width, style)

    def paint_below(self, line: int, width: int) -> Strip:
        said = f"  {self.said}" if line == 1 and not self.entries else ""
        return Strip([Segment(fit(said, width), self.part_style("row-view--dim"))], width)

    # ---- what the user does

    def row_opened(self) -> None:
        self.action_into()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= HEADER:
            super().on_click(event)
            return
        event.prevent_default()
        width = self.scrollable_content_region.width
        *_, name = self._widths(width)
        by: SortBy = "size" if offset.x < _BEFORE else "name" if offset.x >= width - name else "count"
        self.post_message(self.SortWanted(by))

    def action_into(self) -> None:
        if self.current is not None:
            self.post_message(self.Into(self.current))

    def action_out(self) -> None:
        self.post_message(self.Out())


def name_of(entry: Entry) -> str:
    """An entry's name, safe to show."""
    if entry.kind == "here":
        return "(directly in this prefix)"
    if entry.kind == "rest":
        return f"({counted(entry.prefixes, 'smaller prefix', 'smaller prefixes')})"
    return visible(entry.name)
