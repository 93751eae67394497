"""What is noted of a copy in parts, so that a later run goes on with it after a pause or a kill."""

from __future__ import annotations

from typing import Any

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import copying, errors, upload_aborts
from s3tui.s3.client import Connection
from s3tui.s3.copying import Answer, Begun
from s3tui.s3.description import Described
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers.listed_parts import listed_parts
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.stored import bare


def identity(source: Described) -> list[Any]:
    """What of an object is another when somebody has written it since."""
    return [source.etag, source.size, source.version_id, source.modified.isoformat()]


def abort_others(connection: Connection, target: S3Uri, source: ObjectInfo | None, notes: Notes) -> None:
    """Abort the noted upload, unless its parts are of `source`. Raises `errors.S3Error`."""
    upload_id = notes.get("upload_id")
    if upload_id and not (source and notes.get("parts_of") == identity(source)):
        upload_aborts.abort(connection, target.bucket, target.key, str(upload_id))
        forget(notes)


def forget(notes: Notes) -> None:
    """There is no such upload any more."""
    notes.set(upload_id=None, parts_of=None, part_size=None, parts=None)


class NotedParts(copying.Memory):
    """The parts of `source` in an upload to `target`, as `notes` tell of them."""

    def __init__(
        self,
        connection: Connection,
        source: ObjectInfo,
        target: S3Uri,
        progress: Progress,
        token: CancelToken,
        notes: Notes,
    ) -> None:
        self._connection, self._source, self._target = connection, source, target
        self._progress, self._token, self._notes = progress, token, notes
        self._parts: dict[str, Answer] = {}

    def found(self) -> Begun | None:
        """A part is believed when the endpoint lists it as long as it must be, with the ETag that it gave it."""
        upload_id, size = self._notes.get("upload_id"), self._notes.get("part_size")
        if not upload_id or not isinstance(size, int):
            return None
        upload = copying.place_of(self._target) | {"UploadId": str(upload_id)}
        try:
            listed = listed_parts(self._connection, upload, self._token).parts
        except errors.NoSuchKey:
            abort_others(self._connection, self._target, None, self._notes)  # should that have been wrong
            return None
        noted: Any = self._notes.get("parts") or {}
        parts, kept = {}, 0
        for number, first, last in copying.ranges(self._source.size, size):
            part, there = noted.get(str(number)), listed.get(number)
            if part and there and (there.size, there.etag) == (last - first + 1, bare(part["ETag"])):
                parts[number] = part
                kept += there.size
        self._progress.skip(kept - self._progress.done)
        return Begun(str(upload_id), size, parts)

    def begin(self, begun: Begun) -> None:
        self._parts = {str(number): part for number, part in begun.parts.items()}
        self._notes.set(
            upload_id=begun.upload_id,
            parts_of=identity(self._source),
            part_size=begun.part_size,
            parts=dict(self._parts),
        )

    def copied(self, part: Answer) -> None:
        self._parts[str(part["PartNumber"])] = part
        self._notes.jot(parts=dict(self._parts))

    def stays(self, failure: BaseException) -> bool:
        """When it is only paused."""
        return self._token.keep and isinstance(failure, Cancelled)
