"""A question before harm: starts on No; wants a name typed where it can't be undone."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from s3tui.ui.dialogs.base import Dialog, plain


class Confirm(Dialog[bool]):
    """Dismissed with True only when the user chose `yes` (and typed `typed`, if it is given)."""

    def __init__(self, heading: str, consequence: str, yes: str, typed: str = "") -> None:
        super().__init__(heading)
        self.consequence = consequence
        self.typed = typed
        self.buttons = (("cancel", "No", "primary"), ("yes", yes, "error"))

    def compose_body(self) -> ComposeResult:
        for line in self.consequence.splitlines():
            yield Static(plain(line))
        if self.typed:
            yield Static(plain(f"Type “{self.typed}” to go on:"))
            yield Input(id="typed")

    def on_mount(self) -> None:
        self.query_one("#typed" if self.typed else "#cancel").focus()

    def on_input_submitted(self) -> None:
        self._agree()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "yes":
            self._agree()

    def _agree(self) -> None:
        if self.typed and self.query_one("#typed", Input).value != self.typed:
            self.complain("That is not the name.")
            return
        self.dismiss(True)
