"""A copy that passes through here, from one endpoint to another: read in order, and never on disk.

A pause or a kill keeps the parts that are there. They are read once more only where that is needed to prove the whole. At
most `parts.AT_ONCE` parts are in memory for each object.
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
from s3tui.transfers import copy_check, copy_here, copy_notes, seen
from s3tui.transfers.across_notes import SentParts
from s3tui.transfers.checksums import ALGORITHMS, PartSums, etag_of, is_md5, sums_of_all, whole_crc64
from s3tui.transfers.copy_here import Copying
from s3tui.transfers.create_only import check_absent
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
        self.is_whole = True  # False when parts weren't read by this process

    @property
    def needs_all(self) -> bool:
        """Whether the sums of parts don't tell as much of the whole as its bytes."""
        if self.digest:
            return self.algorithm != "CRC64NVME"
        return is_md5(bare(self.source.etag)) and not opaque_etag(self.source)

    def skip(self, sums: PartSums) -> None:
        """A part that was read before."""
        self.is_whole = False
        self.sums.append(sums)

    def add(self, data: bytes) -> PartSums:
        self.md5.update(data)
        if self.digest:
            self.digest.update(data)
        self.sums.append(sums_of_all(data))
        return self.sums[-1]

    def is_proven(self, multipart: bool) -> bool:
        """Whether a checksum or the ETag shows that this is what the source holds. Raises `Differs` when it isn't."""
        if self.digest:
            found = base64.b64encode(self.digest.digest()).decode() if self.is_whole else whole_crc64(self.sums)
            if found != self.told[self.algorithm]:
                raise Differs(
                    f"What was read of “{self.source.uri}” does not have the checksum that is told.", "Try again."
                )
            return True
        etag = bare(self.source.etag)
        if opaque_etag(self.source):
            return False
        return etag in (self.whole_md5, etag_of(self.sums, multipart))

    @property
    def whole_md5(self) -> str | None:
        """None when it isn't known."""
        return self.md5.hexdigest() if self.is_whole else None


