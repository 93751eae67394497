"""How much the parts of unfinished uploads hold: one question at least for each upload, some at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

from s3tui import background
from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.listing import BrokenListing
from s3tui.s3.uploads import Upload

AT_ONCE = 4  # questions; the pool that answers them has others to serve
_LOOK = 0.2  # s; how soon a cancelled wait ends


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one upload, or why they can't be known."""

    upload: Upload
    count: int = 0
    size: int = 0  # bytes
    error: errors.S3Error | None = None


def parts_of_all(
    connection: Connection, bucket: str, uploads: Sequence[Upload], token: CancelToken | None = None
) -> Iterator[Parts]:
    """The parts of each upload, in any order; none of an upload that has ended meanwhile. Raises `Cancelled`."""
    waiting = iter(uploads)
    asked: set[Future[Parts]] = set()
    try:
        while True:
            for upload in islice(waiting, AT_ONCE - len(asked)):
                asked.add(background.METADATA.submit(_parts_of, connection, bucket, upload, token))
            if not asked:
                return
            answered, asked = wait(asked, _LOOK, FIRST_COMPLETED)
            if token:
                token.check()
            for future in answered:
                yield future.result()
    finally:
        for future in asked:
            if not future.cancel():
                background.METADATA.abandon(future)


def _parts_of(connection: Connection, bucket: str, upload: Upload, token: CancelToken | None) -> Parts:
    parameters: dict[str, Any] = {"Bucket": bucket, "Key": upload.key, "UploadId": upload.upload_id}
    count = size = 0
    try:
        while True:
            if token:
                token.check()
            answer = connection.call("list_parts", **parameters)
            parts = answer.get("Parts") or ()
            count += len(parts)
            size += sum(int(part.get("Size") or 0) for part in parts)
            if not answer.get("IsTruncated"):
                return Parts(upload, count, size)
            following = int(answer.get("NextPartNumberMarker") or 0)
            if following <= parameters.get("PartNumberMarker", 0):
                raise BrokenListing("The endpoint says that there are more parts, but not how to get them.")
            parameters["PartNumberMarker"] = following
    except errors.NoSuchKey:
        return Parts(upload)  # completed or aborted since it was listed
    except errors.S3Error as error:
        return Parts(upload, count, size, error)
