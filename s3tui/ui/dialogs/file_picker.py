"""Choose local files and folders: walk the folders, mark, or type a path or a pattern."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.segment import Segment
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widgets import Button, Input, Static

from s3tui import background, display
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.transfers import local_files
from s3tui.transfers.local_files import Entry
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets import row_layout
from s3tui.ui.widgets.clickable_rows import ClickableRows

_SIZE, _TIME = 10, 19


class PathSuggester(Suggester):
    """Completes a path that is being typed; right arrow takes it."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._folder = folder

    async def get_suggestion(self, value: str) -> str | None:
        return await background.run(background.LOCAL, local_files.completion, value, self._folder())


class FileTable(ClickableRows):
    """The entries of one folder, some of them marked."""

    BINDINGS = [
        Binding("enter,l,right", "open", "Open", show=False),
        Binding("backspace,h,left", "up", "Folder above", show=False),
        Binding("space", "mark", "Mark", show=False),
        Binding("asterisk", "mark_all", "Mark all", show=False),
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
    ]
    DEFAULT_CSS = """
    FileTable .file-table--folder { color: $text-primary; text-style: bold; }
    FileTable .file-table--marked { color: $text-accent; text-style: bold; }
    """
    COMPONENT_CLASSES = {"file-table--folder", "file-table--marked"}

    class Opened(Message):
        """Enter on the row under the cursor."""

    class Up(Message):
        """The folder above is wanted."""

    class Marked(Message):
        """Other files are marked."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path()
        self.rows: list[Entry] = []
        self.marked: dict[Path, int | None] = {}  # its size; None for a folder

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> Entry | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self, folder: Path, rows: list[Entry]) -> None:
        """Show these rows of `folder`."""
        self.cursor = 0 if folder != self.folder else self.cursor
        self.folder, self.rows = folder, rows
        self.rows_changed()

    def paint_header(self, width: int) -> Strip:
        return Strip(
            [Segment(self._line("  Name", "Size", "Modified (UTC)", width), self.part_style("row-view--header"))]
        )

    def paint_row(self, position: int, width: int) -> Strip:
        entry = self.rows[position]
        is_marked = self.folder / entry.name in self.marked
        name = f"{'✓' if is_marked else ' '} {visible(entry.name)}{'/' if entry.is_folder else ''}"
        size = "" if entry.is_folder else display.size(entry.size)
        text = self._line(name, size, display.when(entry.modified), width)
        if position == self.cursor:
            style = self.cursor_style
        elif is_marked:
            style = self.part_style("file-table--marked")
        else:
            style = self.part_style("file-table--folder") if entry.is_folder else self.rich_style
        return Strip([Segment(text, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = "  Nothing here." if not self.rows and line == 0 else ""
        return Strip([Segment(row_layout.fit(said, width), self.part_style("row-view--dim"))], width)

    @staticmethod
    def _line(name: str, size: str, time: str, width: int) -> str:
        room = max(10, width - _SIZE - _TIME - 4)
        return row_layout.fit(f"{row_layout.fit(name, room)}  {size:>{_SIZE}}  {row_layout.fit(time, _TIME)}", width)

    def mark(self, found: list[Entry], wanted: bool) -> None:
        """Mark or unmark `found`."""
        for entry in found:
            path = self.folder / entry.name
            if wanted:
                self.marked[path] = None if entry.is_folder else entry.size
            else:
                self.marked.pop(path, None)
        self.refresh()
        self.post_message(self.Marked())

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def action_up(self) -> None:
        self.post_message(self.Up())

    def action_mark(self) -> None:
        if self.current:
            self.mark([self.current], self.folder / self.current.name not in self.marked)
            self.action_cursor_down()

    def action_mark_all(self) -> None:
        files = [entry for entry in self.rows if not entry.is_folder]
        self.mark(files, any(self.folder / entry.name not in self.marked for entry in files))

    def row_opened(self) -> None:
        self.post_message(self.Opened())


class FilePicker(Dialog[list[Path]]):
    """Dismissed with the files and folders that were chosen. `start` is the folder that is shown first."""

    wide = True
    buttons = (("ok", "Choose", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [
        Binding("slash", "find", "Find", show=False),
        Binding("full_stop", "hidden", "Hidden files", show=False),
    ]
    DEFAULT_CSS = """
    FilePicker .dialog-body > #folder { width: 1fr; height: 1; color: $text-primary; }
    FilePicker .dialog-body > #find { background: $boost; }
    FilePicker .dialog-body > FileTable { height: 1fr; }
    FilePicker .dialog-body > #marked { height: 1; color: $text-muted; }
    """

    def __init__(self, start: Path) -> None:
        super().__init__("Choose files and folders")
        self.folder = start
        self._entries: list[Entry] = []
        self._hidden = False

    def compose_body(self) -> ComposeResult:
        yield Static(id="folder")
        suggester = PathSuggester(lambda: self.folder)
        yield Input(id="find", compact=True, placeholder="find by name, *.iso, or a path: ~/isos/", suggester=suggester)
        yield FileTable()
        yield Static(plain("Space marks, * all files; Enter opens, takes; Backspace up; / finds."), id="marked")

    def on_mount(self) -> None:
        self.table.focus()
        self.go(self.folder)

    @property
    def table(self) -> FileTable:
        return self.query_one(FileTable)

    @work(exclusive=True, group="folder", exit_on_error=False)
    async def go(self, folder: Path) -> None:
        """Show `folder`."""
        try:
            found = await background.run(background.LOCAL, local_files.entries, folder)
        except S3tuiError as error:
            self.complain(error)
            return
        self.complain("")
        self.folder, self._entries = folder, found
        self.query_one("#folder", Static).update(plain(str(folder)))
        with self.prevent(Input.Changed):
            self.query_one("#find", Input).value = ""
        self._show()

    def _show(self) -> None:
        wanted = self.query_one("#find", Input).value
        is_path = "/" in wanted or wanted.startswith("~")
        self.table.show(
            self.folder,
            [
                entry
                for entry in self._entries
                if (self._hidden or not entry.name.startswith("."))
                and (is_path or local_files.fits(entry.name, wanted))
            ],
        )

    @on(Input.Changed, "#find")
    def _find(self) -> None:
        self._show()

    @on(Input.Submitted, "#find")
    @work(exclusive=True, group="folder", exit_on_error=False)
    async def _take(self) -> None:
        text = self.query_one("#find", Input).value
        if not text:
            self.table.focus()
            return
        try:
            path = await background.run(background.LOCAL, local_files.absolute, text, self.folder)
            if await background.run(background.LOCAL, path.is_dir):
                self.go(path)
                self.table.focus()
                return
            sizes = await background.run(background.LOCAL, _sizes, text, self.folder)
        except S3tuiError as error:
            if self.table.rows and not local_files.is_pattern(text) and "/" not in text:
                self.table.focus()  # some letters of a name: the list is already down to what fits
                return
            self.complain(error)
            return
        self.complain("")
        self.table.marked |= sizes
        self.table.refresh()
        self._count()
        self.table.focus()

    @on(FileTable.Marked)
    def _count(self) -> None:
        sizes = list(self.table.marked.values())
        known = [size for size in sizes if size is not None]
        counts = [(len(known), "file"), (len(sizes) - len(known), "folder")]
        what = display.listed([display.counted(count, noun) for count, noun in counts if count])
        self.query_one("#marked", Static).update(plain(f"{what} marked, {display.size(sum(known))}" if what else ""))

    @on(FileTable.Opened)
    def _open(self) -> None:
        entry = self.table.current
        if entry is None:
            return
        if entry.is_folder:
            self.go(self.folder / entry.name)
            return
        self.table.marked.setdefault(self.folder / entry.name, entry.size)
        self.dismiss(list(self.table.marked))

    @on(FileTable.Up)
    def _up(self) -> None:
        self.go(self.folder.parent)

    def action_find(self) -> None:
        self.query_one("#find", Input).focus()

    def action_hidden(self) -> None:
        self._hidden = not self._hidden
        self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id != "ok":
            return
        if self.table.marked:
            self.dismiss(list(self.table.marked))
        else:
            self.complain("Nothing is marked: Space marks a file or a folder.")


def _sizes(text: str, folder: Path) -> dict[Path, int]:
    return {path: local_files.size_of(path) for path in local_files.named(text, folder)}
