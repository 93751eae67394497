"""What goes where, before it goes: one row for each file of an upload or a download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from s3tui import display
from s3tui.display import visible
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.clickable_rows import ClickableRows

_SIZE = 10
_NOTE = 28


@dataclass(frozen=True, slots=True)
class Move:
    """One row. `source` identifies it; `name` and `target` are shown, and `note` beside them."""

    source: str
    name: str
    target: str
    note: str
    size: int  # bytes


class MoveList(ClickableRows):
    """Shows moves; Delete asks to take one off."""

    BINDINGS = [
        Binding("delete,x", "remove", "Take off", show=False),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
    ]

    @dataclass
    class Removed(Message):
        """The user takes `move` off the list; whoever fills the list does it."""

        move: Move

    def __init__(self, name: str, target: str, note: str, name_share: float = 0.5) -> None:
        """The titles of the columns, and how much of the room that names and targets have is for names."""
        super().__init__()
        self._titles = name, target, note
        self._name_share = name_share
        self.moves: Sequence[Move] = ()

    @property
    def row_count(self) -> int:
        return len(self.moves)

    def show(self, moves: Sequence[Move]) -> None:
        """Show these instead. Of very many, only those that are seen are looked at."""
        self.moves = moves
        self.rows_changed()

    def paint_header(self, width: int) -> Strip:
        text = self._line(*self._titles, "Size", width)
        return Strip([Segment(text, self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        move = self.moves[position]
        text = self._line(visible(move.name), visible(move.target), visible(move.note), display.size(move.size), width)
        style = self.cursor_style if position == self.cursor and self.has_focus else self.rich_style
        return Strip([Segment(text, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = "  Nothing yet." if not self.moves and line == 0 else ""
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    def _line(self, name: str, target: str, note: str, size: str, width: int) -> str:
        """The note goes first when there is no room."""
        note_width = _NOTE if width >= 100 else 0
        room = max(16, width - _SIZE - note_width - 7)
        for_name = int(room * self._name_share)
        shown = f"  {row_layout.fit(note, note_width)}" if note_width else ""
        return row_layout.fit(
            f" {row_layout.fit(name, for_name)}  {row_layout.fit(target, room - for_name)}{shown}  {size:>{_SIZE}}",
            width,
        )

    def action_remove(self) -> None:
        if self.cursor < len(self.moves):
            self.post_message(self.Removed(self.moves[self.cursor]))
