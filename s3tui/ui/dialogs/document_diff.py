"""The question before a bucket document is replaced or removed: what changes, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from s3tui.display import counted
from s3tui.s3.document_text import Complaint
from s3tui.s3.rule_differences import Difference
from s3tui.ui.dialogs.base import Dialog, plain

_LOOKS = {"added": ("+", "$text-success"), "removed": ("-", "$text-error")}
_CHANGED = ("~", "$text-warning")
_MOST_SHOWN = 300


class DocumentDiff(Dialog[bool]):
    """Dismissed with True only when the user chose `yes`."""

    DEFAULT_CSS = """
    DocumentDiff .difference { margin-bottom: 1; width: 1fr; height: auto; }
    DocumentDiff .warning { color: $text-warning; }
    DocumentDiff .note { color: $text-muted; }
    """
    wide = True

    def __init__(
        self, heading: str, differences: Sequence[Difference], warnings: Sequence[Complaint], yes: str
    ) -> None:
        super().__init__(heading)
        self.differences = differences
        self.warnings = warnings
        self.buttons = (("cancel", "No", "primary"), ("yes", yes, "warning"))

    def compose_body(self) -> ComposeResult:
        for difference in self.differences[:_MOST_SHOWN]:
            yield Static(_shown(difference), classes="difference")
        if len(self.differences) > _MOST_SHOWN:
            yield Static(f"… and {counted(len(self.differences) - _MOST_SHOWN, 'more rule')}", classes="difference")
        if not self.differences:
            yield Static("The rules stay as they are; an option beside them changes.", classes="difference")
        for warning in self.warnings[:_MOST_SHOWN]:
            yield Static(plain(str(warning)), classes="warning")
        yield Static("The old document is saved first; afterwards the result is read back.", classes="note")

    def on_mount(self) -> None:
        self.query_one("#cancel").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        super().on_button_pressed(event)
        if event.button.id == "yes":
            self.dismiss(True)


def _shown(difference: Difference) -> Content:
    sign, style = _LOOKS.get(difference.change, _CHANGED)
    lines = [Content.assemble((f"{sign} {difference.change} ", style), plain(difference.name).stylize("bold"))]
    if difference.before and difference.after:
        lines += [plain(f"was  {difference.before}"), plain(f"now  {difference.after}")]
        lines += [plain(detail).stylize("dim") for detail in difference.details]
    else:
        lines.append(plain(f"{difference.before or difference.after}"))
    return Content("\n").join(lines)
