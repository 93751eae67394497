"""The object itself: HeadObject, and a GET of its first byte, whose refusals carry a body that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from s3tui.diagnosis.case import Answer, Case
from s3tui.diagnosis.probes.bucket import BucketFound
from s3tui.display import size, when
from s3tui.s3 import errors

State = Literal["readable", "archived", "refused after HEAD", "broken", "absent", "denied", "unknown"]


@dataclass(frozen=True, slots=True)
class ContentFound:
    """`marker`: the endpoint says by a header that a delete marker hides the object."""

    state: State
    head: Answer
    get: Answer
    marker: bool = False

    @property
    def storage_class(self) -> str:
        return str(self.head.data.get("StorageClass") or "STANDARD")

    @property
    def restore(self) -> str:
        """S3's `x-amz-restore`: empty, or whether a restore is under way or until when it lasts."""
        return str(self.head.data.get("Restore") or "")

    @property
    def kms_key(self) -> str:
        return str(self.head.data.get("SSEKMSKeyId") or "")

    @property
    def modified(self) -> datetime | None:
        moment = self.head.data.get("LastModified")
        return moment if isinstance(moment, datetime) else None


def look(case: Case) -> None:
    """Learn `ContentFound`."""
    bucket = case.know(BucketFound)
    if bucket and (bucket.there is False or bucket.elsewhere):
        return
    target = {"Bucket": case.uri.bucket, "Key": case.uri.key}
    if case.uri.version_id:
        target["VersionId"] = case.uri.version_id
    head = case.ask("head_object", **target)
    case.show(head, _head_says(head))
    empty = head.ok and not head.data.get("ContentLength")
    get = case.ask_first_byte(**target if empty else {**target, "Range": "bytes=0-0"})
    case.show(get, _get_says(get))
    case.learn(ContentFound(_state(head, get), head, get, _is_marker(head) or _is_marker(get)))


def _state(head: Answer, get: Answer) -> State:
    if get.ok or _too_short(get):
        return "readable"
    if isinstance(get.error, errors.Archived):
        return "archived"
    if head.ok:
        if get.denied or get.untrusted:
            return "refused after HEAD"
        return "unknown" if isinstance(get.error, errors.Throttled) else "broken"
    if head.absent or get.absent or _is_marker(head) or _is_marker(get):
        return "absent"
    return "denied" if head.denied or get.denied else "unknown"


def _too_short(get: Answer) -> bool:
    """416: there is an object, and it has no first byte."""
    return get.request.code == "InvalidRange" or get.request.status == 416


def _is_marker(answer: Answer) -> bool:
    """404 with this header: a delete marker is on top; 405: the version that was asked for is one."""
    return answer.headers.get("x-amz-delete-marker") == "true"


def _head_says(head: Answer) -> str:
    if not head.ok:
        hidden = "; a delete marker hides it (header x-amz-delete-marker)" if _is_marker(head) else ""
        return f"HEAD of the object: {head.outcome}{hidden}."
    return f"HEAD finds the object: {', '.join(_described(head.data))}."


def _described(data: Mapping[str, object]) -> list[str]:
    length, modified = data.get("ContentLength"), data.get("LastModified")
    words = [size(length)] if isinstance(length, int) else []
    if isinstance(modified, datetime):
        words.append(f"written {when(modified)} UTC")
    words.append(f"storage class {data.get('StorageClass') or 'STANDARD'}")
    named = (("Restore", "restore"), ("Expiration", "expires"), ("ServerSideEncryption", "encrypted with"))
    return words + [f"{label} {data[name]}" for name, label in named if data.get(name)]


def _get_says(get: Answer) -> str:
    if get.ok:
        return "GET of its first byte gives content."
    if _too_short(get):
        return "GET of its first byte says that the object is empty."
    hidden = "; a delete marker hides it (header x-amz-delete-marker)" if _is_marker(get) else ""
    return f"GET of its first byte: {get.outcome}{hidden}."
