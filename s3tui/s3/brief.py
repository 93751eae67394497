"""The few things that are of use in the answer to a small request that comes by the thousand.

What is not as plain as usual is left to `wire.Line.head`, which tells more and takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from s3tui.s3.header_values import moment
from s3tui.s3.wire import Line

_MOST = 1 << 20  # bytes of a body that is held in memory
_FIELD = re.compile(r"\r\n([!-9;-~]+):[ \t]*([^\r\n]*)")


class Told(NamedTuple):
    """What an endpoint answered. `total` is the bytes of the object of which the `body` is a part, if it is one."""

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
    """The answer on `line`, all of it. None when it is no plain success, is long or is cut."""
    try:
        came = line.peek()
        end = came.find(b"\r\n\r\n")
        head = came[: max(end, 0)].decode("latin-1")
        fields = {name.lower(): value for name, value in _FIELD.findall(head)}
        if head[:12] not in ("HTTP/1.1 200", "HTTP/1.1 206") or not _is_plain(fields, head):
            return None
        length = int(fields["content-length"])
        if length > _MOST or len(came) - end - 4 > length:
            return None
        modified, part = fields.get("last-modified"), fields.get("content-range")
        return Told(
            int(head[9:12]),
            fields.get("x-amz-request-id", ""),
            fields.get("etag", ""),
            fields.get("x-amz-version-id"),
            moment(modified) if modified else None,
            _total(part) if part else None,
            line.body(end + 4, length),
        )
    except ValueError:
        return None
    except OSError:
        line.end()  # who reads it next is told
        return None


def _is_plain(fields: Mapping[str, str], head: str) -> bool:
    """Whether each line of `head` is a header that is there once, and a length is said by which the connection can be
    kept."""
    if len(fields) != head.count("\r\n") or "transfer-encoding" in fields:
        return False
    return (
        fields.get("connection", "keep-alive").lower() == "keep-alive" and fields.get("content-length", "").isdecimal()
    )


def _total(part: str) -> int:
    """Of `bytes 0-9/10`. Raises `ValueError`."""
    return int(part.rpartition("/")[2])
