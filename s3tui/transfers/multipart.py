"""Sending a large file in parts: going on where an earlier run ended, and leaving nothing behind that isn't noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.background import CancelToken
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.session import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from s3tui.transfers import parts
from s3tui.transfers.aborting import abort, abort_unheard
from s3tui.transfers.begun import Begun, clock
from s3tui.transfers.checksums import PartSums
from s3tui.transfers.completing import complete
from s3tui.transfers.failures import FileChanged, LeftBehind
from s3tui.transfers.listed_parts import Listed, listed_parts
from s3tui.transfers.notes import Notes, stays
from s3tui.transfers.parts import Part, cut, each_part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.sending import Sent, send_part, sums_to_send, uses_crc64
from s3tui.transfers.source import Source
from s3tui.transfers.streams import Streams

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest

# Seconds before each further try of a part.
PART_PAUSES = (1.0, 4.0)
# Seconds that one call can take at most, botocore's further attempts and its pauses of up to 20 s included.
_LONGEST_CALL = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS + 20)


class Multipart:
    """One file on its way into one upload in parts."""

    def __init__(
        self,
        connection: Connection,
        request: UploadRequest,
        source: Source,
        progress: Progress,
        token: CancelToken,
        notes: Notes,
    ) -> None:
        self._connection, self._request, self._source = connection, request, source
        self._progress, self._token, self._notes = progress, token, notes
        self._streams = Streams()
        self.remark = ""  # what may be left behind, in words

    def send(self, begun: Begun | None) -> Sent | Outcome:
        """Send the file in parts, or what is missing of an upload that was `begun`.

        A failure or cancelling aborts the upload, unless the token says `keep` or the notes are kept for another
        try. An `Outcome` comes back only when it stayed unknown whether the object was made. Raises as
        `upload.upload` does, and `LeftBehind` when the unfinished upload could not be aborted.
        """
        listed = Listed()
        if begun and begun.upload_id:
            begun, listed = self._found_again(begun)
        elif begun is None and self._request.adopt:
            begun, listed = self._adopted()
        if begun is None or not begun.upload_id:
            begun = self._create(begun)
        try:
            begun.note(self._notes)
            return self._send_and_complete(begun, listed)
        except BaseException as error:
            if not self._stays(error):
                self._abort(begun, error)
            raise

    def _send_and_complete(self, begun: Begun, listed: Listed) -> Sent | Outcome:
        pieces = cut(self._source.size, begun.part_size)
        sent = each_part(
            lambda part, stop: self._send_one(begun, listed, part, stop),
            pieces,
            self._token,
            at_once=lambda: self._streams.wanted,
        )
        self._source.check_unchanged()
        self._token.check()
        self._progress.stage = "completing"
        self.remark = abort_unheard(self._connection, self._request.target, begun)
        if begun.adopted:
            self.remark += " Its content type, metadata and tags are those that the adopted upload was begun with."
        begun.now_making(self._notes)
        upload = self._request.upload(begun.upload_id)
        return complete(self._connection, self._request, self._source, upload, sent, begun.making, self._token)

    def _found_again(self, begun: Begun) -> tuple[Begun | None, Listed]:
        """What the endpoint has of it. None when that is nothing: it was aborted, or completed and replaced since."""
        upload = self._request.upload(begun.upload_id)
        try:
            return begun, listed_parts(self._connection, upload, self._token)
        except errors.NoSuchKey:
            abort(self._connection, upload)  # should the answer have been wrong, nothing may stay
            self._notes.clear()
            return None, Listed()

    def _adopted(self) -> tuple[Begun, Listed]:
        upload = self._request.upload(self._request.adopt)
        listed = listed_parts(self._connection, upload, self._token)
        if uses_crc64(self._connection) and listed.algorithm not in ("", "CRC64NVME"):
            raise BadInput(
                f"This unfinished upload takes parts with {listed.algorithm} checksums only; nothing was sent.",
                "Abort it, and send the file anew.",
            )
        begun = Begun(
            self._source.identity,
            part_size=listed.part_size(self._source.size) or parts.part_size(self._source.size),
            upload_id=self._request.adopt,
            adopted=True,
        )
        return begun, listed

    def _create(self, before: Begun | None) -> Begun:
        """CreateMultipartUpload. What it may do is noted first: its answer may get lost, or this process end."""
        now = clock(self._connection)
        asking = Begun(
            self._source.identity,
            part_size=parts.part_size(self._source.size),
            asked=before.asked if before else now,
            answered=now + _LONGEST_CALL,
            unanswered=(before.unanswered if before else 0) + ATTEMPTS,
        ).note(self._notes)
        crc64 = (
            {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"} if uses_crc64(self._connection) else {}
        )
        try:
            answer = self._connection.call("create_multipart_upload", **self._request.parameters(), **crc64)
        except BaseException as error:
            self._not_created(asking, error)
            raise
        unanswered = int(answer["ResponseMetadata"].get("RetryAttempts") or 0)
        return asking._replace(
            answered=clock(self._connection) if unanswered or not before else before.answered,
            unanswered=asking.unanswered - ATTEMPTS + unanswered,
            upload_id=str(answer["UploadId"]),
        )

    def _not_created(self, asking: Begun, error: BaseException) -> None:
        """Its attempts may have begun uploads all the same."""
        if self._stays(error) and getattr(error, "retryable", False):
            return
        may_exist = not isinstance(error, errors.S3Error) or error.retryable or asking.unanswered > ATTEMPTS
        left = abort_unheard(self._connection, self._request.target, asking) if may_exist else ""
        if left and isinstance(error, S3tuiError):
            error.advice = f"{error.advice} {left}".strip()
        if not left:
            self._notes.clear()

    def _send_one(self, begun: Begun, listed: Listed, part: Part, stop: CancelToken) -> tuple[PartSums, str]:
        sums = sums_to_send(self._connection, self._source, part, stop)
        there = listed.parts.get(part.number)
        if there and there.holds(sums):
            self._progress.skip(part.length)
            return sums, there.etag
        parameters = {**self._request.upload(begun.upload_id), "PartNumber": part.number}
        return sums, self._send_patiently(parameters, part, sums, stop)

    def _send_patiently(self, parameters: dict[str, Any], part: Part, sums: PartSums, stop: CancelToken) -> str:
        for pause in (*PART_PAUSES, None):
            try:
                with self._streams.one(part.length, stop):
                    answer = send_part(
                        self._connection, "upload_part", parameters, part, sums, self._source, self._progress, stop
                    )
                break
            except errors.S3Error as error:
                if pause is None or not error.retryable:
                    raise
            stop.wait(pause)
        return str(answer.get("ETag") or "")

    def _stays(self, error: BaseException) -> bool:
        return stays(error, self._token, self._notes) and not isinstance(error, FileChanged)

    def _abort(self, begun: Begun, reason: BaseException) -> None:
        try:
            abort(self._connection, self._request.upload(begun.upload_id))
        except LeftBehind as left:
            raise left from reason
        self._notes.clear()
        left_over = abort_unheard(self._connection, self._request.target, begun)
        if left_over and isinstance(reason, S3tuiError):
            reason.advice = f"{reason.advice} {left_over}".strip()
