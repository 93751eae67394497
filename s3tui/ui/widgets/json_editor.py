"""An editor for JSON: highlighted while it is small, plain while it is not, and by `$EDITOR` beyond that."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual import events
from textual.app import SuspendNotSupported
from textual.widgets import TextArea

from s3tui.errors import BadInput

HIGHLIGHTED = 32 * 1024  # characters; more is highlighted anew too slowly at each key
LARGEST = 256 * 1024
_INDENT = "  "


class JsonEditor(TextArea):
    """`load` gives it a text; `too_large` says that it can only be read here."""

    def __init__(self, identity: str | None = None) -> None:
        super().__init__(id=identity, show_line_numbers=True, tab_behavior="focus", soft_wrap=False)
        self.too_large = False

    def load(self, text: str) -> None:
        """Replace the text; undo doesn't go back behind it."""
        self.too_large = len(text) > LARGEST
        self.read_only = self.too_large
        self._choose_language(len(text))
        self.load_text(text)

    def _choose_language(self, length: int) -> None:
        language = "json" if length <= HIGHLIGHTED else None
        if self.language != language:
            self.language = language

    def on_text_area_changed(self) -> None:
        self._choose_language(len(self.text))

    def show_line(self, line: int) -> None:
        """Put the cursor on `line` (from 1) and take the focus."""
        self.move_cursor((min(max(line, 1), self.document.line_count) - 1, 0), center=True)
        self.focus()

    def on_key(self, event: events.Key) -> None:
        """Enter keeps the indentation, and adds to it behind an opening bracket."""
        if event.key != "enter" or self.read_only:
            return
        event.prevent_default()
        event.stop()
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        indent = before[: len(before) - len(before.lstrip())]
        self.insert("\n" + indent + (_INDENT if before.rstrip().endswith(("{", "[")) else ""))

    def edit_outside(self) -> str:
        """Suspend the screen, let `$VISUAL` or `$EDITOR` edit the text, and return it. Raises `BadInput`."""
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if not command:
            raise BadInput("No editor is set.", "Set EDITOR, for example to “vi”.")
        with tempfile.TemporaryDirectory(prefix="s3tui-") as folder:
            file = Path(folder) / "document.json"
            try:
                file.write_text(self.text, encoding="utf-8")
                with self.app.suspend():
                    code = subprocess.run([*shlex.split(command), str(file)], check=False).returncode
                if code:
                    raise BadInput(f"The editor ended with code {code}.", "The text stays as it was.")
                return file.read_text(encoding="utf-8")
            except (OSError, ValueError, SuspendNotSupported) as error:
                raise BadInput(f"“{command}” can't be used: {error}.", "The text stays as it was.") from error
