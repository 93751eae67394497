"""Leaving while transfers run: keep them for later, cancel them, or stay."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.widgets import Button, Static

from s3tui.ui.dialogs.base import Dialog, plain


class Leave(Dialog[Literal["keep", "stop"]]):
    """Dismissed with what is to become of them; None stays. Starts on keeping them."""

    buttons = (
        ("keep", "Keep for later", "primary"),
        ("stop", "Cancel them", "error"),
        ("cancel", "Stay", "default"),
    )

    def __init__(self, also: str = "") -> None:
        """`also` is what else is lost by leaving."""
        super().__init__("Transfers are running")
        self._also = also

    def compose_body(self) -> ComposeResult:
        yield Static(plain("Kept for later, they are paused, and T resumes them when s3tui is started again."))
        yield Static(plain("Cancelled, unfinished uploads are aborted, and nothing half-sent stays behind."))
        if self._also:
            yield Static(plain(self._also))

    def on_mount(self) -> None:
        self.query_one("#keep").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "keep":
            self.dismiss("keep")
        elif event.button.id == "stop":
            self.dismiss("stop")
