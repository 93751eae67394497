"""Names and values to add, change, rename and remove, one pair a row."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input

from s3tui.display import visible


class PairRow(Horizontal):
    """A name, a value, and a button that removes both."""

    DEFAULT_CSS = """
    PairRow { height: 1; width: 100%; }
    PairRow > Input { background: $boost; padding: 0 1; margin-right: 1; }
    PairRow > Input:focus { background: $primary 30%; }
    PairRow > .pair-name { width: 1fr; max-width: 32; }
    PairRow > .pair-value { width: 2fr; }
    PairRow > Button { min-width: 3; width: 3; }
    """

    def __init__(self, name: str, value: str) -> None:
        # A row keeps what it was given apart from what is shown of it, so that what isn't touched stays exact.
        self.given = (name, value)
        self.name_input = Input(visible(name), placeholder="name", compact=True, classes="pair-name")
        self.value_input = Input(visible(value), placeholder="value", compact=True, classes="pair-value")
        self._shown = (self.name_input.value, self.value_input.value)
        super().__init__(self.name_input, self.value_input, Button("✕", compact=True, tooltip="Remove this row"))

    @property
    def pair(self) -> tuple[str, str]:
        """What stands there now."""
        typed = (self.name_input.value, self.value_input.value)
        return tuple(  # type: ignore[return-value]
            given if now == shown else now for now, shown, given in zip(typed, self._shown, self.given, strict=True)
        )

    @property
    def empty(self) -> bool:
        return not (self.name_input.value or self.value_input.value)


class PairsEditor(Vertical):
    """Rows of pairs; the last row is always empty, for a new pair. A row whose name and value are cleared is gone."""

    DEFAULT_CSS = """
    PairsEditor { height: auto; width: 100%; }
    """

    class Changed(Message):
        """Something was typed, or a row was removed."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), id: str | None = None) -> None:
        super().__init__(id=id)
        self._initial = [*pairs]

    def compose(self) -> ComposeResult:
        for name, value in [*self._initial, ("", "")]:
            yield PairRow(name, value)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs as they stand, in the order of the rows; names may be missing or there twice."""
        return [row.pair for row in self.query(PairRow) if not row.empty]

    async def fill(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Replace all rows."""
        await self.query(PairRow).remove()
        await self.mount_all([PairRow(name, value) for name, value in [*pairs, ("", "")]])

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if not self.query(PairRow).last().empty:
            self.mount(PairRow("", ""))
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    @on(Button.Pressed)
    async def _remove(self, event: Button.Pressed) -> None:
        event.stop()
        row = event.button.parent
        assert isinstance(row, PairRow)
        if row is self.query(PairRow).last():
            return
        self.screen.focus_previous()
        await row.remove()
        self.post_message(self.Changed())
