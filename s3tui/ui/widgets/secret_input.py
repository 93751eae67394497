"""An input for secrets: shown as dots, and never on its way to the clipboard."""

from __future__ import annotations

from textual.widgets import Input


class SecretInput(Input):
    """Textual's password input hides what is typed, but copies it in the clear."""

    def __init__(self, placeholder: str = "", *, id: str | None = None, compact: bool = False) -> None:
        super().__init__(placeholder=placeholder, password=True, id=id, compact=compact)

    def action_copy(self) -> None:
        """A secret is not copied."""
        self.app.bell()

    def action_cut(self) -> None:
        """Only remove what is selected."""
        self.delete_selection()
