"""The folder that downloads go into."""

from __future__ import annotations

from pathlib import Path

from textual import work
from textual.widgets import Input

from s3tui import background
from s3tui.transfers import local_files
from s3tui.ui.dialogs.file_picker import PathSuggester


class FolderInput(Input):
    """Has the focus, and proposes the user's own folder for downloads unless something was typed by then."""

    def __init__(self) -> None:
        super().__init__(id="folder", compact=True, suggester=PathSuggester(Path.cwd), select_on_focus=False)

    def on_mount(self) -> None:
        self.focus()
        self._propose()

    @work(exclusive=True, group="proposing", exit_on_error=False)
    async def _propose(self) -> None:
        proposed = await background.run(background.LOCAL, local_files.downloads)
        self.value = self.value or str(proposed)
