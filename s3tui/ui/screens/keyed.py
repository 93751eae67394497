"""What the screens beside the browser share: help about their keys, and their commands in the palette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic

from textual.binding import Binding, BindingsMap
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from s3tui.ui import keymap
from s3tui.ui.failures import TellsFailures

PALETTE = "app.command_palette"


@dataclass(frozen=True, slots=True)
class Key:
    """Something that keys do where the user is. `run` does it, as the keys would."""

    keys: str  # as printed: `Esc q`
    title: str
    help: str  # a sentence
    can_run: bool
    action: str
    run: Callable[[], Awaitable[None]]


class KeyedScreen(TellsFailures, Screen[ScreenResultType], Generic[ScreenResultType]):
    """A screen whose keys `?` lists and `:` finds by name; where one types, F1 and Ctrl+P."""

    BINDINGS = [
        # Each its own, so that the footer shows the one that works: an editor takes the first for itself.
        Binding("question_mark", "keys", "Help", key_display="?", tooltip="What can be done here."),
        Binding("f1", "keys", "Help", key_display="F1", tooltip="What can be done here."),
        Binding("colon,ctrl+p", PALETTE, "Commands", show=False, tooltip="Find a command by its name."),
    ]

    def action_keys(self) -> None:
        from s3tui.ui.dialogs.key_list import KeyList

        self.app.push_screen(KeyList(self.keys_here()))

    def keys_here(self) -> list[Key]:
        """What can be done here: those of what has the focus that the footer shows, then all of this screen."""
        own = [*_keys(self, (*_own(type(self)), *_own(KeyedScreen)))]
        if self.focused is None:
            return own
        return [*_keys(self.focused, (each for each in _own(type(self.focused)) if each.show)), *own]


def _own(widget: type[Widget]) -> Iterable[Binding]:
    """What a class binds itself, and none of Textual's own."""
    return (binding for _, binding in BindingsMap(widget.__dict__.get("BINDINGS", ())))


def _keys(node: Widget, bindings: Iterable[Binding]) -> Iterable[Key]:
    """One for each action."""
    together: dict[str, list[Binding]] = {}
    for binding in bindings:
        together.setdefault(binding.action, []).append(binding)
    for action, same in together.items():
        state = node.app._check_action_state(action, node)
        if state is not False:
            keys = " ".join(keymap.shown(each.key) for each in same)
            first = same[0]
            help = first.tooltip or f"{first.description}."
            yield Key(keys, first.description, help, bool(state), action, partial(node.run_action, action))
