"""Sync: from where to where, by which profiles, what of it, and whether what is only there goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Select, Static

from s3tui import background
from s3tui.errors import BadInput
from s3tui.profiles.model import Profile
from s3tui.s3 import filters, uri
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
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
    """`place` is proposed as the target, or all of `again`, a sync that wasn't carried out to its end."""

    wide = True
    buttons = (("swap", "Swap (Ctrl+T)", "default"), ("ok", "Plan", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [Binding("ctrl+t", "swap", "Swap", show=False)]
    DEFAULT_CSS = """
    SyncForm Checkbox { margin-left: 18; }
    SyncForm #hint { height: auto; margin-top: 1; color: $text-muted; }
    """

    def __init__(
        self,
        connection: Connection,
        place: S3Uri,
        others: Sequence[Profile] = (),
        mfa_code: Callable[[str], str] | None = None,
        again: Sync | None = None,
    ) -> None:
        """`others` are the profiles by which either place may be reached instead; `mfa_code` as for
        `connections.connect`."""
        super().__init__("Sync")
        self._connection, self._mfa_code = connection, mfa_code
        self._profiles = [connection.profile, *others]
        self._proposed: tuple[tuple[str, Side | str], ...] = (("from", ""), ("to", str(place)))
        if again:
            self._proposed = (("from", again.source), ("to", again.target))
        self._again = again
        self.asked: Sync | None = None  # what the plan is of

    def compose_fields(self) -> ComposeResult:
        for name, proposed in self._proposed:
            suggester = PathSuggester(Path.cwd)
            field = Input(str(proposed), id=name, compact=True, suggester=suggester, select_on_focus=False)
            yield FormRow(name.capitalize(), field)
            if len(self._profiles) > 1:
                yield FormRow(f"{name.capitalize()}, by profile", self._profile_field(name, proposed))
        wanted = self._again.wanted.text if self._again else ""
        placeholder = "everything; as in the filter: / "
        yield FormRow("Only what fits", Input(wanted, id="filter", compact=True, placeholder=placeholder))
        deletes = self._again is not None and self._again.delete
        yield Checkbox("Delete what is only in “To”, at the end", deletes, compact=True, id="delete")
        yield Static(plain(_HINT), id="hint")

    def _profile_field(self, side: str, proposed: Side | str) -> Select[int]:
        names = [each.name for each in self._profiles]
        of = proposed.connection.profile.name if isinstance(proposed, Prefix) else ""
        choices = [(plain(name if number else f"{name} (this one)"), number) for number, name in enumerate(names)]
        chosen = names.index(of) if of in names else 0
        return Select[int](choices, allow_blank=False, value=chosen, id=f"{side}-profile", compact=True)

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
        if len(self._profiles) > 1:
            first, second = self.query_one("#from-profile", Select), self.query_one("#to-profile", Select)
            first.value, second.value = second.value, first.value

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
            connection = self._connection_of(name)
            return Prefix(connection, uri.parse(text, connection.profile.endpoint))
        return local_files.absolute(text, Path.cwd())

    def _connection_of(self, side: str) -> Connection:
        chosen = self.query_one(f"#{side}-profile", Select).value if len(self._profiles) > 1 else 0
        if not isinstance(chosen, int) or not chosen:
            return self._connection
        return connect(self._profiles[chosen], self._mfa_code)


def _deleting(asked: Sync) -> tuple[str, str]:
    """What deletes at the target mean, and the name that is typed where they can't be undone."""
    if isinstance(asked.target, Path):
        return _GONE, asked.target.name or str(asked.target)
    bucket = asked.target.uri.bucket
    if not asked.delete or doomed.versioning_of(asked.target.connection, bucket) == "Enabled":
        return _UNDONE, ""
    return _GONE, bucket
