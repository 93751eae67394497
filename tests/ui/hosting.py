"""One dialog or screen on an otherwise empty app."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from s3tui.transfers.queue import Queue
from s3tui.ui.widgets.transfer_line import TransferLine
from tests.ui.waiting import idle

STYLES = Path(__file__).parents[2] / "s3tui/ui/styles"


class Host(App[None]):
    """Shows one dialog or screen, and keeps its answer."""

    CSS_PATH = [STYLES / "dialogs.tcss"]

    def __init__(self, screen: Screen[Any], queue: Queue | None = None) -> None:
        super().__init__()
        self.first, self.queue = screen, queue
        self.answers: list[Any] = []
        self.errors: list[BaseException] = []

    def compose(self):  # type: ignore[no-untyped-def]
        if self.queue:
            yield TransferLine(self.queue)

    def on_mount(self) -> None:
        self.push_screen(self.first, self.answers.append)

    def show_error(self, error: BaseException) -> None:
        self.errors.append(error)


@asynccontextmanager
async def showing(screen: Screen[Any], size: tuple[int, int] = (80, 24), queue: Queue | None = None):  # type: ignore[no-untyped-def]
    app = Host(screen, queue)
    async with app.run_test(size=size) as pilot:
        await idle(pilot)
        yield app, pilot
        assert not app.errors


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await idle(pilot)


def complaint(screen: Screen[Any]) -> str:
    return str(screen.query_one(".dialog-complaint", Static).content)


def text_of(app: App[None]) -> str:
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)
