"""Save a text to a file that isn't there yet."""

from __future__ import annotations

from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.widgets import Button, Input

from s3tui import background
from s3tui.errors import BadInput, S3tuiError
from s3tui.ui.dialogs.base import Dialog


class SaveText(Dialog[Path]):
    """Dismissed with the path once `text` is written there. Never overwrites."""

    DEFAULT_CSS = "SaveText Input { width: 66; max-width: 100%; }"
    buttons = (("ok", "Save", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, heading: str, text: str, start: Path) -> None:
        super().__init__(heading)
        self.text, self.start = text, start

    def compose_body(self) -> ComposeResult:
        yield Input(str(self.start), id="path")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self) -> None:
        self.complain("")

    def on_input_submitted(self) -> None:
        self.save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.save()

    @work(exclusive=True, group="save", exit_on_error=False)
    async def save(self) -> None:
        """Write the file, then close."""
        path = Path(self.query_one(Input).value.strip())
        try:
            saved = await background.run(background.LOCAL, write_new, path, self.text)
        except S3tuiError as error:
            self.complain(error)
        else:
            self.dismiss(saved)


def write_new(path: Path, text: str) -> Path:
    """Write `text` to a new file and return its full path (`~` is the home folder). Raises `BadInput`."""
    try:
        path = path.expanduser().absolute()
        with path.open("x", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"“{path}” is there already.", "Choose another name.") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"“{path}” can't be written: {getattr(error, 'strerror', None) or error}.") from error
    return path
