"""Receiving one object into one local file: checked before the file gets its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts, verify
from s3tui.transfers.failures import AlreadyExists, LocalFailure
from s3tui.transfers.notes import Notes
from s3tui.transfers.part_file import PartFile, make_folder
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.ranges import Ranges
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """What goes where. `path` names the file in full; with `root`, symbolic links must not lead out of it."""

    kind: ClassVar[Kind] = "download"
    source: S3Uri
    path: Path
    overwrite: bool = False
    root: Path | None = None

    @property
    def ends(self) -> tuple[str, str]:
        return str(self.source), str(self.path)

    def run(self, connection: Connection, progress: Progress, token: CancelToken, _: Notes) -> Outcome:
        return download(connection, self, progress, token)


def download(connection: Connection, request: DownloadRequest, progress: Progress, token: CancelToken) -> Outcome:
    """Receive the object and compare what came with what the endpoint says of it.

    More than `parts.PART_SIZE` bytes come in parts, in parallel. All go to a temporary file beside the target,
    which is renamed only when complete and is deleted otherwise. Raises `AlreadyExists`, `NoSpace`,
    `LocalFailure`, `Differs`, `BadInput`, `errors.S3Error` (of which `Changed` when the object is replaced
    meanwhile) and `Cancelled`.
    """
    with reserved(os.path.abspath(request.path), str(request.path)):
        _check_target(request)
        stored = head(connection, request.source)
        progress.begin(stored.size)
        token.check()
        make_folder(request.path, request.root)
        with PartFile(request.path, stored.size) as file:
            try:
                _receive(Ranges(connection, request.source, stored, progress), stored, file, token)
            except errors.Archived as error:
                if stored.restore and stored.restore.ongoing:
                    error.advice = "A restore is under way: try again when it is done."
                raise
            progress.stage = "checking"
            outcome = verify.downloaded(connection, request.source, stored, lambda part: file.chunks(part, token))
            token.check()
            file.publish(request.overwrite, stored.modified)
        return outcome


def _check_target(request: DownloadRequest) -> None:
    if request.path.is_dir():
        raise LocalFailure(f"“{request.path}” is a folder.", "Choose another name.")
    if not request.overwrite and os.path.lexists(request.path):
        raise AlreadyExists(str(request.path))


def _receive(ranges: Ranges, stored: ObjectInfo, file: PartFile, token: CancelToken) -> None:
    """All of it, in parts when it is large and the endpoint can."""
    pieces = parts.cut(stored.size)
    if len(pieces) < 2 or not ranges.are_given():
        ranges.receive(Part(1, 0, stored.size), file.write, token)
    else:
        parts.each_part(lambda part, stop: ranges.receive(part, file.write, stop), pieces, token)
