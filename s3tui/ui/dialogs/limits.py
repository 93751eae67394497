"""How many transfers at the same time, and how fast all of them together."""

from __future__ import annotations

import re

from textual import work
from textual.app import ComposeResult
from textual.widgets import Button, Input

from s3tui import background, folders
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.transfers.limits import Limits as Wanted
from s3tui.transfers.limits import remember
from s3tui.transfers.queue import Queue
from s3tui.ui.dialogs.base import Dialog
from s3tui.ui.widgets.form_row import FormRow

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?(?:/s)?", re.IGNORECASE)


class Limits(Dialog[None]):
    """Changes `queue` at once, while it runs, and what later runs begin with."""

    DEFAULT_CSS = """
    Limits .dialog-body { width: 60; }
    """
    buttons = (("ok", "Apply", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, queue: Queue) -> None:
        super().__init__("How many, how fast")
        self._queue = queue

    def compose_body(self) -> ComposeResult:
        yield FormRow("At the same time", Input(str(self._queue.at_once), id="at-once", type="integer", compact=True))
        limit = self._queue.bandwidth.limit
        words = f"{limit / _UNITS['m']:g}M" if limit else ""
        hint = "bytes a second, such as 10M; empty: no limit"
        yield FormRow("Together", Input(words, placeholder=hint, id="speed", compact=True))

    def on_mount(self) -> None:
        self.query_one("#at-once").focus()

    def on_input_submitted(self) -> None:
        self._apply()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self._apply()

    def _apply(self) -> None:
        count, speed = (self.query_one(name, Input).value.strip() for name in ("#at-once", "#speed"))
        if not count.isdecimal() or not 1 <= int(count) <= background.TRANSFERS.size:
            self.complain(f"At the same time: a number from 1 to {background.TRANSFERS.size}.")
            return
        found = _SPEED.fullmatch(speed)
        limit = round(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
        if speed and not limit:
            self.complain("Together: bytes a second, such as 500K or 10M.")
            return
        self._set(Wanted(int(count), limit or None))

    @work(exclusive=True, exit_on_error=False)
    async def _set(self, wanted: Wanted) -> None:
        await background.run(background.LOCAL, wanted.apply, self._queue)
        try:
            await background.run(background.LOCAL, remember, folders.transfers_folder(), wanted)
        except S3tuiError as error:  # they hold for this run
            self.notify(visible(f"It won't be remembered: {error}"), severity="warning", markup=False)
        self.dismiss(None)
