"""An object copied by the endpoint: in one request, or in parts above `COPY_LIMIT`; onto itself or elsewhere."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from s3tui import background
from s3tui.background import CancelToken
from s3tui.s3 import carried, errors, objects
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.description import Described
from s3tui.s3.metadata import Metadata, parameters
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri

COPY_LIMIT = 5 * 1024**3  # bytes; CopyObject takes no more
PART_SIZE = 256 * 1024**2  # bytes; a server copies that much well within our read time-out
LEAST_PART = 5 * 1024**2  # bytes; “Amazon S3 multipart upload limits”
# Part sizes that tools use, in MiB.
USUAL_MIB = (64, 8, 5, 10, 15, 16, 25, 32, 50, 100, 128, 256, 512)
_MOST_PARTS = 10_000
_AT_ONCE = 4
Progress = Callable[[int, int], object]  # bytes done, bytes in all; called from several threads
Answer: TypeAlias = dict[str, Any]
# Calls the write that it is given with the conditions (`IfMatch` …) under which it may happen.
Decide = Callable[[Callable[[dict[str, Any]], Answer]], Answer]


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload in parts: `part_size` in bytes, and those of its parts that are there, by their numbers, as
    CompleteMultipartUpload wants them."""

    upload_id: str
    part_size: int
    parts: Mapping[int, Answer] = field(default_factory=dict)


class Memory:
    """What is remembered of a copy in parts, for another run to go on with. This one remembers nothing."""

    def found(self) -> Begun | None:
        """What an earlier run has begun."""
        return None

    def begin(self, begun: Begun) -> None:
        """Parts will be added to it from now on."""

    def copied(self, part: Answer) -> None:
        """This part is there."""

    def stays(self, failure: BaseException) -> bool:
        """Whether the upload stays when the copy ends by `failure`."""
        return False


class AnswerLost(Exception):
    """The request that decides was sent, and whether it was carried out is not known; `cause` says why."""

    def __init__(self, cause: errors.S3Error) -> None:
        super().__init__(str(cause))
        self.cause = cause


def copy_onto_itself(
    connection: Connection,
    info: ObjectInfo,
    new: Metadata,
    kept: Carried,
    token: CancelToken,
    on_progress: Progress,
) -> str | None:
    """Write `new` by copying; return the new version's id, where the bucket has versions.

    Raises `errors.Changed` when the object is no longer the one that `info` describes (where the endpoint looks
    at that), `AnswerLost`, `Cancelled`, and other `errors.S3Error`. After a failure or a cancel no unfinished upload is left.
    """
    token.check()
    target = replace(info.uri, version_id=None)
    common = parameters(new) | carried.copy_parameters(info, kept)
    decide = partial(over, info.quoted_etag)
    if info.size > COPY_LIMIT:
        common |= carried.upload_parameters(info, kept)
        return in_parts(connection, info, target, common, decide, token, on_progress).get("VersionId")
    answer = in_one(connection, info, target, common | {"MetadataDirective": "REPLACE"}, decide)
    on_progress(info.size, info.size)
    return answer.get("VersionId")


def over(etag: str, write: Callable[[dict[str, Any]], Answer]) -> Answer:
    """Let `write` replace the object with this quoted `etag`, and no other."""
    try:
        return write({"IfMatch": etag})
    except errors.Unsupported:
        # OpenStack Swift knows no conditions on the target.
        return write({})


def in_one(connection: Connection, info: ObjectInfo, target: S3Uri, settings: dict[str, Any], decide: Decide) -> Answer:
    """“CopyObject” of the very version that `info` describes, with `settings`. Raises `AnswerLost`, what `decide`
    raises, and `errors.S3Error`, of which `Changed` also when that is no longer there."""
    return _decisive(connection, "copy_object", settings | place_of(target) | source_of(info), decide)


def _decisive(connection: Connection, operation: str, parameters: dict[str, Any], decide: Decide) -> Answer:
    """Send what makes the new object."""

    def write(conditions: dict[str, Any]) -> Answer:
        try:
            return connection.call(operation, **parameters, **conditions)
        except (errors.Unreachable, errors.ServerFault) as error:
            raise AnswerLost(error) from error

    return decide(write)


def place_of(target: S3Uri) -> dict[str, str]:
    """Parameters: what is to be written."""
    return target.of_version(None).parameters


def _seen(info: Described) -> dict[str, str]:
    """The very version that was looked at."""
    return info.uri.of_version(info.version_id).parameters


def source_of(info: Described) -> dict[str, Any]:
    """Parameters: the very version that `info` describes, and no other content."""
    return {"CopySource": _seen(info), "CopySourceIfMatch": info.quoted_etag}


