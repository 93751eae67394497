"""Receiving one object into one local file: checked before the file gets its name."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.body import Body
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts, verify
from s3tui.transfers.failures import AlreadyExists, Differs, LocalFailure
from s3tui.transfers.notes import Notes, stays
from s3tui.transfers.part_file import (
    PartFile,
    delete_part_file,
    make_folder,
    new_part_file,
    part_file_again,
    part_name,
)
from s3tui.transfers.parts import CHUNK, Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.received import Keeper, Received, begin, received_in
from s3tui.transfers.receiving import Arriving, arriving
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare, has_md5, whole_checksums

# Seconds before each further try after a connection was cut; the count begins anew when bytes have come.
PAUSES = (0.5, 2.0, 8.0)
COARSEST_TIME = 2.0  # seconds: how exactly FAT keeps the time of a file

Write = Callable[[memoryview, int], object]  # bytes and where they belong


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

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return download(connection, self, progress, token, notes)

    def discard(self, _: Connection, notes: Notes) -> None:
        """See `discard`."""
        discard(self, notes)


def download(
    connection: Connection, request: DownloadRequest, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    """Receive the object and compare what came with what the endpoint says of it.

    More than `parts.PART_SIZE` bytes come in parts, in parallel. All go to a temporary file beside the target,
    which is renamed only when complete. It stays for a later run when `token` says `keep`, or when anything fails
    while `notes` outlive the process; otherwise it is deleted. What an earlier run of the same request left is
    continued if the object is still the same. Raises `AlreadyExists`, `NoSpace`, `LocalFailure`, `Differs`,
    `BadInput`, `errors.S3Error` (of which `Changed` when the object is replaced meanwhile) and `Cancelled`.
    """
    with _reserved(request):
        before = received_in(notes)
        if before and before.outcome and _has_its_name(request, before):
            progress.begin(before.size)
            progress.skip(before.size)
            return before.outcome
        _check_target(request)
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


def _check_target(request: DownloadRequest) -> None:
    if request.path.is_dir():
        raise LocalFailure(f"“{request.path}” is a folder.", "Choose another name.")
    if not request.overwrite and os.path.lexists(request.path):
        raise AlreadyExists(str(request.path))


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
        self._sum: Arriving | None = None

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
        path = part_name(self._request.path)
        received = begin(path.name, self._stored, parts.part_size(self._stored.size)).note(self._notes)
        try:
            return received, new_part_file(path, self._request.path, self._stored.size)
        except LocalFailure:
            self._notes.clear()
            raise

    def receive(self, received: Received, file: PartFile) -> Outcome:
        """All that is missing; then it is checked and gets its name."""
        with file:
            keeper = Keeper(received, file, self._notes)
            self._sum = arriving(whole_checksums(self._stored), self._stored.size)
            try:
                self._receive_missing(received.part_size, keeper, file)
                self._progress.stage = "checking"
                outcome = verify.downloaded(
                    self._connection, self._source, self._stored, lambda part: file.chunks(part, self._token), self._sum
                )
                if received.least and outcome.state != "verified" and has_md5(self._stored):
                    raise Differs(f"What an earlier run received of “{self._source}” was damaged.", "Try again.")
                self._token.check()
                keeper.finish(outcome)
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
            if len(pieces) > 1 and not there and not self._gives_ranges():
                self._receive_stretch(0, self._stored.size, file.write, self._token)
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

    def _receive_part(self, part: Part, keeper: Keeper, file: PartFile, token: CancelToken) -> None:
        def write(data: memoryview, at: int) -> None:
            file.write(data, at)
            keeper.wrote(part, len(data))

        self._receive_stretch(part.offset + keeper.there(part), part.offset + part.length, write, token)
        keeper.add(part)

    def _gives_ranges(self) -> bool:
        """A server that ignores Range would send everything once for each part."""
        with self._ask(0, 1) as (_, whole):
            return not whole

    def _receive_stretch(self, at: int, end: int, write: Write, token: CancelToken) -> None:
        """The bytes from `at` to `end`, in spite of a bad line."""
        pauses = iter(PAUSES)
        while at < end:
            try:
                came = self._receive_some(at, end, write, token)
                failure: errors.S3Error | None = None
            except _Cut as cut:
                came, failure = cut.came, cut.reason
            at += came
            if failure is None:
                continue
            if came:
                pauses = iter(PAUSES)
            pause = next(pauses, None)
            if pause is None or not failure.retryable:
                raise failure
            token.wait(pause)

    def _receive_some(self, at: int, end: int, write: Write, token: CancelToken) -> int:
        """Bytes from `at` on, as many as come. Raises `_Cut` with those that came before it broke off."""
        came = 0
        buffer = memoryview(bytearray(min(CHUNK, end - at)))
        try:
            with self._ask(at, end) as (body, whole):
                skip = at if whole else 0
                while at + came < end:
                    token.check()
                    room = min(len(buffer), skip or end - at - came)
                    count = body.readinto(buffer[:room])
                    if not count:
                        raise errors.Unreachable("The connection was cut.", "Try again.")
                    if skip:
                        skip -= count
                        continue
                    if self._sum:
                        self._sum.add(buffer[:count], at + came)
                    write(buffer[:count], at + came)
                    came += count
                    self._progress.add(count)
        except errors.S3Error as error:
            raise _Cut(came, error) from error
        return came

    @contextlib.contextmanager
    def _ask(self, at: int, end: int) -> Iterator[tuple[Body, bool]]:
        """The body of the bytes from `at` to `end`, and whether it begins at the object's own beginning though
        something else was asked for. Raises `errors.Changed` when the object is another by now."""
        uri, parameters = self._source, dict[str, Any]()
        if (at, end) != (0, self._stored.size):
            parameters["Range"] = f"bytes={at}-{end - 1}"
        if self._stored.etag:
            parameters["IfMatch"] = self._stored.quoted_etag
        if uri.version_id:
            parameters["VersionId"] = uri.version_id
        answer = self._connection.quickly("get_object", Bucket=uri.bucket, Key=uri.key, **parameters)
        body: Body = answer["Body"]
        try:
            self._check_same(bare(answer.get("ETag")))
            partial = str(answer.get("ContentRange") or "").startswith(f"bytes {at}-")
            yield body, "Range" in parameters and not partial
        finally:
            body.close()

    def _check_same(self, etag: str) -> None:
        if etag and etag != bare(self._stored.etag):
            raise errors.Changed(
                f"“{self._source}” was replaced while it was being read; nothing was kept of it.",
                "Download it again.",
                errors.Request("GetObject", self._source.bucket, self._source.key, code="PreconditionFailed"),
            )


class _Cut(Exception):
    """Receiving broke off after `came` bytes."""

    def __init__(self, came: int, reason: errors.S3Error) -> None:
        super().__init__(str(reason))
        self.came, self.reason = came, reason
