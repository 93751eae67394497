"""Write the rows of a table to a file: which of them, in which format, where."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from s3tui import background, display
from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import export
from s3tui.s3.listing import Completeness, Listing
from s3tui.transfers import local_files, names
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.dialogs.file_picker import PathSuggester
from s3tui.ui.panes import status
from s3tui.ui.widgets.form_row import FormRow

_FORMATS = (("CSV", "csv"), ("JSON Lines", "jsonl"), ("Parquet", "parquet"))
_OFTEN = 0.2  # s between two looks at how far it is


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows of a listing that can be exported.

    `numbers` gives them in their order, all that are listed by then; it is called in a thread. `known` is how
    complete the listing is by then.
    """

    part: str  # which rows they are, such as `the 2 selected rows`; empty: all
    listing: Listing
    numbers: Callable[[], Sequence[int]]
    known: Callable[[], Completeness]

    @property
    def label(self) -> str:
        return self.part or "all"


@dataclass(frozen=True, slots=True)
class Written:
    """What was exported."""

    path: Path
    rows: int
    size: int  # bytes
    completeness: Completeness  # of the list
    part: str = ""  # as in `Choice`


def told(known: Completeness, part: str) -> str:
    """What the file says of its rows, when `known` is how complete their list is; sentences."""
    only = f"The file says that it holds only {part}. " if part else ""
    so = "." if part else ", and the file says so."
    if known.is_complete:
        return f"{only}The list is {' '.join(['complete', known.reason]).strip()}{so}"
    why = "You stopped it." if known.reason == status.STOPPED else known.reason or "More exist."
    return f"{only}The list is not complete{so} {why}"


class ExportForm(Dialog[Written]):
    """Dismissed when the file is written. `choices` is not empty; `name` is proposed for the file, without ending."""

    DEFAULT_CSS = """
    ExportForm #state { height: auto; margin-top: 1; color: $text-muted; }
    ExportForm #state.-incomplete { color: $text-warning; }
    """
    BINDINGS = [Binding("ctrl+s", "write", "Export", show=False)]
    buttons = (("ok", "Export", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, heading: str, choices: Sequence[Choice], name: str) -> None:
        super().__init__(heading)
        self.choices, self.proposed = list(choices), name
        self._rows = 0  # written so far; set by the thread that writes

    def compose_body(self) -> ComposeResult:
        labels = [(display.visible(choice.label), str(number)) for number, choice in enumerate(self.choices)]
        yield FormRow("Rows", _choice("rows", labels))
        yield FormRow("Format", _choice("format", _FORMATS))
        suggester = PathSuggester(Path.cwd)
        yield FormRow("File", Input(id="path", compact=True, suggester=suggester, select_on_focus=False))
        yield Static(id="state")

    def on_mount(self) -> None:
        self.query_one("#path").focus()
        self._propose()
        self._show_state()

    @work(exclusive=True, group="proposing", exit_on_error=False)
    async def _propose(self) -> None:
        proposed = await background.run(background.LOCAL, _free_path, self.proposed)
        path = self.query_one("#path", Input)
        path.value = path.value or str(proposed)
        path.cursor_position = len(path.value)

    # ---- the form

    @property
    def _format(self) -> export.Format:
        chosen = self.query_one("#format", Select).value
        return next(format for format in export.FORMATS if format == chosen)

    @property
    def _chosen(self) -> Choice:
        return self.choices[int(str(self.query_one("#rows", Select).value))]

    @on(Select.Changed, "#rows")
    def _show_state(self) -> None:
        chosen = self._chosen
        completeness = chosen.known()
        state = self.query_one("#state", Static)
        state.update(plain(("" if completeness.is_complete else "⚠ ") + told(completeness, chosen.part)))
        state.set_class(not completeness.is_complete, "-incomplete")

    @on(Select.Changed, "#format")
    def _change_ending(self) -> None:
        path = self.query_one("#path", Input)
        stem, ending = os.path.splitext(path.value)
        if ending[1:] in export.FORMATS:
            path.value = f"{stem}.{self._format}"

    @on(Input.Changed, "#path")
    def _change_format(self, event: Input.Changed) -> None:
        self.complain("")
        ending = os.path.splitext(event.value)[1][1:]
        if ending in export.FORMATS:
            self.query_one("#format", Select).value = ending

    # ---- writing

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.action_write()

    def on_input_submitted(self) -> None:
        self.action_write()

    @work(exclusive=True, group="writing", exit_on_error=False)
    async def action_write(self) -> None:
        """Write the file, then close. Cancel and Escape stop it, and then no file stays."""
        button = self.query_one("#ok", Button)
        button.disabled = True
        try:
            self.dismiss(await self._write(self._chosen))
        except S3tuiError as error:
            self.complain(error)
            self._show_state()
        finally:
            button.disabled = False

    async def _write(self, choice: Choice) -> Written:
        self.complain("")
        path = local_files.absolute(self.query_one("#path", Input).value.strip(), Path.cwd())
        # Before the rows are taken: what comes in between doesn't make the list complete.
        completeness = choice.known()
        numbers = await background.run(background.LOCAL, choice.numbers)
        self._rows, token = 0, CancelToken()
        timer = self.set_interval(_OFTEN, lambda: self._show_progress(len(numbers)))
        try:
            size = await background.run(
                background.LOCAL,
                export.to_file,
                path,
                self._format,
                choice.listing,
                numbers,
                completeness.of_part(choice.part),
                token,
                self._wrote,
                token=token,
            )
        finally:
            timer.stop()
        return Written(path, len(numbers), size, completeness, choice.part)

    def _wrote(self, rows: int) -> None:
        self._rows = rows

    def _show_progress(self, rows: int) -> None:
        share = self._rows * 100 // rows if rows else 100
        self.query_one("#state", Static).update(plain(f"Writing: {self._rows:,} of {rows:,} rows, {share} %"))


def _choice(identity: str, options: Sequence[tuple[str, str]]) -> Widget:
    return Select[str](options, allow_blank=False, value=options[0][1], id=identity, compact=True)


def _free_path(name: str) -> Path:
    """A path that nothing has yet, in the folder for downloads."""
    folder, number = local_files.downloads(), 1
    while os.path.lexists(path := folder / f"{name if number == 1 else names.numbered(name, number)}.csv"):
        number += 1
    return path
