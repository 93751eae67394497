"""The object pane: where we are, the filter, the table, and one line that says how much of it is known."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, Static

from s3tui import display
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.listing import Listing
from s3tui.s3.uri import S3Uri
from s3tui.ui.widgets.object_table import ObjectTable

_WAYS_ON = "u uploads files here. w says why something expected here is missing."


class ObjectsPane(Vertical):
    """Shows one prefix of one bucket. Empty, loading, denied and failed each look different."""

    DEFAULT_CSS = """
    ObjectsPane #filter { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
    ObjectsPane.-filtering #filter { display: block; }
    ObjectsPane #state { display: none; height: 1fr; padding: 1 2; }
    ObjectsPane.-stated #state { display: block; }
    ObjectsPane.-stated ObjectTable { height: 0; } /* hidden it would lose the focus */
    ObjectsPane #state.-failed { color: $text-error; }
    ObjectsPane #state.-denied { color: $text-warning; }
    ObjectsPane #state.-empty { color: $text-muted; }
    ObjectsPane #status { height: auto; min-height: 1; max-height: 3; padding: 0 1; background: $panel; color: $text-muted; }
    """

    @dataclass
    class FilterEnded(Message):
        """Escape or Enter in the filter."""

    def __init__(self) -> None:
        super().__init__(id="objects")
        self.uri: S3Uri | None = None
        self.listing: Listing | None = None
        self.title = ""  # of a search

    def compose(self) -> ComposeResult:
        yield Input(id="filter", placeholder="filter by name", compact=True, select_on_focus=False)
        yield ObjectTable(id="table")
        yield Static(id="state")
        yield Static(id="status")

    @property
    def table(self) -> ObjectTable:
        return self.query_one(ObjectTable)

    @property
    def is_there(self) -> bool:
        """Whether the place that is listed has shown to exist."""
        listing = self.listing
        return listing is not None and (len(listing.columns) > 0 or listing.completeness.state == "complete")

    def say(self, kind: str, heading: str, *lines: str) -> None:
        """Show a message instead of the table; `kind` is `empty`, `loading`, `denied` or `failed`."""
        mark = {"empty": "○", "loading": "…", "denied": "⊘", "failed": "✗"}[kind]
        parts = [
            Content(f"{mark} {visible(heading)}").stylize("bold"),
            *(Content(visible(line)) for line in lines if line),
        ]
        state = self.query_one("#state", Static)
        state.set_classes(f"-{kind}")
        state.update(Content("\n\n").join(parts))
        self.add_class("-stated")

    def start(self, uri: S3Uri | None, listing: Listing, title: str = "") -> None:
        """A listing of `uri` begins, or a search, which has a title; its first page isn't here yet."""
        if uri != self.uri or title != self.title:
            self.end_filter()
        self.uri, self.listing, self.title = uri, listing, title
        self.border_title = Content(visible(title or str(uri)))
        self.table.set_listing(listing)
        self.say("loading", f"Searching {title}" if title else f"Listing {uri}")
        self.show_status()

    def leave(self) -> None:
        """Nothing is listed any more; what still arrives of it is not shown."""
        self.end_filter()
        self.uri, self.listing, self.title = None, None, ""
        self.border_title = ""
        self.show_status()

    def page_arrived(self) -> None:
        """More rows are in the listing."""
        if self.listing and len(self.listing.columns):
            self.remove_class("-stated")
        self.table.refresh_rows()
        self.show_status()

    def finish(self) -> None:
        """The listing has ended, complete or not."""
        self.page_arrived()
        if self.listing is None or len(self.listing.columns):
            return
        if self.listing.completeness.state == "stopped":
            self.say("failed", "The listing stopped.", self.listing.completeness.reason, "r tries again.")
        elif self.title:
            self.say("empty", "Nothing matches.", "Escape goes back to where the search began.")
        elif self.uri and self.uri.key:
            self.say("empty", "No key starts with this prefix.", _WAYS_ON)
        else:
            self.say("empty", "This bucket is empty.", _WAYS_ON)

    def fail(self, error: S3tuiError) -> None:
        """The listing failed. What has been listed stays."""
        if self.listing is not None and len(self.listing.columns):
            self.page_arrived()
            return
        if isinstance(error, errors.AccessDenied):
            way_on = "Ctrl+G opens a key you know directly; w says what can be found out about it."
            self.say("denied", f"You may not list {self.uri}.", error.advice, way_on, error.evidence)
        else:
            self.say("failed", error.sentence, error.advice, error.evidence, "r tries again.")
        self.show_status()

    def show_status(self) -> None:
        """Count, size and completeness of what is listed."""
        self.query_one("#status", Static).update(self._counts())

    def _counts(self) -> Content:
        if self.listing is None:
            return Content("")
        table, columns, known = self.table, self.listing.columns, self.listing.completeness
        if table.selected_count:
            size = f", {display.size(table.selected_size)}" if table.selected_size else ""  # a prefix has none
            hidden = f" ({table.hidden_selected:,} hidden)" if table.hidden_selected else ""
            parts = [
                Content.styled(f"{table.selected_count:,} selected{hidden}{size}", "$text-accent"),
                Content(f"of {len(columns):,}"),
            ]
        else:
            parts = [Content(_counted(columns.prefix_count, columns.object_count))]
            if columns.total_size:
                parts.append(Content(display.size(columns.total_size)))
        if table.shown != len(columns):
            parts.append(Content.styled(f"{table.shown:,} shown", "$text-accent"))
        if known.state == "complete":
            parts.append(Content.styled("complete", "$text-success"))
        elif known.state == "more":
            parts.append(Content.styled("listing …", "$text-warning"))
        else:
            way_on = " r tries again." if len(columns) else ""  # without rows, the place of the table says it
            parts.append(Content.styled(f"incomplete: {visible(known.reason)}{way_on}", "$text-error"))
        return Content(" · ").join(parts)

    def begin_filter(self) -> None:
        """Show the filter and type into it."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    def end_filter(self) -> None:
        """Take the filter away and show every row."""
        self.remove_class("-filtering")
        self.query_one("#filter", Input).value = ""

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        # In the table's own turn: what it posts in ours would end here, since Textual ends a message at its sender.
        self.table.call_later(self.table.filter, event.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value:
            self.end_filter()
        self.table.focus()

    def on_key(self, event: Key) -> None:
        """Escape ends the filter, wherever the focus is in this pane, then the search."""
        if event.key != "escape" or not (self.has_class("-filtering") or self.title):
            return
        event.stop()
        if self.has_class("-filtering"):
            self.end_filter()
            self.table.focus()
        else:
            self.table.action_go_up()

    @on(ObjectTable.SelectionChanged)
    @on(ObjectTable.Arranged)
    def _rows_changed(self) -> None:
        self.show_status()


def _counted(prefixes: int, objects: int) -> str:
    below = display.counted(prefixes, "prefix", "prefixes")
    here = display.counted(objects, "object")
    return f"{below}, {here}" if prefixes and objects else below if prefixes else here
