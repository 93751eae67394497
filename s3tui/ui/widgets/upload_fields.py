"""The lines of the upload form: where to, under which keys, and what is said of the objects."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from s3tui import background
from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers import used_templates
from s3tui.transfers.bulk import RELPATH, Form
from s3tui.transfers.plan import CONFLICTS, Conflict
from s3tui.transfers.template import own_fields
from s3tui.ui.widgets.checkbox import Checkbox
from s3tui.ui.widgets.form_row import FormRow
from s3tui.ui.widgets.own_fields import OwnFields

# “Amazon S3 storage classes”; others, such as Ceph's own, can be typed.
_CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
)
_IF_THERE: dict[Conflict, str] = {
    "ask": "ask",
    "skip": "skip the file",
    "overwrite": "overwrite",
    "different": "overwrite if different",
    "rename": "add a number to the name",
}
# What keys often look like.
_EXAMPLES = ("{parent}/{name}", "{date}/{relpath}", "server-{server_id}-{hostname}-{version}-{date}{ext}", "{uuid4}")


class UploadFields(VerticalScroll, can_focus=False):
    """Some lines are only there when it is unfolded, and one for each field of a template that the user has named."""

    DEFAULT_CSS = """
    UploadFields { height: auto; max-height: 50%; scrollbar-size-vertical: 1; }
    UploadFields .-more { display: none; }
    UploadFields.-unfolded .-more { display: block; }
    UploadFields #keying { width: 1fr; height: 1; }
    UploadFields #key { width: 1fr; background: $boost; }
    UploadFields #key:focus { background: $primary 30%; }
    UploadFields #offer { min-width: 5; width: 5; margin-left: 1; }
    """

    class Changed(Message):
        """Other keys may come of it."""

    def __init__(self, target: S3Uri, manifest: Input) -> None:
        """`manifest` is where a list of files is named."""
        super().__init__()
        self._target, self._manifest = target, manifest

    def compose(self) -> ComposeResult:
        key = _text("key", f"{RELPATH}; ↓ offers others")
        choices = [(words, choice) for choice, words in _IF_THERE.items()]
        if_there = Select[str](choices, allow_blank=False, value="ask", id="if_exists", compact=True)
        yield _more("Manifest", self._manifest)
        yield FormRow("To the prefix", _text("prefix", "empty: the top of the bucket", self._target.key))
        yield _more("Key below that", Horizontal(key, Button("▾", id="offer", compact=True), id="keying"))
        yield OwnFields()
        yield _more("If it is there", if_there)
        yield FormRow("Metadata", _text("metadata", 'name=value note="two words" md5={md5}'))
        yield _more("Metadata as JSON", _text("sidecar", "none; beside each object: {name}.json"))
        yield FormRow("Tags", _text("tags", "name=value …, at most 10"))
        yield FormRow("Content type", _text("content_type", "guessed for each file"))
        yield FormRow("Storage class", _text("storage_class", "the bucket's own", offered=_CLASSES))
        yield Checkbox("Refuse what a checksum file beside it contradicts", True, id="check_sums", compact=True)

    # ---- what stands there

    def value(self, field: str) -> str:
        """What is typed in one of the fields."""
        return self.query_one(f"#{field}", Input).value

    @property
    def target(self) -> S3Uri:
        """The prefix below which the keys are; the bucket itself when it is empty."""
        prefix = self.value("prefix")
        return S3Uri(self._target.bucket, f"{prefix}/" if prefix and not prefix.endswith("/") else prefix)

    def form(self) -> Form:
        """All of it. Raises `BadInput` with the first thing that is wrong."""
        chosen = self.query_one("#if_exists", Select).value
        return Form(
            target=self.target,
            key=self.value("key").strip() or RELPATH,
            metadata=pairs(self.value("metadata"), "Metadata"),
            tags=pairs(self.value("tags"), "Tags"),
            fields=self.query_one(OwnFields).values,
            content_type=self.value("content_type").strip() or None,
            storage_class=self.value("storage_class").strip() or None,
            sidecar=self.value("sidecar").strip(),
            if_exists=next(each for each in CONFLICTS if each == chosen),
            check_sums="beside" if self.query_one("#check_sums", Checkbox).value else "no",
        )

    # ---- what changes it

    @property
    def is_unfolded(self) -> bool:
        return self.has_class("-unfolded")

    def unfold(self, wanted: bool) -> None:
        """Show the lines that a plain upload doesn't need, or hide them; what is typed there holds all the same."""
        self.set_class(wanted, "-unfolded")
        self.query_one("#key" if wanted else "#prefix").focus()

    @on(Input.Changed)
    @on(OwnFields.Changed)
    async def _changed(self) -> None:
        try:
            form = self.form()
            await self.query_one(OwnFields).show(own_fields(form.templates))
        except BadInput:
            return  # it is still being typed; what is wrong is said when it is to be used
        self.post_message(self.Changed())

    def on_key(self, event: Key) -> None:
        if event.key == "down" and self.query_one("#key").has_focus:
            event.stop()
            self._offer()

    @on(Button.Pressed, "#offer")
    @work(exclusive=True, group="offer", exit_on_error=False)
    async def _offer(self) -> None:
        """Choose a template that was used before, or an example."""
        from s3tui.ui.dialogs.choose import Choose

        before = await background.run(background.LOCAL, used_templates.used)
        texts = [*before, *(text for text in _EXAMPLES if text not in before)]
        choices = [(text, f"{text}{'' if text in before else '   (example)'}") for text in texts]
        if (chosen := await self.app.push_screen_wait(Choose("Which template for the keys?", choices))) is not None:
            self.query_one("#key", Input).value = chosen


def pairs(text: str, what: str) -> dict[str, str]:
    """`name=value note="two words"` as a dictionary. Raises `BadInput`; `what` names the field."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"{what}: a quotation mark is not closed.", 'Write name="two words".') from error
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"{what}: “{word}” is not name=value.", 'Write name="two words" for values with spaces.')
        if name in found:
            raise BadInput(f"{what}: “{name}” is there twice.")
        found[name] = value
    return found


def _more(label: str, field: Widget) -> FormRow:
    """A line that is only there when it is unfolded."""
    row = FormRow(label, field)
    row.add_class("-more")
    return row


def _text(name: str, placeholder: str, value: str = "", offered: Iterable[str] = ()) -> Input:
    suggester = SuggestFromList(offered, case_sensitive=False) if offered else None
    return Input(value, id=name, compact=True, placeholder=placeholder, select_on_focus=False, suggester=suggester)
