"""Download objects: into which folder, under which names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input, Static

from s3tui import background, display
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import local_files, names
from s3tui.transfers.download import DownloadRequest, seen_at
from s3tui.transfers.download_plan import will_be_made
from s3tui.transfers.failures import local_failure, no_room
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.dialogs.folder_input import FolderInput
from s3tui.ui.dialogs.overwrite import Overwrite
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.move_list import Move, MoveList


@dataclass(frozen=True, slots=True)
class Look:
    """What the disk says: the mapped file of each key, what those that exist are like (`download.seen_at`), free bytes."""

    folder: Path
    made: str  # that the folder will be, if so
    paths: dict[str, Path]
    taken: dict[Path, tuple[int, int, int]]
    free: int


class DownloadForm(Dialog[list[DownloadRequest]]):
    """Dismissed with what is to be received; files that exist were asked about.

    `sizes` are those of `uris`, in bytes. Names are taken from below the prefix that all of them share.
    """

    wide = True
    buttons = (("ok", "Download", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [Binding("ctrl+s", "receive", "Download", show=False)]
    DEFAULT_CSS = """
    DownloadForm MoveList { height: 1fr; min-height: 4; margin: 1 0; }
    DownloadForm #made { display: none; color: $text-warning; }
    DownloadForm #total { height: 1; color: $text-muted; }
    DownloadForm .dialog-body { overflow-y: hidden; }
    """

    def __init__(self, connection: Connection, uris: Sequence[S3Uri], sizes: Sequence[int]) -> None:
        super().__init__(f"Download {display.counted(len(uris), 'object')}")
        self.connection = connection
        self.sizes = dict(zip(uris, sizes, strict=True))
        self._look: Look | None = None

    def compose_body(self) -> ComposeResult:
        yield FormRow("Into the folder", FolderInput())
        yield MoveList("Object", "File", "")
        yield Static(id="made")
        yield Static(id="total")

    # ---- what would become of it

    @on(Input.Changed, "#folder")
    @work(exclusive=True, group="looking", exit_on_error=False)
    async def _changed(self) -> None:
        try:
            self._show(await self._looked())
        except S3tuiError as error:
            self.complain(error)

    async def _looked(self) -> Look:
        text = self.query_one("#folder", Input).value
        if not text.strip():
            raise BadInput("There is no folder yet.", "Type one; it is made when it isn't there.")
        self._look = await background.run(background.LOCAL, _look, text, list(self.sizes))
        return self._look

    def _show(self, look: Look) -> None:
        self.complain("")
        moves = []
        for uri, size in self.sizes.items():
            path = look.paths[uri.key]
            note = "exists: you will be asked" if path in look.taken else ""
            moves.append(Move(str(uri), uri.key, str(path.relative_to(look.folder)), note, size))
        self.query_one(MoveList).show(moves)
        taken = f", {len(look.taken):,} of them there already" if look.taken else ""
        total = f"{display.counted(len(moves), 'file')}{taken}, {display.size(sum(self.sizes.values()))}"
        self.query_one("#total", Static).update(plain(f"{total}   ({display.size(look.free)} free)"))
        made = self.query_one("#made", Static)
        made.update(plain(look.made))
        made.display = bool(look.made)

    @on(MoveList.Removed)
    def _remove(self, event: MoveList.Removed) -> None:
        self.sizes = {uri: size for uri, size in self.sizes.items() if str(uri) != event.move.source}
        self._changed()

    # ---- receiving

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.action_receive()

    def on_input_submitted(self) -> None:
        self.action_receive()

    @work(exclusive=True, group="receiving", exit_on_error=False)
    async def action_receive(self) -> None:
        """Ask about files that exist, then be done."""
        try:
            if not self.sizes:
                raise BadInput("There is nothing to download.")
            look = await self._looked()
            wanted = self._requests(look)
        except S3tuiError as error:
            self.complain(error)
            return
        if look.taken:
            answer = await self.app.push_screen_wait(Overwrite([str(path) for path in sorted(look.taken)], "file"))
            if answer is None:
                return
            wanted = await background.run(background.LOCAL, _settled, wanted, look.taken, answer)
        self.dismiss(wanted)

    def _requests(self, look: Look) -> list[DownloadRequest]:
        needed = sum(self.sizes.values())
        if needed > look.free:
            raise no_room(look.folder / "all of it", needed, look.free)
        return [
            DownloadRequest(uri, look.paths[uri.key], root=look.folder, size=size) for uri, size in self.sizes.items()
        ]


def _look(text: str, uris: list[S3Uri]) -> Look:
    folder = local_files.absolute(text, Path.cwd())
    if folder.is_file():
        raise BadInput(f"“{folder}” is a file.", "Choose a folder.")
    keys = [uri.key for uri in uris]
    skip = len(names.shared_prefix(keys))
    below = names.local_paths(folder, [key[skip:] for key in keys])
    paths = {key: below[key[skip:]] for key in keys}
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        taken = {path: seen for path in paths.values() if (seen := seen_at(path))}
        return Look(folder, will_be_made(folder), paths, taken, shutil.disk_usage(there).free)
    except OSError as error:
        raise local_failure(error, folder) from error


def _settled(
    wanted: list[DownloadRequest], taken: Mapping[Path, tuple[int, int, int]], answer: str
) -> list[DownloadRequest]:
    if answer == "overwrite":
        return [request.replacing(taken.get(request.path)) for request in wanted]
    free = [request for request in wanted if request.path not in taken]
    if answer == "skip":
        return free
    used = {request.path for request in wanted}
    for request in wanted:
        if request.path in taken:
            path = _free(request.path, used)
            used.add(path)
            free.append(replace(request, path=path))
    return free


def _free(path: Path, used: set[Path]) -> Path:
    number = 2
    while (other := path.with_name(names.numbered(path.name, number))) in used or os.path.lexists(other):
        number += 1
    return other
