"""An object copied onto itself with other headers: in one request, or in parts above `COPY_LIMIT`."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any

from s3tui import background
from s3tui.background import CancelToken
from s3tui.s3 import carried, errors, objects
from s3tui.s3.carried import Carried
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Metadata, parameters
from s3tui.s3.objects import ObjectInfo

COPY_LIMIT = 5 * 1024**3  # bytes; CopyObject takes no more
PART_SIZE = 256 * 1024**2  # bytes; a server copies that much well within our read time-out
_MOST_PARTS = 10_000
_AT_ONCE = 4
Progress = Callable[[int, int], object]  # bytes done, bytes in all; called from several threads


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
    common = parameters(new) | carried.copy_parameters(info, kept)
    if info.size > COPY_LIMIT:
        return _in_parts(connection, info, common | carried.upload_parameters(info, kept), token, on_progress)
    common |= {"MetadataDirective": "REPLACE"} | _place(info) | _source(info)
    answer = _decisive(connection, "copy_object", info, common)
    on_progress(info.size, info.size)
    return answer.get("VersionId")


def _decisive(connection: Connection, operation: str, info: ObjectInfo, parameters: dict[str, Any]) -> dict[str, Any]:
    """Send what makes the new object, on condition that the old one is still there."""
    try:
        try:
            return connection.call(operation, **parameters, IfMatch=info.quoted_etag)
        except errors.Unsupported:
            # OpenStack Swift knows no conditions on the target.
            return connection.call(operation, **parameters)
    except (errors.Unreachable, errors.ServerFault) as error:
        raise AnswerLost(error) from error


def _place(info: ObjectInfo) -> dict[str, str]:
    return replace(info.uri, version_id=None).parameters


def _seen(info: ObjectInfo) -> dict[str, str]:
    """The very version that was looked at."""
    return replace(info.uri, version_id=info.version_id).parameters


def _source(info: ObjectInfo) -> dict[str, Any]:
    return {"CopySource": _seen(info), "CopySourceIfMatch": info.quoted_etag}


def _in_parts(
    connection: Connection, info: ObjectInfo, common: dict[str, Any], token: CancelToken, on_progress: Progress
) -> str | None:
    part_size = _part_size(connection, info)
    upload = _place(info) | {
        "UploadId": connection.call("create_multipart_upload", **_place(info), **common)["UploadId"]
    }
    try:
        parts = _copy_parts(connection, info, upload, part_size, token, on_progress)
        _unchanged(connection, info)  # a long copy: look again, for endpoints that ignore If-Match
        token.check()
        complete = upload | {"MultipartUpload": {"Parts": parts}}
        return _decisive(connection, "complete_multipart_upload", info, complete).get("VersionId")
    except BaseException as failure:
        aborted = _abort(connection, upload, failure)
        if isinstance(failure, AnswerLost) and aborted:
            raise failure.cause from None
        raise


def _part_size(connection: Connection, info: ObjectInfo) -> int:
    """Bytes of each part: those of the upload that made the object where the endpoint tells, so that the ETag
    stays the same."""
    smallest = max(PART_SIZE, math.ceil(info.size / _MOST_PARTS))
    if not info.parts:
        return smallest
    try:
        first = connection.call("head_object", **_seen(info), PartNumber=1)
    except (errors.Refused, errors.Unsupported, errors.ServerFault):
        return smallest
    size = int(first.get("ContentLength") or 0)
    fits = first.get("PartsCount") == info.parts and size and math.ceil(info.size / size) == info.parts
    return size if fits else smallest


def _ranges(size: int, part_size: int) -> Iterator[tuple[int, int, int]]:
    """Number (from 1), first and last byte of each part."""
    for number, start in enumerate(range(0, size, part_size), 1):
        yield number, start, min(start + part_size, size) - 1


def _copy_parts(
    connection: Connection,
    info: ObjectInfo,
    upload: dict[str, Any],
    part_size: int,
    token: CancelToken,
    on_progress: Progress,
) -> list[dict[str, Any]]:
    done, lock = 0, threading.Lock()

    def copy(number: int, first: int, last: int) -> dict[str, Any]:
        nonlocal done
        token.check()
        answer = connection.call(
            "upload_part_copy",
            **upload,
            **_source(info),
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

    waiting = _ranges(info.size, part_size)
    running: set[Future[dict[str, Any]]] = set()
    parts: list[dict[str, Any]] = []
    try:
        while True:
            while len(running) < _AT_ONCE and (part := next(waiting, None)):
                running.add(background.PARTS.submit(copy, *part))
            if not running:
                return sorted(parts, key=lambda item: int(item["PartNumber"]))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            parts += [future.result() for future in finished]
            token.check()
    finally:
        # A part that arrives after the upload was aborted would stay and cost money: wait for those on their way.
        for future in running:
            future.cancel()
        wait(running)


def _unchanged(connection: Connection, info: ObjectInfo) -> None:
    now = objects.head(connection, replace(info.uri, version_id=None))
    if (now.etag, now.modified, now.version_id) != (info.etag, info.modified, info.version_id):
        raise errors.Changed(
            f"“{info.uri.key}” was changed by someone else while it was being copied.", "Nothing was written."
        )


def _abort(connection: Connection, upload: dict[str, Any], failure: BaseException) -> bool:
    """Whether the upload was still there and is gone now, so that nothing was written.

    Raises `errors.S3Error` when it can't be removed.
    """
    try:
        connection.call("abort_multipart_upload", **upload)
    except errors.NoSuchKey:
        return False
    except errors.S3Error as error:
        if isinstance(failure, AnswerLost):
            return False
        raise errors.S3Error(
            f"The copy was not made, and its unfinished upload could not be removed: {error.sentence}",
            f"Abort upload {upload['UploadId']} when the endpoint answers again, or let a lifecycle rule do it.",
            error.request,
        ) from failure
    return True
