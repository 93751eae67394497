"""Help for where you are: every command with its keys, and why one can't run now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.style import Style
from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from s3tui.ui import keymap
from s3tui.ui.commands import Where, at
from s3tui.ui.dialogs.base import Dialog

if TYPE_CHECKING:
    from s3tui.ui.screens.browser import Browser

_HEADINGS: tuple[tuple[str, Where], ...] = (
    ("Anywhere", "anywhere"),
    ("In a list", "lists"),
    ("In the table of objects", "objects"),
    ("In the list of profiles", "profiles"),
)


class Help(Dialog[None]):
    """All commands, grouped by where they work; those that can't run now say why."""

    BINDINGS = [("q,question_mark,f1", "cancel", "Close")]
    DEFAULT_CSS = """
    Help .dialog-body Static { width: 100%; }
    """
    buttons = (("cancel", "Close", "primary"),)
    wide = True

    def __init__(self, browser: Browser) -> None:
        super().__init__("Help")
        self.browser = browser

    def compose_body(self) -> ComposeResult:
        here: Where = "profiles" if self.browser.profiles.has_focus else "anywhere"
        for heading, where in sorted(_HEADINGS, key=lambda pair: pair[1] != here):
            yield Static(self._group(heading, where))

    def on_mount(self) -> None:
        self.focus_body()

    def _group(self, heading: str, where: Where) -> Group:
        colours = self.app.theme_variables
        table = Table.grid(Column(width=16), Column(width=18), Column(ratio=1), padding=(0, 1), expand=True)
        for command in at(where):
            reason = command.check(self.browser)
            says = Text(command.help, Style(dim=bool(reason)))
            if reason:
                says.append(f" Not now: {reason}", Style(color=colours["text-warning"]))
            table.add_row(
                Text(keymap.shown_keys(command, self.browser.keys), Style(color=colours["text-accent"])),
                Text(command.title, Style(bold=not reason, dim=bool(reason))),
                says,
            )
        return Group(Text(heading, Style(bold=True, color=colours["text-primary"])), table, "")
