"""Leaving no unfinished upload behind, neither one that we know nor one whose beginning was never answered."""

from __future__ import annotations

from collections.abc import Mapping

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uploads import Upload, of_key
from s3tui.s3.uri import S3Uri
from s3tui.transfers.begun import Begun
from s3tui.transfers.failures import LeftBehind

# Seconds: HTTP's Date has no fractions, and a request takes its time.
_MARGIN = 5.0


def abort(connection: Connection, upload: Mapping[str, str]) -> None:
    """“AbortMultipartUpload”: parts that were still arriving may need it more than once. No such upload is fine.

    `upload` is its Bucket, Key and UploadId. Raises `LeftBehind`.
    """
    try:
        for _ in range(3):
            connection.call("abort_multipart_upload", **upload)
            connection.call("list_parts", **upload, MaxParts=1)
    except errors.NoSuchKey:
        return
    except errors.S3Error as error:
        if error.request.operation == "ListParts":
            return
        raise LeftBehind(upload["Key"], upload["UploadId"], error) from error


def abort_unheard(connection: Connection, target: S3Uri, begun: Begun) -> str:
    """Abort what unanswered attempts at CreateMultipartUpload have begun. Returns what of it may be left, in words.

    Nothing marks an upload as ours. What is aborted was begun by us (as far as the endpoint tells by whom) while we
    were asking, has no parts, and is no more than we can have begun: should it be another program's after all, nothing
    but an empty beginning is lost to it.
    """
    if not begun.unanswered:
        return ""
    try:
        doubtful = _doubtful(connection, target, begun)
        left = doubtful if len(doubtful) > begun.unanswered else _abort_empty(connection, target, doubtful)
    except (errors.S3Error, LeftBehind) as error:
        return f"An unfinished upload of this key may be left, since an answer was lost: {error.sentence}"
    if not left:
        return ""
    names = ", ".join(upload.upload_id for upload in left)
    return f"An answer was lost, so of these unfinished uploads of this key one may be left from here: {names}."


def _doubtful(connection: Connection, target: S3Uri, begun: Begun) -> list[Upload]:
    listed = of_key(connection, target.bucket, target.key).uploads
    us = next((upload.initiator for upload in listed if upload.upload_id == begun.upload_id), "")
    return [
        upload
        for upload in listed
        if upload.upload_id != begun.upload_id
        and begun.asked - _MARGIN <= upload.started.timestamp() <= begun.answered + _MARGIN
        and us in ("", upload.initiator)
    ]


def _abort_empty(connection: Connection, target: S3Uri, uploads: list[Upload]) -> list[Upload]:
    """Those that were not aborted, since they have parts."""
    left = []
    for upload in uploads:
        parameters = {"Bucket": target.bucket, "Key": target.key, "UploadId": upload.upload_id}
        if connection.call("list_parts", **parameters, MaxParts=1).get("Parts"):
            left.append(upload)
        else:
            abort(connection, parameters)
    return left
