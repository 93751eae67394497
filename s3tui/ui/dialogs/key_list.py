"""The keys of a screen that has more of them than its footer shows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from s3tui.ui import keymap
from s3tui.ui.dialogs.base import Dialog


class KeyList(Dialog[None]):
    """One line for each of `bindings`."""

    BINDINGS = [("q,question_mark,f1", "cancel", "Close")]
    buttons = (("cancel", "Close", "primary"),)

    def __init__(self, heading: str, bindings: Iterable[Binding]) -> None:
        super().__init__(heading)
        self._keys = list(bindings)

    def compose_body(self) -> ComposeResult:
        table = Table.grid(Column(width=12), Column(), padding=(0, 1))
        for binding in self._keys:
            keys = " ".join(keymap.shown(keymap.normal(key)) for key in binding.key.split(","))
            table.add_row(Text(keys), Text(binding.tooltip or f"{binding.description}."))
        yield Static(table)
