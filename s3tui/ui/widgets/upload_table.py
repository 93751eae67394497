"""Unfinished uploads as rows: their parts are asked for one upload after the other, so that sizes come in late."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Literal

from rich.segment import Segment
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from s3tui import display
from s3tui.display import visible
from s3tui.s3.upload_parts import Parts
from s3tui.s3.uploads import Upload
from s3tui.ui.widgets.clickable_rows import ClickableRows
from s3tui.ui.widgets.row_layout import fit

SortBy = Literal["age", "size"]
_AGE, _PARTS, _SIZE, _CLASS, _BY = 14, 8, 11, 20, 24
_WITH_CLASS, _WITH_BY = 100, 130  # from this width on
SENDING = "▲"  # something here is sending it


class UploadTable(ClickableRows):
    """One row for each upload, the oldest or the largest first."""

    DEFAULT_CSS = "UploadTable { border: round $border; padding: 0 1; }"
    BINDINGS = [
        Binding("j", "cursor_down", "Next", show=False),
        Binding("k", "cursor_up", "Previous", show=False),
        Binding("g", "first", "First", show=False),
        Binding("G", "last", "Last", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: list[Upload] = []
        self.selected: set[Upload] = set()
        self.said = ""  # in the place of rows, when there are none
        self._parts: Mapping[Upload, Parts] = {}
        self._sent: Collection[str] = ()
        self._by: SortBy = "age"
        self._now = datetime.now(UTC)

    @property
    def row_count(self) -> int:
        return len(self.uploads)

    @property
    def current(self) -> Upload | None:
        """The upload under the cursor."""
        return self.uploads[self.cursor] if self.cursor < len(self.uploads) else None

    def show(
        self,
        uploads: Collection[Upload],
        parts: Mapping[Upload, Parts],
        sent: Collection[str],
        by: SortBy,
        now: datetime,
    ) -> None:
        """Show these; the keys `sent` are being sent from here. The cursor stays on its upload."""
        before = self.current
        self._parts, self._sent, self._by, self._now = parts, sent, by, now
        self.uploads = sorted(uploads, key=self._rank)
        self.selected.intersection_update(self.uploads)
        self.cursor = next((at for at, upload in enumerate(self.uploads) if upload == before), self.cursor)
        self.rows_changed()

    def _rank(self, upload: Upload) -> tuple[float, float, str]:
        known = self._parts.get(upload)
        size = known.size if known and not known.error else -1
        return (-size if self._by == "size" else 0, upload.started.timestamp(), upload.key)

    # ---- drawing

    def paint_header(self, width: int) -> Strip:
        mark = {"age": "Begun ▼", "size": "Begun"}[self._by], {"age": "Size", "size": "Size ▼"}[self._by]
        text = self._line("  Key", mark[0], "Parts", mark[1], "Class", "Begun by", width)
        return Strip([Segment(text, self.part_style("row-view--header"))], width)

    def paint_row(self, position: int, width: int) -> Strip:
        upload = self.uploads[position]
        style = self.cursor_style if position == self.cursor else self.rich_style
        if upload.key in self._sent and position != self.cursor:
            style += self.part_style("row-view--dim")
        count, size = _held(self._parts.get(upload))
        mark = "✓" if upload in self.selected else SENDING if upload.key in self._sent else " "
        age = f"{display.duration((self._now - upload.started).total_seconds())} ago"
        name = f"{mark} {visible(upload.key)}"
        text = self._line(name, age, count, size, visible(upload.storage_class), visible(upload.initiator), width)
        return Strip([Segment(text, style)], width)

    def paint_below(self, line: int, width: int) -> Strip:
        said = f"  {self.said}" if line == 0 and not self.uploads else ""
        return Strip([Segment(fit(said, width), self.part_style("row-view--dim"))], width)

    @staticmethod
    def _line(name: str, age: str, count: str, size: str, storage_class: str, by: str, width: int) -> str:
        """The columns, `width` cells together; the last two only where there is room."""
        rest = f"{age:>{_AGE}}{count:>{_PARTS}}{size:>{_SIZE}}"
        if width >= _WITH_CLASS:
            rest += f"  {fit(storage_class, _CLASS)}"
        if width >= _WITH_BY:
            rest += f"  {fit(by, _BY)}"
        return fit(fit(name, max(8, width - len(rest))) + rest, width)

    def cursor_moved(self, before: int) -> None:
        self.post_message(self.Moved())

    def toggle(self) -> None:
        """Select the upload under the cursor, or take it out."""
        if self.current is not None:
            self.selected ^= {self.current}
            self.refresh_row(self.cursor)


def _held(parts: Parts | None) -> tuple[str, str]:
    """How many parts and bytes, as far as it is known."""
    if parts is None:
        return "…", "…"
    if parts.error:
        return "?", "?"
    return ("ended", "") if parts.ended else (f"{parts.count:,}", display.size(parts.size))
