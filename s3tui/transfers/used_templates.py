"""Key templates that were used before, so that they can be offered again."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from s3tui import folders
from s3tui.errors import S3tuiError
from s3tui.new_file import new_file

_MOST = 12


def used() -> list[str]:
    """The newest first; none where they can't be read."""
    with suppress(OSError, ValueError):
        found = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(found, list):
            return [text for text in found if isinstance(text, str)][:_MOST]
    return []


def remember(template: str) -> None:
    """Keep `template` for another time. Where that can't be written it is forgotten: nothing depends on it."""
    texts = [template, *(text for text in used() if text != template)][:_MOST]
    with suppress(OSError, S3tuiError):
        _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with new_file(_file(), overwrite=True) as file:
            file.write(json.dumps(texts, indent=2).encode())


def _file() -> Path:
    return folders.state_folder() / "key-templates.json"
