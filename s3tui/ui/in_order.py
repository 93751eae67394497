"""Keys that come in one piece, over a slow line or while the screen was busy, do what they do in the order typed.

Textual puts a letter in where it arrives, but runs Backspace only after the whole screen was asked who wants it: in
`ab`, Backspace, `c` the `c` may come before, and be taken away instead of the `b`. So the focused field gets its own
editing keys as it gets letters.
"""

from __future__ import annotations

from textual.app import App
from textual.events import Event, Key

_EDITS = ("delete_", "cursor_left", "cursor_right", "cursor_line_", "home", "end")
_OF_PANES = ("ctrl+left", "ctrl+right")  # lead to another pane, from a field, too


def edits(app: App[None], event: Event) -> bool:
    """Whether this is a key that edits the focused field, which is done in that field's turn."""
    if not isinstance(event, Key) or event.is_forwarded:
        return False
    field = app.focused
    if field is None or not field.check_consume_key("a", "a"):  # it takes no letters
        return False
    own = (binding.action for binding in field._bindings.key_to_bindings.get(event.key, ()))
    action = next((action for action in own if action.startswith(_EDITS)), None)
    if action is None or event.key in _OF_PANES:
        return False
    field.call_later(app.run_action, action, field)
    return True
