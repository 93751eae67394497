"""A copy that passes through here, from one endpoint to another: read once, in order, and never on disk.

At most `parts.AT_ONCE` parts are in memory for each object.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from s3tui.background import PARTS, CancelToken
from s3tui.s3 import carried, copying, errors
from s3tui.s3.client import Connection
from s3tui.s3.copying import Answer, AnswerLost
from s3tui.s3.metadata import parameters
from s3tui.s3.objects import Encryption, ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_check, copy_here
from s3tui.transfers.checksums import ALGORITHMS, PartSums, etag_of, is_md5, sums_of, whole_crc64
from s3tui.transfers.copy_here import Copying
from s3tui.transfers.create_only import check_absent, create
from s3tui.transfers.failures import Differs
from s3tui.transfers.notes import Notes
from s3tui.transfers.parts import AT_ONCE, CHUNK, MIB, MOST_PARTS
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.sending import uses_crc64
from s3tui.transfers.stored import bare, find, opaque_etag, whole_checksums

PART_SIZE = 16 * MIB  # bytes; what of each part is in memory
LARGEST_KEPT = 64 * MIB  # bytes; the source's own part size is taken up to here, so that the ETag stays the same
PAUSES = (0.5, 2.0, 8.0)  # seconds before each further try after a connection was cut


class _TargetChanged(Exception):
    """412 at the target, in `error`: there is an object now."""

    def __init__(self, error: errors.Changed) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass
class _Read:
    """What has been read: its MD5, the checksum that the source tells if it tells one, and the sums of its parts."""

    source: ObjectInfo
    md5: Any = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    sums: list[PartSums] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.told = whole_checksums(self.source)
        self.algorithm = next((name for name in ALGORITHMS if name in self.told), "")
        self.digest = ALGORITHMS[self.algorithm]() if self.algorithm else None

    def add(self, data: bytes) -> PartSums:
        self.md5.update(data)
        if self.digest:
            self.digest.update(data)
        self.sums.append(sums_of([data]))
        return self.sums[-1]

    def is_proven(self, multipart: bool) -> bool:
        """Whether a checksum or the ETag shows that this is what the source holds. Raises `Differs` when it isn't."""
        if self.digest:
            if base64.b64encode(self.digest.digest()).decode() != self.told[self.algorithm]:
                raise Differs(
                    f"What was read of “{self.source.uri}” does not have the checksum that is told.", "Try again."
                )
            return True
        etag = bare(self.source.etag)
        if opaque_etag(self.source):
            return False
        return etag in (self.md5.hexdigest(), etag_of(self.sums, multipart))