def in_parts(
    connection: Connection,
    info: ObjectInfo,
    target: S3Uri,
    settings: dict[str, Any],
    decide: Decide,
    token: CancelToken,
    on_progress: Progress,
    memory: Memory | None = None,
) -> Answer:
    """The same by “UploadPartCopy”, for an object of any size. `settings` are those of CreateMultipartUpload;
    `memory` is told before anything is copied. Raises as `in_one`, and `Cancelled`; no unfinished upload is left
    then, unless `memory` says so."""
    memory = memory or Memory()
    begun = memory.found()
    if begun is None:
        each = part_size(connection, info)
        created = connection.call("create_multipart_upload", **place_of(target), **settings)
        begun = Begun(str(created["UploadId"]), each)
    upload = place_of(target) | {"UploadId": begun.upload_id}
    try:
        memory.begin(begun)
        parts = _copy_parts(connection, info, upload, begun, token, on_progress, memory.copied)
        _unchanged(connection, info)  # a long copy: look again, for endpoints that ignore conditions
        token.check()
        complete = upload | {"MultipartUpload": {"Parts": parts}}
        return _decisive(connection, "complete_multipart_upload", complete, decide)
    except BaseException as failure:
        if memory.stays(failure):
            raise
        aborted = abort(connection, upload, failure)
        if isinstance(failure, AnswerLost) and aborted:
            raise failure.cause from None
        raise


def part_size(connection: Connection, info: ObjectInfo) -> int:
    """Bytes of each part: those of the upload that made the object where the endpoint tells, or where a tool's
    usual size fits, so that the ETag stays the same."""
    smallest = max(PART_SIZE, math.ceil(info.size / _MOST_PARTS))
    if not info.parts:
        return smallest
    usual = (mib * 1024**2 for mib in USUAL_MIB)
    guessed = next((size for size in usual if math.ceil(info.size / size) == info.parts), smallest)
    try:
        first = connection.call("head_object", **_seen(info), PartNumber=1)
    except (errors.Refused, errors.Unsupported, errors.ServerFault):
        return guessed
    size = int(first.get("ContentLength") or 0)
    possible = size >= LEAST_PART or info.parts == 1
    fits = first.get("PartsCount") == info.parts and possible and math.ceil(info.size / max(1, size)) == info.parts
    return size if fits else guessed


def ranges(size: int, part_size: int) -> Iterator[tuple[int, int, int]]:
    """Number (from 1), first and last byte of each part."""
    for number, start in enumerate(range(0, size, part_size), 1):
        yield number, start, min(start + part_size, size) - 1


def _copy_parts(
    connection: Connection,
    info: ObjectInfo,
    upload: dict[str, Any],
    begun: Begun,
    token: CancelToken,
    on_progress: Progress,
    on_copied: Callable[[Answer], object],
) -> list[Answer]:
    """All parts in their order: those that were there, and those that were missing."""
    missing = [each for each in ranges(info.size, begun.part_size) if each[0] not in begun.parts]
    done, lock = info.size - sum(last - first + 1 for _, first, last in missing), threading.Lock()

    def copy(number: int, first: int, last: int) -> Answer:
        nonlocal done
        token.check()
        answer = connection.call(
            "upload_part_copy",
            **upload,
            **source_of(info),
            PartNumber=number,
            CopySourceRange=f"bytes={first}-{last}",
        )
        result = answer.get("CopyPartResult") or {}
        if not result.get("ETag"):
            # rclone takes it for the upload of an empty part.
            raise errors.Unsupported("This endpoint can't copy an object in parts.", "Nothing was written.")
        with lock:
            done += last - first + 1
            on_progress(done, info.size)
        checksums = {name: value for name, value in result.items() if name.startswith("Checksum")}
        return {"PartNumber": number, "ETag": result["ETag"]} | checksums

    def take(finished: Iterable[Future[Answer]]) -> None:
        for future in finished:
            part = future.result()
            parts.append(part)
            on_copied(part)

    waiting = iter(missing)
    running: set[Future[Answer]] = set()
    parts = list(begun.parts.values())
    try:
        while True:
            while len(running) < _AT_ONCE and (part := next(waiting, None)):
                running.add(background.PARTS.submit(copy, *part))
            if not running:
                return sorted(parts, key=lambda item: int(item["PartNumber"]))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            take(finished)
            token.check()
    finally:
        # A part that arrives after the upload was aborted would stay and cost money: wait for those on their way.
        for future in running:
            future.cancel()
        wait(running)
        take(future for future in running if not future.cancelled() and future.exception() is None)


def _unchanged(connection: Connection, info: ObjectInfo) -> None:
    now = objects.head(connection, info.uri)
    if (now.etag, now.modified, now.version_id) != (info.etag, info.modified, info.version_id):
        raise errors.Changed(
            f"“{info.uri.key}” was changed by someone else while it was being copied.", "Nothing was written."
        )


def abort(connection: Connection, upload: dict[str, Any], failure: BaseException) -> bool:
    """Whether the upload was still there and is gone now, so that nothing was written.

    Raises `errors.S3Error` when it can't be removed, unless that is what `failure` says.
    """
    try:
        connection.call("abort_multipart_upload", **upload)
    except errors.NoSuchKey:
        return False
    except errors.S3Error as error:
        if isinstance(failure, AnswerLost):
            return False
        if isinstance(failure, errors.Unreachable):  # who waits for the endpoint tries again, and goes on with it
            failure.advice = f"{failure.advice} Its unfinished upload {upload['UploadId']} is still there.".strip()
            return False
        raise errors.S3Error(
            f"The copy was not made, and its unfinished upload could not be removed: {error.sentence}",
            f"Abort upload {upload['UploadId']} when the endpoint answers again, or let a lifecycle rule do it.",
            error.request,
        ) from failure
    return True
