"""Keys: from the registry and the user's config to Textual's bindings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import combinations

from textual.binding import Binding
from textual.keys import Keys, _character_to_key

from s3tui.ui.commands import BY_ID, COMMANDS, Command, Where, at

# Terminals send these as other keys (Backspace, Tab, Enter, Escape), so a command on them never runs.
_DEAD = {"ctrl+h": "Backspace", "ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+left_square_bracket": "Escape"}
_NAMES = {key.value for key in Keys} | {"space"}
_SHOWN = {
    "slash": "/", "colon": ":", "question_mark": "?", "asterisk": "*", "pagedown": "PgDn", "pageup": "PgUp",
    "space": "Space", "enter": "Enter", "backspace": "Backspace", "tab": "Tab", "escape": "Esc", "home": "Home",
    "end": "End", "up": "↑", "down": "↓", "left": "←", "right": "→", "delete": "Del",
}  # fmt: skip


def keys_of(command: Command, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """Textual's names of the keys that run `command`."""
    return _normal_keys(keymap.get(command.id, command.keys))


@cache
def _normal_keys(keys: str) -> tuple[str, ...]:
    """Asked for each command whenever the focus moves."""
    return tuple(normal(key) for key in keys.split(","))


def normal(key: str) -> str:
    """Textual's name of a key as people write it: `/` is `slash`, `Ctrl+G` is `ctrl+g`."""
    key = key.strip()
    *modifiers, last = key.split("+") if key != "+" else [key]
    if modifiers or len(last) > 1:
        last = last.lower()
    if len(last) == 1:
        last = _character_to_key(last)
    return "+".join([*(modifier.lower() for modifier in modifiers), last])


def shown(key: str) -> str:
    """A key as it is printed: `slash` is `/`, `ctrl+g` is `Ctrl+G`."""
    *modifiers, last = key.split("+")
    name = _SHOWN.get(last, last if len(last) == 1 and not modifiers else last.upper() if len(last) < 3 else last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


def shown_keys(command: Command, keymap: Mapping[str, str]) -> str:
    """All keys of a command, as printed: `Enter l →`."""
    return " ".join(shown(key) for key in keys_of(command, keymap))


def bindings(keymap: Mapping[str, str], *places: Where) -> list[Binding]:
    """The bindings of all commands of `places`; each runs `Browser.action_command`."""
    return [
        Binding(
            key,
            f"screen.command({command.id!r})",
            command.footer or command.title,
            id=command.id,
            show=bool(command.footer),
            # Each its own: where one types, only the second key of a command may be left. Short, for the footer.
            key_display=shown(key).replace("Ctrl+", "^"),
            tooltip=command.help,
            # Tab and the arrows would otherwise be taken by whatever has the focus.
            priority=command.id in ("next_pane", "previous_pane"),
        )
        for command in at(*places)
        for key in keys_of(command, keymap)
    ]


def problems(keymap: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the user's keys: command id -> a sentence."""
    found: dict[str, str] = {}
    for identity, keys in keymap.items():
        if identity not in BY_ID:
            found[identity] = "There is no such command. The help overlay (?) and the README list them."
        elif not keys.strip():
            found[identity] = "A command needs a key."
        else:
            for key in keys_of(BY_ID[identity], keymap):
                if problem := _key_problem(key):
                    found[identity] = problem
    return found | _clashes(keymap)


def _key_problem(key: str) -> str:
    *modifiers, last = key.split("+")
    if key in _DEAD:
        return f"Terminals send {shown(key)} as {_DEAD[key]}; choose another key."
    known = len(last) == 1 or last in _NAMES or _character_name(last)
    known = known and set(modifiers) <= {"ctrl", "alt", "shift"}
    return "" if known else f"There is no key “{key}”."


def _character_name(name: str) -> bool:
    return any(_character_to_key(chr(code)) == name for code in range(33, 127))


def _clashes(keymap: Mapping[str, str]) -> dict[str, str]:
    """Two commands in the same place on the same key."""
    found = {}
    for one, other in combinations(COMMANDS, 2):
        shadowing = {one.where, other.where} in ({"profiles", "anywhere"}, {"profiles", "objects"})
        shared = set(keys_of(one, keymap)) & set(keys_of(other, keymap))
        if shared and not shadowing:
            guilty = one.id if one.id in keymap else other.id
            found[guilty] = f"{shown(shared.pop())} is already “{(other if guilty == one.id else one).title}”."
    return found
