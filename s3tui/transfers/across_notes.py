"""What is noted of a copy that passes through here, so that its parts are kept over a pause or a kill."""

from __future__ import annotations

import threading
import time
from typing import Any

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import copying, errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_notes
from s3tui.transfers.checksums import PartSums
from s3tui.transfers.listed_parts import Listed, listed_parts
from s3tui.transfers.notes import Fact, Notes
from s3tui.transfers.stored import bare

_NOTED = 1.0  # s between two times that parts are noted; one that isn't is read, and compared with what is listed


class SentParts:
    """The parts of `source` in an upload to `target`, as `notes` and the endpoint tell of them. Thread-safe."""

    def __init__(self, there: Connection, source: ObjectInfo, target: S3Uri, token: CancelToken, notes: Notes) -> None:
        self._there, self._source, self._target = there, source, target
        self._token, self._notes = token, notes
        self._lock = threading.Lock()
        self._when = 0.0
        self._noted: dict[str, Fact] = {}
        self._listed = Listed()
        self.upload_id, self.part_size = "", 0  # of the upload that there is

    def find(self) -> None:
        """Look what an earlier run has begun, and what of it is there. Raises `errors.S3Error`, `Cancelled`."""
        copy_notes.abort_others(self._there, self._target, self._source, self._notes)
        upload_id, size = self._notes.get("upload_id"), self._notes.get("part_size")
        if not upload_id or not isinstance(size, int):
            return
        upload = copying.place_of(self._target) | {"UploadId": str(upload_id)}
        try:
            self._listed = listed_parts(self._there, upload, self._token)
        except errors.NoSuchKey:
            copy_notes.abort_others(self._there, self._target, None, self._notes)  # should that have been wrong
            return
        noted: Any = self._notes.get("parts") or {}
        self.upload_id, self.part_size, self._noted = str(upload_id), size, dict(noted)

    def begin(self, upload_id: str, part_size: int) -> None:
        """Parts will be sent to a new upload."""
        self.upload_id, self.part_size = upload_id, part_size
        self._notes.set(upload_id=upload_id, parts_of=copy_notes.identity(self._source), part_size=part_size, parts={})

    def etag(self, number: int, sums: PartSums) -> str:
        """The ETag of a part that is there, and is what `sums` were made of; empty when it must be sent."""
        there = self._listed.parts.get(number)
        if there is None or there.size != sums.length:
            return ""
        noted: Any = self._noted.get(str(number))
        # What it was given when the endpoint had compared it with these sums: encryption makes others than the MD5.
        same = noted and (noted[1:] == [sums.md5.hex(), sums.crc64]) and bare(noted[0]) == there.etag
        return f'"{there.etag}"' if same or there.holds(sums) else ""

    def sums(self, number: int, length: int) -> PartSums | None:
        """Those that were noted of a part that the endpoint still has, if it is that one."""
        noted: Any = self._noted.get(str(number))
        if not noted:
            return None
        sums = PartSums(bytes.fromhex(noted[1]), noted[2], length)
        return sums if self.etag(number, sums) else None

    def sent(self, number: int, etag: str, sums: PartSums) -> None:
        """This part is there. Raises `JournalError`."""
        with self._lock:
            self._noted[str(number)] = [etag, sums.md5.hex(), sums.crc64]
            if time.monotonic() - self._when >= _NOTED:
                self._when = time.monotonic()
                self._notes.jot(parts=dict(self._noted))

    def stays(self, failure: BaseException) -> bool:
        """Whether the upload stays when the copy ends by `failure`: when it is only paused. All its parts are noted
        then."""
        stays = self._token.keep and isinstance(failure, Cancelled)
        if stays:
            with self._lock:
                self._notes.jot(parts=dict(self._noted))
        return stays
