"""Unfinished multipart uploads: parts that cost money and are in no listing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from s3tui.background import CancelToken
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
    parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "EncodingType": "url"}
    found: list[Upload] = []
    seen: set[tuple[str, str]] = set()
    while True:
        if token:
            token.check()
        answer = connection.call("list_multipart_uploads", **parameters)
        encoded = answer.get("EncodingType") == "url"
        found += (_upload(item, encoded) for item in answer.get("Uploads") or ())
        if not answer.get("IsTruncated"):
            return UploadList(tuple(found), COMPLETE)
        marker = _key(str(answer.get("NextKeyMarker") or ""), encoded), str(answer.get("NextUploadIdMarker") or "")
        if not any(marker) or marker in seen:
            why = "the endpoint says that there are more uploads, but not how to get them"
            return UploadList(tuple(found), Completeness("stopped", why))
        seen.add(marker)
        parameters["KeyMarker"], parameters["UploadIdMarker"] = marker


def _upload(item: dict[str, Any], encoded: bool) -> Upload:
    initiator = item.get("Initiator") or item.get("Owner") or {}
    return Upload(
        key=_key(item["Key"], encoded),
        upload_id=str(item["UploadId"]),
        started=item["Initiated"].astimezone(UTC),
        storage_class=str(item.get("StorageClass") or ""),
        initiator=str(initiator.get("DisplayName") or initiator.get("ID") or ""),
    )


def _key(text: str, encoded: bool) -> str:
    """botocore decodes keys of other listings, but not of this one."""
    return unquote_plus(text, errors="surrogateescape") if encoded else text
