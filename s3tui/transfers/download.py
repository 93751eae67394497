"""Receiving one object into one local file: checked before the file gets its name."""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from s3tui.background import CancelToken
from s3tui.new_file import part_of
from s3tui.packing import packed_by_fields
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts, verify
from s3tui.transfers.failures import AlreadyExists, ChangedSinceSeen, Differs, LocalFailure
from s3tui.transfers.notes import Notes, stays
from s3tui.transfers.part_file import PartFile, delete_part_file, make_folder, new_part_file, part_file_again
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.ranges import Ranges
from s3tui.transfers.received import Keeper, Received, begin, received_in
from s3tui.transfers.receiving import Arriving, arriving
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.source import identity_of
from s3tui.transfers.stored import has_md5, whole_checksums

COARSEST_TIME = 2.0  # seconds: how exactly FAT keeps the time of a file


@packed_by_fields
@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """What goes where. `path` names the file in full; with `root`, symbolic links must not lead out of it.

    `overwrite` replaces whatever is there, or, with `replaces`, only the file that was like that when somebody chose to
    (`source.identity_of`). `size` is in bytes, if it is known.
    """

    kind: ClassVar[Kind] = "download"
    source: S3Uri
    path: Path
    overwrite: bool = False
    root: Path | None = None
    replaces: tuple[int, int, int] | None = None
    size: int | None = None

    def noted(self) -> DownloadRequest:
        """With what is there now as all that may be replaced, unless that was noted before. It looks at the disk."""
        return self.replacing(seen_at(self.path)) if self.overwrite and self.replaces is None else self

    def replacing(self, seen: tuple[int, int, int] | None) -> DownloadRequest:
        """It may replace the file that was `seen` at its place, and no other; None: nothing was."""
        return replace(self, overwrite=seen is not None, replaces=seen)

    def check_target(self) -> None:
        """Raise `AlreadyExists` (of which `ChangedSinceSeen`) when what is there may not be replaced."""
        if not self.overwrite and os.path.lexists(self.path):
            raise AlreadyExists(str(self.path))
        if self.replaces is not None and seen_at(self.path) not in (None, self.replaces):
            raise ChangedSinceSeen(str(self.path))

    @property
    def ends(self) -> tuple[str, str]:
        return str(self.source), str(self.path)

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return download(connection, self, progress, token, notes)

    def discard(self, _: Connection, notes: Notes) -> None:
        """See `discard`."""
        discard(self, notes)


def seen_at(path: Path) -> tuple[int, int, int] | None:
    """What the file at `path` itself is like, be it a link; None when there is none."""
    try:
        return identity_of(path.lstat())
    except OSError:
        return None


