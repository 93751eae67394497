"""Many small objects of one bucket into files, one request each.

A list tells size and ETag of all of them beforehand, instead of a HEAD each. An object is held in memory until it
was compared, and only then written. Whatever isn't plain (a large object, an ETag that is no MD5, a version) goes
the ordinary way, `download.download`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.new_file import new_file
from s3tui.s3 import errors
from s3tui.s3.client import Connection, Underway
from s3tui.transfers.checksums import is_md5
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import SMALL, Ended
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.notes import Notes
from s3tui.transfers.part_file import make_folder
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.reservations import reserved
from s3tui.transfers.stored import bare
from s3tui.transfers.together import Work, in_flight, together


def download_all(connection: Connection, requests: Sequence[DownloadRequest], ended: Ended, token: CancelToken) -> None:
    """Download objects of up to `flood.SMALL` bytes from one bucket; `ended(index, how)` is told of each of
    `requests` once, from any thread. Larger ones come out right as well, only slower."""

    def quickly(numbered: tuple[int, DownloadRequest]) -> Work:
        number, request = numbered
        try:
            token.check()
            outcome = yield from _quickly(connection, request, found.get(request.source.key), folders)
            if outcome:
                ended(number, outcome)
            else:
                slow.append(numbered)
        except (S3tuiError, Cancelled) as error:
            ended(number, error)

    def ordinary(numbered: tuple[int, DownloadRequest]) -> None:
        number, request = numbered
        try:
            token.check()
            ended(number, request.run(connection, Progress(), token, Notes()))
        except (S3tuiError, Cancelled) as error:
            ended(number, error)

    found: dict[str, Found] = {}
    slow: list[tuple[int, DownloadRequest]] = []
    folders = _Folders()
    try:
        if requests:
            keys = [request.source.key for request in requests]
            found = found_among(connection, requests[0].source.bucket, keys, token)
    except Cancelled:
        pass  # each is told so
    in_flight(quickly, list(enumerate(requests)))
    together(ordinary, slow)


class _Folders:
    """Those that were made, and looked at, by these downloads."""

    def __init__(self) -> None:
        self._made: set[tuple[str, Path | None]] = set()

    def make(self, target: Path, root: Path | None) -> None:
        """See `make_folder`; once is enough for all that goes into one folder."""
        folder = os.path.dirname(target)
        if (folder, root) not in self._made:
            make_folder(target, root)
            self._made.add((folder, root))


def _quickly(
    connection: Connection, request: DownloadRequest, found: Found | None, folders: _Folders
) -> Generator[Underway, None, Outcome | None]:
    """None: not in this way."""
    size, etag = found or (0, "")
    if not size or size > SMALL or not is_md5(etag) or request.source.version_id:
        return None
    with reserved(os.path.abspath(request.path), str(request.path)):
        if not request.overwrite and os.path.lexists(request.path):
            raise AlreadyExists(str(request.path))
        underway = connection.begin(
            "get_object",
            Bucket=request.source.bucket,
            Key=request.source.key,
            Range=f"bytes=0-{size - 1}",
            IfMatch=f'"{etag}"',
        )
        yield underway
        answer = underway.finish()
        try:
            with answer["Body"] as body:
                data = body.read(size)
        except errors.S3Error:
            return None  # cut
        told = str(answer.get("ContentRange") or f"/{size}")  # a server that ignores Range sends all
        if (bare(answer.get("ETag")), told.rpartition("/")[2]) != (etag, str(size)):
            return None
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != etag:
            return None  # with KMS it is no MD5
        folders.make(request.path, request.root)
        _write(request, data, answer.get("LastModified"))
    return Outcome("verified", "Size and ETag agree.", etag, answer.get("VersionId"), size)


def _write(request: DownloadRequest, data: bytes, modified: datetime | None) -> None:
    with new_file(request.path, request.overwrite) as file:
        file.write(data)
        file.flush()
        if modified is not None:
            os.utime(file.fileno(), (modified.timestamp(), modified.timestamp()))
