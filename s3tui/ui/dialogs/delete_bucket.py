"""Delete a bucket: only an empty one, and only after its name was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from s3tui import background
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.ui.dialogs.base import Dialog, plain

if TYPE_CHECKING:
    from s3tui.s3.buckets import Contents


class DeleteBucket(Dialog[bool]):
    """Looks into `bucket` first; dismissed with True when it was deleted."""

    DEFAULT_CSS = "DeleteBucket #found { margin-bottom: 1; height: auto; }"
    buttons = (("cancel", "No", "primary"), ("delete", "Delete bucket", "error"))

    def __init__(self, connection: Connection, bucket: str) -> None:
        super().__init__(f"Delete the bucket “{bucket}”?")
        self.connection = connection
        self.bucket = bucket

    def compose_body(self) -> ComposeResult:
        yield Static("Looking what is in it …", id="found")
        yield Static(plain(f"This can't be undone. Type “{self.bucket}” to delete it:"), id="ask")
        yield Input(id="typed", compact=True)

    def on_mount(self) -> None:
        self._offer(False)
        self.query_one("#cancel").focus()
        self._look()

    def _offer(self, possible: bool) -> None:
        self.query_one("#ask").display = possible
        self.query_one("#typed").display = possible
        self.query_one("#delete", Button).disabled = not possible

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        from s3tui.s3 import buckets

        found = self.query_one("#found", Static)
        try:
            contents = await background.run(background.METADATA, buckets.contents, self.connection, self.bucket)
        except S3tuiError as error:
            found.update("It can't be seen what is in it, so it is not deleted.")
            self.complain(error)
            return
        found.update(plain(_sentence(contents)))
        if self.connection.read_only:
            self.complain("This connection is read-only.")
        elif contents.empty:
            self._offer(True)
            self.query_one("#typed").focus()

    @on(Input.Changed)
    def _typing(self) -> None:
        self.complain("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._delete_if_named()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "delete":
            self._delete_if_named()

    def _delete_if_named(self) -> None:
        if self.query_one("#typed", Input).value == self.bucket:
            self._delete()
        else:
            self.complain("That is not the name.")

    @work(exclusive=True, group="delete", exit_on_error=False)
    async def _delete(self) -> None:
        from s3tui.s3 import buckets

        button = self.query_one("#delete", Button)
        button.loading = True
        try:
            await background.run(background.METADATA, buckets.delete_empty, self.connection, self.bucket)
        except S3tuiError as error:
            self.complain(error)
        else:
            self.dismiss(True)
        finally:
            button.loading = False


def _sentence(contents: Contents) -> str:
    if contents.empty:
        return (
            "It is empty: no objects, older versions, delete markers or unfinished uploads. "
            "That is checked once more right before it is deleted."
        )
    if contents.unseen:
        return f"It may not be empty. {' '.join(contents.unseen)}"
    return f"It is not empty: it holds {contents}. Only empty buckets are deleted here; delete those first."
