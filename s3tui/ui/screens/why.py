"""Why is this object missing: the verdict first, then the evidence as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from s3tui import background
from s3tui.background import Cancelled, CancelToken
from s3tui.diagnosis import Diagnosis, Evidence, Verdict, report, why
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine

_FINE = {Verdict.EXISTS}
_OPEN = {Verdict.CANNOT_TELL, Verdict.UNREACHABLE, Verdict.CREDENTIALS}


@dataclass
class Found(Message):
    """A line of evidence of the run that `token` belongs to."""

    token: CancelToken
    evidence: Evidence


class Why(KeyedScreen[S3Uri | None]):
    """Dismissed with a place to go to, or with None."""

    DEFAULT_CSS = """
    Why #place { padding: 0 1; color: $text-muted; height: auto; max-height: 3; }
    Why #verdict { margin: 0 1; padding: 0 1; height: auto; max-height: 12; border: round $secondary; }
    Why #verdict.-fine { border: round $success; }
    Why #verdict.-cause { border: round $warning; }
    Why #verdict.-open { border: round $error; }
    Why #details { padding: 0 1; height: 1fr; }
    Why #details > Vertical { height: auto; }
    Why .section { margin-top: 1; text-style: bold; color: $text-primary; }
    Why .line { padding-left: 2; }
    Why .proof { padding-left: 5; color: $text-muted; }
    Why OptionList { height: auto; max-height: 8; padding: 0 1; border: none !important; }
    """
    BINDINGS = [
        Binding("escape", "leave", "Stop or back", key_display="Esc"),
        Binding("enter", "go", "Go there", show=False),
        Binding("y", "copy", "Copy report"),
        Binding("s", "save", "Save report"),
        Binding("r", "again", "Ask again"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, connection: Connection, uri: S3Uri) -> None:
        super().__init__()
        self.connection, self.uri = connection, uri
        self.diagnosis: Diagnosis | None = None
        self._token = CancelToken()
        self._looking = False
        self._lines = 0

    def compose(self) -> ComposeResult:
        version = f" version {self.uri.version_id}" if self.uri.version_id else ""
        yield Static(plain(f"Why is it missing?  {self.uri}{version}"), id="place")
        yield Static(id="verdict")
        with VerticalScroll(id="details"):
            yield Vertical(id="conclusions")
            yield Static("Evidence", classes="section")
            yield Vertical(id="evidence")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#details").focus()
        self.look()

    @work(exclusive=True, group="why", exit_on_error=False)
    async def look(self) -> None:
        """Ask the endpoint, and show what comes of it."""
        token = self._token = CancelToken()
        self.diagnosis, self._lines, self._looking = None, 0, True
        await self.query_one("#evidence").remove_children()
        await self.query_one("#conclusions").remove_children()
        self._say("Looking …", "Only reads are sent. Escape stops.", "")
        try:
            answer = await background.run(
                background.METADATA,
                why,
                self.connection,
                self.uri,
                token,
                lambda evidence: self.post_message(Found(token, evidence)),
                token=token,
            )
        except Cancelled:
            return
        except S3tuiError as error:
            self._looking = False
            self._say("This can't be looked into", str(error), "-open")
            return
        self.diagnosis, self._looking = answer, False
        await self._show(answer)

    def on_found(self, message: Found) -> None:
        """Show a line, unless it belongs to a run that was left."""
        if message.token is not self._token:
            return
        self._lines += 1
        line = message.evidence
        self.query_one("#evidence").mount(
            Static(plain(f"{self._lines}. {line.finding}"), classes="line"), Static(plain(line.proof), classes="proof")
        )

    def _say(self, heading: str, text: str, state: str) -> None:
        verdict = self.query_one("#verdict", Static)
        verdict.update(Content.assemble((visible(heading), "bold"), "\n", plain(text)))
        verdict.set_classes(state)

    async def _show(self, diagnosis: Diagnosis) -> None:
        verdict = diagnosis.verdict
        state = "-fine" if verdict in _FINE else "-open" if verdict in _OPEN else "-cause"
        there = " Enter goes there." if verdict is Verdict.EXISTS else ""
        self._say(verdict.heading, diagnosis.summary + there, state)
        conclusions = self.query_one("#conclusions")
        if diagnosis.candidates:
            options = OptionList(*(self._option(candidate.key, candidate.why) for candidate in diagnosis.candidates))
            await conclusions.mount(Static("Near misses (Enter goes there)", classes="section"), options)
            options.focus()
        sections = (
            ("What to do next", diagnosis.next),
            (
                "What could not be checked",
                tuple(f"{gap.what}; that leaves open {gap.leaves_open}" for gap in diagnosis.unchecked),
            ),
        )
        for heading, lines in sections:
            if lines:
                shown = [Static(plain(f"- {line}"), classes="line") for line in lines]
                await conclusions.mount(Static(heading, classes="section"), *shown)
        self.query_one("#details").scroll_home(animate=False)

    def _option(self, key: str, why_it_may_be: str) -> Option:
        return Option(
            Content.assemble(plain(str(self.uri.with_key(key))), "\n  ", (visible(why_it_may_be), "$text-muted"))
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self.diagnosis:
            self.dismiss(self.uri.with_key(self.diagnosis.candidates[event.option_index].key))

    def action_go(self) -> None:
        """Go to the object when it is there after all."""
        if self.diagnosis and self.diagnosis.verdict is Verdict.EXISTS:
            self.dismiss(self.uri)

    def action_leave(self) -> None:
        """Stop looking; when nothing is looked for any more, go back."""
        if self._looking:
            self._looking = False
            self._token.cancel()
            self._say("Stopped", "r asks again, Escape goes back.", "-open")
        else:
            self.dismiss(None)

    def action_again(self) -> None:
        self._token.cancel()
        self.look()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#details").scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the report as plain text (OSC 52: it depends on the terminal)."""
        if not self.diagnosis:
            self.notify("Wait for the verdict.", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(report(self.diagnosis))
        self.notify("The report went to the terminal's clipboard. If it isn't there, save it with s.", markup=False)

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the report as plain text."""
        from s3tui.ui.dialogs.save_text import SaveText

        if not self.diagnosis:
            self.notify("Wait for the verdict.", severity="warning", markup=False)
            return
        # Not the key: it may be anything.
        start = Path(f"s3tui-why-{self.diagnosis.at:%Y%m%d-%H%M%S}.txt")
        saved = await self.app.push_screen_wait(SaveText("Save the report as", report(self.diagnosis), start))
        if saved:
            self.notify(visible(f"Saved as {saved}"), markup=False)

    def on_unmount(self) -> None:
        self._token.cancel()
