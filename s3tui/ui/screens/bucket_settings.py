"""A bucket's settings: its lifecycle and CORS rules, in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static, TabbedContent, TabPane, Tabs

from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import Rule
from s3tui.ui.dialogs.base import plain
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.document_pane import DocumentPane
from s3tui.ui.widgets.key_line import KeyLine

_WRITES = {"save", "remove"}
_EDITS = {"load", "tidy", "edit_outside"}


class BucketSettings(KeyedScreen[None]):
    """Tabs for lifecycle and CORS. What can't be done is dimmed, and the tab says why."""

    DEFAULT_CSS = """
    BucketSettings .title { height: 1; padding: 0 1; text-style: bold; color: $text-primary; }
    BucketSettings TabbedContent { height: 1fr; }
    BucketSettings TabPane { padding: 0; }
    """
    BINDINGS = [
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+t", "load", "Load", tooltip="Templates, and rules as they were before."),
        Binding("ctrl+l", "tidy", "Tidy", show=False, tooltip="Write the text anew in S3's own shape."),
        Binding("ctrl+r", "read_again", "Reread"),
        Binding("f4", "edit_outside", "$EDITOR"),
        Binding("f2", "other_tab", "Other tab"),
        Binding("f8", "remove", "Remove"),
        Binding("escape", "close", "Close", key_display="Esc"),
    ]

    def __init__(self, connection: Connection, bucket: str, lifecycle_rules: Sequence[Rule] = ()) -> None:
        """`lifecycle_rules` are put into the editor beside those that are set; nothing is written by that."""
        super().__init__()
        self.connection = connection
        self.bucket = bucket
        self._lifecycle_rules = lifecycle_rules
        self._was_focused = False

    def compose(self) -> ComposeResult:
        yield Static(plain(f"Settings of {self.bucket}"), classes="title")
        with TabbedContent():
            with TabPane("Lifecycle", id="lifecycle"):
                yield DocumentPane(self.connection, self.bucket, "lifecycle", self._lifecycle_rules)
            with TabPane("CORS", id="cors"):
                yield DocumentPane(self.connection, self.bucket, "cors")
        yield KeyLine()

    @property
    def pane(self) -> DocumentPane:
        """The document that is shown."""
        return self.query_one(f"#pane-{self.query_one(TabbedContent).active or 'lifecycle'}", DocumentPane)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what the document that is shown doesn't allow."""
        if not self.is_mounted or not self.query(DocumentPane):
            return True
        if action in _WRITES and self.pane.refusal:
            removable = action == "remove" and self.pane.state == "ready" and not self.connection.read_only
            return True if removable else None
        if action in _EDITS and self.pane.state != "ready":
            return None
        if action == "read_again" and self.pane.state in ("loading", "writing"):
            return None
        return True

    @on(DocumentPane.StateChanged)
    @on(TabbedContent.TabActivated)
    def _update_footer(self) -> None:
        self.refresh_bindings()
        if self.pane.state == "ready" and isinstance(self.focused, Tabs) and not self._was_focused:
            self._was_focused = True
            self.pane.focus_first()

    def action_save(self) -> None:
        self.pane.save_document()

    def action_remove(self) -> None:
        self.pane.remove_document()

    def action_load(self) -> None:
        self.pane.load()

    def action_tidy(self) -> None:
        self.pane.tidy()

    def action_edit_outside(self) -> None:
        try:
            self.pane.edit_outside()
        except S3tuiError as error:
            self.notify(plain(str(error)).plain, severity="error", markup=False)

    def action_other_tab(self) -> None:
        tabs = self.query_one(TabbedContent)
        tabs.active = "cors" if tabs.active == "lifecycle" else "lifecycle"
        self.pane.focus_first()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_read_again(self) -> None:
        if not self.pane.modified or await self._may_lose("Read it again"):
            self.pane.read_again()

    @work(exclusive=True, group="leave", exit_on_error=False)
    async def action_close(self) -> None:
        if any(pane.state == "writing" for pane in self.query(DocumentPane)):
            self.notify("A write is under way: its outcome will be shown here.", markup=False)
        elif not self.unsaved or await self._may_lose("Close"):
            self.dismiss()

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose what was typed."""
        return any(pane.modified for pane in self.query(DocumentPane))

    async def _may_lose(self, yes: str) -> bool:
        question = Confirm("Lose what you changed?", "The text in the editor is not saved.", yes)
        answer: bool | None = await self.app.push_screen_wait(question)
        return answer is True
