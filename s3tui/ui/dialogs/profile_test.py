"""*Test* of a profile: what works, step by step, as it is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from s3tui import background
from s3tui.background import Cancelled
from s3tui.profiles.model import Profile
from s3tui.ui.dialogs.base import Dialog, plain

if TYPE_CHECKING:
    from s3tui.s3.check import Step
    from s3tui.ui.app import S3tuiApp

_SIGNS = {"ok": "✓", "failed": "✗", "skipped": "–"}


class ProfileTest(Dialog[None]):
    """Shows each step with what was found and, where it failed, what to do."""

    DEFAULT_CSS = """
    ProfileTest .dialog { width: 90%; max-width: 110; }
    ProfileTest .dialog-body { width: 100%; }
    ProfileTest #steps { height: auto; }
    ProfileTest .-failed { color: $text-error; }
    ProfileTest .-skipped { color: $text-muted; }
    ProfileTest .advice { padding-left: 2; text-style: italic; }
    """
    buttons = (("again", "Test again", "default"), ("cancel", "Close", "primary"))

    def __init__(self, profile: Profile, done: Callable[[], object] | None = None) -> None:
        """`done` is called when the dialog is left."""
        super().__init__(f"Test of the profile “{profile.name}”")
        self.profile = profile
        self.done = done

    def compose_body(self) -> ComposeResult:
        yield Vertical(id="steps")
        yield Static("", id="state")

    def on_mount(self) -> None:
        self.query_one("#cancel").focus()
        self._test()

    def on_unmount(self) -> None:
        if self.done is not None:
            self.done()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "again":
            self._test()

    @work(exclusive=True, group="test", exit_on_error=False)
    async def _test(self) -> None:
        from s3tui.s3.check import check

        shown = self.query_one("#steps")
        state = self.query_one("#state", Static)
        await shown.remove_children()
        state.update(plain(f"Trying {self.profile.endpoint or 'AWS'} …"))
        steps = check(self.profile, cast("S3tuiApp", self.app).ask_mfa)
        failed = False
        try:
            while (step := await background.run(background.METADATA, _next, steps)) is not None:
                failed = failed or step.state == "failed"
                await shown.mount(*_lines(step))
        except Cancelled:
            state.update("Cancelled.")
            return
        state.update("It does not work yet." if failed else "It works.")


def _next(steps: Iterator[Step]) -> Step | None:
    return next(steps, None)


def _lines(step: Step) -> Iterator[Static]:
    found = f"{_SIGNS[step.state]} {step.name}: {step.detail}" if step.detail else f"{_SIGNS[step.state]} {step.name}"
    yield Static(plain(found), classes=f"-{step.state}")
    if step.advice:
        yield Static(plain(step.advice), classes="advice")
