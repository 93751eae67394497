"""How much the parts of unfinished uploads hold: one question at least for each upload, some at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.at_once import at_once
from s3tui.s3.client import Connection
from s3tui.s3.listing import BrokenListing
from s3tui.s3.uploads import Upload


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one upload, or why they can't be known."""

    upload: Upload
    count: int = 0
    size: int = 0  # bytes
    error: errors.S3Error | None = None
    ended: bool = False  # it was completed or aborted since it was listed


def parts_of_all(
    connection: Connection, bucket: str, uploads: Sequence[Upload], token: CancelToken | None = None
) -> Iterator[Parts]:
    """The parts of each upload, in any order; none of an upload that has ended meanwhile. Raises `Cancelled`."""
    yield from at_once(partial(_parts_of, connection, bucket, token), uploads, token)


def _parts_of(connection: Connection, bucket: str, token: CancelToken | None, upload: Upload) -> Parts:
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
        return Parts(upload, ended=True)
    except errors.S3Error as error:
        return Parts(upload, count, size, error)
