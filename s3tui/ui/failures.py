"""What happens to a failure that nobody else handled: the user is told, the app stays up."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.worker import Worker, WorkerState

if TYPE_CHECKING:
    from s3tui.ui.app import S3tuiApp


class TellsFailures:
    """For screens: a failed worker of this screen is shown (Textual tells only the node that started it)."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            cast("S3tuiApp", event.worker.node.app).show_error(event.worker.error)
