"""What a bulk upload is asked for: the files, and what all of them get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from s3tui.display import counted
from s3tui.errors import BadInput
from s3tui.s3 import metadata, tags
from s3tui.s3.uri import S3Uri
from s3tui.transfers.plan import Conflict
from s3tui.transfers.sums_check import CheckSums
from s3tui.transfers.template import KNOWN, Template, own_fields

RELPATH = "{relpath}"

# Told how far it is: what is done now, how much of it, and of how much (None: not known). It is called for every file.
Tell = Callable[[str, int, int | None], object]


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One file to send. `relpath` is its path below what was chosen, with `/`; its name where it was chosen itself.

    The rest is what a manifest's line says of it, taken literally: an `at` it goes to instead of what the form's
    template says, and more metadata and tags than the form's, or others. `why` is there where it is known already that
    it can't be sent. `line` is its number in the manifest, 0 without one.
    """

    path: Path
    relpath: str
    at: S3Uri | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = ""
    why: str = ""
    line: int = 0


class BadLines(BadInput):
    """Lines of a manifest that can't be used: `complaints` has a sentence for each of them, with its number."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__(f"{counted(len(complaints), 'line')} of the manifest can't be used; nothing was sent.")
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True)
class Form:
    """What all files of one bulk upload get. `key`, the values of `metadata` and `tags`, and `sidecar` are templates.

    `key` is below `target`, a bucket or prefix. `sidecar` is the name of an object beside each one that holds its
    metadata as JSON, such as `metadata.json`; empty for none. `fields` are the values of the user's own fields. `adopt`
    is the id of the one file's unfinished upload.
    """

    target: S3Uri
    key: str = RELPATH
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    storage_class: str | None = None
    sidecar: str = ""
    if_exists: Conflict = "ask"
    check_sums: CheckSums = "beside"
    adopt: str = ""

    @property
    def templates(self) -> tuple[str, ...]:
        """All that there are."""
        return (self.key, *self.metadata.values(), *self.tags.values(), self.sidecar)

    def missing(self) -> tuple[str, ...]:
        """The user's own fields that have no value yet, in order: what is to be asked. Raises `BadInput` for a
        template that is malformed."""
        return tuple(name for name in own_fields(self.templates) if name not in self.fields)

    def check(self) -> None:
        """Raise `BadInput` when a template is malformed or a field has no value, or one that can't be given."""
        if missing := self.missing():
            names = ", ".join(f"{{{name}}}" for name in missing)
            raise BadInput(
                f"No value was given for {names}.",
                f"Give it with --field {missing[0]}=VALUE; fields with a value of their own are {', '.join(KNOWN)}.",
            )
        if empty := next((name for name, value in self.fields.items() if not value), ""):
            raise BadInput(f"The value of “{empty}” is empty.", "A key with a gap in it would be hard to find again.")
        if known := next((name for name in self.fields if name in KNOWN), ""):
            raise BadInput(f"“{known}” can't be given a value: it is {KNOWN[known]}.", "Choose another name.")
        if not self.key:
            raise BadInput("The key template is empty.", f"Leave it out for {RELPATH}.")
        if self.key.startswith("/"):
            raise BadInput("The key template begins with “/”.", "Keys have none there: leave it out.")
        if complaints := self._complaints():
            raise BadInput(complaints[0])

    def _complaints(self) -> list[str]:
        """What S3 would refuse whatever the file."""
        said = {name: "some" if Template(value).fields else value for name, value in self.metadata.items()}
        tagged = {name: "some" if Template(value).fields else value for name, value in self.tags.items()}
        told = metadata.Metadata(content_type=self.content_type or "", user=tuple(said.items()))
        return [*metadata.problems(told), *tags.problems(tagged)]
