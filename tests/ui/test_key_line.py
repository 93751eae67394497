"""The line of keys: it follows what can be done, and is left alone while that is the same."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from s3tui.ui.widgets.key_line import KeyLine


class Keys(App[None]):
    BINDINGS = [("a", "one", "One"), ("b", "two", "Two")]
    able = True

    def compose(self) -> ComposeResult:
        yield KeyLine()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return True if self.able or action != "two" else None


async def keys_of(pilot: Pilot[None]) -> list[FooterKey]:
    """Of this app, when what changed has been painted."""
    pilot.app.refresh_bindings()
    for _ in range(3):
        await pilot.pause()
    return [key for key in pilot.app.query(FooterKey) if key.description in ("One", "Two")]


async def test_it_is_made_anew_only_when_it_would_look_different() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        before = await keys_of(pilot)
        assert [(key.description, key.has_class("-disabled")) for key in before] == [("One", False), ("Two", False)]
        assert await keys_of(pilot) == before
        app.able = False
        after = await keys_of(pilot)
        assert [(key.description, key.has_class("-disabled")) for key in after] == [("One", False), ("Two", True)]
