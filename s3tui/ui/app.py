"""The application: which screen is shown, and what happens to failures nobody else handled."""

from __future__ import annotations

from textual.app import App
from textual.worker import Worker, WorkerState

from s3tui.background import Cancelled
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.ui.control_filter import CONTROL_FILTER


class S3tuiApp(App[None]):
    """The s3tui screen. It holds no S3 logic."""

    TITLE = "s3tui"
    CSS_PATH = ["styles/app.tcss", "styles/dialogs.tcss"]

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), CONTROL_FILTER]

    def show_error(self, error: BaseException) -> None:
        """Tell the user about a failure. Cancelled work is no failure."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, S3tuiError):
            self.notify(visible(str(error)), severity="error", markup=False, timeout=10)
        else:
            self.notify(
                visible(f"{type(error).__name__}: {error}"), title="A fault in s3tui", severity="error", markup=False
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.show_error(event.worker.error)
