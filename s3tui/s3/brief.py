"""The few things that are of use in the answer to a small request that comes by the thousand.

What is not as plain as usual is left to `Line.head`, which tells more and takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from s3tui.s3.header_values import moment
from s3tui.s3.line import Line

_MOST = 1 << 20  # bytes of a body that is held in memory
_SUCCESS = {"HTTP/1.1 200": 200, "HTTP/1.1 206": 206}
_FIELD = re.compile(r"\r\n([!-9;-~]+):[ \t]*([^\r\n]*)")


class Told(NamedTuple):
    """What an endpoint answered. `total` is the bytes of the object of which the `body` is a part, if it is one; -1 when
    they aren't told."""

    status: int
    request_id: str
    etag: str
    version_id: str | None
    modified: datetime | None
    total: int | None
    body: bytes


def told_in(answer: Mapping[str, Any]) -> Told:
    """The same of boto3's `answer`. Raises what reading its body raises."""
    said, part, body = answer["ResponseMetadata"], answer.get("ContentRange"), b""
    if "Body" in answer:
        with answer["Body"] as stream:
            body = stream.read(_MOST + 1)
    names = answer.get("ETag", ""), answer.get("VersionId"), answer.get("LastModified")
    return Told(said["HTTPStatusCode"], said.get("RequestId", ""), *names, _total(part) if part else None, body)


def read(line: Line) -> Told | None:
    """The answer on `line`, all of it. None when it is no plain success, is long or is cut: `Line.head` begins with it
    then."""
    try:
        came = line.first()
        if told := _told(line, came):
            return told
        line.give_back(came)
    except OSError:
        line.end()  # who reads it next is told
    return None


def _told(line: Line, came: bytes) -> Told | None:
    """Where each line of the head is a header that is there once, and a length is said by which the connection can be
    kept. Raises `OSError`."""
    end = came.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = came[:end].decode("latin-1")
    fields = {name.lower(): value for name, value in _FIELD.findall(head)}
    length = fields.get("content-length", "")
    if (
        head[:12] not in _SUCCESS
        or len(fields) != head.count("\r\n")
        or not length.isdecimal()
        or "transfer-encoding" in fields
        or fields.get("connection", "keep-alive").lower() != "keep-alive"
    ):
        return None
    modified, part = fields.get("last-modified"), fields.get("content-range")
    try:
        size, when, total = int(length), moment(modified) if modified else None, _total(part) if part else None
    except ValueError:
        return None
    body = came[end + 4 :]
    if len(body) != size:
        if not len(body) < size <= _MOST:
            return None
        body = line.whole(body, size)
    names = fields.get("x-amz-request-id", ""), fields.get("etag", ""), fields.get("x-amz-version-id")
    return Told(_SUCCESS[head[:12]], *names, when, total, body)


def _total(part: str) -> int:
    """Of `bytes 0-9/10`."""
    text = part.rpartition("/")[2]
    return int(text) if text.isdecimal() else -1
