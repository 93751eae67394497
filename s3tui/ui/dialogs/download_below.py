"""Download prefixes, with objects or without: into which folder; then the plan."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input

from s3tui import display
from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import download_plan, local_files, names
from s3tui.transfers.bulk import Tell
from s3tui.transfers.plan import Plan
from s3tui.transfers.request import Request
from s3tui.transfers.sync_compare import Stored
from s3tui.ui.dialogs.folder_input import FolderInput
from s3tui.ui.dialogs.planning import PlanningDialog
from s3tui.ui.widgets.form_row import FormRow


class DownloadBelowForm(PlanningDialog):
    """Everything below `prefixes`, of which there is at least one, and `objects`. Each prefix becomes a folder."""

    wide = True
    buttons = (("ok", "Plan", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, connection: Connection, prefixes: Sequence[S3Uri], objects: Sequence[Stored]) -> None:
        chosen = display.counted(len(prefixes), "prefix", "prefixes")
        more = f" and {display.counted(len(objects), 'object')}" if objects else ""
        super().__init__(f"Download {chosen}{more}")
        self._connection, self._prefixes, self._objects = connection, prefixes, objects

    def compose_fields(self) -> ComposeResult:
        yield FormRow("Into the folder", FolderInput())

    async def plan(self) -> list[Request] | None:
        """See `PlanningDialog`."""
        from s3tui.ui.screens.plan import PlanScreen

        text = self.query_one("#folder", Input).value
        if not text.strip():
            raise BadInput("There is no folder yet.", "Type one; it is made when it isn't there.")
        folder = local_files.absolute(text, Path.cwd())
        made = await self.planned(partial(_plan, self._connection, self._prefixes, self._objects, folder))
        return await self.app.push_screen_wait(PlanScreen(made, f"Download to {folder}", "Download"))


def _plan(
    connection: Connection,
    prefixes: Sequence[S3Uri],
    objects: Sequence[Stored],
    folder: Path,
    token: CancelToken,
    tell: Tell,
) -> Plan:
    if folder.is_file():
        raise BadInput(f"“{folder}” is a file.", "Choose a folder.")
    found = {stored.uri: stored for stored in objects}
    for prefix in prefixes:
        found |= {stored.uri: stored for stored in download_plan.below(connection, prefix, token, tell)}
    if not found:
        raise BadInput("Nothing is below it.")
    base = names.shared_prefix(uri.key.removesuffix("/") for uri in (*prefixes, *(each.uri for each in objects)))
    return download_plan.plan(download_plan.placed(list(found.values()), base, folder), folder, "ask", token, tell)
