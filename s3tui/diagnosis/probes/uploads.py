"""Was an upload of exactly this key begun and never completed?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus

from s3tui.diagnosis.case import Case
from s3tui.diagnosis.known import may_be_missing
from s3tui.display import counted, size, when


@dataclass(frozen=True, slots=True)
class UploadsFound:
    """Unfinished uploads of this key; `started`, `parts` and `stored` (bytes) are of the newest. Without a right
    to list the parts, `parts` is None."""

    count: int
    started: datetime | None = None
    parts: int | None = None
    stored: int = 0

    @property
    def arrived(self) -> str:
        """`3 parts, 15.0 MiB`, or empty when that can't be known."""
        return "" if self.parts is None else f"{counted(self.parts, 'part')}, {size(self.stored)}"


def look(case: Case) -> None:
    """Learn `UploadsFound`."""
    if not may_be_missing(case):
        return
    answer = case.ask("list_multipart_uploads", Bucket=case.uri.bucket, Prefix=case.uri.key, EncodingType="url")
    if not answer.ok:
        case.show(answer, f"Unfinished uploads of this key: {answer.outcome}.")
        if not answer.unsupported:
            case.leave_open("unfinished uploads", "whether an upload of this key was begun and never completed")
        return
    ours = [
        item
        for item in answer.data.get("Uploads") or ()
        if "Initiated" in item and "UploadId" in item and case.uri.key in _readings(str(item.get("Key", "")))
    ]
    if not ours:
        if answer.data.get("IsTruncated"):  # S3 sorts them, so that this key's come first; not every endpoint does
            case.show(answer, "No unfinished upload of this key on the first page of them.")
            case.leave_open("the rest of the unfinished uploads", "whether one of this key is among them")
            return
        case.show(answer, "No unfinished upload of this key.")
        case.learn(UploadsFound(0))
        return
    newest = max(ours, key=lambda item: item["Initiated"])
    case.show(
        answer,
        f"{counted(len(ours), 'unfinished upload')} of this key, the newest begun {when(newest['Initiated'])} UTC.",
    )
    parts, stored = _parts(case, newest["UploadId"])
    case.learn(UploadsFound(len(ours), newest["Initiated"], parts, stored))


def _readings(key: str) -> tuple[str, str]:
    """Ceph RGW encodes the keys but doesn't say so, and botocore doesn't decode those of this listing."""
    return key, unquote_plus(key, errors="surrogateescape")


def _parts(case: Case, upload_id: str) -> tuple[int | None, int]:
    answer = case.ask("list_parts", Bucket=case.uri.bucket, Key=case.uri.key, UploadId=upload_id)
    if not answer.ok:
        case.show(answer, f"Its parts: {answer.outcome}.")
        return None, 0
    parts = answer.data.get("Parts") or ()
    stored = sum(int(part.get("Size") or 0) for part in parts)
    more = " (the first page)" if answer.data.get("IsTruncated") else ""
    case.show(answer, f"{counted(len(parts), 'part')} of it arrived{more}: {size(stored)}.")
    return len(parts), stored
