"""What every dialog shares: a titled box, a line for complaints, buttons, Escape."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.widgets.button import ButtonVariant

from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.ui.failures import TellsFailures

T = TypeVar("T")


def plain(text: str) -> Content:
    """`text` as content for a widget: control characters made visible, markup never interpreted."""
    return Content(visible(text))


class Dialog(TellsFailures, ModalScreen[T | None], Generic[T]):
    """A modal box, dismissed with its answer or with None.

    A dialog gives its `heading`, its body in `compose_body` and its `buttons` (id, label, variant), and
    handles `Button.Pressed` of its own ids; `cancel` and Escape are handled here.
    """

    BINDINGS = [Binding("escape", "cancel", "Cancel", show=False)]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    buttons: tuple[tuple[str, str, ButtonVariant], ...] = (("ok", "OK", "primary"), ("cancel", "Cancel", "default"))
    wide = False  # 90% of the screen instead of just enough

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.heading = heading

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide" if self.wide else "dialog"):
            yield Static(plain(self.heading), classes="dialog-heading")
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield from self.compose_body()
            yield Static("", classes="dialog-complaint")
            with Horizontal(classes="dialog-buttons"):
                for identity, label, variant in self.buttons:
                    yield Button(label, id=identity, variant=variant)

    def compose_body(self) -> ComposeResult:
        """What stands between heading and buttons."""
        yield from ()

    def focus_body(self) -> None:
        """Let the keys scroll a body that may be longer than the screen."""
        for body in self.query(".dialog-body"):  # none, when the dialog was left before it stood
            body.can_focus = True
            body.focus()

    def complain(self, problem: str | S3tuiError) -> None:
        """Show what is wrong above the buttons; an empty text clears it."""
        self.query_one(".dialog-complaint", Static).update(plain(str(problem)))

    def on_key(self, event: Key) -> None:
        """Left and right go from button to button."""
        if event.key in ("left", "right") and isinstance(self.focused, Button):
            event.stop()
            turn = self.focus_next if event.key == "right" else self.focus_previous
            turn(".dialog-buttons Button")

    def action_cancel(self) -> None:
        self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        # Textual calls the handlers of all base classes by itself. A subclass that calls this one too would cancel
        # twice, and close the dialog below as well.
        event.prevent_default()
        if event.button.id == "cancel":
            self.action_cancel()
