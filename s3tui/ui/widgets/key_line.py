"""The line of keys at the bottom of each screen."""

from __future__ import annotations

from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's footer, without the palette's key, made anew only when it would look different.

    Textual makes it anew, a widget a key, whenever the focus moves or a command may have become possible: six times
    while the browser starts, most of what that costs.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: list[object] = []

    async def recompose(self) -> None:
        """See `Widget.recompose`. It may be asked of one whose screen has gone."""
        if not self.is_attached:
            return
        bindings = self.screen.active_bindings.values()
        shown: list[object] = [(key, enabled, tooltip) for _, key, enabled, tooltip in bindings if key.show]
        if shown != self._shown:
            self._shown = shown
            await super().recompose()
