"""Ask for readable copies of archived objects: for how long, how soon."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.widgets import Button, Input, RadioButton, RadioSet, Static

from s3tui import background
from s3tui.display import counted
from s3tui.errors import S3tuiError
from s3tui.s3 import restore
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.restore import TIERS, Tier
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.form_row import FormRow


class Restore(Dialog[int]):
    """Dismissed with how many restores were asked for. One that was refused is said, and may be tried again."""

    DEFAULT_CSS = """
    Restore RadioSet { width: 100%; height: auto; background: transparent; border: none !important; }
    """
    buttons = (("ok", "Restore", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, connection: Connection, archived: Sequence[ObjectInfo]) -> None:
        super().__init__(f"Restore {counted(len(archived), 'archived object')}")
        self.connection = connection
        self._left = list(archived)
        self._asked = 0

    def compose_body(self) -> ComposeResult:
        for info in self._left[:3]:
            yield Static(plain(f"{info.uri}  ({info.archive_status or info.storage_class})"))
        if len(self._left) > 3:
            yield Static(plain(f"… and {len(self._left) - 3:,} more"))
        yield Static(plain("A copy is made that can be read for so many days. That is charged for."))
        yield FormRow("Days", Input("7", id="days", type="integer", compact=True))
        with RadioSet(id="tier", compact=True):
            for tier in TIERS:
                takes = self._takes(tier)
                label = f"{tier:<10} ready in {takes}" if takes else f"{tier:<10} not from the deep archive"
                yield RadioButton(plain(label), value=tier == TIERS[0], disabled=not takes, compact=True)

    def _takes(self, tier: Tier) -> str:
        """For all of them; empty when one can't be had that way."""
        said = [restore.takes(info, tier) for info in self._left]
        return " or ".join(dict.fromkeys(said)) if all(said) else ""

    def on_mount(self) -> None:
        self.query_one("#days").focus()
        if self.connection.read_only:
            self.complain("This connection is read-only: nothing can be restored.")
            self.query_one("#ok", Button).disabled = True

    def on_input_submitted(self) -> None:
        self._begin()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self._begin()

    def action_cancel(self) -> None:
        self.dismiss(self._asked or None)

    def _begin(self) -> None:
        days = self.query_one("#days", Input).value
        if not days.isdecimal() or int(days) < 1:
            self.complain("Days: a number from 1 on.")
        elif not self.connection.read_only:
            self._restore(int(days), TIERS[max(0, self.query_one(RadioSet).pressed_index)])

    @work(exclusive=True, group="restoring", exit_on_error=False)
    async def _restore(self, days: int, tier: Tier) -> None:
        button = self.query_one("#ok", Button)
        button.disabled = True
        try:
            while self._left:
                uri = self._left[0].uri
                await background.run(background.METADATA, restore.restore, self.connection, uri, days, tier)
                self._left.pop(0)
                self._asked += 1
        except S3tuiError as error:
            said = f"{counted(self._asked, 'restore')} asked for, then: " if self._asked else ""
            self.complain(f"{said}{error}")
        else:
            self.dismiss(self._asked)
        finally:
            button.disabled = False
