"""Receiving one object into one local file: checked before the file gets its name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
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
from s3tui.transfers.failures import AlreadyExists, LocalFailure
from s3tui.transfers.notes import Notes
from s3tui.transfers.part_file import PartFile, make_folder
from s3tui.transfers.parts import CHUNK, Part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.receiving import arriving
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare, whole_checksums

# Seconds before each further try after a connection was cut; the count begins anew when bytes have come.
PAUSES = (0.5, 2.0, 8.0)


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
                reception = _Reception(connection, request.source, stored, file, progress)
                reception.receive(token)
            except errors.Archived as error:
                if stored.restore and stored.restore.ongoing:
                    error.advice = "A restore is under way: try again when it is done."
                raise
            progress.stage = "checking"
            outcome = verify.downloaded(
                connection, request.source, stored, lambda part: file.chunks(part, token), reception.sum
            )
            token.check()
            file.publish(request.overwrite, stored.modified)
        return outcome


def _check_target(request: DownloadRequest) -> None:
    if request.path.is_dir():
        raise LocalFailure(f"“{request.path}” is a folder.", "Choose another name.")
    if not request.overwrite and os.path.lexists(request.path):
        raise AlreadyExists(str(request.path))


class _Reception:
    """One object on its way into one file."""

    def __init__(
        self, connection: Connection, source: S3Uri, stored: ObjectInfo, file: PartFile, progress: Progress
    ) -> None:
        self._connection, self._source, self._stored = connection, source, stored
        self._file, self._progress = file, progress
        self.sum = arriving(whole_checksums(stored), stored.size)

    def receive(self, token: CancelToken) -> None:
        """All of it, in parts when it is large and the endpoint can."""
        pieces = parts.cut(self._stored.size)
        if len(pieces) < 2 or not self._gives_ranges():
            self._receive_part(Part(1, 0, self._stored.size), token)
        else:
            parts.each_part(self._receive_part, pieces, token)

    def _gives_ranges(self) -> bool:
        """A server that ignores Range would send everything once for each part."""
        with self._ask(0, 1) as (_, whole):
            return not whole

    def _receive_part(self, part: Part, token: CancelToken) -> None:
        at, end, pauses = part.offset, part.offset + part.length, iter(PAUSES)
        while at < end:
            try:
                came = self._receive_some(at, end, token)
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

    def _receive_some(self, at: int, end: int, token: CancelToken) -> int:
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
                    if self.sum:
                        self.sum.add(buffer[:count], at + came)
                    self._file.write(buffer[:count], at + came)
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
