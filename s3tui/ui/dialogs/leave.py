"""Leaving while transfers run: keep them for later, wait for them, cancel them, or stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from s3tui.transfers.pace import Underway
from s3tui.transfers.queue import Queue
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.transfer_line import INTERVAL, summary

Answer = Literal["keep", "wait", "stop"]


class Leave(Dialog[Answer]):
    """Dismissed with what is to become of them; None stays. Starts on keeping them, or on waiting where nothing is
    kept."""

    DEFAULT_CSS = """
    Leave .dialog-buttons Button { min-width: 8; }
    """

    def __init__(self, is_kept: bool, also: str = "") -> None:
        """`also` is what else is lost by leaving."""
        super().__init__("Transfers are running")
        self._is_kept, self._also = is_kept, also
        keep = (("keep", "Keep for later", "primary"),) if is_kept else ()
        self.buttons = (
            *keep,
            ("wait", "Wait, then quit", "default"),
            ("stop", "Cancel them", "error"),
            ("cancel", "Stay", "default"),
        )

    def compose_body(self) -> ComposeResult:
        if self._is_kept:
            yield Static(plain("Kept for later, they are paused, and T resumes them when s3tui is started again."))
        yield Static(plain("Waited for, all go on, and s3tui quits when the last has ended."))
        yield Static(plain("Cancelled, unfinished uploads are aborted, and nothing half-sent stays behind."))
        if self._also:
            yield Static(plain(self._also))

    def on_mount(self) -> None:
        self.query_one("#keep" if self._is_kept else "#wait").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id in ("keep", "wait", "stop"):
            self.dismiss(cast(Answer, event.button.id))


class Waiting(Dialog[bool]):
    """Shows how far the transfers of `queue` are. Dismissed with True when `is_over`; None stays in s3tui."""

    DEFAULT_CSS = """
    Waiting #far { height: 1; }
    """
    buttons = (("cancel", "Stay", "primary"),)

    def __init__(self, queue: Queue, is_over: Callable[[], bool]) -> None:
        super().__init__("Quitting when all transfers have ended")
        self._queue, self._is_over, self._underway = queue, is_over, Underway()

    def compose_body(self) -> ComposeResult:
        yield Static(id="far")

    def on_mount(self) -> None:
        self._look()
        self.set_interval(INTERVAL, self._look)

    def _look(self) -> None:
        if self._is_over():
            if self.is_current:  # a question may be above it
                self.dismiss(True)
            return
        self._underway.see(self._queue.underway())
        far = self.query_one("#far", Static)
        said = summary(self._queue.counts, self._queue.moving(), self._underway, far.content_size.width)
        far.update(Content(said), layout=False)
