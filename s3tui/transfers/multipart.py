"""Sending a large file in parts, and never leaving an unfinished upload behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers.checksums import PartSums, whole_crc64
from s3tui.transfers.create_only import create
from s3tui.transfers.failures import AlreadyExists, LeftBehind
from s3tui.transfers.parts import Part, cut, each_part
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.sending import Sent, send_part, sums_to_send, uses_crc64
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, holds

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest

# Seconds before each further try of a part.
PART_PAUSES = (1.0, 4.0)
# Seconds between looks at what became of a CompleteMultipartUpload that wasn't answered: some servers put the
# parts together for longer than we wait for an answer.
SETTLE_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0)
_NEVER_SENT = ("name", "port", "tls")


def send(
    connection: Connection, request: UploadRequest, source: Source, progress: Progress, token: CancelToken
) -> Sent | Outcome:
    """Send `source` in parts. When anything goes wrong, the upload is aborted before the failure is raised.

    An `Outcome` comes back only when it stayed unknown whether the object was made. Raises as
    `upload.upload` does, and `LeftBehind` when the unfinished upload could not be aborted.
    """
    algorithm = {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"} if uses_crc64(connection) else {}
    answer = connection.call("create_multipart_upload", **request.parameters(), **algorithm)
    upload = {"Bucket": request.target.bucket, "Key": request.target.key, "UploadId": str(answer["UploadId"])}

    def send_one(part: Part, stop: CancelToken) -> tuple[PartSums, str]:
        sums = sums_to_send(connection, source, part, stop)
        etag = _send_patiently(connection, {**upload, "PartNumber": part.number}, part, sums, source, progress, stop)
        return sums, etag

    try:
        sent = each_part(send_one, cut(source.size), token)
        source.check_unchanged()
        token.check()
        progress.stage = "completing"
        return _complete(connection, request, upload, sent, token)
    except BaseException as error:
        _abort(connection, upload, error)
        raise


def _send_patiently(
    connection: Connection,
    parameters: dict[str, Any],
    part: Part,
    sums: PartSums,
    source: Source,
    progress: Progress,
    token: CancelToken,
) -> str:
    for pause in (*PART_PAUSES, None):
        try:
            answer = send_part(connection, "upload_part", parameters, part, sums, source, progress, token)
            break
        except errors.S3Error as error:
            if pause is None or not error.retryable:
                raise
        token.wait(pause)
    return str(answer.get("ETag") or "")


def _complete(
    connection: Connection,
    request: UploadRequest,
    upload: dict[str, str],
    sent: list[tuple[PartSums, str]],
    token: CancelToken,
) -> Sent | Outcome:
    parts = [{"PartNumber": number, "ETag": etag} for number, (_, etag) in enumerate(sent, 1)]
    sums = tuple(part for part, _ in sent)
    whole: dict[str, Any] = {}
    if uses_crc64(connection):
        whole = {"ChecksumCRC64NVME": whole_crc64(sums), "ChecksumType": "FULL_OBJECT"}
        # AWS knows them already; MinIO doesn't find a part without its checksum.
        parts = [{**part, "ChecksumCRC64NVME": each.checksum} for part, each in zip(parts, sums, strict=True)]

    def write(conditions: dict[str, Any]) -> dict[str, Any]:
        return connection.call(
            "complete_multipart_upload", **upload, MultipartUpload={"Parts": parts}, **whole, **conditions
        )

    unanswered = False
    for pause in (*SETTLE_PAUSES, None):
        try:
            answer = create(connection, request.target, request.overwrite, write)
            return Sent(sums, True, bare(answer.get("ETag")), answer.get("VersionId"))
        except (AlreadyExists, errors.S3Error) as error:
            failure = error
        unanswered = unanswered or _may_have_arrived(failure)
        ours = _ours(connection, request.target, Sent(sums, True, "", None))
        if ours:
            return Sent(sums, True, bare(ours.etag), ours.version_id)
        if not getattr(failure, "retryable", False) and not (unanswered and isinstance(failure, errors.NoSuchKey)):
            raise _as_exists(failure, request)
        if pause is None or not _waited(token, pause):
            break
    if not unanswered:
        raise failure
    return Outcome(
        "outcome unknown",
        f"The endpoint never said whether it put the parts together ({failure.sentence}). "
        f"Look at “{request.target}” later; until then its parts may remain as an unfinished upload.",
        size=Sent(sums, True, "", None).size,
    )


def _may_have_arrived(failure: S3tuiError) -> bool:
    if not isinstance(failure, errors.Unreachable) or failure.request.operation != "CompleteMultipartUpload":
        return False
    return failure.what not in _NEVER_SENT


def _as_exists(failure: S3tuiError, request: UploadRequest) -> S3tuiError:
    if isinstance(failure, errors.Changed) and failure.request.status == 412 and not request.overwrite:
        return AlreadyExists(str(request.target))
    return failure


def _ours(connection: Connection, target: S3Uri, sent: Sent) -> ObjectInfo | None:
    """What is stored, if it is what we sent: the ETag of many parts is hardly anyone else's."""
    try:
        return holds(connection, target, sent.size, sent.etag)
    except errors.S3Error:
        return None


def _waited(token: CancelToken, seconds: float) -> bool:
    try:
        token.wait(seconds)
    except Cancelled:
        return False
    return True


def _abort(connection: Connection, upload: dict[str, str], reason: BaseException) -> None:
    """“AbortMultipartUpload”: parts that were still arriving may need it more than once."""
    try:
        for _ in range(3):
            connection.call("abort_multipart_upload", **upload)
            connection.call("list_parts", **upload, MaxParts=1)
    except errors.NoSuchKey:
        return
    except errors.S3Error as error:
        if error.request.operation == "ListParts":
            return
        raise LeftBehind(upload["Key"], upload["UploadId"], error) from reason
