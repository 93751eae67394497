"""Ask for a place: a path, an s3:// URI, an https URL or an ARN."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Paste
from textual.widgets import Button, Input, Static

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri, parse, unsigned
from s3tui.ui.dialogs.base import Dialog


class PlaceInput(Input):
    """An input that never shows a signature: the one of a presigned URL is dropped as it is pasted."""

    def on_paste(self, event: Paste) -> None:
        """Runs before Textual's own handler."""
        event.text = unsigned(event.text.strip())


class Goto(Dialog[S3Uri]):
    """Dismissed with the place. `endpoint` is the profile's, to read virtual-hosted URLs."""

    def __init__(self, start: S3Uri | None, endpoint: str | None, heading: str = "Go to", button: str = "Go") -> None:
        super().__init__(heading)
        self.start, self.endpoint = start, endpoint
        self.buttons = (("ok", button, "primary"), ("cancel", "Cancel", "default"))

    def compose_body(self) -> ComposeResult:
        # A key with a line end can't be typed into one line; it starts empty then.
        text = str(self.start) if self.start and str(self.start).isprintable() else ""
        yield PlaceInput(text, id="place", placeholder="s3://bucket/key, bucket/prefix/, https://…, arn:aws:s3:::…")
        yield Static("A presigned URL may be pasted; its signature is dropped.", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        self.complain("")

    def on_input_submitted(self) -> None:
        self._go()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self._go()

    def _go(self) -> None:
        try:
            self.dismiss(parse(self.query_one(Input).value, self.endpoint))
        except BadInput as error:
            self.complain(error)
