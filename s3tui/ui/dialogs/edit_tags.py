"""Edit an object's tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from s3tui.background import CancelToken
from s3tui.s3 import tags
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Difference, pair_differences
from s3tui.s3.objects import ObjectInfo
from s3tui.ui.dialogs.edit import EditDialog, Forewarning
from s3tui.ui.widgets.pairs_editor import PairsEditor


class EditTags(EditDialog[dict[str, str]]):
    """Dismissed with the tags as they are after the change."""

    def __init__(self, connection: Connection, info: ObjectInfo) -> None:
        super().__init__(f"Tags of {info.uri.name}")
        self.connection = connection
        # The version that was looked at, so that a newer one never gets these tags.
        self.uri = replace(info.uri, version_id=info.uri.version_id or info.version_id)
        self.before: dict[str, str] = {}

    def compose_fields(self) -> ComposeResult:
        yield PairsEditor(id="pairs")
        yield Static(id="count", classes="hint")
        yield Static("A row that is cleared is removed. Ctrl+S goes on.", classes="hint")

    def check_first(self) -> dict[str, str]:
        tags.refuse_writing(self.connection)
        return tags.read(self.connection, self.uri)

    async def begin(self, found: object) -> None:
        self.before = cast(dict[str, str], found)
        await self.query_one(PairsEditor).fill(self.before.items())
        self._count()

    @on(PairsEditor.Changed)
    def _count(self) -> None:
        self.query_one("#count", Static).update(f"{len(self.query_one(PairsEditor).pairs)} of at most {tags.MOST} tags")

    def problems(self) -> list[str]:
        return tags.problems(self.query_one(PairsEditor).pairs, kept=self.before)

    def differences(self) -> list[Difference]:
        return pair_differences(self.before, dict(self.query_one(PairsEditor).pairs))

    def forewarn(self) -> Forewarning:
        return Forewarning()

    def writer(self, accepted: frozenset[str]) -> Callable[[CancelToken], dict[str, str]]:
        new = dict(self.query_one(PairsEditor).pairs)
        return lambda token: tags.replace(self.connection, self.uri, self.before, new)
