"""Choose a template or a saved document to load into the editor."""

from __future__ import annotations

from dataclasses import dataclass

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from s3tui import background, display
from s3tui.profiles.model import Profile
from s3tui.s3 import backups, documents, templates
from s3tui.s3.document_kinds import KindName, Rule
from s3tui.ui.dialogs.base import Dialog, plain


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules to add to those in the editor (a template), or the text to put in their place (a saved document)."""

    rules: tuple[Rule, ...] = ()
    text: str = ""


class LoadDocument(Dialog[Loaded]):
    """Templates first, then what was saved before earlier changes, the newest first."""

    DEFAULT_CSS = """
    LoadDocument OptionList { height: 1fr; min-height: 4; border: none !important; padding: 0; }
    LoadDocument .prefix { height: 1; margin-bottom: 1; }
    LoadDocument .prefix Static { width: auto; margin-right: 1; }
    LoadDocument .prefix Input { width: 1fr; }
    """
    wide = True
    buttons = (("cancel", "Cancel", "default"),)

    def __init__(self, profile: Profile, bucket: str, kind: KindName) -> None:
        super().__init__(f"Load {documents.KINDS[kind].title} rules for “{bucket}”")
        self.profile = profile
        self.bucket = bucket
        self.kind = kind
        self.templates = templates.of(kind)
        self.saved: list[backups.Backup] = []

    def compose_body(self) -> ComposeResult:
        if any(template.takes_prefix for template in self.templates):
            with Horizontal(classes="prefix"):
                yield Static("For keys under")
                yield Input(id="prefix", placeholder="(the whole bucket)", compact=True)
        yield OptionList()

    def on_mount(self) -> None:
        self._fill("")
        self.query_one(OptionList).focus()
        self._find_saved()

    @work(exclusive=True, group="saved", exit_on_error=False)
    async def _find_saved(self) -> None:
        self.saved = await background.run(background.LOCAL, backups.of, self.profile, self.bucket, self.kind)
        self._fill(self._prefix)

    @property
    def _prefix(self) -> str:
        found = self.query("#prefix")
        return found.only_one(Input).value if found else ""

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, prefix: str) -> None:
        options = self.query_one(OptionList)
        place = options.highlighted
        options.clear_options()
        options.add_options(Option(self._template(template, prefix)) for template in self.templates)
        options.add_options(Option(plain(f"As it was until {display.when(saved.taken)} UTC")) for saved in self.saved)
        options.highlighted = place or 0

    def _template(self, template: templates.Template, prefix: str) -> Content:
        said = [documents.sentence(self.kind, rule) for rule in template.make(prefix)]
        lines = [plain(template.name).stylize("bold"), *(plain(line) for line in said)]
        return Content("\n").join([*lines, plain(template.note).stylize("dim")] if template.note else lines)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        index = event.option_index
        if index < len(self.templates):
            self.dismiss(Loaded(rules=tuple(self.templates[index].make(self._prefix))))
        else:
            self._load_saved(self.saved[index - len(self.templates)])

    @work(exclusive=True, group="saved", exit_on_error=False)
    async def _load_saved(self, saved: backups.Backup) -> None:
        try:
            self.dismiss(Loaded(text=await background.run(background.LOCAL, lambda: saved.text)))
        except OSError as error:
            self.complain(f"It can't be read: {error}.")
