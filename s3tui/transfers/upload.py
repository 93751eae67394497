"""Sending one local file to one key: create-only unless told otherwise, and compared afterwards."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.packing import packed_by_fields
from s3tui.s3 import errors, metadata, tags
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import names, parts, seen, sidecar, verify
from s3tui.transfers.aborting import abort, abort_unheard
from s3tui.transfers.begun import Begun, begun_before, begun_in
from s3tui.transfers.checksums import PartSums
from s3tui.transfers.create_only import check_absent
from s3tui.transfers.failures import (
    AlreadyExists,
    FileChanged,
    FileChangedSincePlanned,
    FileChangedWaiting,
    TransferError,
)
from s3tui.transfers.multipart import Multipart
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.request import Kind
from s3tui.transfers.reservations import reserved
from s3tui.transfers.seen import Replacing
from s3tui.transfers.sending import Sent, send_part, sums_to_send
from s3tui.transfers.settled import settled
from s3tui.transfers.source import Source, identity_at
from s3tui.transfers.stored import bare, find
from s3tui.transfers.sums_check import CheckSums, checked

LONGEST_KEY = 1024  # bytes of UTF-8


@packed_by_fields
@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What is to be sent where. `target` names the key in full. Without `content_type` it is guessed from the
    file's name. `adopt` is the id of an unfinished upload of that key to go on with; its parts are kept where they
    are the file's, and its content type, metadata and tags as they are. `check_sums` says what a checksum file beside
    it is for. `seen` is what the file was like when it was asked for (`Source.identity`): another one isn't sent, and
    when the key or the metadata `is_of_content`, not on a second try either. `overwrite` replaces whatever is there, or,
    with `replaces`, only the object with that ETag (without quotes; empty: none, nothing was there); `sidecar_replaces` is
    the same of the sidecar."""

    kind: ClassVar[Kind] = "upload"
    path: Path
    target: S3Uri
    content_type: str | None = None
    storage_class: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    overwrite: bool = False
    adopt: str = ""
    check_sums: CheckSums = "beside"
    sidecar: str = ""
    seen: tuple[int, int, int] | None = None
    is_of_content: bool = False
    replaces: str | None = None
    sidecar_replaces: str | None = None

    @property
    def beside(self) -> Replacing:
        """Where the sidecar goes."""
        return Replacing(self.target.with_key(self.sidecar), self.overwrite, self.sidecar_replaces)

    @property
    def size(self) -> int | None:
        """Bytes, as far as it is known before it runs."""
        return self.seen[0] if self.seen else None

    def noted(self) -> UploadRequest:
        """With what the file is like now, unless that was noted before. It looks at the file."""
        return self if self.seen else replace(self, seen=identity_at(self.path))

    def check_same(self, source: Source) -> None:
        """Raise `FileChangedSincePlanned` or `FileChangedWaiting` when the file isn't as it was when this was asked
        for."""
        if self.seen in (None, source.identity):
            return
        if self.is_of_content:
            raise FileChangedSincePlanned(self.path)
        raise FileChangedWaiting(self.path, self.seen, source.identity)

    @property
    def ends(self) -> tuple[str, str]:
        return str(self.path), str(self.target)

    def run(self, connection: Connection, progress: Progress, token: CancelToken, notes: Notes) -> Outcome:
        return upload(connection, self, progress, token, notes)

    def discard(self, connection: Connection, notes: Notes) -> None:
        """See `discard`."""
        discard(connection, self, notes)

    def upload(self, upload_id: str) -> dict[str, str]:
        """S3's parameters of an upload in parts."""
        return {"Bucket": self.target.bucket, "Key": self.target.key, "UploadId": upload_id}

    def parameters(self) -> dict[str, Any]:
        """S3's parameters of the new object."""
        given: dict[str, Any] = {
            "Bucket": self.target.bucket,
            "Key": self.target.key,
            "ContentType": self.content_type or names.content_type(self.path),
        }
        if self.storage_class:
            given["StorageClass"] = self.storage_class
        if self.metadata:
            given["Metadata"] = {name: metadata.sent(value) for name, value in self.metadata.items()}
        if self.tags:
            given["Tagging"] = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in self.tags.items())
        return given

    def problems(self) -> list[str]:
        """Every rule of S3 that the request breaks, one sentence each."""
        told = _key_problems(self.target)
        if self.sidecar:
            told += _key_problems(self.target.with_key(self.sidecar))
        if self.content_type or self.metadata:
            said = metadata.Metadata(content_type=self.content_type or "", user=tuple(self.metadata.items()))
            told += metadata.problems(said)
        return told + tags.problems(self.tags) if self.tags else told


