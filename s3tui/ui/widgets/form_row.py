"""One line of a form: what it is, and where it is typed."""

from __future__ import annotations

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Label


class FormRow(Horizontal):
    """A label beside a field; hidden as a whole with `display`."""

    DEFAULT_CSS = """
    FormRow { height: 1; width: 100%; }
    FormRow > .form-label { width: 18; color: $text-muted; }
    FormRow > Input, FormRow > Select, FormRow > .form-text { width: 1fr; }
    FormRow > Input { background: $boost; padding: 0 1; }
    FormRow > Input:focus { background: $primary 30%; }
    FormRow Select > SelectOverlay { background: $panel; }
    FormRow SelectCurrent { background: $boost; padding: 0 1; }
    FormRow Select:focus > SelectCurrent { background: $primary 30%; }
    """

    def __init__(self, label: str, field: Widget) -> None:
        super().__init__(Label(label, classes="form-label"), field, id=f"row-{field.id}")
