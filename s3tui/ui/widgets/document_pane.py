"""One bucket document: its rules in words, its JSON in an editor, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from s3tui import background
from s3tui.display import counted
from s3tui.errors import S3tuiError
from s3tui.s3 import documents, errors
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import KindName, Reading, Rule
from s3tui.s3.documents import Document
from s3tui.ui.dialogs.base import plain
from s3tui.ui.dialogs.document_diff import DocumentDiff
from s3tui.ui.dialogs.load_document import LoadDocument, Loaded
from s3tui.ui.widgets.json_editor import LARGEST, JsonEditor

State = Literal["loading", "ready", "writing", "unavailable"]
TYPING_PAUSE = 0.2  # seconds without a key before the text is read
_MOST_COMPLAINTS = 200


class DocumentPane(Vertical):
    """Reads the document when it is shown first; `save_document` and `remove_document` ask before they write."""

    DEFAULT_CSS = """
    DocumentPane { height: 1fr; }
    DocumentPane .state { height: auto; max-height: 6; padding: 0 1; color: $text-muted; }
    DocumentPane .state.-bad { color: $text-error; }
    DocumentPane .state.-good { color: $text-success; }
    DocumentPane .work { height: 1fr; }
    DocumentPane .rules, DocumentPane JsonEditor, DocumentPane .complaints {
        background: $background; border: round $surface-lighten-2; padding: 0;
        border-title-color: $text-muted; border-subtitle-color: $text-muted;
    }
    DocumentPane .rules:focus, DocumentPane JsonEditor:focus, DocumentPane .complaints:focus {
        border: round $border; border-title-color: $text-primary;
    }
    DocumentPane .rules { width: 38%; height: 1fr; }
    DocumentPane .right { width: 1fr; height: 1fr; }
    DocumentPane JsonEditor { height: 1fr; }
    DocumentPane .complaints { height: auto; max-height: 40%; display: none; }
    DocumentPane .complaints.-some { display: block; }
    DocumentPane.-unavailable .work { display: none; }
    """

    class StateChanged(Message):
        """What can be done with the document is another now."""

    def __init__(self, connection: Connection, bucket: str, kind: KindName, added: Sequence[Rule] = ()) -> None:
        """`added` are rules to begin with, beside those that are set."""
        super().__init__(id=f"pane-{kind}")
        self._added = added
        self.connection = connection
        self.bucket = bucket
        self.kind = kind
        self.title = documents.KINDS[kind].title
        self.state: State = "loading"
        self.document: Document | None = None
        self.reading = Reading((), (), {}, ())
        self._loaded_text = ""
        self._shown_lines: tuple[int, ...] = ()  # where the rules in the list start

    def compose(self) -> ComposeResult:
        yield Static("Reading …", classes="state")
        with Horizontal(classes="work"):
            yield OptionList(classes="rules")
            with Vertical(classes="right"):
                yield JsonEditor()
                yield OptionList(classes="complaints")

    def on_mount(self) -> None:
        self.rules.border_title = "What it does"
        self.editor.border_title = "JSON"
        self.complaints.border_title = "Complaints"
        self.read_again()

    @property
    def rules(self) -> OptionList:
        return self.query_one(".rules", OptionList)

    @property
    def editor(self) -> JsonEditor:
        return self.query_one(JsonEditor)

    @property
    def complaints(self) -> OptionList:
        return self.query_one(".complaints", OptionList)

    @property
    def modified(self) -> bool:
        """Whether the editor holds something that would be lost."""
        return self.state == "ready" and self.editor.text != self._loaded_text

    @property
    def refusal(self) -> str:
        """Why nothing can be written now; empty when it can."""
        if self.state != "ready":
            return "There is nothing to write to."
        if self.connection.read_only:
            return "Read-only: nothing can be written."
        if self.document and self.document.foreign:
            return f"Only this server knows {', '.join(self.document.foreign)}: saving would drop it."
        return ""

    def focus_first(self) -> None:
        """Where a person starts: the rules, or the empty editor."""
        (self.rules if self.document else self.editor).focus()

    # --- reading ----------------------------------------------------------------------------------------------

    def _become(self, state: State, said: str, look: str = "") -> None:
        self.state = state
        self.set_class(state == "unavailable", "-unavailable")
        line = self.query_one(".state", Static)
        line.update(plain(said))
        line.set_class(look == "bad", "-bad")
        line.set_class(look == "good", "-good")
        self.post_message(self.StateChanged())

    @work(exclusive=True, group="document", exit_on_error=False)
    async def read_again(self) -> None:
        """Read the document from the endpoint into the editor."""
        self._become("loading", "Reading …")
        try:
            document = await background.run(background.METADATA, documents.get, self.connection, self.bucket, self.kind)
        except S3tuiError as error:
            so = " So nothing can be changed here." if isinstance(error, errors.Unsupported) else ""
            self._become("unavailable", f"{error}{so}", "bad")
            return
        self._show(document, self._said(document))
        if self._added:
            added, self._added = self._added, ()
            await self._add(added)

    def _said(self, document: Document | None) -> str:
        said = (
            f"{counted(len(document.rules), 'rule')}." if document else "Nothing is set. Press ctrl+t for a template."
        )
        if document and document.foreign:
            return f"{said} Only this server knows {', '.join(document.foreign)}: saving would drop it, so it is off."
        return f"{said} Read-only: nothing can be written." if self.connection.read_only else said

    def _show(self, document: Document | None, said: str, look: str = "") -> None:
        self.document = document
        self._loaded_text = document.text if document else ""
        self.editor.load(self._loaded_text)
        if self.editor.too_large:
            said += f" It is too large to edit here (over {LARGEST // 1024} KiB): press f4 for your own editor."
        self._become("ready", said, look)

    @on(JsonEditor.Changed)
    def _text_changed(self) -> None:
        self._read_text()

    @work(exclusive=True, group="text", exit_on_error=False)
    async def _read_text(self) -> None:
        await asyncio.sleep(TYPING_PAUSE)
        await self._reading()

    async def _reading(self) -> Reading:
        """What the editor's text says now, shown in words and complaints."""
        text = self.editor.text
        if text.strip():
            aws = self.connection.profile.is_aws
            self.reading = await background.run(background.LOCAL, documents.read, self.kind, text, aws)
        else:
            self.reading = Reading((), (), {}, ())
        self._show_reading()
        return self.reading

    def _show_reading(self) -> None:
        reading = self.reading
        if reading.rules or not reading.complaints:
            self.rules.clear_options()
            self.rules.add_options(Option(self._rule(rule, number)) for number, rule in enumerate(reading.rules, 1))
            self._shown_lines = reading.lines
        count = counted(len(self._shown_lines), "rule")
        self.rules.border_subtitle = f"{count}, not saved" if self.modified else count
        self.complaints.clear_options()
        self.complaints.add_options(Option(plain(str(found))) for found in reading.complaints[:_MOST_COMPLAINTS])
        self.complaints.set_class(bool(reading.complaints), "-some")
        if self.modified:
            self._become("ready", *_unsaved(reading))

    def _rule(self, rule: Rule, number: int) -> Content:
        name = plain(str(rule.get("ID") or f"rule {number}")).stylize("bold")
        return Content("\n").join([name, plain(documents.sentence(self.kind, rule))])

    @on(OptionList.OptionSelected, ".rules")
    def _rule_selected(self, event: OptionList.OptionSelected) -> None:
        self.editor.show_line(self._shown_lines[event.option_index])

    @on(OptionList.OptionSelected, ".complaints")
    def _complaint_selected(self, event: OptionList.OptionSelected) -> None:
        self.editor.show_line(self.reading.complaints[event.option_index].line)

    # --- changing the text ------------------------------------------------------------------------------------

    @work(exclusive=True, group="load", exit_on_error=False)
    async def load(self) -> None:
        """Let the user choose a template to add, or a saved document to put in place."""
        dialog = LoadDocument(self.connection.profile, self.bucket, self.kind)
        loaded: Loaded | None = await self.app.push_screen_wait(dialog)
        if loaded is None:
            return
        if loaded.text:
            self._replace_text(loaded.text)
            return
        await self._add(loaded.rules)

    async def _add(self, rules: Sequence[Rule]) -> None:
        """Put `rules` into the editor, in the place of those that have their ids."""
        reading = await self._reading()
        if not reading.ok:
            self.notify("Mend the text first: its rules can't be read.", severity="warning", markup=False)
            return
        names = {rule.get("ID") for rule in rules} - {None}
        kept = [rule for rule in reading.rules if rule.get("ID") not in names]
        self._replace_text(documents.text_of(self.kind, [*kept, *rules], reading.extras))

    def _replace_text(self, text: str) -> None:
        """Put `text` into the editor so that undo brings the old one back."""
        if len(text) > LARGEST or self.editor.too_large:
            self.editor.load(text)
        else:
            self.editor.replace(text, (0, 0), self.editor.document.end)
            self.editor.move_cursor((0, 0))
        self.editor.focus()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def tidy(self) -> None:
        """Write the text anew in S3's own shape, whatever tool it was pasted from."""
        reading = await self._reading()
        if reading.ok and reading.rules:
            self._replace_text(documents.text_of(self.kind, reading.rules, reading.extras))
        else:
            self.notify("Mend the text first: its rules can't be read.", severity="warning", markup=False)

    def edit_outside(self) -> None:
        """Edit the text in `$EDITOR`. Raises `BadInput`."""
        self._replace_text(self.editor.edit_outside())

    # --- writing ----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="document", exit_on_error=False)
    async def save_document(self) -> None:
        """Show the difference, and write it when the user agrees."""
        reading = await self._reading()
        if not reading.ok or not reading.rules:
            wrong = len(reading.complaints) - len(reading.warnings)
            said = (
                f"{counted(wrong, 'error')}: nothing was sent." if wrong else "There is no rule: f8 removes them all."
            )
            self.notify(said, severity="warning", markup=False)
            return
        found = documents.differences(self.kind, self.document, reading.rules)
        if not found and not documents.options_differ(self.kind, self.document, reading.extras):
            self.notify("The endpoint has these rules already.", markup=False)
            return
        heading = f"Write these {self.title} rules to “{self.bucket}”?"
        if await self.app.push_screen_wait(DocumentDiff(heading, found, reading.warnings, "Write")):
            await self._put(reading)

    async def _put(self, reading: Reading) -> None:
        self._become("writing", "Writing and reading back …")
        arguments = (self.connection, self.bucket, self.kind, reading.rules, self.document, reading.extras)
        try:
            document = await background.run(background.METADATA, documents.put, *arguments)
        except S3tuiError as error:
            self._failed(error)
            return
        said = ["Written, read back, and the same in meaning.", *document.remarks]
        self._show(document, " ".join([*said, _saved_in(document.backup)]).rstrip(), "good")

    @work(exclusive=True, group="document", exit_on_error=False)
    async def remove_document(self) -> None:
        """Remove the whole document, after a question."""
        before = self.document
        if before is None:
            self.notify("Nothing is set.", markup=False)
            return
        found = documents.differences(self.kind, before, ())
        heading = f"Remove all {self.title} rules of “{self.bucket}”?"
        if not await self.app.push_screen_wait(DocumentDiff(heading, found, (), "Remove")):
            return
        self._become("writing", "Removing …")
        try:
            backup = await background.run(
                background.METADATA, documents.delete, self.connection, self.bucket, self.kind, before
            )
        except S3tuiError as error:
            self._failed(error)
            return
        self._show(None, f"Removed. {_saved_in(backup)}".rstrip(), "good")

    def _failed(self, error: S3tuiError) -> None:
        """The text stays in the editor."""
        evidence = f" ({error.evidence})" if isinstance(error, errors.S3Error) and error.request.status else ""
        self._become("ready", f"{error}{evidence}", "bad")


def _unsaved(reading: Reading) -> tuple[str, str]:
    """What to say of a text that was changed here, and how that looks."""
    wrong = len(reading.complaints) - len(reading.warnings)
    if wrong:
        return f"{counted(wrong, 'error')} to mend before this can be saved.", "bad"
    return "Changed here, not saved yet: ctrl+s shows the difference first.", ""


def _saved_in(backup: object) -> str:
    return f"The old ones are saved in {backup}." if backup else ""
