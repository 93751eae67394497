"""Unfinished multipart uploads: whose parts take room, in no listing, until somebody completes or aborts them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from s3tui import background, display
from s3tui.background import Cancelled, CancelToken
from s3tui.display import counted, visible
from s3tui.errors import S3tuiError
from s3tui.s3 import upload_aborts, upload_parts, uploads
from s3tui.s3.client import Connection
from s3tui.s3.listing import MORE
from s3tui.s3.upload_aborts import Aborted
from s3tui.s3.upload_parts import Parts
from s3tui.s3.uploads import Upload, UploadList
from s3tui.s3.uri import S3Uri
from s3tui.transfers.queue import Queue
from s3tui.ui.dialogs.base import plain
from s3tui.ui.screens.keyed import KeyedScreen
from s3tui.ui.widgets.key_line import KeyLine
from s3tui.ui.widgets.pairs import Pairs
from s3tui.ui.widgets.upload_table import SENDING, SortBy, UploadTable

_EVERY = 0.25  # s; how often it is looked at what has come in
_PAUSE = 5  # times as long as the look took
_MOST_COUNTED = 1000  # uploads whose parts are asked for unasked
_CHANGES = ("abort", "adopt", "rule")


class UnfinishedUploads(KeyedScreen[None]):
    """The unfinished uploads under `place`, how much each holds, and what can be done about them."""

    BINDINGS = [
        Binding("escape,q,M", "leave", "Stop or back", key_display="Esc"),
        Binding("space", "select", "Select", key_display="Space"),
        Binding("asterisk", "invert", "Invert the selection", show=False),
        Binding("s", "sort", "Sort"),
        Binding("c", "count", "Count all"),
        Binding("D", "abort", "Abort"),
        Binding("u", "adopt", "Go on"),
        Binding("b", "rule", "Rule"),
        Binding("r", "again", "Again"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    DEFAULT_CSS = """
    UnfinishedUploads #place { height: 1; padding: 0 1; text-style: bold; color: $text-primary; }
    UnfinishedUploads #about { height: 7; border: round $surface-lighten-2; padding: 0 1; overflow-y: auto; }
    UnfinishedUploads.-low #about { height: 25%; min-height: 3; }
    UnfinishedUploads #known { height: auto; min-height: 1; max-height: 4; padding: 0 1; background: $panel; color: $text-muted; }
    """

    def __init__(self, connection: Connection, place: S3Uri, transfers: Queue) -> None:
        super().__init__()
        self.connection, self.place, self.transfers = connection, place, transfers
        self.found = UploadList((), MORE)
        self.parts: dict[Upload, Parts] = {}
        self.by: SortBy = "age"
        self.doing = ""  # what goes on at the moment
        self._aborting = False
        self._sending = (-1, frozenset[str]())  # the queue's version, and the keys that are written then
        self._failures: dict[Upload, S3tuiError] = {}
        self._error: S3tuiError | None = None
        self._token = CancelToken()
        self._seen: object = None  # what the rows were drawn from
        self._next_look = 0.0  # on the monotonic clock
        self._possible = False  # whether there is anything to abort

    def compose(self) -> ComposeResult:
        yield Static(plain(f"Unfinished uploads under {self.place}"), id="place")
        yield UploadTable()
        about = Static(id="about")
        about.border_title = "This upload"
        yield about
        yield Static(id="known")
        yield KeyLine()

    def on_mount(self) -> None:
        self.table.focus()
        self.action_again()
        self.set_interval(_EVERY, self._look)

    def on_unmount(self) -> None:
        self._token.cancel()

    @property
    def table(self) -> UploadTable:
        return self.query_one(UploadTable)

    # ---- reading

    def action_again(self) -> None:
        """List them anew."""
        if self._may_begin():
            self.found, self._error = UploadList((), MORE), None
            self.parts, self._failures = {}, {}
            self._load()

    def _may_begin(self) -> bool:
        """Stop what only reads; what writes is left to its end."""
        if self._aborting:
            return False
        self._token.cancel()
        self._token = CancelToken()
        return True

    @work(exclusive=True, group="work", exit_on_error=False)
    async def _load(self) -> None:
        token = self._token
        self._begin("Listing …")
        try:
            self.found = await background.run(
                background.LISTING, uploads.at, self.connection, self.place, token, token=token
            )
        except Cancelled:
            pass  # the user gave no MFA code, say
        except S3tuiError as error:
            self._error = error
        else:
            self._show()
            oldest = [each for each in self.table.uploads if each not in self.parts][:_MOST_COUNTED]
            await self._count(oldest, token)
        self._end(token)

    def action_count(self) -> None:
        """Ask for the parts of all that were not asked for."""
        if self._may_begin():
            self._count_rest()

    @work(exclusive=True, group="work", exit_on_error=False)
    async def _count_rest(self) -> None:
        token = self._token
        await self._count([each for each in self.table.uploads if each not in self.parts], token)
        self._end(token)

    async def _count(self, asked: Sequence[Upload], token: CancelToken) -> None:
        self._begin("Asking for the parts …")
        with suppress(Cancelled):
            await background.run(background.LISTING, self._ask_for_parts, asked, token, token=token)

    def _ask_for_parts(self, asked: Sequence[Upload], token: CancelToken) -> None:
        """In a thread; the screen looks at `parts` meanwhile."""
        into = self.parts
        for parts in upload_parts.parts_of_all(self.connection, self.place.bucket, asked, token):
            into[parts.upload] = parts

    def _begin(self, doing: str) -> None:
        self.doing = doing
        self._show()

    def _end(self, token: CancelToken) -> None:
        if token is self._token:
            self._begin("")

    # ---- showing

    def _look(self) -> None:
        """Draw again what has come in. Of very many uploads it costs something: then less often."""
        if time.monotonic() >= self._next_look and self._seen != (len(self.parts), self.transfers.version):
            self._show()

    def _show(self) -> None:
        began = time.monotonic()
        self._seen = (len(self.parts), self.transfers.version)
        ended = {upload for upload, parts in list(self.parts.items()) if parts.ended}
        left = [upload for upload in self.found.uploads if upload not in ended]
        self.table.said = "" if self.doing else "There are none." if self._all_known else "Nothing is known."
        self.table.show(left, self.parts, self._sent(), self.by, datetime.now(UTC))
        self.query_one("#known", Static).update(self._known())
        self._show_current()
        if self._possible != (possible := bool(left)):  # each refresh makes the footer anew
            self._possible = possible
            self.refresh_bindings()
        self._next_look = began + _PAUSE * (time.monotonic() - began)

    @property
    def _all_known(self) -> bool:
        return self.found.completeness.is_complete

    def _sent(self) -> frozenset[str]:
        """The keys of this bucket that transfers of this session write. In any thread."""
        version, known = self._sending
        if version != (now := self.transfers.version):
            start = str(S3Uri(self.place.bucket))
            targets = (each.row.ends[1] for each in self.transfers.rows(("waiting", "running", "paused")))
            known = frozenset(target.removeprefix(start) for target in targets if target.startswith(start))
            self._sending = now, known
        return known

    def _known(self) -> Content:
        """How many, how much, and whether that is all."""
        shown = self.table.uploads
        known = [parts for each in shown if (parts := self.parts.get(each)) and not parts.error]
        least = "" if len(known) == len(shown) else "at least "
        size = f"{least}{display.size(sum(parts.size for parts in known))}"
        many = f"{counted(len(shown), 'unfinished upload')}, {size}"
        if self.table.selected:
            many += f" · {len(self.table.selected):,} selected"
        if self.doing:
            return Content.styled(f"{self.doing} {many} so far. Escape stops.", "$text-warning")
        if not self._all_known:
            why = self._error or self.found.completeness.reason or "it was stopped"
            lines = [Content.styled(f"incomplete: {visible(str(why))} · {many} · r lists again", "$text-error")]
            return Content("\n").join(
                lines + ([plain(self._error.evidence)] if self._error and self._error.evidence else [])
            )
        rest = sum(each not in self.parts for each in shown)
        hint = f" · the parts of {rest:,} were not asked for: c asks" if rest else ""
        return Content.assemble(Content.styled("complete", "$text-success"), f" · {many}{hint}")

    @on(UploadTable.Moved)
    def _show_current(self) -> None:
        """Everything about the upload under the cursor."""
        self.query_one("#about", Static).update(self._about(self.table.current))

    def _about(self, upload: Upload | None) -> Pairs:
        if upload is None:
            return Pairs(())
        parts = self.parts.get(upload)
        pairs = [
            ("Key", upload.key),
            ("Id", upload.upload_id),
            ("Begun", f"{display.when(upload.started)} UTC" + (f" by {upload.initiator}" if upload.initiator else "")),
            ("Parts", _parts_words(parts)),
        ]
        if upload.key in self._sent():
            pairs.append((SENDING, "A transfer of this session writes this key: it is not aborted here. T cancels it."))
        if upload in self._failures:
            pairs.append(("Failed", str(self._failures[upload])))
        return Pairs(tuple((label, text, "") for label, text in pairs))

    # ---- choosing

    def action_select(self) -> None:
        """Select the upload under the cursor, and go on to the next."""
        upload = self.table.current
        if upload is None or self._refused(upload):
            return
        self.table.toggle()
        self.table.action_cursor_down()
        self.query_one("#known", Static).update(self._known())

    def action_invert(self) -> None:
        """Select what isn't selected."""
        sent = self._sent()
        self.table.selected = {each for each in self.table.uploads if each.key not in sent} - self.table.selected
        self._show()

    def _refused(self, upload: Upload) -> bool:
        if upload.key in self._sent():
            self.notify("A transfer of this session writes this key: T cancels it.", severity="warning", markup=False)
            return True
        return False

    def action_sort(self) -> None:
        """The oldest first, or the largest."""
        self.by = "size" if self.by == "age" else "age"
        self._show()

    # ---- changing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: what can't be done now is shown dim."""
        if action in _CHANGES and self.connection.read_only:
            return None
        return True if action not in ("abort", "adopt") or self._possible else None

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_abort(self) -> None:
        """Ask, then abort those that are selected, or the one under the cursor."""
        from s3tui.ui.dialogs.confirm import Confirm

        current = self.table.current
        chosen = [each for each in self.table.uploads if each in self.table.selected] or ([current] if current else [])
        wanted = [each for each in chosen if not self._refused(each)]
        if not wanted:
            return
        heading = f"Abort {counted(len(wanted), 'unfinished upload')}?"
        question = Confirm(heading, self._consequence(wanted), "Abort")
        if await self.app.push_screen_wait(question) and self._may_begin():
            self._abort(wanted)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_adopt(self) -> None:
        """Go on with the upload under the cursor from a local file, after a question."""
        from s3tui.transfers.upload import UploadRequest
        from s3tui.ui.dialogs.confirm import Confirm
        from s3tui.ui.dialogs.file_picker import FilePicker

        upload = self.table.current
        if upload is None or self._refused(upload):
            return
        chosen = await self.app.push_screen_wait(FilePicker(Path.cwd()))
        if not chosen:
            return
        if len(chosen) > 1:
            self.notify("One file goes on with one upload.", severity="warning", markup=False)
            return
        target = S3Uri(self.place.bucket, upload.key)
        question = Confirm(
            f"Go on with the upload of “{upload.key}”?", f"From {visible(str(chosen[0]))}\n{_ADOPTED}", "Go on"
        )
        if await self.app.push_screen_wait(question) and not self._refused(upload):
            request = UploadRequest(chosen[0], target, adopt=upload.upload_id)
            await background.run(background.LOCAL, self.transfers.submit, self.connection, request)
            self._show()

    def _consequence(self, wanted: Sequence[Upload]) -> str:
        known = [parts for each in wanted if (parts := self.parts.get(each)) and not parts.error]
        held = f"{counted(sum(p.count for p in known), 'part')}, {display.size(sum(p.size for p in known))}"
        unknown = len(wanted) - len(known)
        lines = [f"Deleted for good: {'at least ' if unknown else ''}{held}."]
        if unknown:
            lines.append(f"How much {counted(unknown, 'upload')} of them hold is not known.")
        return "\n".join([*lines, "Whoever is still sending one of them will fail."])

    @work(exclusive=True, group="work", exit_on_error=False)
    async def _abort(self, wanted: Sequence[Upload]) -> None:
        token = self._token
        self._aborting, ends = True, list[Aborted]()
        self._begin(f"Aborting {counted(len(wanted), 'upload')} …")
        try:
            with suppress(Cancelled):  # what was aborted until then counts
                await background.run(background.LISTING, self._abort_each, wanted, ends, token, token=token)
        finally:
            self._aborting, self.doing = False, ""
            self._take_out(ends)
        self.notify(visible(_ends_words(wanted, ends, token.cancelled)), markup=False)

    def _abort_each(self, wanted: Sequence[Upload], ends: list[Aborted], token: CancelToken) -> None:
        """In a thread. A transfer may have begun since the question was asked."""
        free = (each for each in wanted if each.key not in self._sent())
        for aborted in upload_aborts.abort_all(self.connection, self.place.bucket, free, token):
            ends.append(aborted)

    def _take_out(self, ends: Sequence[Aborted]) -> None:
        gone = {each.upload for each in ends if not each.error}
        self._failures |= {each.upload: each.error for each in ends if each.error}
        self.found = self.found.only(lambda upload: upload not in gone)
        self._show()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_rule(self) -> None:
        """Put the rule that aborts them into the bucket's lifecycle, where saving shows the difference."""
        from s3tui.ui.dialogs.abort_rule import AbortRule
        from s3tui.ui.screens.bucket_settings import BucketSettings

        rule = await self.app.push_screen_wait(AbortRule(self.place))
        if rule is not None:
            await self.app.push_screen_wait(BucketSettings(self.connection, self.place.bucket, [rule]))

    def action_leave(self) -> None:
        """Stop what goes on; when nothing does, go back."""
        if not self.doing:
            self.dismiss(None)
            return
        self._token.cancel()
        if not self._aborting:  # whose end tells what was done
            self.workers.cancel_group(self, "work")  # a dead endpoint isn't waited for
            self._begin("")


_ADOPTED = """\
Parts that hold what the file holds are kept, the others are sent anew; an object of that key is not replaced.
Whoever is still sending it will fail. If it is cancelled here, the upload is aborted."""


def _parts_words(parts: Parts | None) -> str:
    if parts is None:
        return "not asked for yet"
    if parts.error:
        return f"not known: {parts.error}"
    return f"{counted(parts.count, 'part')}, {display.exact_size(parts.size)}"


def _ends_words(wanted: Sequence[Upload], ends: Sequence[Aborted], stopped: bool) -> str:
    """`2 aborted, 1 failed: …`."""
    failed = [each.error for each in ends if each.error]
    words = [f"{len(ends) - len(failed):,} aborted"]
    if failed:
        words.append(f"{len(failed):,} failed: {failed[0]}")
    if stopped:
        words.append("then stopped: r shows what is left")
    elif len(ends) < len(wanted):
        words.append(f"{len(wanted) - len(ends):,} left alone, as a transfer writes them by now")
    return ", ".join(words)
