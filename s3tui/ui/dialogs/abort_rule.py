"""After how many days a lifecycle rule shall abort unfinished uploads."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from s3tui.s3 import documents, templates
from s3tui.s3.document_kinds import Rule
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.form_row import FormRow

_DAYS = 7  # long enough for an upload over a bad line
_MOST = 36_500


class AbortRule(Dialog[Rule]):
    """Dismissed with the rule for the keys under `place`; nothing is written here."""

    buttons = (("ok", "Open the rules", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, place: S3Uri) -> None:
        super().__init__("A rule that aborts unfinished uploads")
        self.place = place

    def compose_body(self) -> ComposeResult:
        yield FormRow("After days", Input(str(_DAYS), id="days", compact=True))
        yield Static(id="rule")
        yield Static("It opens in the bucket's settings with the other rules. Saving there shows the difference first.")

    def on_mount(self) -> None:
        self.query_one("#days").focus()

    @property
    def rule(self) -> Rule | None:
        """What is typed as a rule; None when it isn't a number of days."""
        typed = self.query_one("#days", Input).value.strip()
        days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len(str(_MOST)) else 0
        return templates.aborts_uploads(self.place.key, days) if 0 < days <= _MOST else None

    def on_input_changed(self) -> None:
        rule = self.rule
        self.query_one("#rule", Static).update(plain(documents.sentence("lifecycle", rule) if rule else ""))
        self.complain("")

    def on_input_submitted(self) -> None:
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self._answer()

    def _answer(self) -> None:
        if self.rule is None:
            self.complain(f"Type a number of days, from 1 to {_MOST:,}.")
        else:
            self.dismiss(self.rule)
