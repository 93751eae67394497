"""Copy or move objects and prefixes: where to, which object becomes which key, and what is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Select, Static

from s3tui import background, display
from s3tui.background import CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.profiles.model import Profile
from s3tui.s3 import uri
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
from s3tui.s3.tags import refuse_writing
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import Planned, existing, plan, renamed
from s3tui.transfers.failures import SameObject
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.names import shared_prefix
from s3tui.transfers.taken import Taken
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.dialogs.overwrite import Overwrite
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.move_list import Move, MoveList

REST = 0.3  # s; what is typed must rest this long before it is counted
_OWN = -1  # the choice of the profile that the sources have
_OFTEN = 0.2  # s between two looks at how far the counting is


@dataclass(frozen=True, slots=True)
class Look:
    """What would go where, and what is there. All of it: a plan that breaks off is none."""

    planned: list[Planned]
    there: Taken

    @property
    def taken(self) -> Collection[str]:
        """The new keys that are taken."""
        return self.there.found.keys()


class CopyForm(Dialog[list[CopyRequest | MoveRequest]]):
    """Dismissed with what is to be copied or moved; keys that are taken were asked about."""

    wide = True
    BINDINGS = [Binding("ctrl+s", "go", "Go", show=False)]
    DEFAULT_CSS = """
    CopyForm MoveList { height: 1fr; min-height: 4; margin: 1 0; }
    CopyForm #total { height: 1; color: $text-muted; }
    CopyForm .dialog-body { overflow-y: hidden; }
    """

    def __init__(
        self,
        connection: Connection,
        sources: Sequence[S3Uri],
        kind: Literal["copy", "move"],
        others: Sequence[Profile] = (),
        mfa_code: Callable[[str], str] | None = None,
    ) -> None:
        """`others` are the profiles to which it may go instead; `mfa_code` as for `connections.connect`."""
        what = f"“{sources[0].name}”" if len(sources) == 1 else f"{len(sources):,} objects and prefixes"
        super().__init__(f"{kind.capitalize()} {what}")
        self.connection, self.sources = connection, list(sources)
        self.others, self.mfa_code = list(others), mfa_code
        self.request = CopyRequest if kind == "copy" else MoveRequest
        self.buttons = (("ok", kind.capitalize(), "primary"), ("cancel", "Cancel", "default"))
        self.proposed = str(sources[0] if len(sources) == 1 else sources[0].parent)
        self._counted = 0  # set by the thread that counts

    def compose_body(self) -> ComposeResult:
        if self.others:
            own = plain(f"{self.connection.profile.name} (this one)")
            choices = [(own, _OWN), *((plain(each.name), number) for number, each in enumerate(self.others))]
            yield FormRow("To profile", Select[int](choices, allow_blank=False, value=_OWN, id="profile", compact=True))
        yield FormRow("To", Input(self.proposed, id="target", compact=True, select_on_focus=False))
        yield MoveList("Object", "New key", "")
        yield Static(id="total")

    def on_mount(self) -> None:
        self.query_one("#target").focus()

    # ---- what would become of it

    @on(Input.Changed, "#target")
    @on(Select.Changed, "#profile")
    @work(exclusive=True, group="looking", exit_on_error=False)
    async def _changed(self) -> None:
        self.complain("")
        await asyncio.sleep(REST)
        try:
            self._show(await self._looked())
        except S3tuiError as error:
            self._show(Look([], Taken()))
            if isinstance(error, SameObject) and self.query_one("#target", Input).value == self.proposed:
                self.query_one("#total", Static).update(plain("Change the name, or the prefix before it."))
            else:
                self.complain(error)

    async def _looked(self) -> Look:
        there, target = self._there(), self._target()
        self._counted, token = 0, CancelToken()
        timer = self.set_interval(_OFTEN, self._show_progress)
        try:
            return await background.run(
                background.LISTING, _look, self.connection, there, self.sources, target, token, self._tell, token=token
            )
        finally:
            timer.stop()

    def _there(self) -> Connection:
        """The connection to write with."""
        chosen = self.query_one("#profile", Select).value if self.others else _OWN
        if not isinstance(chosen, int) or chosen == _OWN:
            return self.connection
        return connect(self.others[chosen], self.mfa_code)

    def _target(self) -> S3Uri:
        text = self.query_one("#target", Input).value
        target = uri.parse(text, self._there().profile.endpoint)
        if target.version_id:
            raise BadInput("A version can't be written.", "Leave “?versionId=” out.")
        return target

    def _tell(self, counted: int) -> None:
        self._counted = counted

    def _show_progress(self) -> None:
        self.query_one("#total", Static).update(plain(f"Counting: {display.counted(self._counted, 'object')} so far …"))

    def _show(self, look: Look) -> None:
        skip = len(shared_prefix(each.source.key for each in look.planned))
        moves = [
            Move(
                str(each.source),
                each.source.key[skip:],
                each.target.key,
                "exists: you will be asked" if each.target.key in look.taken else "",
                each.size,
            )
            for each in look.planned
        ]
        self.query_one(MoveList).show(moves)
        taken = f", {len(look.taken):,} of them there already" if look.taken else ""
        total = f"{display.counted(len(moves), 'object')}{taken}, {display.size(sum(move.size for move in moves))}"
        self.query_one("#total", Static).update(plain(total))

    # ---- doing it

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.action_go()

    def on_input_submitted(self) -> None:
        self.action_go()

    @work(exclusive=True, group="looking", exit_on_error=False)
    async def action_go(self) -> None:
        """Count once more what there is now, ask about keys that are taken, then be done."""
        self.complain("")
        try:
            look = await self._looked()
            self._show(look)
            planned, overwritten, there = look.planned, False, self._there()
            if look.taken:
                answer = await self.app.push_screen_wait(Overwrite(sorted(look.taken), "object"))
                if answer is None:
                    return
                if answer == "overwrite":
                    overwritten = True
                elif answer == "skip":
                    planned = [each for each in planned if each.target.key not in look.taken]
                else:
                    planned = await background.run(background.LISTING, renamed, there, planned, look.taken)
        except S3tuiError as error:
            self.complain(error)
            return
        to: tuple[str | None, str | None] = (
            (None, "") if there is self.connection else (there.profile.name, there.profile.endpoint)
        )

        def request(each: Planned) -> CopyRequest | MoveRequest:
            found = look.there.found.get(each.target.key) if overwritten else None
            seen = found[1] if found else None
            return self.request(
                each.source, each.target, found is not None, each.etag, *to, replaces=seen, size=each.size
            )

        self.dismiss(list(map(request, planned)))


def _look(
    connection: Connection,
    there: Connection,
    sources: Sequence[S3Uri],
    target: S3Uri,
    token: CancelToken,
    tell: Callable[[int], None],
) -> Look:
    refuse_writing(there)
    same = there.profile.endpoint == connection.profile.endpoint
    planned = []
    for each in plan(connection, sources, target, token, same_endpoint=same):
        planned.append(each)
        tell(len(planned))
    return Look(planned, existing(there, planned, token))
