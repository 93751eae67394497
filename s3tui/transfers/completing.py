"""Asking for the object to be made of its parts, and finding out what became of that when no answer came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo
from s3tui.transfers import seen, verify
from s3tui.transfers.checksums import PartSums, whole_crc64
from s3tui.transfers.failures import AlreadyExists, Differs
from s3tui.transfers.progress import Outcome
from s3tui.transfers.sending import Sent, uses_crc64
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, find

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest

# Seconds between looks at what became of a CompleteMultipartUpload that wasn't answered: some servers put the
# parts together for longer than we wait for an answer.
SETTLE_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0)
_NEVER_SENT = ("name", "port", "tls")


def complete(
    connection: Connection,
    request: UploadRequest,
    source: Source,
    upload: dict[str, str],
    parts: list[tuple[PartSums, str]],
    asked_before: bool,
    token: CancelToken,
) -> Sent | Outcome:
    """Have the object made of `parts`, each with the ETag that the endpoint gave it, in their order.

    `asked_before`: an earlier run had sent this request. An `Outcome` comes back only when it stayed unknown whether
    the object was made. Raises `AlreadyExists`, `CannotLook`, `errors.S3Error`.
    """
    sums = tuple(part for part, _ in parts)
    unanswered = asked_before
    for pause in (*SETTLE_PAUSES, None):
        try:
            answer = _ask(connection, request, upload, parts)
            return Sent(sums, True, bare(answer.get("ETag")), answer.get("VersionId"))
        except (AlreadyExists, errors.S3Error) as error:
            failure = error
        unanswered = unanswered or _may_have_arrived(failure)
        made = _made(connection, request, Sent(sums, True, "", None), source, token)
        if made:
            return Sent(sums, True, bare(made.etag), made.version_id)
        if not getattr(failure, "retryable", False) and not (unanswered and isinstance(failure, errors.NoSuchKey)):
            raise _as_exists(failure, request)
        if pause is None or not _waited(token, pause):
            break
    if not unanswered:
        raise failure
    return unknown(request, source, failure)


def unknown(request: UploadRequest, source: Source, failure: S3tuiError) -> Outcome:
    """Nobody can say whether the object was made."""
    return Outcome(
        "outcome unknown",
        f"The endpoint never said whether it put the parts together ({failure.sentence}). "
        f"Look at “{request.target}” later; until then its parts may remain as an unfinished upload.",
        size=source.size,
    )


def ours(stored: ObjectInfo, sent: Sent, source: Source, token: CancelToken) -> bool:
    """Whether what is stored is what was sent: an ETag of many parts is hardly anyone else's. Raises `Cancelled`."""
    try:
        return stored.size == sent.size and bool(verify.agreement(stored, sent, source, token))
    except Differs:
        return False


def _ask(
    connection: Connection, request: UploadRequest, upload: dict[str, str], sent: list[tuple[PartSums, str]]
) -> dict[str, Any]:
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

    return seen.write(connection, request, write)


def _may_have_arrived(failure: S3tuiError) -> bool:
    if not isinstance(failure, errors.Unreachable) or failure.request.operation != "CompleteMultipartUpload":
        return False
    return failure.what not in _NEVER_SENT


def _as_exists(failure: S3tuiError, request: UploadRequest) -> S3tuiError:
    if isinstance(failure, errors.Changed) and failure.request.status == 412 and not request.overwrite:
        return AlreadyExists(str(request.target))
    return failure


def _made(
    connection: Connection, request: UploadRequest, sent: Sent, source: Source, token: CancelToken
) -> ObjectInfo | None:
    try:
        stored = find(connection, request.target)
        return stored if stored and ours(stored, sent, source, token) else None
    except (errors.S3Error, Cancelled):
        return None


def _waited(token: CancelToken, seconds: float) -> bool:
    try:
        token.wait(seconds)
    except Cancelled:
        return False
    return True