def download(
    connection: Connection, request: DownloadRequest, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    """Receive the object and compare what came with what the endpoint says of it.

    More than `parts.PART_SIZE` bytes come in parts, in parallel. All go to a temporary file beside the target,
    which is renamed only when complete. It stays for a later run when `token` says `keep`, or when anything fails
    while `notes` outlive the process; otherwise it is deleted. What an earlier run of the same request left is
    continued if the object is still the same. Raises `AlreadyExists` (of which `ChangedSinceSeen`), `NoSpace`, `LocalFailure`, `Differs`,
    `BadInput`, `errors.S3Error` (of which `Changed` when the object is replaced meanwhile) and `Cancelled`.
    """
    with _reserved(request):
        before = received_in(notes)
        if before and before.outcome and _has_its_name(request, before):
            progress.begin(before.size)
            progress.skip(before.size)
            return before.outcome
        if request.path.is_dir():
            raise LocalFailure(f"“{request.path}” is a folder.", "Choose another name.")
        request.check_target()
        stored = head(connection, request.source)
        progress.begin(stored.size)
        token.check()
        make_folder(request.path, request.root)
        receiving = _Receiving(connection, request, stored, progress, token, notes)
        if before and (earlier := receiving.found_again(before)):
            try:
                return receiving.receive(before, earlier)
            except Differs:
                progress.skip(-progress.done)  # the disk doesn't have what was noted: all of it anew
        return receiving.receive(*receiving.anew())


def discard(request: DownloadRequest, notes: Notes) -> None:
    """Delete the part file that `notes` tell of, and forget it. Raises `LocalFailure`."""
    with _reserved(request):
        if before := received_in(notes):
            delete_part_file(before.part_file(request.path), before.inode)
        notes.clear()


def _reserved(request: DownloadRequest) -> AbstractContextManager[None]:
    return reserved(os.path.abspath(request.path), str(request.path))


def _has_its_name(request: DownloadRequest, before: Received) -> bool:
    """Whether the file that an earlier run had checked is what is there now. It may have its old name, too."""
    try:
        there = request.path.lstat()
    except OSError:
        return False
    same = (there.st_ino, there.st_size) == (before.inode, before.size) and stat.S_ISREG(there.st_mode)
    if not same or abs(there.st_mtime - before.modified) > COARSEST_TIME:
        return False
    delete_part_file(before.part_file(request.path), before.inode)
    return True


class _Receiving:
    """One object on its way into one file."""

    def __init__(
        self,
        connection: Connection,
        request: DownloadRequest,
        stored: ObjectInfo,
        progress: Progress,
        token: CancelToken,
        notes: Notes,
    ) -> None:
        self._connection, self._source, self._stored = connection, request.source, stored
        self._request, self._progress, self._token, self._notes = request, progress, token, notes
        self._ranges = Ranges(connection, request.source, stored, progress)
        self._sum: Arriving | None = None  # of what comes, so that it needn't be read again

    def found_again(self, before: Received) -> PartFile | None:
        """What an earlier run left, if it can be continued. Otherwise it is deleted if it still is that file."""
        target, path = self._request.path, before.part_file(self._request.path)
        if before.least and before.is_of(self._stored):
            file = part_file_again(path, target, before.size, before.inode, before.least)
            if file:
                return file
        delete_part_file(path, before.inode)
        return None

    def anew(self) -> tuple[Received, PartFile]:
        """An empty part file, noted before it is made."""
        path = Path(part_of(self._request.path))
        received = begin(path.name, self._stored, parts.part_size(self._stored.size)).note(self._notes)
        try:
            return received, new_part_file(path, self._request.path, self._stored.size)
        except LocalFailure:
            self._notes.clear()
            raise

    def receive(self, received: Received, file: PartFile) -> Outcome:
        """All that is missing; then it is checked and gets its name."""
        self._sum = arriving(whole_checksums(self._stored), self._stored.size)
        with file:
            keeper = Keeper(received, file, self._notes)
            try:
                self._receive_missing(received.part_size, keeper, file)
                self._progress.stage = "checking"
                outcome = verify.downloaded(
                    self._connection,
                    self._source,
                    self._stored,
                    lambda part: file.chunks(part, self._token),
                    self._sum,
                )
                if received.least and outcome.state != "verified" and has_md5(self._stored):
                    raise Differs(f"What an earlier run received of “{self._source}” was damaged.", "Try again.")
                self._token.check()
                keeper.finish(outcome)
                self._request.check_target()  # as late as can be
                file.publish(self._request.overwrite, self._stored.modified)
                return outcome
            except BaseException as error:
                if isinstance(error, (errors.Changed, Differs)) or not stays(error, self._token, self._notes):
                    file.delete()
                    self._notes.clear()
                else:
                    keeper.note()
                raise

    def _receive_missing(self, part_size: int, keeper: Keeper, file: PartFile) -> None:
        pieces = parts.cut(self._stored.size, part_size)
        there = sum(map(keeper.there, pieces))
        try:
            if len(pieces) > 1 and not there and not self._ranges.are_given():
                self._ranges.receive(Part(1, 0, self._stored.size), partial(self._write, file), self._token)
                return
            self._progress.skip(there)
            parts.each_part(
                lambda piece, stop: self._receive_part(piece, keeper, file, stop),
                [piece for piece in pieces if keeper.there(piece) < piece.length],
                self._token,
            )
        except errors.Archived as error:
            if self._stored.restore and self._stored.restore.ongoing:
                error.advice = "A restore is under way: try again when it is done."
            raise

    def _write(self, file: PartFile, data: memoryview, at: int) -> None:
        if self._sum:
            self._sum.add(data, at)
        file.write(data, at)

    def _receive_part(self, part: Part, keeper: Keeper, file: PartFile, token: CancelToken) -> None:
        def write(data: memoryview, at: int) -> None:
            self._write(file, data, at)
            keeper.wrote(part, len(data))

        there = keeper.there(part)
        self._ranges.receive(Part(part.number, part.offset + there, part.length - there), write, token)
        keeper.add(part)
