"""Upload files: which, to where, and what is said of them."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widgets import Button, Checkbox, Input, Static

from s3tui import background, display
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import local_files, names
from s3tui.transfers.stored import find
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.dialogs.file_picker import FilePicker, PathSuggester
from s3tui.ui.dialogs.overwrite import Overwrite
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.move_list import Move, MoveList

# “Amazon S3 storage classes”; others, such as Ceph's own, can be typed.
_CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
)
_NUMBERS = 1000  # tries to find a free name
_LATER = 10  # thousands of looks must not hold up what the screen behind asks for


class UploadForm(Dialog[list[UploadRequest]]):
    """Dismissed with what is to be sent; keys that exist were asked about. `paths` are listed from the start."""

    wide = True
    buttons = (("ok", "Upload", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [
        Binding("ctrl+o", "browse", "Browse", show=False),
        Binding("ctrl+s", "send", "Upload", show=False),
    ]
    DEFAULT_CSS = """
    UploadForm #adding { height: 1; width: 1fr; }
    UploadForm #path { width: 1fr; background: $boost; padding: 0 1; }
    UploadForm #path:focus { background: $primary 30%; }
    UploadForm #adding Button { min-width: 20; margin-left: 1; }
    UploadForm MoveList { height: 1fr; min-height: 4; margin-top: 1; }
    UploadForm #total { height: 1; color: $text-muted; }
    UploadForm .dialog-body { overflow-y: hidden; }
    """

    # Where files were chosen last: the next upload of this run begins there.
    _folder: ClassVar[Path] = Path()

    def __init__(self, connection: Connection, target_prefix: S3Uri, paths: Iterable[Path] = ()) -> None:
        self.target = target_prefix if target_prefix.is_prefix else target_prefix.parent
        super().__init__(f"Upload to s3://{self.target.bucket}")
        self.connection = connection
        self._given = list(paths)
        self._sizes: dict[Path, int] = {}

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="adding"):
            yield Input(
                id="path",
                compact=True,
                placeholder="a file, or a pattern: ~/isos/*.iso",
                suggester=PathSuggester(lambda: self._folder.absolute()),
            )
            yield Button("Browse (Ctrl+O)", id="browse", compact=True)
        yield MoveList("File", "Key", "Content type")
        yield Static(id="total")
        yield FormRow("To the prefix", _text("prefix", self.target.key, "empty: the top of the bucket"))
        yield FormRow("Content type", _text("content_type", "", "guessed for each file"))
        yield FormRow("Storage class", self._storage_class())
        yield FormRow("Metadata", _text("metadata", "", 'name=value note="two words"'))
        yield FormRow("Tags", _text("tags", "", "name=value …, at most 10"))
        yield Checkbox("Refuse what a checksum file beside it contradicts", True, id="check_sums", compact=True)

    @staticmethod
    def _storage_class() -> Input:
        suggester = SuggestFromList(_CLASSES, case_sensitive=False)
        return Input(id="storage_class", compact=True, placeholder="the bucket's own", suggester=suggester)

    def on_mount(self) -> None:
        self.query_one("#path").focus()
        if self.connection.read_only:
            self.complain("This connection is read-only: nothing can be uploaded.")
            self.query_one("#ok", Button).disabled = True
        self.run_worker(self._add(self._given), group="adding", exit_on_error=False)

    # ---- the files

    async def _add(self, paths: Sequence[Path]) -> None:
        try:
            sizes = await background.run(background.LOCAL, _sizes, paths)
        except S3tuiError as error:
            self.complain(error)
            return
        self._sizes |= sizes
        self._show()

    @on(Input.Submitted, "#path")
    @work(exclusive=True, group="typed", exit_on_error=False)
    async def _typed(self) -> None:
        field = self.query_one("#path", Input)
        if not field.value:
            self.focus_next()
            return
        try:
            path = await background.run(background.LOCAL, local_files.absolute, field.value, self._folder.absolute())
            if await background.run(background.LOCAL, path.is_dir):
                self._browse(path)
                return
            found = await background.run(background.LOCAL, local_files.named, field.value, self._folder.absolute())
        except S3tuiError as error:
            self.complain(error)
            return
        self.complain("")
        field.value = ""
        await self._add(found)

    def action_browse(self) -> None:
        self._browse(self._folder.absolute())

    @work(exclusive=True, group="browse", exit_on_error=False)
    async def _browse(self, folder: Path) -> None:
        chosen = await self.app.push_screen_wait(FilePicker(folder))
        if chosen:
            UploadForm._folder = chosen[-1].parent
            self.complain("")
            await self._add(chosen)

    @on(MoveList.Removed)
    def _remove(self, event: MoveList.Removed) -> None:
        del self._sizes[Path(event.move.source)]
        self._show()

    @on(Input.Changed, "#prefix")
    @on(Input.Changed, "#content_type")
    def _show(self) -> None:
        """The list: each file, its key and the type it gets."""
        kind = self._value("content_type")
        self.query_one(MoveList).show(
            [
                Move(str(path), path.name, self._key(path), kind or names.content_type(path), size)
                for path, size in self._sizes.items()
            ]
        )
        total = f"{display.counted(len(self._sizes), 'file')}, {display.size(sum(self._sizes.values()))}"
        hint = "   (Delete takes one off the list, Ctrl+S uploads)" if self._sizes else ""
        self.query_one("#total", Static).update(plain(total + hint))

    def _key(self, path: Path) -> str:
        prefix = self._value("prefix")
        return f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}{path.name}"

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value

    # ---- sending

    def requests(self) -> list[UploadRequest]:
        """What the form says. Raises `BadInput` with the first thing that is wrong."""
        if not self._sizes:
            raise BadInput("There are no files yet.", "Type a path, or press ctrl+o to browse.")
        given = UploadRequest(
            path=Path(),
            target=self.target,
            content_type=self._value("content_type").strip() or None,
            storage_class=self._value("storage_class").strip() or None,
            metadata=pairs(self._value("metadata"), "Metadata"),
            tags=pairs(self._value("tags"), "Tags"),
            check_sums="beside" if self.query_one("#check_sums", Checkbox).value else "no",
        )
        made = [replace(given, path=path, target=self.target.with_key(self._key(path))) for path in self._sizes]
        seen: dict[str, Path] = {}
        for request in made:
            if complaints := request.problems():
                raise BadInput(complaints[0])
            other = seen.setdefault(request.target.key, request.path)
            if other != request.path:
                raise BadInput(f"“{other}” and “{request.path}” would be one key.", "Take one off the list.")
        return made

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "browse":
            self.action_browse()
        elif event.button.id == "ok":
            self.action_send()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id != "path":
            self.focus_next()

    @work(exclusive=True, group="sending", exit_on_error=False)
    async def action_send(self) -> None:
        """Ask about keys that exist, then be done."""
        if self.connection.read_only:
            return
        try:
            wanted = self.requests()
            self.complain("")
            self.query_one("#total", Static).update(plain("Looking which of the keys exist …"))
            settled = await self._settled(wanted)
        except S3tuiError as error:
            self.complain(error)
            return
        finally:
            self._show()
        if settled is not None:
            self.dismiss(settled)

    async def _settled(self, wanted: list[UploadRequest]) -> list[UploadRequest] | None:
        """`wanted` after the question about keys that exist; None to go back to the form."""
        found = await asyncio.gather(*(self._exists(request.target) for request in wanted))
        taken = [request for request, exists in zip(wanted, found, strict=True) if exists]
        if not taken:
            return wanted
        answer = await self.app.push_screen_wait(Overwrite([str(request.target) for request in taken], "object"))
        if answer is None:
            return None
        free = [request for request in wanted if request not in taken]
        if answer == "overwrite":
            return [replace(request, overwrite=True) if request in taken else request for request in wanted]
        if answer == "skip":
            return free
        used = {request.target.key for request in wanted}
        return free + [await self._renamed(request, used) for request in taken]

    async def _exists(self, target: S3Uri) -> bool:
        try:
            return await background.run(background.METADATA, find, self.connection, target, priority=_LATER) is not None
        except errors.AccessDenied:
            return False  # the upload itself says what that means

    async def _renamed(self, request: UploadRequest, used: set[str]) -> UploadRequest:
        for number in range(2, _NUMBERS):
            target = request.target.with_key(names.numbered(request.target.key, number))
            if target.key not in used and not await self._exists(target):
                used.add(target.key)
                return replace(request, target=target)
        raise BadInput(f"No free name was found for “{request.target.name}”.", "Choose another prefix.")


def pairs(text: str, what: str) -> dict[str, str]:
    """`name=value note="two words"` as a dictionary. Raises `BadInput`; `what` names the field."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"{what}: a quotation mark is not closed.", 'Write name="two words".') from error
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"{what}: “{word}” is not name=value.", 'Write name="two words" for values with spaces.')
        if name in found:
            raise BadInput(f"{what}: “{name}” is there twice.")
        found[name] = value
    return found


def _text(name: str, value: str, placeholder: str) -> Input:
    return Input(value, id=name, compact=True, placeholder=placeholder, select_on_focus=False)


def _sizes(paths: Sequence[Path]) -> dict[Path, int]:
    return {path: local_files.size_of(path) for path in paths}
