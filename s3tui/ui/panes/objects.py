"""The object pane: where we are, the filter, the table, and one line that says how much of it is known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, Static

from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.uri import S3Uri
from s3tui.ui.panes import status
from s3tui.ui.widgets.object_table import ObjectTable

if TYPE_CHECKING:
    from s3tui.s3.listing import Listing
    from s3tui.ui.places import View

_LANGUAGE = "!not re:regex size>1G age<30d class:GLACIER"
_WAYS_ON = "u uploads files here. w says why something expected here is missing."


LOADING_AFTER = 0.15  # s


class FilterInput(Input):
    """One line to type a filter into. Its footer says how it ends."""

    BINDINGS = [
        Binding("enter", "submit", "Keep", key_display="Enter"),
        Binding("escape", "end_filter", "All rows again", key_display="Esc"),
    ]

    class Ended(Message):
        """Escape: no filter any more."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """The slash, too, which Textual takes for no character: its command isn't in the footer while one types."""
        return key == "slash" or super().check_consume_key(key, character)

    def action_end_filter(self) -> None:
        self.post_message(self.Ended())


class ObjectsPane(Vertical):
    """Shows one prefix of one bucket. Empty, loading, denied and failed each look different."""

    DEFAULT_CSS = """
    ObjectsPane #filter { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
    ObjectsPane.-filtering #filter { display: block; }
    ObjectsPane #language { display: none; height: auto; max-height: 2; padding: 0 1; color: $text-muted; background: $boost; }
    ObjectsPane.-typing #language, ObjectsPane.-filtering #language.-problem { display: block; }
    ObjectsPane #language.-problem { color: $text-error; }
    ObjectsPane #state { display: none; height: 1fr; padding: 1 2; }
    ObjectsPane.-stated #state { display: block; }
    ObjectsPane.-stated ObjectTable { height: 0; } /* hidden it would lose the focus */
    ObjectsPane #state.-failed { color: $text-error; }
    ObjectsPane #state.-denied { color: $text-warning; }
    ObjectsPane #state.-empty { color: $text-muted; }
    ObjectsPane #status { height: auto; min-height: 1; max-height: 3; padding: 0 1; background: $panel; color: $text-muted; }
    """

    class Escaped(Message):
        """Escape, with nothing in this pane left to end."""

    def __init__(self) -> None:
        super().__init__(id="objects")
        self.view: View | None = None
        self._said = _LANGUAGE

    def compose(self) -> ComposeResult:
        yield FilterInput(id="filter", placeholder="filter", compact=True, select_on_focus=False)
        yield Static(_LANGUAGE, id="language", markup=False)
        yield ObjectTable(id="table")
        yield Static(id="state")
        yield Static(id="status")

    def on_mount(self) -> None:
        self.set_interval(status.TICK, self._age)  # what is listed gets older

    @property
    def uri(self) -> S3Uri | None:
        """The place that is listed, or from which the search was started."""
        return self.view.place if self.view else None

    @property
    def title(self) -> str:
        """What was searched for; empty for a place."""
        return self.view.title if self.view else ""

    @property
    def listing(self) -> Listing | None:
        """What the rows of the table are of."""
        return self.table.listing if self.view else None

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

    def start(self, view: View) -> None:
        """Show a listing or a search from its beginning; its first page may not be here yet."""
        before, self.view = self.view, view
        if before is None or (view.place, view.title) != (before.place, before.title):
            self.end_filter()
        self.border_title = Content(visible(view.title or str(view.place)))
        self.table.set_listing(view.listing)
        if pattern := self.query_one("#filter", Input).value:
            self.table.filter(pattern)
        if self.has_class("-stated"):
            self._say_loading(view)
        else:  # a list that comes at once needs no message, which would lay out the screen twice
            self.set_timer(LOADING_AFTER, partial(self._say_loading, view))
        self.show_status()

    def _say_loading(self, view: View) -> None:
        if self.view is view and not len(view.listing.columns) and (view.is_read or not view.was_begun):
            self.say("loading", f"Searching {view.title}" if view.is_hits else f"Listing {view.place}")

    def replace(self, view: View) -> None:
        """The place that is shown was listed again: cursor and selection stay on their keys."""
        self.view = view
        self.table.replace_listing(view.listing)
        self.finish()

    def leave(self) -> None:
        """Nothing is listed any more; what still arrives of it is not shown."""
        self.end_filter()
        if self.view is not None:  # nobody acts on rows that nobody sees, least of all with another profile
            self.table.set_listing(self.view.listing.anew())
        self.view = None
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
        view = self.view
        if view is None or len(view.listing.columns):
            return
        if view.listing.completeness.state == "stopped":
            what, reason = "search" if view.is_hits else "listing", view.listing.completeness.reason
            stopped = reason == status.STOPPED
            heading = f"You stopped the {what} before it found anything." if stopped else f"The {what} stopped."
            self.say("empty" if stopped else "failed", heading, "" if stopped else reason, "r tries again.")
        elif view.is_hits:
            self.say("empty", "Nothing matches.", "Escape goes back to where the search began.")
        elif view.place and view.place.key:
            self.say("empty", "No key starts with this prefix.", _WAYS_ON)
        else:
            self.say("empty", "This bucket is empty.", _WAYS_ON)

    def fail(self, error: S3tuiError) -> None:
        """The listing failed. What has been listed stays."""
        from s3tui.s3.deleted import WithDeleted

        if self.listing is not None and len(self.listing.columns):
            self.page_arrived()
            return
        if isinstance(error, errors.AccessDenied):
            way_on = "Ctrl+G opens a key you know directly; w says what can be found out about it."
            what = f"search {self.view.title}" if self.view and self.view.is_hits else f"list {self.uri}"
            self.say("denied", f"You may not {what}.", error.advice, way_on, error.evidence)
        else:
            hide = "; V hides deleted objects again" if isinstance(self.listing, WithDeleted) else ""
            self.say("failed", error.sentence, error.advice, error.evidence, f"r tries again{hide}.")
        self.show_status()

    def show_status(self) -> None:
        """How much is listed, and whether that is all."""
        box = self.query_one("#status", Static)
        width = box.content_size.width
        line = status.line(self.view, self.table, width) if self.view else Content("")
        lines = len(line.wrap(max(width, 1)))
        # While rows arrive this changes all the time, and seldom its height: no reason to lay out the screen.
        box.update(line, layout=lines != box.content_size.height)

    def _age(self) -> None:
        if self.view and not self.view.is_read:
            self.show_status()

    def begin_filter(self) -> None:
        """Show the filter and type into it."""
        self.add_class("-filtering", "-typing")
        self.query_one("#filter", Input).focus()

    def end_filter(self) -> None:
        """Take the filter away and show every row."""
        self.remove_class("-filtering", "-typing")
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

    @on(FilterInput.Ended)
    def _end_typing(self, event: FilterInput.Ended) -> None:
        event.stop()
        self.end_filter()
        self.table.focus()

    @on(Input.Blurred, "#filter")
    def _filter_left(self, event: Input.Blurred) -> None:
        event.stop()
        self.remove_class("-typing")

    def on_key(self, event: Key) -> None:
        """Escape ends the filter, wherever the focus is in this pane, then the search."""
        if event.key != "escape":
            return
        event.stop()
        if self.has_class("-filtering"):
            self.end_filter()
            self.table.focus()
        else:
            self.post_message(self.Escaped())

    @on(ObjectTable.SelectionChanged)
    @on(ObjectTable.Arranged)
    def _rows_changed(self) -> None:
        self._show_problem(self.table.filter_problem)
        self.show_status()

    def _show_problem(self, problem: str) -> None:
        """Say what is wrong with what is typed where the language is said; the last filter that was right holds."""
        said = f"✗ {visible(problem)}" if problem else _LANGUAGE
        if said != self._said:
            self._said = said
            language = self.query_one("#language", Static)
            language.set_class(bool(problem), "-problem")
            language.update(Content(said))
