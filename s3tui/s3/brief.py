"""The few things that are of use in the answer to a small request that comes by the thousand.

What is not as plain as usual is left to `Line.head`, which tells more and takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from s3tui.s3.header_values import moment
from s3tui.s3.line import Line

_MOST = 1 << 20  # bytes of a body that is held in memory
_SUCCESS = {"HTTP/1.1 200": 200, "HTTP/1.1 206": 206}
_FIELD = re.compile(r"\r\n([!-9;-~]+):[ \t]*([^\r\n]*)")

T = TypeVar("T")


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
    return _read(line, _told)


def read_head(line: Line, take: Callable[[dict[str, str]], T | None]) -> T | None:
    """What `take` makes of the headers (names in lower case) of an answer to HEAD. None when it makes nothing of them,
    or the answer is no plain success or is cut: as `read`."""

    def taken(_: Line, came: bytes) -> T | None:
        if came[-4:] != b"\r\n\r\n" or (found := _fields(came[:-4])) is None or found[0] != 200:
            return None
        return take(found[1])

    return _read(line, taken)


def _read(line: Line, take: Callable[[Line, bytes], T | None]) -> T | None:
    try:
        came = line.first()
        if (taken := take(line, came)) is not None:
            return taken
        line.give_back(came)
    except OSError:
        line.end()  # who reads it next is told
    return None


def _fields(head: bytes) -> tuple[int, dict[str, str]] | None:
    """Status and headers of a success, where each line is a header that is there once, and a length is said by which
    the connection can be kept."""
    text = head.decode("latin-1")
    pairs = _FIELD.findall(text)
    fields = {name.lower(): value for name, value in pairs}
    if (
        text[:12] not in _SUCCESS
        or len(pairs) != text.count("\r\n")
        or (len(fields) != len(pairs) and not _only_vary_repeats(pairs))
        or not fields.get("content-length", "").isdecimal()
        or "transfer-encoding" in fields
        or fields.get("connection", "keep-alive").lower() != "keep-alive"
    ):
        return None
    return _SUCCESS[text[:12]], fields


def _only_vary_repeats(pairs: list[tuple[str, str]]) -> bool:
    """MinIO sends that twice, and it tells nothing here."""
    names = [name.lower() for name, _ in pairs]
    once = [name for name in names if name != "vary"]
    return len(set(once)) == len(once)


def _told(line: Line, came: bytes) -> Told | None:
    """Raises `OSError`."""
    end = came.find(b"\r\n\r\n")
    found = _fields(came[:end]) if end >= 0 else None
    if found is None:
        return None
    status, fields = found
    modified, part = fields.get("last-modified"), fields.get("content-range")
    try:
        when, total = moment(modified) if modified else None, _total(part) if part else None
    except ValueError:
        return None
    size, body = int(fields["content-length"]), came[end + 4 :]
    if len(body) != size:
        if not len(body) < size <= _MOST:
            return None
        body = line.whole(body, size)
    names = fields.get("x-amz-request-id", ""), fields.get("etag", ""), fields.get("x-amz-version-id")
    return Told(status, *names, when, total, body)


def _total(part: str) -> int:
    """Of `bytes 0-9/10`."""
    text = part.rpartition("/")[2]
    return int(text) if text.isdecimal() else -1
