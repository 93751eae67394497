"""Unfinished multipart uploads: parts that cost money and are in no listing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.listing import COMPLETE, Completeness


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload that was started and neither completed nor aborted."""

    key: str
    upload_id: str
    started: datetime
    storage_class: str = ""
    initiator: str = ""


@dataclass(frozen=True, slots=True)
class UploadList:
    """Unfinished uploads in the order of their keys."""

    uploads: tuple[Upload, ...]
    completeness: Completeness


def unfinished(connection: Connection, bucket: str, prefix: str = "", token: CancelToken | None = None) -> UploadList:
    """All unfinished uploads of keys that begin with `prefix`. Raises `S3Error`, `Cancelled`.

    If the endpoint's pages don't add up, the list says that it was stopped.
    """
    found = _listed(connection, bucket, prefix, token)
    if not prefix or any(upload.key != prefix for upload in found.uploads):
        return found
    # MinIO takes the prefix for one exact key, but shows all uploads of a bucket without one.
    everything = _listed(connection, bucket, "", token)
    under = tuple(upload for upload in everything.uploads if upload.key.startswith(prefix))
    return UploadList(under, everything.completeness)


def of_key(connection: Connection, bucket: str, key: str, token: CancelToken | None = None) -> UploadList:
    """The unfinished uploads of exactly this key. Raises `S3Error`, `Cancelled`."""
    found = _listed(connection, bucket, key, token)
    return UploadList(tuple(upload for upload in found.uploads if upload.key == key), found.completeness)


def _listed(connection: Connection, bucket: str, prefix: str, token: CancelToken | None) -> UploadList:
    parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    try:
        return _pages(connection, parameters, token)
    except errors.NoSuchKey as error:
        if error.request.code != "NoSuchUpload":
            raise
        return UploadList((), COMPLETE)  # rclone's way of saying that there are none
    except errors.ServerFault:
        # XML can't hold some keys. Only then are they asked for encoded, since RGW doesn't say whether they are.
        return _pages(connection, {**parameters, "EncodingType": "url"}, token)


def _pages(connection: Connection, parameters: dict[str, Any], token: CancelToken | None) -> UploadList:
    encoded = "EncodingType" in parameters
    found: list[Upload] = []
    seen: set[tuple[str, str]] = set()
    while True:
        if token:
            token.check()
        answer = connection.call("list_multipart_uploads", **parameters)
        found += (_upload(item, encoded) for item in answer.get("Uploads") or ())
        if not answer.get("IsTruncated"):
            return UploadList(tuple(found), COMPLETE)
        following = str(answer.get("NextKeyMarker") or "")
        if answer.get("EncodingType") == "url":
            following = _decoded(following)
        marker = following, str(answer.get("NextUploadIdMarker") or "")
        if not any(marker) or marker in seen:
            why = "the endpoint says that there are more uploads, but not how to get them"
            return UploadList(tuple(found), Completeness("stopped", why))
        seen.add(marker)
        parameters = {**parameters, "KeyMarker": marker[0], "UploadIdMarker": marker[1]}


def _upload(item: dict[str, Any], encoded: bool) -> Upload:
    initiator = item.get("Initiator") or item.get("Owner") or {}
    return Upload(
        key=_decoded(item["Key"]) if encoded else item["Key"],
        upload_id=str(item["UploadId"]),
        started=item["Initiated"].astimezone(UTC),
        storage_class=str(item.get("StorageClass") or ""),
        initiator=str(initiator.get("DisplayName") or initiator.get("ID") or ""),
    )


def _decoded(text: str) -> str:
    """botocore decodes keys of other listings, but not of this one."""
    return unquote_plus(text, errors="surrogateescape")
