"""Choose one of a few."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from s3tui.ui.dialogs.base import Dialog, plain


class Choose(Dialog[str]):
    """Dismissed with the id of the chosen (id, label) pair."""

    DEFAULT_CSS = """
    Choose OptionList { width: 100%; min-width: 40; height: auto; max-height: 12; border: none !important; }
    """
    buttons = (("cancel", "Cancel", "default"),)

    def __init__(self, heading: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(heading)
        self.choices = list(choices)

    def compose_body(self) -> ComposeResult:
        yield OptionList(*(Option(plain(label)) for _, label in self.choices))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.choices[event.option_index][0])