def send(
    connection: Connection, there: Connection, wanted: Copying, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    """Read from `connection`, write to `there`, and compare. Raises as `copy.copy`."""
    copy_here.abort_left_over(there, wanted.target, notes)
    if not wanted.overwrite:
        check_absent(there, wanted.target)
    source = wanted.source
    if source.archived and connection.profile.is_aws:
        raise errors.Archived(
            f"“{source.uri.key}” is archived and can't be read until it is restored.", "Ask for a restore first."
        )
    each = _part_size(connection, source)
    multipart = bool(source.size) and (source.size > each or bool(source.parts))
    read = _Read(source)
    write = _in_parts if multipart else _whole
    settings = _settings(wanted)
    try:
        answer = write(connection, there, wanted, settings, read, each, progress, token, notes)
    except AnswerLost as error:
        written = copy_here.settled(there, replace(wanted, source=_expected(read, multipart)), error.cause)
    except _TargetChanged as refusal:
        written = copy_here.refused(there, replace(wanted, source=_expected(read, multipart)), refusal.error)
    else:
        version = answer.get("VersionId")
        written = replace(wanted.target, version_id=None if version == "null" else version)
    if isinstance(written, Outcome):
        return written
    progress.stage = "checking"
    return _compared(there, wanted, read, multipart, written)


def _part_size(connection: Connection, source: ObjectInfo) -> int:
    """Bytes. Raises `BadInput` for an object whose parts would not fit into memory."""
    kept = copying.part_size(connection, source) if source.parts else 0
    if 0 < kept <= LARGEST_KEPT and source.size <= kept * MOST_PARTS:
        return kept
    return max(PART_SIZE, -(-source.size // (MOST_PARTS * MIB)) * MIB)


def _settings(wanted: Copying) -> dict[str, Any]:
    """Of the new object. Encryption keys and access lists name what only their own endpoint knows."""
    source, kept = wanted.source, wanted.kept
    plain = replace(source, encryption=Encryption(), checksums=())
    found = parameters(source.metadata) | carried.copy_parameters(plain, replace(kept, acl=None))
    if kept.tags:
        found["Tagging"] = urlencode(kept.tags, quote_via=quote)
    return found


def _whole(
    connection: Connection,
    there: Connection,
    wanted: Copying,
    settings: dict[str, Any],
    read: _Read,
    each: int,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> Answer:
    data = _bytes(connection, wanted.source, 0, wanted.source.size, token)
    check = _check(there, read.add(data))
    read.is_proven(False)
    place = {"Bucket": wanted.target.bucket, "Key": wanted.target.key}
    token.check()

    def put(taken: dict[str, Any]) -> Answer:
        return _decisive(there, wanted, "put_object", {**place, **taken, **check, "Body": data})

    answer = copy_here.less_where_refused(settings, put)
    progress.add(len(data))
    return answer


def _in_parts(
    connection: Connection,
    there: Connection,
    wanted: Copying,
    settings: dict[str, Any],
    read: _Read,
    each: int,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> Answer:
    place = {"Bucket": wanted.target.bucket, "Key": wanted.target.key}
    crc64 = uses_crc64(there)
    how = {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"} if crc64 else {}
    created = copy_here.less_where_refused(
        settings, lambda taken: there.call("create_multipart_upload", **place, **taken, **how)
    )
    upload = {**place, "UploadId": str(created["UploadId"])}
    try:
        notes.set(upload_id=upload["UploadId"])
        sent = _sent_parts(connection, there, upload, read, each, progress, token)
        read.is_proven(True)
        token.check()
        progress.stage = "completing"
        whole = {"ChecksumCRC64NVME": whole_crc64(read.sums), "ChecksumType": "FULL_OBJECT"} if crc64 else {}
        return _decisive(
            there, wanted, "complete_multipart_upload", {**upload, "MultipartUpload": {"Parts": sent}, **whole}
        )
    except BaseException as failure:
        aborted = copying.abort(there, upload, failure)
        if isinstance(failure, AnswerLost) and aborted:
            raise failure.cause from None
        raise
    finally:
        notes.set(upload_id=None)


def _decisive(there: Connection, wanted: Copying, operation: str, parameters: dict[str, Any]) -> Answer:
    def write(conditions: dict[str, Any]) -> Answer:
        try:
            return there.call(operation, **parameters, **conditions)
        except (errors.Unreachable, errors.ServerFault) as error:
            raise AnswerLost(error) from error
        except errors.Changed as error:
            raise _TargetChanged(error) from error

    return create(there, wanted.target, wanted.overwrite, write)


def _sent_parts(
    connection: Connection,
    there: Connection,
    upload: dict[str, str],
    read: _Read,
    each: int,
    progress: Progress,
    token: CancelToken,
) -> list[dict[str, Any]]:
    """Read one part after the other; those that are read go out beside each other."""

    def send_one(number: int, data: bytes, sums: PartSums) -> dict[str, Any]:
        token.check()
        answer = there.call("upload_part", **upload, PartNumber=number, Body=data, **_check(there, sums))
        progress.add(len(data))
        checksum = {"ChecksumCRC64NVME": sums.checksum} if uses_crc64(there) else {}
        return {"PartNumber": number, "ETag": str(answer.get("ETag") or ""), **checksum}

    running: set[Future[dict[str, Any]]] = set()
    sent: list[dict[str, Any]] = []
    try:
        for number, (first, end) in enumerate(_stretches(read.source.size, each), 1):
            data = _bytes(connection, read.source, first, end, token)
            running.add(PARTS.submit(send_one, number, data, read.add(data)))
            del data
            if len(running) >= AT_ONCE:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                sent += [future.result() for future in done]
        sent += [future.result() for future in running]
    finally:
        # A part that arrives after the upload was aborted would stay and cost money.
        for future in running:
            future.cancel()
        wait(running)
    return sorted(sent, key=lambda part: int(part["PartNumber"]))


def _stretches(size: int, each: int) -> Iterator[tuple[int, int]]:
    for first in range(0, size, each):
        yield first, min(first + each, size)


def _check(there: Connection, sums: PartSums) -> dict[str, str]:
    return {"ChecksumCRC64NVME": sums.checksum} if uses_crc64(there) else {"ContentMD5": sums.content_md5}


def _bytes(connection: Connection, source: ObjectInfo, first: int, end: int, token: CancelToken) -> bytes:
    """That stretch of the very object that was looked at. Raises `errors.S3Error`, of which `Changed`."""
    if first == end:
        return b""
    came = bytearray()
    for pause in (*PAUSES, None):
        token.check()
        try:
            _receive(connection, source, first, end, came, token)
            return bytes(came)
        except errors.S3Error as error:
            if pause is None or not error.retryable:
                raise
        token.wait(pause)
    raise AssertionError("unreachable")


def _receive(
    connection: Connection, source: ObjectInfo, first: int, end: int, came: bytearray, token: CancelToken
) -> None:
    at = first + len(came)
    seen = replace(source.uri, version_id=source.version_id).parameters
    stretch = {} if (at, end) == (0, source.size) else {"Range": f"bytes={at}-{end - 1}"}
    answer = connection.call("get_object", **seen, **stretch, IfMatch=source.quoted_etag)
    with answer["Body"] as body:
        if bare(answer.get("ETag")) != bare(source.etag):
            raise errors.Changed(f"“{source.uri.key}” was changed by someone else while it was read.", "Copy it again.")
        if stretch and not answer.get("ContentRange"):
            raise errors.Unsupported("This endpoint can't send a part of an object.", "Nothing was copied.")
        while first + len(came) < end:
            token.check()
            data = body.read(min(CHUNK, end - first - len(came)))
            if not data:
                raise errors.Unreachable("The connection was cut.", "Try again.")
            came += data


def _expected(read: _Read, multipart: bool) -> ObjectInfo:
    """The copy, as the other endpoint should describe it."""
    parts = len(read.sums) if multipart else None
    return replace(read.source, etag=etag_of(read.sums, multipart), parts=parts, encryption=Encryption(), checksums=())


def _compared(there: Connection, wanted: Copying, read: _Read, multipart: bool, written: S3Uri) -> Outcome:
    expected, kept, lost = _expected(read, multipart), wanted.kept, []
    if kept.acl and not kept.acl.is_private:
        lost.append("its access list (ACL) was not carried over: it names accounts of the other endpoint")
    if wanted.source.encryption.kms_key_id:
        lost.append("its encryption was not carried over: its key belongs to the other endpoint")
    agreed = ""
    if not read.is_proven(multipart):
        lost.append(f"the source's ETag {bare(wanted.source.etag)} does not tell whether it was read right")
    elif (stored := find(there, written)) is not None:
        agreed = _agreement(stored, read, expected)
    return copy_check.compared(there, expected, replace(kept, acl=None), written, agreed, "; ".join(lost))


def _agreement(stored: ObjectInfo, read: _Read, expected: ObjectInfo) -> str:
    if bare(stored.etag) == expected.etag:
        return "ETag"
    if whole_checksums(stored).get("CRC64NVME") == whole_crc64(read.sums):
        return "CRC64NVME checksum"
    return "MD5" if is_md5(bare(stored.etag)) and bare(stored.etag) == read.md5.hexdigest() else ""
