"""The code of an MFA device, which assuming a role may ask for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.form_row import FormRow


class AskMfa(Dialog[str]):
    """Dismissed with the six digits that the device `serial` shows."""

    DEFAULT_CSS = """
    AskMfa .dialog { width: 76; }
    AskMfa .dialog-body { width: 100%; }
    """
    buttons = (("ok", "Go on", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, serial: str) -> None:
        super().__init__("This role asks for an MFA code")
        self.serial = serial

    def compose_body(self) -> ComposeResult:
        yield FormRow("Device", Static(plain(self.serial), id="serial", classes="form-text"))
        code = Input(id="code", placeholder="six digits", restrict=r"[0-9]{0,6}", max_length=6, compact=True)
        yield FormRow("Code", code)

    def on_mount(self) -> None:
        self.query_one("#code").focus()

    def on_input_submitted(self) -> None:
        self._accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "ok":
            self._accept()

    def _accept(self) -> None:
        code = self.query_one("#code", Input).value
        if len(code) == 6:
            self.dismiss(code)
        else:
            self.complain("The code has six digits.")
