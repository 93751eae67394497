"""The detail pane: everything about what is under the cursor, in tabs that load when they are looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static, Tab, Tabs

from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3.uri import S3Uri

TABS = (
    ("overview", "Overview"),
    ("metadata", "Metadata"),
    ("tags", "Tags"),
    ("versions", "Versions"),
    ("preview", "Preview"),
)

_LINE = 38  # columns; about what the pane has on a terminal of 120


class DetailPane(Vertical):
    """Tabs about one bucket, prefix or object. It asks for a tab's content with `Wanted`."""

    DEFAULT_CSS = """
    DetailPane Tabs { height: 2; }
    DetailPane Tab { padding: 0; margin: 0 1 0 0; }
    DetailPane ContentSwitcher { height: 1fr; }
    DetailPane VerticalScroll { padding: 0 1; }
    """

    BINDINGS = [Binding("escape", "screen.fold_detail", "Back to the table", show=False)]

    @dataclass
    class Wanted(Message):
        """The tab `tab` of `uri` is looked at and empty."""

        tab: str
        uri: S3Uri

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.border_title = "Detail"
        self.uri: S3Uri | None = None
        self._loaded: set[str] = set()

    def compose(self) -> ComposeResult:
        yield Tabs(*(Tab(title, id=identity) for identity, title in TABS))
        with ContentSwitcher(initial="view-overview"):
            for identity, _ in TABS:
                if identity != "preview":
                    with VerticalScroll(id=f"view-{identity}"):
                        yield Static(id=f"text-{identity}")
            yield Vertical(id="view-preview")

    @property
    def tab(self) -> str:
        """The id of the tab that is shown."""
        active = self.query_one(Tabs).active
        return active or "overview"

    @property
    def content(self) -> Widget:
        """What scrolls in the tab that is shown."""
        holder = self.query_one(f"#view-{self.tab}")
        return holder.children[-1] if self.tab == "preview" and holder.children else holder

    def show(self, uri: S3Uri | None) -> None:
        """Turn to `uri`; what was shown of another place goes away."""
        if uri == self.uri:
            return
        self.uri = uri
        self.border_title = Content(visible(uri.name or uri.bucket)) if uri else "Detail"
        self.reload()

    def reload(self) -> None:
        """Ask for what is shown again."""
        self._loaded.clear()
        if self.uri is None:
            self.fill(self.tab, Content.styled("Nothing is under the cursor.", "dim"))
        else:
            self._want()

    def _want(self) -> None:
        if self.uri is None or self.tab in self._loaded or not self.on_screen:
            return
        if self.uri.is_prefix and self.tab != "overview":
            self.fill(self.tab, Content.styled("Only objects have this.", "dim"))
            return
        self.fill(self.tab, Content.styled("loading …", "dim"))  # never the last object's under this one's name
        self.post_message(self.Wanted(self.tab, self.uri))

    @property
    def on_screen(self) -> bool:
        """Whether the pane is on screen at all; on narrow terminals it is folded away."""
        return bool(self.display)

    def on_show(self) -> None:
        self._want()

    @on(Tabs.TabActivated)
    def _switch(self, event: Tabs.TabActivated) -> None:
        event.stop()
        self.query_one(ContentSwitcher).current = f"view-{event.tab.id}"
        self._want()

    def fill(self, tab: str, content: Content, uri: S3Uri | None = None) -> None:
        """Show `content` in `tab`. With `uri`, only if that is still what the pane is about."""
        if uri is not None and uri != self.uri:
            return
        if uri is not None:
            self._loaded.add(tab)
        if tab == "preview":
            self._replace_preview(VerticalScroll(Static(content)))
        else:
            self.query_one(f"#text-{tab}", Static).update(content)

    def text(self, tab: str) -> str:
        """What a tab of text shows now."""
        return str(self.query_one(f"#text-{tab}", Static).content)

    def fail(self, tab: str, uri: S3Uri, error: S3tuiError) -> None:
        """Show why `tab` of `uri` can't be shown."""
        lines = [Content.styled(f"✗ {visible(error.sentence)}", "$text-error")]
        if error.advice:
            lines.append(Content(visible(error.advice)))
        if error.evidence:
            lines.append(Content.styled(visible(error.evidence), "dim"))
        self.fill(tab, Content("\n\n").join(lines), uri)

    def show_preview(self, uri: S3Uri, view: Widget) -> None:
        """Show `view` in the preview tab, if `uri` is still what the pane is about."""
        if uri == self.uri:
            self._loaded.add("preview")
            self._replace_preview(view)

    def _replace_preview(self, view: Widget) -> None:
        try:
            holder = self.query_one("#view-preview", Vertical)
        except NoMatches:
            return
        holder.remove_children()
        holder.mount(view)


def facts(pairs: Iterable[tuple[str, str]]) -> Content:
    """Labels and values, one below the other; a long value gets a line of its own."""
    lines = []
    for label, value in pairs:
        gap = "  " if len(label) + len(value) < _LINE else "\n  "
        lines.append(Content.assemble((visible(label), "$text-primary"), gap, visible(value)))
    return Content("\n").join(lines)
