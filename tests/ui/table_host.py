"""The object table alone in an app, and listings to show in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from textual.app import App, ComposeResult

from s3tui.s3.listing import COMPLETE, Listing
from s3tui.ui.widgets.object_table import ObjectTable

NOW = datetime(2026, 11, 20, 15, 49, 3, tzinfo=UTC)


class Host(App[None]):
    """Just the table, and what it said."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield ObjectTable(id="table")

    def on_mount(self) -> None:
        self.table.set_listing(self.listing)
        self.table.focus()

    @property
    def table(self) -> ObjectTable:
        return self.query_one(ObjectTable)

    @property
    def screen_lines(self) -> list[str]:
        """What is painted."""
        height = self.table.size.height
        return [self.table.render_line(y).text for y in range(height)]

    def on_object_table_opened(self, event: ObjectTable.Opened) -> None:
        self.said.append(("opened", event.row.key))

    def on_object_table_highlighted(self, event: ObjectTable.Highlighted) -> None:
        self.said.append(("at", event.row.key if event.row else None))

    def on_object_table_go_up(self) -> None:
        self.said.append("up")


def numbered(count: int, prefix: str = "p/", folders: int = 2) -> Listing:
    """Prefixes `f0/`…, then objects `k00000`… whose sizes fall and whose times rise."""
    listing = Listing("bucket", prefix)
    for number in range(folders):
        listing.columns.append_prefix(f"{prefix}f{number}/")
    add(listing, range(count))
    listing.completeness = COMPLETE
    return listing


def add(listing: Listing, numbers: range) -> None:
    for number in numbers:
        storage = ("STANDARD", "GLACIER")[number % 2]
        modified = NOW + timedelta(minutes=number)
        listing.columns.append(f"{listing.prefix}k{number:05}", 100_000 - number, modified, "", storage)


def key(app: Host) -> str:
    row = app.table.cursor_row
    assert row is not None
    return row.key
