"""A checkbox that is empty when it is off: Textual's has its cross then, too, only in another colour."""

from __future__ import annotations

from textual import widgets


class Checkbox(widgets.Checkbox):
    """Textual's, but colour isn't all that tells on from off."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        """What is in the box."""
        return "X" if self.value else " "
