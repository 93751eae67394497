"""Keys and metadata made from a pattern: `isos/server-{server_id}-{hostname}-{version}-{date}.iso`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from s3tui.display import listed
from s3tui.errors import BadInput

# What is known of every file; any other name is a field of the user's own.
KNOWN: dict[str, str] = {
    "name": "the file's name",
    "stem": "its name without the last extension",
    "ext": "its last extension with the dot, or nothing",
    "parent": "the name of the folder it is in",
    "relpath": "its path below the folder that was chosen, with “/”",
    "size": "its size in bytes",
    "md5": "the MD5 of its content, in hex",
    "sha256": "the SHA-256 of its content, in hex",
    "uuid4": "a random UUID, another one for each file",
    "date": "the day when the plan is made, as 20261128",
    "timestamp": "the second when the plan is made, as 2026-11-28T19:43:30+01:00",
}
OF_CONTENT = frozenset(("md5", "sha256"))  # the file must be read for them

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Template:
    """Text with fields in braces; `{{` and `}}` are braces themselves. Raises `BadInput` when it is malformed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts: list[tuple[str, str]] = []  # literal text, and the field behind it (empty at the end)
        at, literal = 0, ""
        for found in _TOKEN.finditer(text):
            literal += text[at : found.start()]
            at = found.end()
            if found[0] in ("{{", "}}"):
                literal += found[0][0]
            else:
                self._parts.append((literal, _field(text, found)))
                literal = ""
        self._parts.append((literal + text[at:], ""))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names in it, in order, each once."""
        return tuple(dict.fromkeys(name for _, name in self._parts if name))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with `values` in place of the fields. What is in a value is never taken for a field."""
        return "".join(literal + (values[name] if name else "") for literal, name in self._parts)


def _field(text: str, found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        raise BadInput(
            f"“{text}” has a “{found[0]}” without its other half at character {found.start() + 1}.",
            "Write {{ or }} for a brace itself.",
        )
    if not name:
        raise BadInput(f"“{text}” has an empty field at character {found.start() + 1}.", _known())
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"“{{{name}}}” in “{text}” can't be a field: letters, digits, _ and - only.",
            f"{_known()} Write {{{{ and }}}} for braces themselves.",
        )
    return name


def literal(text: str) -> str:
    """The template that gives exactly `text`."""
    return text.replace("{", "{{").replace("}", "}}")


def own_fields(texts: Iterable[str]) -> tuple[str, ...]:
    """The fields of these templates that the user gives values for, in order. Raises `BadInput`."""
    names = (name for text in texts for name in Template(text).fields if name not in KNOWN)
    return tuple(dict.fromkeys(names))


def _known() -> str:
    return f"Known are {listed(list(KNOWN))}; any other name is yours to give a value."
