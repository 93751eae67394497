"""Delete objects and prefixes: what goes is counted while the dialog is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from s3tui import background
from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted, listed
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.checkbox import Checkbox

if TYPE_CHECKING:
    from s3tui.transfers.delete import DeleteRequest
    from s3tui.transfers.doomed import Count

_SHOWN = 4  # names
_OFTEN = 0.2  # s between two looks at the count


class DeleteObjects(Dialog["DeleteRequest"]):
    """Dismissed with what is to be done, or with None."""

    DEFAULT_CSS = """
    DeleteObjects #found { margin-top: 1; }
    DeleteObjects #ask { margin-top: 1; }
    DeleteObjects #consequence { margin-bottom: 1; }
    """
    buttons = (("cancel", "No", "primary"), ("stop", "Stop counting", "default"), ("delete", "Delete", "error"))

    def __init__(self, connection: Connection, request: DeleteRequest, named_size: int) -> None:
        """`named_size`: bytes of the objects that `request` names, as they were listed."""
        parts = [(len(request.prefixes), "prefix", "prefixes"), (len(request.keys), "object", "objects")]
        what = listed([counted(count, noun, plural) for count, noun, plural in parts if count])
        super().__init__(f"Delete {what} in “{request.bucket}”?")
        self.connection = connection
        self.request = request
        self.named_size = named_size
        self._count: Count | None = None
        self._token = CancelToken()
        self._is_counting = False

    def compose_body(self) -> ComposeResult:
        names = [f"{prefix}*" for prefix in self.request.prefixes] + list(self.request.keys)
        for name in names[:_SHOWN]:
            yield Static(plain(f"  {S3Uri(self.request.bucket, name)}"))
        if len(names) > _SHOWN:
            yield Static(plain(f"  … and {len(names) - _SHOWN:,} more"))
        yield Static("", id="found")
        yield Static("", id="consequence")
        yield Checkbox("All older versions and delete markers too", compact=True, id="versions")
        yield Checkbox("Unfinished uploads too", compact=True, id="uploads")
        yield Static(plain(f"Type “{self.request.bucket}” to delete it:"), id="ask")
        yield Input(id="typed", compact=True)

    def on_mount(self) -> None:
        self.query_one("#versions").display = False
        self._ask_name(False)
        self.query_one("#cancel").focus()
        self.set_interval(_OFTEN, self._show_progress)
        self._count_all()

    def on_unmount(self) -> None:
        self._token.cancel()

    def _ask_name(self, wanted: bool) -> None:
        self.query_one("#ask").display = wanted
        self.query_one("#typed").display = wanted

    # ---- counting

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _count_all(self) -> None:
        from s3tui.transfers import doomed

        self._token.cancel()
        token = self._token = CancelToken()
        self._count, self._is_counting = None, True
        self.complain("")
        self._show_progress()
        self._offer()
        try:
            self._count = await background.run(
                background.LISTING,
                doomed.count,
                self.connection,
                self.request,
                token,
                self._counted,
                self.named_size,
                token=token,
            )
        except Cancelled:
            pass
        except S3tuiError as error:
            self._count = None
            self.complain(error)
        if token is self._token:
            self._is_counting = False
            self._show_count()
            self._offer()

    def _counted(self, count: Count) -> None:
        """Called in a pool thread."""
        self._count = count

    def _show_progress(self) -> None:
        if self._is_counting:
            so_far = f"Counting: {self._count} so far …" if self._count else "Counting …"
            self.query_one("#found", Static).update(plain(so_far))

    def _show_count(self) -> None:
        from s3tui.transfers import doomed

        found, count = self.query_one("#found", Static), self._count
        if count is None:
            found.update("It can't be seen what would go, so nothing is deleted.")
            return
        if count.completeness.is_complete:
            found.update(plain(f"All together: {count}." if self.request.prefixes else f"{count}."))
        else:
            found.update(plain(f"At least {count}. Counting stopped: {count.completeness.reason or 'cancelled'}."))
        self.query_one("#consequence", Static).update(plain(doomed.consequence(self.request, count)))
        self.query_one("#versions").display = count.versioning in ("Enabled", "Suspended")

    def _offer(self) -> None:
        """What can be done now."""
        from s3tui.transfers import doomed

        count = None if self._is_counting else self._count
        is_something = count is not None and (count.total or count.uploads or not count.completeness.is_complete)
        possible = bool(is_something) and not self.connection.read_only
        self.query_one("#stop").display = self._is_counting
        self.query_one("#delete", Button).disabled = not possible
        self._ask_name(bool(possible and count and doomed.wants_name(self.request, count)))
        if self.connection.read_only:
            self.complain("This connection is read-only.")

    # ---- what the user does

    @on(Checkbox.Changed)
    def _widened(self) -> None:
        self.request = replace(
            self.request,
            all_versions=self.query_one("#versions", Checkbox).value,
            uploads=self.query_one("#uploads", Checkbox).value,
        )
        self._count_all()

    @on(Input.Changed)
    def _typing(self) -> None:
        self.complain("")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._delete()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "stop":
            self._token.cancel()
        elif event.button.id == "delete":
            self._delete()

    def _delete(self) -> None:
        from s3tui.transfers import doomed

        if self._is_counting or self._count is None or self.query_one("#delete", Button).disabled:
            return
        wanted = doomed.wants_name(self.request, self._count)
        if wanted and self.query_one("#typed", Input).value != self.request.bucket:
            self.complain("That is not the name.")
            return
        known = self._count.completeness.is_complete
        self.dismiss(replace(self.request, expected=self._count.total if known else 0))
