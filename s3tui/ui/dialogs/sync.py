"""Sync: from where to where, what of it, and whether what is only there goes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Static

from s3tui import background
from s3tui.errors import BadInput
from s3tui.s3 import filters, uri
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import doomed, local_files, sync
from s3tui.transfers.request import Request
from s3tui.transfers.sync import Prefix, Side, Sync
from s3tui.ui.dialogs.base import plain
from s3tui.ui.dialogs.file_picker import PathSuggester
from s3tui.ui.dialogs.planning import PlanningDialog
from s3tui.ui.widgets.checkbox import Checkbox
from s3tui.ui.widgets.form_row import FormRow

_UNDONE = "The bucket keeps versions: each gets a delete marker, and comes back when that is deleted."
_GONE = "It is gone for good: this can't be undone."
_HINT = (
    "A folder, or s3://bucket/prefix/; one of the two is in S3. What differs in “To” is replaced, newer or not: contents "
    "are compared, not times. Nothing is done before you have seen the plan. Ctrl+T swaps the two."
)


class SyncForm(PlanningDialog):
    """Of one profile; `place` is proposed as the target."""

    wide = True
    buttons = (("swap", "Swap (Ctrl+T)", "default"), ("ok", "Plan", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [Binding("ctrl+t", "swap", "Swap", show=False)]
    DEFAULT_CSS = """
    SyncForm Checkbox { margin-left: 18; }
    SyncForm #hint { height: auto; margin-top: 1; color: $text-muted; }
    """

    def __init__(self, connection: Connection, place: S3Uri) -> None:
        super().__init__("Sync")
        self._connection, self._place = connection, place
        self.asked: Sync | None = None  # what the plan is of

    def compose_fields(self) -> ComposeResult:
        for label, name, text in (("From", "from", ""), ("To", "to", str(self._place))):
            suggester = PathSuggester(Path.cwd)
            field = Input(text, id=name, compact=True, suggester=suggester, select_on_focus=False)
            yield FormRow(label, field)
        yield FormRow(
            "Only what fits", Input(id="filter", compact=True, placeholder="everything; as in the filter: / ")
        )
        yield Checkbox("Delete what is only in “To”, at the end", compact=True, id="delete")
        yield Static(plain(_HINT), id="hint")

    def on_mount(self) -> None:
        self.query_one("#from").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "swap":
            self.action_swap()

    def action_swap(self) -> None:
        """The other direction."""
        one, other = self.query_one("#from", Input), self.query_one("#to", Input)
        one.value, other.value = other.value, one.value

    async def plan(self) -> list[Request] | None:
        """See `PlanningDialog`."""
        from s3tui.ui.screens.plan import PlanScreen

        self.asked = asked = Sync(
            self._side("from"),
            self._side("to"),
            self.query_one("#delete", Checkbox).value,
            filters.parse(self.query_one("#filter", Input).value),
        )
        made = await self.planned(partial(sync.plan, asked))
        consequence, typed = await background.run(background.METADATA, _deleting, asked)
        screen = PlanScreen(made, f"Sync {asked.source} to {asked.target}", "Sync", consequence, typed)
        return await self.app.push_screen_wait(screen)

    def _side(self, name: str) -> Side:
        text = self.query_one(f"#{name}", Input).value.strip()
        if not text:
            raise BadInput("Both places are needed.", "A folder, or s3://bucket/prefix/.")
        if "://" in text or text.startswith("arn:"):
            return Prefix(self._connection, uri.parse(text, self._connection.profile.endpoint))
        return local_files.absolute(text, Path.cwd())


def _deleting(asked: Sync) -> tuple[str, str]:
    """What deletes at the target mean, and the name that is typed where they can't be undone."""
    if isinstance(asked.target, Path):
        return _GONE, asked.target.name or str(asked.target)
    bucket = asked.target.uri.bucket
    if not asked.delete or doomed.versioning_of(asked.target.connection, bucket) == "Enabled":
        return _UNDONE, ""
    return _GONE, bucket
