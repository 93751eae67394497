"""What was chosen to be uploaded, and the key that each file of it gets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import overload

from s3tui.background import CancelToken
from s3tui.s3.uri import S3Uri
from s3tui.transfers import local_files, manifest, names
from s3tui.transfers.bulk import Form, LocalFile, Tell
from s3tui.transfers.drafts import of_name
from s3tui.transfers.template import KNOWN, Template, own_fields
from s3tui.transfers.walk import walk
from s3tui.ui.widgets.move_list import Move


@dataclass(frozen=True, slots=True)
class Chosen:
    """Every file, with its size in bytes, and what is to be said of them. `has_folder`: not all were chosen one by one."""

    files: Sequence[LocalFile] = ()
    sizes: Sequence[int] = ()
    remarks: Sequence[str] = ()
    has_folder: bool = False

    def without(self, left_out: Iterable[Path]) -> Chosen:
        """The same without some."""
        gone = frozenset(left_out)
        kept = [at for at, file in enumerate(self.files) if file.path not in gone]
        return Chosen([self.files[at] for at in kept], [self.sizes[at] for at in kept], self.remarks, self.has_folder)


def look(paths: Sequence[Path], listed_in: str, folder: Path, target: S3Uri, token: CancelToken, tell: Tell) -> Chosen:
    """The files of `paths`, which are files and folders, and those that a manifest names, if one was typed.

    `listed_in` is from `folder` when it is relative. Raises `BadInput`, `LocalFailure`, `Cancelled`.
    """
    outermost = [path for path in paths if not frozenset(path.parents).intersection(paths)]
    walked = walk(outermost, token, tell)
    files = walked.files
    if listed_in:
        files = files + manifest.read(local_files.absolute(listed_in, folder), target, token, tell)
    sizes = []
    for file in files:
        token.check()
        sizes.append(_size(file.path))
    return Chosen(files, sizes, walked.remarks, any(path.is_dir() for path in paths))


def _size(path: Path) -> int:
    with suppress(OSError):  # the plan says why
        return os.stat(path).st_size
    return 0


class Rows(Sequence[Move]):
    """The rows for `chosen` as `form` would have them, each made when it is looked at: there may be very many.

    What only reading a file tells, and what nobody has typed yet, stays in braces. Raises `BadInput` for a template
    that is malformed.
    """

    def __init__(self, chosen: Chosen, form: Form) -> None:
        self._chosen, self._form = chosen, form
        self._template = Template(form.key)
        now = datetime.now().astimezone()
        self._of_all = {name: f"{{{name}}}" for name in (*KNOWN, *own_fields(form.templates))}
        self._of_all |= {"date": f"{now:%Y%m%d}", "timestamp": now.isoformat(timespec="seconds"), **form.fields}

    def __len__(self) -> int:
        return len(self._chosen.files)

    @overload
    def __getitem__(self, at: int) -> Move: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Move]: ...
    def __getitem__(self, at: int | slice) -> Move | Sequence[Move]:
        if isinstance(at, slice):
            return [self[number] for number in range(len(self))[at]]
        file, size = self._chosen.files[at], self._chosen.sizes[at]
        target = file.at or self._form.target.with_key(
            self._form.target.key + self._template.fill(self._of_all | of_name(file))
        )
        kind = self._form.content_type or names.content_type(file.path)
        return Move(str(file.path), file.relpath, target.key, kind, size)
