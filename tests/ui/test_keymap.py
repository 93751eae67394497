"""One registry behind keys, palette, help, README and config."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from s3tui.ui import keymap
from s3tui.ui.actions import ACTIONS
from s3tui.ui.commands import COMMANDS, MOVES

ROOT = Path(__file__).parents[2]


def test_every_command_does_something_and_nothing_else_does() -> None:
    assert {command.id for command in COMMANDS} == set(ACTIONS) | set(MOVES)


def test_the_keys_as_shipped_are_fine() -> None:
    assert keymap.problems({}) == {}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"nonsense": "x"}, "no such command"),
        ({"upload": "ctrl+i"}, "Tab"),
        ({"upload": "hyper+u"}, "no key"),
        ({"upload": " "}, "needs a key"),
        ({"upload": "d"}, "already"),
    ],
)
def test_bad_keys_are_said(keys: dict[str, str], said: str) -> None:
    found = keymap.problems(keys)
    assert set(found) == set(keys)
    assert said in found.popitem()[1]


def test_keys_can_be_written_as_people_write_them() -> None:
    assert [keymap.normal(key) for key in ("/", "Ctrl+G", "G", "?", "+", "f1")] == [
        "slash", "ctrl+g", "G", "question_mark", "plus", "f1",
    ]  # fmt: skip
    assert keymap.problems({"upload": "E", "filter": "ctrl+l"}) == {}


def test_bindings_carry_the_users_keys() -> None:
    bindings = keymap.bindings({"upload": "U,ctrl+u"}, "anywhere")
    assert [binding.key for binding in bindings if binding.id == "upload"] == ["U", "ctrl+u"]


def test_the_readme_lists_the_keys_as_they_are() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    expected = [(keymap.shown_keys(command, {}), command.title, command.help) for command in COMMANDS]
    assert [row for row in rows if row[0] != "option"] == expected


def test_the_example_config_names_every_command_as_it_is() -> None:
    example = (ROOT / "config.example.toml").read_text()
    missing = [each.id for each in COMMANDS if f'# {each.id} = "{each.keys}"  # {each.help}\n' not in example]
    assert not missing
