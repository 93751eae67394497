"""Aborting unfinished uploads until they are gone.

A server that doesn't know `?uploadId` would take `DELETE /key?uploadId=…` for `DELETE /key` (DESIGN 3.3), so what was
found in a list is aborted only where the endpoint has shown that it lists uploads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from s3tui.background import CancelToken
from s3tui.s3 import capabilities, errors
from s3tui.s3.at_once import at_once
from s3tui.s3.client import Connection
from s3tui.s3.uploads import Upload

_TIMES = 3


@dataclass(frozen=True, slots=True)
class Aborted:
    """What became of one upload: it is gone, or `error` says why not. `had_ended`: somebody was faster."""

    upload: Upload
    had_ended: bool = False
    error: errors.S3Error | None = None


def abort(connection: Connection, bucket: str, key: str, upload_id: str) -> bool:
    """“AbortMultipartUpload”: parts that were still arriving may need it more than once, so it is done until ListParts
    no longer finds the upload. False when the upload had ended before.

    Raises `errors.Conflict` when its parts are still there, and `errors.S3Error`. Where ListParts isn't allowed, the
    endpoint's word is taken.
    """
    name = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
    left: dict[str, object] = {}
    for tried in range(_TIMES):
        try:
            connection.call("abort_multipart_upload", **name)
        except errors.NoSuchKey:
            return tried > 0
        try:
            left = connection.call("list_parts", **name, MaxParts=1)
        except errors.S3Error:
            return True
    if left.get("Parts"):
        raise errors.Conflict(
            f"The unfinished upload of “{key}” was aborted {_TIMES} times, and its parts are still there.",
            "Something may still be sending it: stop that first.",
            errors.Request("AbortMultipartUpload", bucket, key),
        )
    return True


def abort_all(
    connection: Connection, bucket: str, uploads: Iterable[Upload], token: CancelToken | None = None
) -> Iterator[Aborted]:
    """Abort each of the `uploads` that were found in `bucket`, some at the same time.

    Raises `errors.ReadOnly`, `errors.Unsupported` and `errors.Unsafe` before anything is sent, and `Cancelled`; what
    goes wrong with one upload is in its `Aborted`.
    """
    if connection.read_only:
        raise errors.ReadOnly("This connection is read-only: nothing was sent.")
    capabilities.require(connection, bucket, "uploads")

    def abort_one(upload: Upload) -> Aborted:
        try:
            _check_named(bucket, upload)
            return Aborted(upload, had_ended=not abort(connection, bucket, upload.key, upload.upload_id))
        except errors.S3Error as error:
            return Aborted(upload, error=error)

    yield from at_once(abort_one, uploads, token)


def _check_named(bucket: str, upload: Upload) -> None:
    """Without its id, `DELETE` would be of the object; without its key, of the bucket."""
    if not upload.key or not upload.upload_id:
        raise errors.Unsafe(
            "The endpoint listed an unfinished upload without its key or its id.",
            "It is left alone: aborting it could delete something else.",
            errors.Request("AbortMultipartUpload", bucket, upload.key),
        )
