"""Comparing what one side holds with what the other side said: sizes, ETags, checksums."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from s3tui.background import CancelToken
from s3tui.s3 import errors, metadata, tags
from s3tui.s3.client import Connection
from s3tui.s3.objects import ObjectInfo, head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.checksums import ALGORITHMS, is_md5, whole_crc64
from s3tui.transfers.failures import Differs
from s3tui.transfers.parts import MIB, PART_SIZE, Part
from s3tui.transfers.progress import Outcome, State
from s3tui.transfers.receiving import Arriving
from s3tui.transfers.sending import Sent
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, opaque_etag, whole_checksums

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest

Chunks = Callable[[Part], Iterator[bytes]]  # reads a stretch of a local file

# Part sizes that other tools use, in MiB.
_USUAL_MIB = (5, 8, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 512)
_MOST_GUESSES = 4  # each costs a reading of the file


def uploaded(connection: Connection, request: UploadRequest, sent: Sent, source: Source, token: CancelToken) -> Outcome:
    """Whether the endpoint holds what was sent, its metadata and tags included. Raises `Differs` when it says a
    different size or checksum."""
    target = request.target
    try:
        stored = _stored(connection, target, sent)
    except errors.S3Error as error:
        return from_answer(sent, f"it can't be read back: {error.sentence.rstrip('.')}")
    if stored.size != sent.size:
        raise Differs(
            f"“{target}” has {stored.size:,} bytes, but {sent.size:,} were sent.",
            "It is damaged, or someone else has written it meanwhile.",
        )
    agreed = agreement(stored, sent, source, token)
    if agreed and (lost := _lost(connection, request, stored)):
        return _outcome("sent but not verified", f"Size and {agreed} agree, but {lost}.", stored)
    if agreed:
        return _outcome("verified", f"Size and {agreed} agree.", stored)
    return _outcome("sent but not verified", f"The size agrees, but {_why_not(stored)}.", stored)


def _stored(connection: Connection, target: S3Uri, sent: Sent) -> ObjectInfo:
    stored = head(connection, target)
    if sent.version_id not in (None, "null", stored.version_id):
        # Someone has written a newer version meanwhile: ours is beneath it.
        return head(connection, S3Uri(target.bucket, target.key, sent.version_id))
    return stored


def _lost(connection: Connection, request: UploadRequest, stored: ObjectInfo) -> str:
    """What the endpoint dropped without a word, of what was sent beside the bytes; empty when nothing."""
    kept = {name.lower(): metadata.readable(value) for name, value in stored.metadata.user}
    dropped = [name for name, value in request.metadata.items() if kept.get(name.lower()) != value]
    if dropped:
        return f"the endpoint did not keep the metadata {', '.join(dropped)}"
    if request.tags and stored.tag_count != len(request.tags):
        try:
            found = tags.read(connection, stored.uri)
        except errors.S3Error as error:
            return f"it can't be seen whether the tags were kept: {error.sentence.rstrip('.')}"
        if found != request.tags:
            return "the endpoint did not keep the tags"
    return ""


def from_answer(sent: Sent, why: str) -> Outcome:
    """Where nobody has looked, and `why`, the answer to the writing is all there is."""
    if sent.answered_etag == sent.etag:
        return Outcome("verified", "The ETag that the endpoint answered agrees.", sent.etag, sent.version_id, sent.size)
    return Outcome(
        "sent but not verified",
        f"{why[:1].upper()}{why[1:]}.",
        sent.answered_etag,
        sent.version_id,
        sent.size,
    )


def agreement(stored: ObjectInfo, sent: Sent, source: Source, token: CancelToken) -> str:
    """What agrees, in words; empty when nothing that could be compared did. Raises `Differs`."""
    told = whole_checksums(stored).get("CRC64NVME")
    if told and told == whole_crc64(sent.sums):
        return "CRC64NVME checksum"
    if bare(stored.etag) == sent.etag:
        return "ETag"
    if sent.multipart and is_md5(bare(stored.etag)):
        # Some servers give the whole object's MD5 to an object that came in parts.
        whole = Part(1, 0, source.size)
        if _digest("MD5", source.chunks(whole, token)).hex() == bare(stored.etag):
            return "MD5"
    if told:
        raise Differs(
            "The checksum that the endpoint holds is not that of what was sent.",
            "It is damaged, or someone else has written it meanwhile.",
        )
    return ""


def downloaded(
    connection: Connection, source: S3Uri, stored: ObjectInfo, chunks: Chunks, arriving: Arriving | None = None
) -> Outcome:
    """Whether the bytes that `chunks` reads back from the local file, or that were summed while they were
    `arriving`, are what `stored` says.

    Raises `Differs` when a checksum of the whole object says they aren't.
    """
    whole = Part(1, 0, stored.size)
    told = whole_checksums(stored)
    name = next((name for name in ALGORITHMS if name in told), "")
    summed = arriving if arriving and arriving.algorithm == name else None
    digest = summed.digest(chunks) if summed else _digest(name, chunks(whole)) if name else b""
    if name and base64.b64encode(digest).decode() == told[name]:
        return _outcome("verified", f"Size and {name} checksum agree.", stored)
    if not opaque_etag(stored) and _etag_agrees(connection, source, stored, chunks):
        return _outcome("verified", "Size and ETag agree.", stored)
    if name:
        raise Differs(f"What arrived of “{source}” does not have the checksum that the endpoint tells.", "Try again.")
    return _outcome("received but not verified", f"The size agrees, but {_why_not(stored)}.", stored)


def _etag_agrees(connection: Connection, source: S3Uri, stored: ObjectInfo, chunks: Chunks) -> bool:
    if is_md5(bare(stored.etag)):
        return _digest("MD5", chunks(Part(1, 0, stored.size))).hex() == bare(stored.etag)
    told, dash, count = bare(stored.etag).partition("-")
    if not dash or not is_md5(told) or not count.isdigit() or not 0 < int(count) <= 10_000 or not stored.size:
        return False
    for each in _part_sizes(connection, source, stored.size, int(count)):
        starts = range(0, stored.size, each)
        parts = (Part(0, at, min(each, stored.size - at)) for at in starts)
        md5s = b"".join(_digest("MD5", chunks(part)) for part in parts)
        if hashlib.md5(md5s, usedforsecurity=False).hexdigest() == told:
            return True
    return False


def _part_sizes(connection: Connection, source: S3Uri, size: int, count: int) -> list[int]:
    """How large the parts may have been: what the endpoint says of the first, and what tools use."""
    guesses = [PART_SIZE, *(mib * MIB for mib in _USUAL_MIB)]
    try:
        # AWS and some others answer with the part's own length.
        first = connection.call("head_object", Bucket=source.bucket, Key=source.key, PartNumber=1)
        guesses.insert(0, int(first.get("ContentLength") or 0))
    except errors.S3Error:
        pass  # not every endpoint knows PartNumber; the guesses remain
    smallest = -(-size // count)
    guesses.append(-(-smallest // MIB) * MIB)
    fitting = [each for each in dict.fromkeys(guesses) if each > 0 and -(-size // each) == count]
    return fitting[:_MOST_GUESSES]


def _digest(name: str, chunks: Iterator[bytes]) -> bytes:
    summing = hashlib.md5(usedforsecurity=False) if name == "MD5" else ALGORITHMS[name]()
    for chunk in chunks:
        summing.update(chunk)
    return summing.digest()


def _why_not(stored: ObjectInfo) -> str:
    if why := opaque_etag(stored):
        return f"{why}, so its ETag is no MD5, and the endpoint tells no checksum"
    if "-" in bare(stored.etag):
        return f"its ETag {bare(stored.etag)} is made of parts whose sizes are not known"
    return f"its ETag {bare(stored.etag) or '(none)'} is not the MD5 of these bytes: some endpoints make others"


def _outcome(state: State, detail: str, stored: ObjectInfo) -> Outcome:
    return Outcome(state, detail, bare(stored.etag), stored.version_id, stored.size)
