"""Many small objects of one bucket into files, one request each.

A list tells size and ETag of all of them beforehand, instead of a HEAD each. An object is held in memory until it
was compared, and only then written. Whatever isn't plain (a large object, an ETag that is no MD5, a version)
is given back, to go the ordinary way, `download.download`.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.new_file import sync_folder, write_new
from s3tui.s3.client import Connection
from s3tui.transfers.checksums import is_md5
from s3tui.transfers.download import DownloadRequest, seen_at
from s3tui.transfers.flood import SMALL, Ended, Item
from s3tui.transfers.found import Found, found_among
from s3tui.transfers.part_file import make_folder
from s3tui.transfers.progress import Outcome
from s3tui.transfers.reservations import Reservation, reserved
from s3tui.transfers.stored import bare
from s3tui.transfers.together import Work, in_flight

_FILES, _BYTES = (
    64,
    8 << 20,
)  # that are written at a time, so that a folder's names are brought to the disk once for them


def download_all(connection: Connection, items: Sequence[Item[DownloadRequest]], ended: Ended) -> None:
    """Download objects of up to `flood.SMALL` bytes from one bucket.

    `ended(number, how)` is told of each once, from any thread; None when nothing was written, since it must go by
    itself.
    """
    keys = [item.request.source.key for item in items]
    found = found_among(connection, items[0].request.source.bucket, keys, CancelToken())
    flood = _Flood(connection, found, ended)
    in_flight(connection, flood.receive, items, flood.size_of)
    flood.write()


class _Received(NamedTuple):
    """An object that was compared, while nobody else may write its file."""

    item: Item[DownloadRequest]
    place: str  # of the file
    folder: str
    data: bytes
    modified: datetime | None
    outcome: Outcome
    reservation: Reservation


class _Flood:
    def __init__(self, connection: Connection, found: dict[str, Found], ended: Ended) -> None:
        self._connection, self._found, self._ended = connection, found, ended
        # Folders, and what they must not lead out of: made, and looked at, already.
        self._folders = set[tuple[str, Path | None]]()
        self._lock = threading.Lock()
        self._lot: list[_Received] = []
        self._held = 0  # bytes of them

    def size_of(self, item: Item[DownloadRequest]) -> int:
        """What comes of it; 0 when nothing does, since it is given back."""
        size, _ = self._found.get(item.request.source.key) or (0, "")
        return size if size <= SMALL else 0

    def receive(self, item: Item[DownloadRequest]) -> Work:
        """One object."""
        try:
            item.token.check()
            yield from self._receive(item)
        except (S3tuiError, Cancelled) as error:
            self._ended(item.number, error)

    def _receive(self, item: Item[DownloadRequest]) -> Work:
        request = item.request
        size, etag = self._found.get(request.source.key) or (0, "")
        if not size or size > SMALL or not is_md5(etag) or request.source.version_id:
            self._ended(item.number, None)
            return
        place = str(request.path)
        reservation = reserved(os.path.abspath(place), place)
        reservation.take()
        received = None
        try:
            if not _may_be_made(request, size):
                request.check_target()
            underway = self._connection.begin(
                "get_object",
                Bucket=request.source.bucket,
                Key=request.source.key,
                Range=f"bytes=0-{size - 1}",
                IfMatch=f'"{etag}"',
            )
            yield underway
            told = underway.finish_briefly()
            # A server that ignores Range sends all; with KMS the ETag is no MD5.
            if (bare(told.etag), told.total or size, len(told.body)) != (etag, size, size) or _md5(told.body) != etag:
                self._ended(item.number, None)
                return
            item.progress.add_all(size)
            outcome = Outcome("verified", "Size and ETag agree.", etag, told.version_id, size)
            received = _Received(
                item, place, place[: place.rfind(os.sep) + 1], told.body, told.modified, outcome, reservation
            )
        finally:
            if received is None:
                reservation.give_back()
        self._keep(received)

    def _keep(self, received: _Received) -> None:
        with self._lock:
            self._lot.append(received)
            self._held += len(received.data)
            is_full = len(self._lot) >= _FILES or self._held > _BYTES
        if is_full:
            self.write()

    def write(self) -> None:
        """What was received, and tell so."""
        with self._lock:
            lot, self._lot, self._held = self._lot, [], 0
        written = []
        for each in lot:
            try:
                self._write(each)
                written.append(each)
            except S3tuiError as error:
                self._ended(each.item.number, error)
            finally:
                each.reservation.give_back()
        for folder in {each.folder for each in written}:
            with suppress(OSError):  # the files are there, whole; only a power cut could still take their names
                sync_folder(Path(folder))
        for each in written:
            self._ended(each.item.number, each.outcome)

    def _write(self, received: _Received) -> None:
        request = received.item.request
        safe = received.folder, request.root
        if safe not in self._folders:
            make_folder(request.path, request.root)
            self._folders.add(safe)
        if _may_be_made(request, len(received.data)) and _holds(request.path, received.data):
            return
        if request.replaces is not None:
            request.check_target()  # as late as can be
        modified = received.modified.timestamp() if received.modified else None
        write_new(received.place, received.data, request.overwrite, modified)


def _may_be_made(request: DownloadRequest, size: int) -> bool:
    """Whether an earlier run, which was killed, can have replaced already what this may replace: there is another file,
    and it is as long as the object."""
    if request.replaces is None:
        return False
    now = seen_at(request.path)
    return now is not None and now != request.replaces and now[0] == size


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
