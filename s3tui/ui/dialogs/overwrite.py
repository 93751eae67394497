"""What to do about names that are taken: the question before anything is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual.app import ComposeResult
from textual.widgets import Button, Static

from s3tui.display import counted
from s3tui.ui.dialogs.base import Dialog, plain

Answer = Literal["skip", "rename", "overwrite"]
_SHOWN = 8


class Overwrite(Dialog[Answer]):
    """Dismissed with what to do about all of `taken`; None when nothing should be done at all.

    `what` is what they are: `object` or `file`.
    """

    buttons = (
        ("skip", "Skip", "primary"),
        ("rename", "Rename", "default"),
        ("overwrite", "Overwrite", "error"),
        ("cancel", "Back", "default"),
    )

    def __init__(self, taken: Sequence[str], what: Literal["object", "file"]) -> None:
        super().__init__(f"{counted(len(taken), what)} already there")
        self.taken, self.what = list(taken), what

    def compose_body(self) -> ComposeResult:
        for name in self.taken[:_SHOWN]:
            yield Static(plain(f"  {name}"))
        if len(self.taken) > _SHOWN:
            yield Static(plain(f"  … and {len(self.taken) - _SHOWN:,} more"))
        yield Static("")
        lost = (
            "only a bucket with versions keeps what was there"
            if self.what == "object"
            else "what was there is gone for good"
        )
        yield Static(plain(f"Skip leaves them alone. Rename adds a number. Overwrite replaces them: {lost}."))

    def on_mount(self) -> None:
        self.query_one("#skip").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "skip":
            self.dismiss("skip")
        elif event.button.id == "rename":
            self.dismiss("rename")
        elif event.button.id == "overwrite":
            self.dismiss("overwrite")