def send(
    connection: Connection, there: Connection, wanted: Copying, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    """Read from `connection`, write to `there`, and compare. Raises as `copy.copy`."""
    parts = SentParts(there, wanted.source, wanted.target, token, notes)
    parts.find()
    if not wanted.overwrite:
        check_absent(there, wanted.target)
    each = parts.part_size or _part_size(connection, wanted.source)
    passage = _Passage(connection, there, wanted, each, progress, token, notes, parts)
    try:
        answer = passage.in_parts() if passage.multipart else passage.whole()
    except AnswerLost as error:
        written = copy_here.settled(there, replace(wanted, source=passage.expected), error.cause)
    except _TargetChanged as refusal:
        written = copy_here.refused(there, replace(wanted, source=passage.expected), refusal.error)
    else:
        version = answer.get("VersionId")
        written = replace(wanted.target, version_id=None if version == "null" else version)
    if isinstance(written, Outcome):
        return written
    progress.stage = "checking"
    return passage.compared(written)


def _part_size(connection: Connection, source: ObjectInfo) -> int:
    """Bytes: as many as the source's parts have, so that the ETag stays the same, where that is not too much to hold."""
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


@dataclass
class _Passage:
    """One object on its way through."""

    connection: Connection
    there: Connection
    wanted: Copying
    each: int  # bytes of a part
    progress: Progress
    token: CancelToken
    notes: Notes
    parts: SentParts

    def __post_init__(self) -> None:
        self.source = self.wanted.source
        self.read = _Read(self.source)
        self.multipart = bool(self.source.size) and (self.source.size > self.each or bool(self.source.parts))
        self.place = {"Bucket": self.wanted.target.bucket, "Key": self.wanted.target.key}
        self.crc64 = uses_crc64(self.there)

    def whole(self) -> Answer:
        """“PutObject”."""
        data = _bytes(self.connection, self.source, 0, self.source.size, self.token)
        check = self._check(self.read.add(data))
        self.read.is_proven(False)
        self.token.check()

        def put(settings: dict[str, Any]) -> Answer:
            return self._decisive("put_object", {**self.place, **settings, **check, "Body": data})

        answer = copy_here.less_where_refused(_settings(self.wanted), put)
        self.progress.add(len(data))
        return answer

    def in_parts(self) -> Answer:
        """“UploadPart”, as often as it takes. No unfinished upload is left when it fails, unless it is only paused."""
        begun = self.parts.upload_id
        upload = {**self.place, "UploadId": begun or self._created()}
        try:
            if not begun:
                self.parts.begin(upload["UploadId"], self.each)
            sent = self._sent_parts(upload)
            self.read.is_proven(True)
            self.token.check()
            self.progress.stage = "completing"
            crc = (
                {"ChecksumCRC64NVME": whole_crc64(self.read.sums), "ChecksumType": "FULL_OBJECT"} if self.crc64 else {}
            )
            answer = self._decisive("complete_multipart_upload", {**upload, "MultipartUpload": {"Parts": sent}, **crc})
        except BaseException as failure:
            if self.parts.stays(failure):
                raise
            aborted = copying.abort(self.there, upload, failure)
            if isinstance(failure, AnswerLost) and aborted:
                raise failure.cause from None
            raise
        copy_notes.forget(self.notes)  # after a failure it stays, should the upload not have been removed
        return answer

    def _created(self) -> str:
        """The id of a new upload."""
        how = {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"} if self.crc64 else {}
        created = copy_here.less_where_refused(
            _settings(self.wanted),
            lambda settings: self.there.call("create_multipart_upload", **self.place, **settings, **how),
        )
        return str(created["UploadId"])

    def _decisive(self, operation: str, parameters: dict[str, Any]) -> Answer:
        def write(conditions: dict[str, Any]) -> Answer:
            try:
                return self.there.call(operation, **parameters, **conditions)
            except (errors.Unreachable, errors.ServerFault) as error:
                raise AnswerLost(error) from error
            except errors.Changed as error:
                if "IfMatch" not in conditions:
                    raise _TargetChanged(error) from error
                expected = replace(self.wanted, source=self.expected)
                if answer := copy_here.made_before(self.there, expected, error):
                    return answer
                raise

        return seen.write(self.there, self.wanted, write)

    def _check(self, sums: PartSums) -> dict[str, str]:
        return {"ChecksumCRC64NVME": sums.checksum} if self.crc64 else {"ContentMD5": sums.content_md5}

    def _sent_parts(self, upload: dict[str, str]) -> list[dict[str, Any]]:
        """Read one part after the other; those that are read, and aren't there yet, go out beside each other."""
        running: set[Future[dict[str, Any]]] = set()
        sent: list[dict[str, Any]] = []
        try:
            for number, (first, end) in enumerate(_stretches(self.source.size, self.each), 1):
                if not self.read.needs_all and (known := self.parts.sums(number, end - first)):
                    self.read.skip(known)
                    sent.append(self._there_already(number, known))
                    continue
                data = _bytes(self.connection, self.source, first, end, self.token)
                sums = self.read.add(data)
                if self.parts.etag(number, sums):
                    sent.append(self._there_already(number, sums))
                    continue
                running.add(PARTS.submit(self._send_one, upload, number, data, sums))
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

    def _send_one(self, upload: dict[str, str], number: int, data: bytes, sums: PartSums) -> dict[str, Any]:
        self.token.check()
        answer = self.there.call("upload_part", **upload, PartNumber=number, Body=data, **self._check(sums))
        self.progress.add(len(data))
        etag = str(answer.get("ETag") or "")
        self.parts.sent(number, etag, sums)
        return self._part(number, etag, sums)

    def _there_already(self, number: int, sums: PartSums) -> dict[str, Any]:
        self.token.check()
        self.progress.skip(sums.length)
        return self._part(number, self.parts.etag(number, sums), sums)

    def _part(self, number: int, etag: str, sums: PartSums) -> dict[str, Any]:
        checksum = {"ChecksumCRC64NVME": sums.checksum} if self.crc64 else {}
        return {"PartNumber": number, "ETag": etag, **checksum}

    @property
    def expected(self) -> ObjectInfo:
        """The copy, as the other endpoint should describe it."""
        sums = self.read.sums
        etag, parts = etag_of(sums, self.multipart), len(sums) if self.multipart else None
        return replace(self.source, etag=etag, parts=parts, encryption=Encryption(), checksums=())

    def compared(self, written: S3Uri) -> Outcome:
        """What became of it."""
        kept, lost = self.wanted.kept, []
        if kept.acl and not kept.acl.is_private:
            lost.append("its access list (ACL) was not carried over: it names accounts of the other endpoint")
        if self.source.encryption.kms_key_id:
            lost.append("its encryption was not carried over: its key belongs to the other endpoint")
        agreed = ""
        if not self.read.is_proven(self.multipart):
            lost.append(f"the source's ETag {bare(self.source.etag)} does not tell whether it was read right")
        elif (stored := find(self.there, written)) is not None:
            agreed = self._agreement(stored)
        return copy_check.compared(self.there, self.expected, replace(kept, acl=None), written, agreed, "; ".join(lost))

    def _agreement(self, stored: ObjectInfo) -> str:
        etag = bare(stored.etag)
        if etag == self.expected.etag:
            return "ETag"
        if whole_checksums(stored).get("CRC64NVME") == whole_crc64(self.read.sums):
            return "CRC64NVME checksum"
        return "MD5" if is_md5(etag) and etag == self.read.whole_md5 else ""


def _stretches(size: int, each: int) -> Iterator[tuple[int, int]]:
    for first in range(0, size, each):
        yield first, min(first + each, size)


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
