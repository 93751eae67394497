"""What is typed in one piece: each key does what it does where it stands."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, TextArea

from s3tui.profiles.model import Profile
from tests.ui.browsing import browsing
from tests.ui.waiting import settle

KEYS = {"<": "backspace", "^": "ctrl+u", "[": "left", "]": "right", "0": "home", "$": "end", "x": "delete"}


class Typing(Screen[None]):
    """One field to type into."""

    def __init__(self, field: Input | TextArea) -> None:
        super().__init__()
        self.field = field

    def compose(self) -> ComposeResult:
        yield self.field


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("abc<d", "abd"),
        ("wrong^right", "right"),
        ("ac[b]d", "abcd"),
        ("bc0a$d", "abcd"),
        ("ab0xc", "cb"),
        ("a<b<c", "c"),
    ],
)
async def test_a_burst_is_worked_in_its_order(profile: Profile, typed: str, left: str) -> None:
    async with browsing(profile) as (pilot, _):
        for field in (Input(), TextArea()):
            await pilot.app.push_screen(Typing(field))
            field.focus()
            await settle(pilot)
            for letter in typed:
                known = KEYS.get(letter)
                pilot.app.post_message(Key(known, None) if known else Key(letter, letter))
            await settle(pilot)
            assert (field.value if isinstance(field, Input) else field.text) == left
            pilot.app.pop_screen()
