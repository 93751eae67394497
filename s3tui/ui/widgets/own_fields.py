"""The fields of templates that only the user knows the values of: one line of the form for each, as they are named."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from s3tui.ui.widgets.form_row import FormRow


class OwnFields(Vertical):
    """What was typed for a field stays, also while no template names it."""

    DEFAULT_CSS = "OwnFields { height: auto; width: 100%; }"

    class Changed(Message):
        """Another value was typed."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: dict[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        """Name and value of those that are shown and not empty."""
        found = {field.name or "": field.value for field in self.query(Input)}
        return {name: value for name, value in found.items() if value}

    async def show(self, names: Sequence[str]) -> None:
        """Have a line for each of `names`, in this order."""
        shown = [field.name for field in self.query(Input)]
        if shown == list(names):
            return
        await self.remove_children()
        await self.mount_all(self._row(name) for name in names)

    def _row(self, name: str) -> FormRow:
        hint = "one value for all files"
        field = Input(self._typed.get(name, ""), name=name, id=f"own-{name}", compact=True, placeholder=hint)
        return FormRow(f"{{{name}}}", field)

    def ask(self, name: str) -> None:
        """Put the cursor where the value of `name` is typed."""
        self.query_one(f"#own-{name}").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._typed[event.input.name or ""] = event.value
        self.post_message(self.Changed())
