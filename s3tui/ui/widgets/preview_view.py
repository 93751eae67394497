"""A read-only view of the first bytes of an object: text with colours, or hexadecimal.

Only the rows on screen are drawn. Long lines are folded, so nothing has to be scrolled sideways.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Protocol

from rich.cells import cached_cell_len
from rich.segment import Segment
from textual import work
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from s3tui import background
from s3tui.display import size as shown_size
from s3tui.display import visible, visible_lines
from s3tui.s3.preview import Preview
from s3tui.ui.failures import TellsFailures
from s3tui.ui.widgets.hex_view import HexLines, Piece
from s3tui.ui.widgets.highlighting import KINDS, Span, spans


class Lines(Protocol):
    """Rows for one width."""

    @property
    def count(self) -> int: ...

    def line(self, index: int) -> list[Piece]: ...


class TextLines:
    """Rows of `text` (which is safe to show), folded at `width` cells."""

    def __init__(self, text: str, width: int) -> None:
        self.coloured: list[list[Span]] = []
        self._lines = text.split("\n")
        self._rows = [
            (number, first, last)
            for number, line in enumerate(self._lines)
            for first, last in _folded(line, max(width, 2))
        ]

    @property
    def count(self) -> int:
        return len(self._rows)

    def line(self, index: int) -> list[Piece]:
        """The row as pieces of text, each with the kind of its colour."""
        number, first, last = self._rows[index]
        text, pieces = self._lines[number], []
        place = first
        for start, end, kind in self.coloured[number] if self.coloured else ():
            start, end = max(start, first), min(end, last)
            if start >= end:
                continue
            pieces += [(text[place:start], ""), (text[start:end], kind)]
            place = end
        return [piece for piece in (*pieces, (text[place:last], "")) if piece[0]]


def _folded(line: str, width: int) -> Iterator[tuple[int, int]]:
    """Where to break `line`: after a space when there is one in the last third of a row."""
    ends = range(1, len(line) + 1) if line.isascii() else [*accumulate(map(cached_cell_len, line))]
    start = 0
    while True:
        taken = ends[start - 1] if start else 0
        last = bisect_right(ends, taken + width)
        if last >= len(line):
            yield start, len(line)
            return
        space = line.rfind(" ", start + (last - start) * 2 // 3, last)
        end = space + 1 if space >= 0 else max(last, start + 1)
        yield start, end
        start = end


class PreviewView(TellsFailures, ScrollView, can_focus=True):
    """Shows one `Preview`; the arrow and page keys scroll."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"preview--note", *(f"preview--{kind}" for kind in KINDS)}
    DEFAULT_CSS = """
    PreviewView {
        height: 1fr; padding: 0 1; background: $surface;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    PreviewView:focus { background-tint: $foreground 3%; }
    PreviewView > .preview--note { color: $foreground-muted; text-style: italic; }
    PreviewView > .preview--key { color: $text-primary; }
    PreviewView > .preview--string { color: $text-success; }
    PreviewView > .preview--number { color: $text-warning; }
    PreviewView > .preview--word { color: $text-accent; }
    PreviewView > .preview--comment { color: $foreground-muted; }
    PreviewView > .preview--sign { color: $text-secondary; }
    PreviewView > .preview--even { color: $text-primary; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._preview: Preview | None = None
        self._text = ""
        self._coloured: list[list[Span]] = []
        self._notes = TextLines("", 80)
        self._body: Lines = TextLines("", 80)
        self._folded_at = 0

    def show(self, preview: Preview) -> None:
        """Show `preview` from its first row; colours follow as soon as they are found."""
        self._preview = preview
        self._text = visible_lines(preview.text)
        self._coloured = []
        self._folded_at = 0
        self.scroll_home(animate=False, immediate=True)
        if self.is_attached:
            self._begin()

    def on_mount(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._fold()
        if self._preview is not None and self._preview.language is not None:
            self._colour(self._text, self._preview.language)

    @work(exclusive=True, group="colours", exit_on_error=False)
    async def _colour(self, text: str, language: str) -> None:
        self._coloured = await background.run(background.PREVIEW, spans, text, language)
        if isinstance(self._body, TextLines):
            self._body.coloured = self._coloured
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        self._fold()

    def _fold(self) -> None:
        """Make the rows for the present width."""
        width = self.scrollable_content_region.width
        if self._preview is None or width <= 0 or width == self._folded_at:
            return
        self._folded_at = width
        self._notes = TextLines("\n".join(_notes(self._preview)), width)
        if self._preview.kind == "hex":
            self._body = HexLines(self._preview.data, width)
        else:
            self._body = text = TextLines(self._text, width)
            text.coloured = self._coloured
        self.virtual_size = Size(width, self._notes.count + self._body.count)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """See `ScrollView.render_line`."""
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if self._preview is None or row >= self._notes.count + self._body.count:
            return Strip.blank(width, self.rich_style)
        if row < self._notes.count:
            pieces = [(text, "note") for text, _ in self._notes.line(row)]
        else:
            pieces = self._body.line(row - self._notes.count)
        segments = [
            Segment(text, self.get_component_rich_style(f"preview--{kind}") if kind else None) for text, kind in pieces
        ]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)


def _notes(preview: Preview) -> list[str]:
    """What the reader must know about what is shown, above it."""
    if not preview.text and not preview.data:
        return ["The object is empty."]
    length = len(preview.data) if preview.kind == "hex" else len(preview.text)
    amount = shown_size(length) if preview.kind == "hex" else f"{length:,} characters"
    first = f"The first {amount}; there is more." if preview.truncated else f"All of it: {amount}."
    return [first, *([visible(preview.note[:1].upper() + preview.note[1:] + ".")] if preview.note else [])]
