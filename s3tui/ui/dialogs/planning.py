"""What dialogs share whose answer is looked at as a plan first: how far that is, and the plan."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Static

from s3tui import background
from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.transfers.bulk import Tell
from s3tui.transfers.plan import Plan
from s3tui.transfers.request import Request
from s3tui.ui.dialogs.base import Dialog, plain

_OFTEN = 0.2  # s between two looks at how far it is


class PlanningDialog(Dialog[list[Request]]):
    """Dismissed with what is to be given to the queue, when the plan of it was agreed to. A dialog gives its fields in
    `compose_fields`, and what it asks for in `plan`."""

    BINDINGS = [Binding("ctrl+s", "look", "Look at the plan", show=False)]
    DEFAULT_CSS = "PlanningDialog #far { height: 1; margin-top: 1; color: $text-muted; }"

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self._far: tuple[str, int, int | None] = ("", 0, None)  # set by the thread that plans

    def compose_body(self) -> ComposeResult:
        yield from self.compose_fields()
        yield Static(id="far")

    def compose_fields(self) -> ComposeResult:
        """What is typed and chosen."""
        yield from ()

    async def plan(self) -> list[Request] | None:
        """What was agreed to; None to stay here. Raises `S3tuiError`."""
        raise NotImplementedError

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.action_look()

    def on_input_submitted(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        """Make the plan, and show it."""
        self.complain("")
        self.run_worker(self._look(), group="planning", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        try:
            requests = await self.plan()
        except S3tuiError as error:
            self.complain(error)
        else:
            if requests is not None:
                self.dismiss(requests)

    async def planned(self, make: Callable[[CancelToken, Tell], Plan]) -> Plan:
        """What `make` gives, in a thread; leaving the dialog stops it."""
        token, timer = CancelToken(), self.set_interval(_OFTEN, self._show_far)
        try:
            return await background.run(background.LISTING, make, token, self._tell, token=token)
        finally:
            timer.stop()
            if self.is_attached:
                self.query_one("#far", Static).update("")

    def _tell(self, what: str, done: int, of: int | None) -> None:
        self._far = (what, done, of)

    def _show_far(self) -> None:
        what, done, of = self._far
        far = f"{done:,}" if of is None else f"{done:,} of {of:,}"
        self.query_one("#far", Static).update(plain(f"{what}: {far} …   (Escape stops)"))
