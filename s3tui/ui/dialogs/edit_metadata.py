"""Edit an object's metadata: the headers that S3 keeps, and the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from textual.app import ComposeResult
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from s3tui.background import CancelToken
from s3tui.display import visible
from s3tui.s3 import carried, metadata
from s3tui.s3.carried import What
from s3tui.s3.client import Connection
from s3tui.s3.metadata import FIELDS, Difference, Metadata, readable
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.replace_metadata import check, notes, replace_metadata
from s3tui.ui.dialogs.edit import EditDialog, Forewarning
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.pairs_editor import PairsEditor

_LABELS = {"website_redirect": "Website redirect", "content_disposition": "Disposition"}
_TYPES = (
    "application/gzip",
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/x-iso9660-image",
    "application/xml",
    "application/yaml",
    "application/zip",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "text/csv",
    "text/html; charset=utf-8",
    "text/plain; charset=utf-8",
)


class EditMetadata(EditDialog[ObjectInfo]):
    """Dismissed with the object as it is after the change."""

    DEFAULT_CSS = """
    EditMetadata #user-heading { margin-top: 1; color: $text-muted; }
    """

    def __init__(self, connection: Connection, info: ObjectInfo) -> None:
        super().__init__(f"Metadata of {info.uri.name}")
        self.connection = connection
        self.info = info

    def compose_fields(self) -> ComposeResult:
        for field in FIELDS:
            value = visible(field.of(self.info.metadata))
            suggester = SuggestFromList(_TYPES, case_sensitive=False) if field.attribute == "content_type" else None
            box = Input(
                value, placeholder=f"such as {field.example}", compact=True, id=field.attribute, suggester=suggester
            )
            yield FormRow(_LABELS.get(field.attribute, field.header.replace("-", " ").capitalize()), box)
        yield Static("User metadata. A row that is cleared is removed. Ctrl+S goes on.", id="user-heading")
        yield PairsEditor([(name, readable(value)) for name, value in self.info.metadata.user], id="user")

    def check_first(self) -> None:
        check(self.connection, self.info)

    def problems(self) -> list[str]:
        return metadata.problems(self._typed())

    def differences(self) -> list[Difference]:
        return metadata.differences(self.info.metadata, self._typed())

    def _typed(self) -> Metadata:
        """What the fields hold. What wasn't touched stays as the server sent it, in its own encoding."""
        old = self.info.metadata
        system: dict[str, Any] = {}
        for field in FIELDS:
            now = self.query_one(f"#{field.attribute}", Input).value
            system[field.attribute] = field.of(old) if now == visible(field.of(old)) else now
        sent = dict(old.user)
        user = tuple(
            (name, sent[name] if name in sent and readable(sent[name]) == value else value)
            for name, value in self.query_one(PairsEditor).pairs
        )
        return Metadata(**system, user=user)

    def forewarn(self) -> Forewarning:
        kept = carried.survey(self.connection, self.info)
        return Forewarning(
            tuple(notes(self.connection, self.info, kept)),
            tuple((item.what, item.sentence) for item in kept.unknown),
        )

    def writer(self, accepted: frozenset[str]) -> Callable[[CancelToken], ObjectInfo]:
        new = self._typed()
        return lambda token: replace_metadata(
            self.connection,
            self.info,
            new,
            token=token,
            on_progress=self.progress,
            despite=cast(frozenset[What], accepted),
        )
