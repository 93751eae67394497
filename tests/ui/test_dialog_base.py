"""What every dialog shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Button
from textual.widgets._toast import Toast

import s3tui.ui.app
from s3tui.ui.app import S3tuiApp
from s3tui.ui.dialogs.base import Dialog
from s3tui.ui.dialogs.confirm import Confirm

STYLES = Path(s3tui.ui.app.__file__).parent / "styles"


class Host(S3tuiApp):
    CSS_PATH = [STYLES / "browser.tcss", STYLES / "dialogs.tcss"]

    def get_default_screen(self) -> Screen[Any]:  # type: ignore[override]
        return Screen()


@pytest.mark.parametrize("upper", [Dialog[None]("plain"), Confirm("Sure?", "It is gone then.", "Do it")])
async def test_cancel_closes_only_the_uppermost_dialog(upper: Dialog[Any]) -> None:
    host = Host()
    lower = Dialog[None]("below")
    async with host.run_test(size=(80, 24)) as pilot:
        host.push_screen(lower)
        host.push_screen(upper)
        await pilot.pause()
        await pilot.click("#cancel")
        await pilot.pause()
        assert host.screen is lower
        await pilot.press("escape")
        await pilot.pause()
        assert host.screen is not lower


async def test_left_and_right_go_from_button_to_button() -> None:
    host = Host()
    async with host.run_test(size=(80, 24)) as pilot:
        answers: list[bool | None] = []
        host.push_screen(Confirm("Sure?", "It is gone then.", "Do it"), answers.append)
        await pilot.pause()
        await pilot.press("right", "left", "right", "enter")
        await pilot.pause()
        assert answers == [True]


async def test_a_message_does_not_cover_the_buttons() -> None:
    class Tall(Dialog[None]):
        wide = True

    host = Host()
    async with host.run_test(size=(80, 24), notifications=True) as pilot:
        host.push_screen(Tall("tall"))
        await pilot.pause()
        host.notify("40 objects are queued.\n" * 3)
        await pilot.pause()
        [message] = host.screen.query(Toast)
        assert message.region.area
        assert not any(message.region.overlaps(button.region) for button in host.screen.query(Button))


async def test_enter_behind_the_name_agrees_only_to_the_right_one() -> None:
    host = Host()
    async with host.run_test(size=(40, 12)) as pilot:
        answers: list[bool | None] = []
        host.push_screen(Confirm("Sure?", "It is gone then.", "Do it", typed="b"), answers.append)
        await pilot.pause()
        assert host.screen.query_one("#yes").region.bottom <= 12  # it can be reached on a very small terminal
        await pilot.press("x", "enter")
        await pilot.pause()
        assert not answers
        await pilot.press("backspace", "b", "enter")
        await pilot.pause()
        assert answers == [True]