def upload(
    connection: Connection, request: UploadRequest, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    """Send the file and compare what the endpoint then holds with what was sent.

    More than `parts.PART_SIZE` bytes go in parts, in parallel; what an earlier run of the same request left in
    `notes` is settled and continued. An unfinished upload is aborted when `token` is cancelled, when the calling
    thread is interrupted, and when anything fails while `notes` don't outlive the process; otherwise it stays. Raises
    `AlreadyExists`, `CannotLook`, `FileChanged` (with the request that takes the file as it is now), `WrongSum`, `SumsDisagree`, `NoSum`, `Differs`, `LocalFailure`,
    `BadInput`, `LeftBehind`, `errors.S3Error` and `Cancelled`.
    """
    if complaints := request.problems():
        raise BadInput(complaints[0])
    try:
        return _upload(connection, request, progress, token, notes)
    except FileChanged as error:
        if not request.is_of_content:
            error.again = replace(request, seen=error.now)
        raise


def _upload(
    connection: Connection, request: UploadRequest, progress: Progress, token: CancelToken, notes: Notes
) -> Outcome:
    with _reserved(connection, request), Source(request.path) as source:
        progress.begin(source.size)
        begun = begun_before(notes, source)
        if begun is None:
            request.check_same(source)
        remark = sums_said = ""
        sent = None
        if begun:
            progress.stage = "checking"
            sent = settled(connection, request, source, begun, token)
            progress.stage = ""
        if isinstance(sent, Sent):
            progress.skip(source.size)
        elif sent is None:
            _look(connection, request)
            request, sums_said = checked(request, source, progress, token)
            sent, remark = _send(connection, request, source, begun, progress, token, notes)
        if isinstance(sent, Outcome):
            return sent
        progress.stage = "checking"
        outcome = verify.uploaded(connection, request, sent, source, token)
        beside = sidecar.write(connection, request, outcome) if request.sidecar else ""
        return outcome._replace(detail=f"{outcome.detail}{sums_said} {remark.strip()}".strip() + beside)


def discard(connection: Connection, request: UploadRequest, notes: Notes) -> None:
    """Abort the unfinished upload that `notes` tell of, and forget it.

    Raises `LeftBehind` when that didn't work (and `notes` stay), and `TransferError` when one may be left that nobody
    can know to be ours.
    """
    begun, left = begun_in(notes), ""
    with _reserved(connection, request):
        if begun and begun.upload_id:
            abort(connection, request.upload(begun.upload_id))
        if begun:
            left = abort_unheard(connection, request.target, begun)
        notes.clear()
    if left:
        raise TransferError(left, "Look at the bucket's unfinished uploads.")


def _reserved(connection: Connection, request: UploadRequest) -> AbstractContextManager[None]:
    target = request.target
    return reserved((connection.profile.endpoint, target.bucket, target.key), str(target))


def _send(
    connection: Connection,
    request: UploadRequest,
    source: Source,
    begun: Begun | None,
    progress: Progress,
    token: CancelToken,
    notes: Notes,
) -> tuple[Sent | Outcome, str]:
    """Also what is to be said of it."""
    token.check()
    if source.size <= parts.PART_SIZE and not request.adopt and not (begun and begun.part_size):
        return _send_whole(connection, request, source, progress, token, notes), ""
    if not source.size:
        raise BadInput("An empty file has no parts: nothing of that unfinished upload can be used.", "Abort it.")
    sending = Multipart(connection, request, source, progress, token, notes)
    sent = sending.send(begun)
    return sent, sending.remark


def _look(connection: Connection, request: UploadRequest) -> None:
    """Before anything large is read or sent. It also learns the bucket's region: a body can't be redirected."""
    if not request.overwrite:
        check_absent(connection, request.target)
        if request.sidecar:
            check_absent(connection, request.target.with_key(request.sidecar))
        return
    seen.check(connection, request)
    if request.sidecar:
        seen.check(connection, request.beside)
    with contextlib.suppress(errors.AccessDenied):
        find(connection, request.target)


def _key_problems(target: S3Uri) -> list[str]:
    if target.is_prefix:
        return [f"“{target}” is a prefix: name the key in full."]
    if target.key.isascii() and len(target.key) <= LONGEST_KEY:
        return []
    try:
        length = len(target.key.encode())
    except UnicodeEncodeError:
        return ["This name is not valid Unicode, so it can't be a key: choose another."]
    return [f"This key has {length:,} bytes; S3 takes {LONGEST_KEY:,}."] if length > LONGEST_KEY else []


def _send_whole(
    connection: Connection, request: UploadRequest, source: Source, progress: Progress, token: CancelToken, notes: Notes
) -> Sent | Outcome:
    part = parts.Part(1, 0, source.size)
    sums = sums_to_send(connection, source, part, token)

    def write(conditions: dict[str, Any]) -> Sent | Outcome:
        parameters = {**request.parameters(), **conditions}
        Begun(source.identity).now_making(notes)
        try:
            answer = send_part(connection, "put_object", parameters, part, sums, source, progress, token)
        except errors.S3Error as error:
            found = _settle(connection, request, sums, error)
            if isinstance(found, Sent):
                progress.skip(sums.length)
            return found
        return Sent((sums,), False, bare(answer.get("ETag")), answer.get("VersionId"))

    try:
        return seen.write(connection, request, write)
    except BaseException:
        if not token.keep:
            notes.clear()  # nothing is left behind, and nothing to be settled
        raise


def _settle(connection: Connection, request: UploadRequest, sums: PartSums, error: errors.S3Error) -> Sent | Outcome:
    """The first answer may have been lost, and the second attempt been refused because of the first one."""
    refused = isinstance(error, errors.Changed)
    if not refused and not error.retryable:
        raise error
    try:
        stored = find(connection, request.target)
    except errors.S3Error:
        if refused or error.request.status:
            raise error from None
        return Outcome("outcome unknown", f"The endpoint never answered: {error.sentence}", size=sums.length)
    # A moment ago nothing was there, or another object, so what has our content is ours.
    sent = Sent((sums,), False, bare(stored.etag), stored.version_id) if stored else None
    is_bound = bool(seen.conditions(request))
    if stored and sent and is_bound and (stored.size, sent.answered_etag) == (sent.size, sent.etag):
        return sent
    if stored and refused and not request.overwrite:
        raise AlreadyExists(str(request.target)) from error
    raise error
