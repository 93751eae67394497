"""The keys of a screen that has more of them than its footer shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from s3tui.ui.dialogs.base import Dialog

if TYPE_CHECKING:
    from s3tui.ui.screens.keyed import Key


class KeyList(Dialog[None]):
    """One line for each of `keys`; those that do nothing now are dimmed and say so."""

    BINDINGS = [("q,question_mark,f1", "cancel", "Close")]
    buttons = (("cancel", "Close", "primary"),)

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__("Help")
        self._keys = keys

    def compose_body(self) -> ComposeResult:
        width = max((len(key.keys) for key in self._keys), default=0)
        table = Table.grid(Column(width=width), Column(), padding=(0, 1))
        for key in self._keys:
            note = "" if key.can_run else " Not now."
            table.add_row(Text(key.keys), Text(key.help + note, Style(dim=not key.can_run)))
        yield Static(table)

    def on_mount(self) -> None:
        self.focus_body()
