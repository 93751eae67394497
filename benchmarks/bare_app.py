"""The peer: a bare Textual app with the panes of s3tui and nothing behind them; a DataTable when rows are asked for."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import ContentSwitcher, DataTable, Footer, Input, OptionList, Static, Tab, Tabs, Tree

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 0


class Bare(App[None]):
    CSS = """
    #panes { height: 1fr; }
    #left { width: 28; }
    OptionList, Tree, #objects, #detail { border: round $panel; }
    #objects { width: 1fr; }
    #detail { width: 43; }
    OptionList, Tree, DataTable, ContentSwitcher { height: 1fr; }
    #filter { display: none; }
    """
    BINDINGS = [Binding(key, "bell", f"Does {key}") for key in "udewbqtcy"]

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield OptionList("one profile", "another")
                yield Tree("Buckets")
            with Vertical(id="objects"):
                yield Input(id="filter")
                if ROWS:
                    yield DataTable(cursor_type="row")
                yield Static("READY TO BROWSE")
                yield Static("")
            with Vertical(id="detail"):
                yield Tabs(*(Tab(name) for name in ("Overview", "Metadata", "Tags", "Versions", "Preview")))
                with ContentSwitcher(initial="view-0"):
                    for number in range(5):
                        with VerticalScroll(id=f"view-{number}"):
                            yield Static("")
        yield Static("")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        if ROWS:
            table = self.query_one(DataTable)
            table.add_columns("Name", "Size", "Modified (UTC)")
            table.add_rows((f"part-{i:06}.json", f"{i} B", "2026-11-20 15:49:03") for i in range(ROWS))
            table.focus()


if __name__ == "__main__":
    Bare().run()
