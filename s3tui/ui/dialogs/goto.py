"""Ask for a place: a path, an s3:// URI, an https URL or an ARN."""

from __future__ import annotations

from collections.abc import Collection

from textual.app import ComposeResult
from textual.events import Paste
from textual.widgets import Button, Input, Static

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri, parse, unsigned
from s3tui.ui.dialogs.base import Dialog, plain


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
        self.hint = "A presigned URL may be pasted; its signature is dropped."
        self.buttons = (("ok", button, "primary"), ("cancel", "Cancel", "default"))

    def compose_body(self) -> ComposeResult:
        # A key with a line end can't be typed into one line; it starts empty then.
        text = str(self.start) if self.start and str(self.start).isprintable() else ""
        yield PlaceInput(text, id="place", placeholder="s3://bucket/key, bucket/prefix/, https://…, arn:aws:s3:::…")
        yield Static(plain(self.hint), classes="hint")

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
            self.dismiss(self.read(self.query_one(Input).value))
        except BadInput as error:
            self.complain(error)

    def read(self, text: str) -> S3Uri:
        """The place that `text` names. Raises `BadInput`."""
        return parse(text, self.endpoint)


class WhichObject(Goto):
    """Asks for what is missing: whoever misses it may have been told its key alone, which is then one of `bucket`,
    unless it begins with the name of one of `buckets`."""

    def __init__(self, start: S3Uri | None, endpoint: str | None, bucket: str, buckets: Collection[str]) -> None:
        super().__init__(start, endpoint, heading="Why is it missing? Which object?", button="Find out")
        self.bucket, self.buckets = bucket, buckets
        if bucket:
            self.hint = f"A key alone is one of “{bucket}”. {self.hint}"

    def read(self, text: str) -> S3Uri:
        text = unsigned(text)
        is_key = self.bucket and text and "://" not in text and not text.startswith("arn:")
        if is_key and text.removeprefix("/").partition("/")[0] not in self.buckets:
            return S3Uri(self.bucket, text)
        return super().read(text)
