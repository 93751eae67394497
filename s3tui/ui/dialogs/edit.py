"""What editing has in common: type, look at the difference, write, or see why not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Input, Static

from s3tui import background, display
from s3tui.background import Cancelled, CancelToken
from s3tui.display import visible
from s3tui.errors import S3tuiError
from s3tui.s3.metadata import Difference
from s3tui.ui.dialogs.base import Dialog, plain
from s3tui.ui.widgets.checkbox import Checkbox

T = TypeVar("T")
_COLOURS = {"added": "$text-success", "removed": "$text-error", "changed": "$text-warning"}


@dataclass(frozen=True, slots=True)
class Forewarning:
    """What to know before writing: `notes`, and `risks` (a name and a sentence) that must be accepted each."""

    notes: tuple[str, ...] = ()
    risks: tuple[tuple[str, str], ...] = ()


class EditDialog(Dialog[T], Generic[T]):
    """Fields, then the difference, then writing. Dismissed with what was written."""

    DEFAULT_CSS = """
    EditDialog ContentSwitcher, EditDialog #edit, EditDialog #review, EditDialog #risks { height: auto; }
    EditDialog #review > Static { margin-bottom: 1; }
    EditDialog #progress { color: $text-primary; }
    """
    # What must beat the app's rules for dialogs; Textual scopes it to this screen.
    CSS = """
    .dialog { width: 100; }
    .dialog-heading { margin-bottom: 0; }
    .dialog-body { max-height: 60vh; scrollbar-size-vertical: 1; }
    .dialog-complaint { max-height: 4; }
    .dialog-buttons Button { min-width: 10; }
    """
    BINDINGS = [Binding("ctrl+s", "go_on", "Review, then write", show=False)]
    buttons = (("back", "Back", "default"), ("ok", "Review", "primary"), ("cancel", "Cancel", "default"))

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self._token: CancelToken | None = None  # of the write that is under way
        self._done = (0, 0)  # bytes, of bytes
        self._busy = False

    # ---- what each dialog says

    @abstractmethod
    def compose_fields(self) -> ComposeResult:
        """Where to type."""

    @abstractmethod
    def check_first(self) -> object:
        """On a thread, before anything can be typed. Raises `S3tuiError` with the reason when nothing can be written."""

    async def begin(self, found: object) -> None:
        """Fill the fields with what `check_first` found."""

    @abstractmethod
    def problems(self) -> list[str]:
        """What is wrong with what was typed."""

    @abstractmethod
    def differences(self) -> list[Difference]:
        """What writing would do."""

    @abstractmethod
    def forewarn(self) -> Forewarning:
        """On a thread: what to know before writing."""

    @abstractmethod
    def writer(self, accepted: frozenset[str]) -> Callable[[CancelToken], T]:
        """What writes what is typed now, and returns what is there then; it will run on a thread.

        `accepted` are the names of the risks, which the user took.
        """

    # ---- how it goes

    def compose_body(self) -> ComposeResult:
        with ContentSwitcher(initial="edit"):
            with Vertical(id="edit"):
                yield from self.compose_fields()
            with Vertical(id="review"):
                yield Static(id="difference")
                yield Static(id="notes", classes="hint")
                yield Vertical(id="risks")
                yield Static(id="progress")

    def on_mount(self) -> None:
        self._turn_to("edit")
        self._start()

    @property
    def reviewing(self) -> bool:
        return self.query_one(ContentSwitcher).current == "review"

    def _turn_to(self, page: str) -> None:
        self.query_one(ContentSwitcher).current = page
        self.query_one("#back", Button).display = page == "review"
        self.query_one("#ok", Button).label = "Write" if page == "review" else "Review"
        if page == "review":
            self.query_one("#ok", Button).focus()
        elif fields := self.query(Input):
            fields.first().focus()

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def _start(self) -> None:
        ok = self.query_one("#ok", Button)
        ok.disabled = True
        try:
            found = await background.run(background.METADATA, self.check_first)
        except S3tuiError as error:
            self.complain(error)
            self.query_one("#edit").disabled = True
            self.query_one("#cancel", Button).focus()
            return
        await self.begin(found)
        ok.disabled = False
        if not isinstance(self.focused, Input):  # who types already stays where they are
            self._turn_to("edit")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "ok":
            self.action_go_on()
        elif event.button.id == "back" and not self._busy:
            self.complain("")
            self._turn_to("edit")

    @on(Input.Submitted)
    def _next_field(self) -> None:
        self.focus_next()

    def action_go_on(self) -> None:
        """From typing to the difference, from there to writing."""
        if self._busy or self.query_one("#ok", Button).disabled:
            return
        self.complain("")
        if self.reviewing:
            self._write()
        elif complaints := self.problems():
            self.complain("\n".join(complaints[:3]))
        elif not self.differences():
            self.complain("Nothing is different from what is there.")
        else:
            self._review()

    def complain(self, problem: str | S3tuiError) -> None:
        """See `Dialog.complain`; several lines stay several."""
        lines = str(problem).split("\n")
        self.query_one(".dialog-complaint", Static).update(Content("\n").join(plain(line) for line in lines))

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def _review(self) -> None:
        self.query_one("#difference", Static).update(difference_content(self.differences()))
        self.query_one("#notes", Static).update("Looking at what must stay as it is …")
        await self.query_one("#risks").remove_children()
        ok = self.query_one("#ok", Button)
        ok.disabled = True
        self._turn_to("review")
        try:
            warning = await background.run(background.METADATA, self.forewarn)
        except S3tuiError as error:
            self._turn_to("edit")
            self.complain(error)
            return
        finally:
            ok.disabled = False
        notes = self.query_one("#notes", Static)
        notes.update(Content("\n").join(plain(note) for note in warning.notes))
        notes.display = bool(warning.notes)
        for name, sentence in warning.risks:
            box = Checkbox("Write it all the same", compact=True, id=f"risk-{name}")
            await self.query_one("#risks").mount(Static(plain(f"⚠ {sentence}")), box)
        self._ask_risks()

    @on(Checkbox.Changed)
    def _ask_risks(self) -> None:
        boxes = self.query("#risks Checkbox").results(Checkbox)
        self.query_one("#ok", Button).disabled = not all(box.value for box in boxes)
        target = next((box for box in self.query("#risks Checkbox").results(Checkbox) if not box.value), None)
        (target or self.query_one("#ok", Button)).focus()

    def _accepted(self) -> frozenset[str]:
        boxes = self.query("#risks Checkbox").results(Checkbox)
        return frozenset((box.id or "").removeprefix("risk-") for box in boxes if box.value)

    @work(exclusive=True, group="edit", exit_on_error=False)
    async def _write(self) -> None:
        self._token, self._done, self._busy = CancelToken(), (0, 0), True
        self.query_one("#ok", Button).disabled = self.query_one("#back", Button).disabled = True
        timer = self.set_interval(0.2, self._show_progress)
        self._show_progress()
        token, write = self._token, self.writer(self._accepted())
        try:
            written = await background.run(background.METADATA, write, token, token=token)
        except Cancelled:
            self.complain("Cancelled: nothing was written, and no unfinished upload is left.")
        except S3tuiError as error:
            self.complain(error)
        else:
            self.dismiss(written)
        finally:
            timer.stop()
            self._token, self._busy = None, False
            self.query_one("#progress", Static).update("")
            self.query_one("#ok", Button).disabled = self.query_one("#back", Button).disabled = False

    def progress(self, done: int, total: int) -> None:
        """How far it is, in bytes; called from any thread."""
        self._done = (done, total)

    def _show_progress(self) -> None:
        done, total = self._done
        if self._token is not None and self._token.cancelled:
            text = "Cancelling: waiting for what is on its way …"
        elif total and done < total:
            text = f"Copied {display.size(done)} of {display.size(total)} ({done * 100 // total} %) · Escape cancels"
        else:
            text = "Writing, reading back, comparing …"
        self.query_one("#progress", Static).update(text)

    def action_cancel(self) -> None:
        """Stop what is being written; without that, close."""
        if self._token is None:
            self.dismiss(None)
            return
        self._token.cancel()
        self._show_progress()


def difference_content(differences: Iterable[Difference]) -> Content:
    """One line for each; a sign stands beside each colour."""
    lines = []
    for item in differences:
        before, after = item.before or "(empty)", item.after or "(empty)"
        sign = {"added": "+", "removed": "-", "changed": "~"}[item.kind]
        value = {"added": after, "removed": before, "changed": f"{before} → {after}"}[item.kind]
        lines.append(Content.assemble((f"{sign} {visible(item.name)}: ", _COLOURS[item.kind]), visible(value)))
    return Content("\n").join(lines)
