"""Search: what to look for, in the filter's language, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.widgets import Button, Input, Static

from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.s3 import filters
from s3tui.s3.filters import Filter
from s3tui.s3.search import LANGUAGE
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.base import Dialog
from s3tui.ui.widgets.form_row import FormRow

_FORM = 21  # cells, of the language's examples


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search. `place` is None for every bucket of the profile."""

    label: str
    place: S3Uri | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants to find, and where."""

    wanted: Filter
    scope: Scope


class Scopes(Static):
    """One of some scopes, a line each: a click chooses, or the dialog's keys."""

    def __init__(self, scopes: Sequence[Scope], chosen: int) -> None:
        super().__init__(id="scopes")
        self.scopes, self.at = list(scopes), chosen

    def on_mount(self) -> None:
        self.choose(self.at)

    @property
    def chosen(self) -> Scope:
        return self.scopes[self.at]

    def choose(self, number: int) -> None:
        """Choose the scope of this number, or the nearest that there is."""
        self.at = min(max(number, 0), len(self.scopes) - 1)
        self.update(Content("\n").join(self._line(scope) for scope in self.scopes))

    def _line(self, scope: Scope) -> Content:
        text = visible(scope.label)
        return Content.styled(f"● {text}", "bold $text-accent") if scope is self.chosen else Content(f"○ {text}")

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None:
            self.choose(offset.y)


class SearchForm(Dialog[Asked]):
    """Dismissed with what is sought. `scopes` are the choices, the one with the number `chosen` is proposed."""

    buttons = (("ok", "Search", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [  # before the dialog's body would scroll
        Binding("up", "choose(-1)", "The scope before", show=False, priority=True),
        Binding("down", "choose(1)", "The next scope", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    SearchForm FormRow { height: auto; margin-bottom: 1; }
    SearchForm FormRow > .form-label { width: 10; }
    SearchForm Scopes { width: 1fr; height: auto; text-wrap: nowrap; text-overflow: ellipsis; pointer: pointer; }
    SearchForm .hint { text-wrap: nowrap; }
    """

    def __init__(self, scopes: Sequence[Scope], chosen: int = 0, text: str = "") -> None:
        super().__init__("Search")
        self.scopes, self.chosen, self.text = scopes, chosen, text

    def compose_body(self) -> ComposeResult:
        yield FormRow("Look for", Input(self.text, id="expression", compact=True, placeholder="everything"))
        yield FormRow("In   ↑ ↓", Scopes(self.scopes, self.chosen))
        language = (Content(f"{form:<{_FORM}}{meaning}") for form, meaning in LANGUAGE)
        yield Static(Content("\n").join(language), classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def action_choose(self, step: int) -> None:
        """Another scope, while the expression is being typed."""
        scopes = self.query_one(Scopes)
        scopes.choose(scopes.at + step)

    @on(Input.Changed, "#expression")
    def _check(self) -> None:
        try:
            self._wanted()
        except BadInput as error:
            self.complain(error)
        else:
            self.complain("")

    def _wanted(self) -> Filter:
        return filters.parse(self.query_one(Input).value)

    def on_input_submitted(self) -> None:
        self._search()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self._search()

    def _search(self) -> None:
        try:
            self.dismiss(Asked(self._wanted(), self.query_one(Scopes).chosen))
        except BadInput as error:
            self.complain(error)
