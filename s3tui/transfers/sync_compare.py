"""Whether two things of the same size are the same, without moving what needn't be.

Times prove nothing: a file that was changed may be older than the object, and one that was copied may be newer. What
counts is the content: the file is read, and held against the ETag and the checksums that the endpoint tells. Only
where those can't tell (an ETag of unknown parts, or of encrypted content, and no checksum) times are taken, and that
is said.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from s3tui.background import CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import compare, evidence
from s3tui.transfers.checksums import is_md5
from s3tui.transfers.parts import Part
from s3tui.transfers.progress import Progress
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, has_md5, whole_checksums
from s3tui.transfers.verify import why_not

BY_TIME = "Taken for the same by size and time: nothing that is told of its content can be compared."
_OF_CONTENT = re.compile(r"[0-9a-f]{32}(-[0-9]{1,5})?")


class Found(NamedTuple):
    """`same` is None where it could not be found out, and `why` says why not."""

    same: bool | None
    why: str


class Stored(NamedTuple):
    """One object as a list tells of it; `etag` without quotes."""

    connection: Connection
    uri: S3Uri
    size: int  # bytes
    etag: str


def file_and_object(path: Path, stored: Stored, token: CancelToken) -> Found:
    """Whether the file at `path` has the object's content.

    Raises `LocalFailure`, `BadInput` and `FileChanged` when the file can't be read, `errors.S3Error` when the endpoint
    can't be asked, and `Cancelled`.
    """
    with Source(path) as source:
        if source.size != stored.size:
            return Found(False, "It has another size now.")
        if is_md5(bare(stored.etag)):
            chunks = source.chunks(Part(1, 0, source.size), token)
            same = evidence.digest(evidence.md5, chunks).hex() == bare(stored.etag)
            source.check_unchanged()
            if same:
                return Found(True, "Size and ETag agree.")
        try:
            now = head(stored.connection, stored.uri)
        except errors.AccessDenied as error:
            return Found(False, f"Its content can't be compared: {error.sentence}")
        if now.size != stored.size:
            return Found(False, "It has another size now.")
        told = compare.settled_by_claims(stored.connection, now, source, Progress(), token)
    if told is None:
        # A download gives the file the object's time, to the second. A file that was changed has another, however soon.
        if source.identity[1] == int(now.modified.timestamp()) * 10**9 and not has_md5(now):
            return Found(True, BY_TIME)
        return Found(False, f"Nothing that the endpoint tells fits the file: {why_not(now)}.")
    verdict, detail = told
    return Found(verdict == "verified", detail)


def objects(source: Stored, target: Stored) -> Found:
    """Whether two objects have the same content, as far as their endpoints tell. Raises `errors.S3Error`."""
    if bare(source.etag) == bare(target.etag) and _OF_CONTENT.fullmatch(bare(source.etag)):
        return Found(True, "Size and ETag agree.")
    try:
        here, there = (head(each.connection, each.uri) for each in (source, target))
    except errors.AccessDenied as error:
        return Found(False, f"The ETags differ, and nothing else can be compared: {error.sentence}")
    if here.size != there.size:
        return Found(False, "It has another size now.")
    return _by_checksums(here, there)


def _by_checksums(here: ObjectInfo, there: ObjectInfo) -> Found:
    theirs = whole_checksums(there)
    for name, value in whole_checksums(here).items():
        if name in theirs:
            same = theirs[name] == value
            return Found(same, f"Size and {name} checksum agree." if same else f"The {name} checksums differ.")
    if any(pair in there.checksums for pair in here.checksums):
        return Found(True, "Size and the checksum of the parts agree.")
    if there.modified > here.modified and not (has_md5(here) and has_md5(there)):
        return Found(True, BY_TIME)  # a copy may get an ETag of other parts
    return Found(False, "The ETags differ.")


def unreadable(error: S3tuiError) -> Found:
    """What `error` means for the pair that it was about."""
    return Found(None, error.sentence)
