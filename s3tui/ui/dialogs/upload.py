"""Upload files and folders: which, to where, and what is said of them; then what there is of it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from s3tui import background, display
from s3tui.background import CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import local_files, used_templates
from s3tui.transfers.begun_here import paused_for
from s3tui.transfers.bulk import RELPATH, BadLines, Form
from s3tui.transfers.journal import Journal
from s3tui.transfers.plan import Plan
from s3tui.transfers.preflight import preflight
from s3tui.transfers.request import Request
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.dialogs.file_picker import FilePicker, PathSuggester
from s3tui.ui.dialogs.upload_files import Chosen, Rows, look
from s3tui.ui.widgets.move_list import MoveList
from s3tui.ui.widgets.own_fields import OwnFields
from s3tui.ui.widgets.upload_fields import UploadFields

_LINES = 3  # of a manifest that can't be used, those that are named
_OFTEN = 0.2  # s between two looks at how far it is


class UploadForm(Dialog[list[Request]]):
    """Dismissed with what is to be sent, when keys that exist were asked about. `paths` are listed from the start."""

    wide = True
    buttons = (("more", "More (Ctrl+T)", "default"), ("ok", "Upload", "primary"), ("cancel", "Cancel", "default"))
    BINDINGS = [
        Binding("ctrl+o", "browse", "Browse", show=False),
        Binding("ctrl+s", "send", "Upload", show=False),
        Binding("ctrl+t", "more", "More", show=False),
        Binding("X", "remove_folder", "Take the folder off", show=False),
    ]
    DEFAULT_CSS = """
    UploadForm #adding { height: 1; width: 1fr; }
    UploadForm #path { width: 1fr; background: $boost; padding: 0 1; }
    UploadForm #path:focus { background: $primary 30%; }
    UploadForm #adding Button { min-width: 20; margin-left: 1; }
    UploadForm MoveList { height: 1fr; min-height: 4; margin-top: 1; }
    UploadForm #total { height: 1; color: $text-muted; }
    UploadForm .dialog-body { overflow-y: hidden; }
    UploadForm .dialog-complaint { overflow-y: auto; scrollbar-size-vertical: 1; }
    UploadForm.-unfolded MoveList { margin-top: 0; }
    UploadForm.-unfolded UploadFields { max-height: 60%; }
    """

    # Where files were chosen last: the next upload of this run begins there.
    _folder: ClassVar[Path] = Path()

    def __init__(
        self,
        connection: Connection,
        target_prefix: S3Uri,
        paths: Iterable[Path] = (),
        journal: Journal | None = None,
    ) -> None:
        """`journal` knows what an earlier run has left paused."""
        self.target = target_prefix if target_prefix.is_prefix else target_prefix.parent
        super().__init__(f"Upload to s3://{self.target.bucket}")
        self.connection, self._journal = connection, journal
        self._paths = dict.fromkeys(paths)
        self._left_out: set[Path] = set()
        self._chosen = Chosen()
        self._below = self.target  # the prefix that the files of a manifest are for
        self._turn = asyncio.Lock()  # for looking at the disk
        self._far: tuple[str, int, int | None] = ("", 0, None)  # set by the thread that looks
        self._is_sending = False

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="adding"):
            hint = "a file, a folder, or a pattern: ~/isos/*.iso"
            yield Input(id="path", compact=True, placeholder=hint, suggester=self._suggester())
            yield Button("Browse (Ctrl+O)", id="browse", compact=True)
        yield MoveList("File", "Key", "Content type", name_share=0.4)
        yield Static(id="total")
        hint = "a CSV or JSON Lines file that names files"
        yield UploadFields(
            self.target, Input(id="manifest", compact=True, placeholder=hint, suggester=self._suggester())
        )

    def _suggester(self) -> PathSuggester:
        return PathSuggester(lambda: self._folder.absolute())

    def on_mount(self) -> None:
        self.query_one("#path").focus()
        if self.connection.read_only:
            self.complain("This connection is read-only: nothing can be uploaded.")
            self.query_one("#ok", Button).disabled = True
        self._look()

    @property
    def fields(self) -> UploadFields:
        return self.query_one(UploadFields)

    def action_more(self) -> None:
        self._unfold(not self.fields.is_unfolded)

    def _unfold(self, wanted: bool) -> None:
        self.set_class(wanted, "-unfolded")
        self.fields.unfold(wanted)
        self.query_one("#more", Button).label = "Less (Ctrl+T)" if wanted else "More (Ctrl+T)"

    # ---- the files

    @on(Input.Submitted, "#path")
    @work(exclusive=True, group="typed", exit_on_error=False)
    async def _typed(self) -> None:
        field = self.query_one("#path", Input)
        if not field.value:
            self.focus_next()
            return
        try:
            folder = await self._typed_folder()
            if folder and field.value.endswith("/"):
                self._browse(folder)
            else:
                await self._take_typed(folder)
        except S3tuiError as error:
            self.complain(error)

    async def _typed_folder(self) -> Path | None:
        """The folder that is typed, if there is one. Raises `S3tuiError`."""
        typed = self.query_one("#path", Input).value
        path = await background.run(background.LOCAL, local_files.absolute, typed, self._folder.absolute())
        return path if await background.run(background.LOCAL, path.is_dir) else None

    async def _take_typed(self, folder: Path | None) -> None:
        """Take in what is typed, which is `folder` if it is one. Raises `S3tuiError`."""
        field = self.query_one("#path", Input)
        found = (
            [folder]
            if folder
            else await background.run(background.LOCAL, local_files.named, field.value, self._folder.absolute())
        )
        field.value = ""
        self._add(found)

    def action_browse(self) -> None:
        self._browse(self._folder.absolute())

    @work(exclusive=True, group="browse", exit_on_error=False)
    async def _browse(self, folder: Path) -> None:
        chosen = await self.app.push_screen_wait(FilePicker(folder))
        if chosen:
            UploadForm._folder = chosen[-1].parent
            self._add(chosen)

    def _add(self, paths: Iterable[Path]) -> None:
        self.complain("")
        self._left_out.difference_update(paths)
        self._paths.update(dict.fromkeys(paths))
        self._look()

    @on(MoveList.Removed)
    def _remove(self, event: MoveList.Removed) -> None:
        self._take_off(Path(event.move.source))

    def action_remove_folder(self) -> None:
        """Take what was chosen with the file under the cursor off the list."""
        moves = self.query_one(MoveList)
        if moves.has_focus and moves.cursor < moves.row_count:
            path = Path(moves.moves[moves.cursor].source)
            self._take_off(next((above for above in path.parents if above in self._paths), path))

    def _take_off(self, path: Path) -> None:
        if path in self._paths:
            del self._paths[path]
        else:
            self._left_out.add(path)
        self._look()

    @on(Input.Submitted, "#manifest")
    @work(exclusive=True, group="looking", exit_on_error=False)
    async def _look(self) -> None:
        """Find the files, and list them."""
        try:
            await self._find()
        except S3tuiError as error:
            self.complain(error)

    async def _find(self) -> None:
        """Walk the folders. Raises `S3tuiError`."""
        token = CancelToken()
        async with self._turn:
            self._below = self.fields.target
            with self._telling():
                found = await background.run(
                    background.LOCAL,
                    look,
                    list(self._paths),
                    self.fields.value("manifest").strip(),
                    self._folder.absolute(),
                    self._below,
                    token,
                    self._tell,
                    token=token,
                )
            self._chosen = found.without(self._left_out)
        self._show()

    @on(UploadFields.Changed)
    def _edited(self) -> None:
        if self.fields.value("manifest") and self.fields.target != self._below:
            self._look()  # its keys are below that
        else:
            self._show()

    def _show(self) -> None:
        """The list: each file, its key and the type it gets."""
        with suppress(BadInput):  # what is typed isn't whole yet: the list stays as it is
            self.query_one(MoveList).show(Rows(self._chosen, self.fields.form()))
        self._show_total()

    def _show_total(self) -> None:
        total = f"{display.counted(len(self._chosen.files), 'file')}, {display.size(sum(self._chosen.sizes))}"
        hint = (
            "x takes one off, X its folder, Ctrl+S sends"
            if self._chosen.has_folder
            else "x takes one off, Ctrl+S sends"
        )
        self.query_one("#total", Static).update(plain(f"{total}  ({hint})" if self._chosen.files else total))

    # ---- how far it is

    def _tell(self, what: str, done: int, of: int | None) -> None:
        """Called in a thread, often."""
        self._far = (what, done, of)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        timer = self.set_interval(_OFTEN, self._show_far)
        try:
            yield
        finally:
            timer.stop()
            if self.is_attached:
                self._show_total()

    def _show_far(self) -> None:
        what, done, of = self._far
        far = f"{done:,}" if of is None else f"{done:,} of {of:,}"
        hint = "   (Escape stops)" if self._is_sending else ""
        self.query_one("#total", Static).update(plain(f"{what}: {far} …{hint}"))

    # ---- sending

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        match event.button.id:
            case "browse":
                self.action_browse()
            case "more":
                self.action_more()
            case "ok":
                self.action_send()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id != "path":
            self.focus_next()

    def action_cancel(self) -> None:
        """Stop looking, if that is going on; else go."""
        if self._is_sending:
            self.workers.cancel_group(self, "sending")
        else:
            super().action_cancel()

    @work(exclusive=True, group="sending", exit_on_error=False)
    async def action_send(self) -> None:
        """Look what there is already, have the plan agreed to, then be done."""
        if self.connection.read_only:
            return
        self.complain("")
        try:
            form = self.fields.form()
            if missing := form.missing():
                self._unfold(True)
                self.query_one(OwnFields).ask(missing[0])
                raise BadInput(f"“{missing[0]}” has no value yet.", "It is one for all files.")
            if self.query_one("#path", Input).value:
                await self._take_typed(await self._typed_folder())
            wanted = await self._agreed(form, await self._planned(form))
        except BadLines as error:
            more = len(error.complaints) - _LINES
            self.complain(
                f"{error} {' '.join(error.complaints[:_LINES])}" + (f" And {more:,} more." if more > 0 else "")
            )
            return
        except S3tuiError as error:
            self.complain(error)
            return
        if wanted is None:
            return
        if form.key != RELPATH:
            await background.run(background.LOCAL, used_templates.remember, form.key)
        self.dismiss(wanted)

    async def _planned(self, form: Form) -> Plan:
        token = CancelToken()
        self._is_sending = True
        try:
            await self._find()
            if not self._chosen.files:
                raise BadInput("There are no files yet.", "Type a path, or press ctrl+o to browse.")
            with self._telling():
                return await background.run(background.LISTING, self._preflight, self._chosen, form, token, token=token)
        finally:
            self._is_sending = False

    def _preflight(self, chosen: Chosen, form: Form, token: CancelToken) -> Plan:
        """In a thread."""
        plan = preflight(self.connection, chosen.files, form, token, self._tell)
        plan.remarks[:0] = chosen.remarks
        if self._journal and (paused := paused_for(self._journal, self.connection, plan)):
            plan.remarks.append(paused)
        return plan

    async def _agreed(self, form: Form, plan: Plan) -> list[Request] | None:
        """What is to be sent; None to go back to the form. A plan that says nothing new isn't shown, and what there is
        to be said of one file is a question."""
        from s3tui.ui.dialogs.confirm import Confirm
        from s3tui.ui.dialogs.overwrite import Overwrite
        from s3tui.ui.screens.plan import PlanScreen

        reasons = {step.why for step in plan.steps if step.action == "refuse"}
        if len(reasons) == 1 and plan.counts()["refuse"] == len(plan.steps):
            raise BadInput(*reasons)
        if self._is_plain(form, plan):
            said = "\n".join(plan.remarks)
            if said and not await self.app.push_screen_wait(Confirm("Upload it all the same?", said, "Upload")):
                return None
            if taken := [step.target for step in plan.steps if step.action == "ask"]:
                answer = await self.app.push_screen_wait(Overwrite(taken, "object"))
                if answer is None:
                    return None
                await background.run(background.METADATA, plan.decide, answer)
            if not plan.counts()["refuse"]:
                return list(plan.requests())
        return await self.app.push_screen_wait(PlanScreen(plan, f"Upload to {form.target}", "Upload"))

    def _is_plain(self, form: Form, plan: Plan) -> bool:
        """Some files under their own names, and nothing to be said but which of them are there already; or one file."""
        more = form.sidecar or form.fields or self._chosen.has_folder or self.fields.value("manifest")
        return (
            form.key == RELPATH
            and not more
            and (not plan.remarks or len(plan.steps) == 1)
            and {step.action for step in plan.steps} <= {"new", "ask"}
        )
