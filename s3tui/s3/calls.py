"""What is known of one call of an endpoint while it is made."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from s3tui.s3 import errors


@dataclass(frozen=True, slots=True)
class Probe:
    """The raw answer to a GET or HEAD: the start of the body and all headers (names in lower case)."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Sending:
    """What one thread's call is doing right now; botocore's hooks read and write it."""

    attempts: int = 0
    probe: tuple[str, str, str] | None = None  # method, key, query
    refusal: bytes = b""  # body of an answer of 300 and above
    url: str = ""  # of the last request
    authorization: str = ""  # its header; names the signature's scope, no secret


@dataclass(slots=True)
class Logged:
    """What the log will say of one call."""

    request: errors.Request
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.perf_counter)


def logged(operation: str, parameters: dict[str, Any]) -> Logged:
    """A call of boto3's `operation`, which begins now."""
    return Logged(errors.Request(_named(operation), str(parameters.get("Bucket", "")), str(parameters.get("Key", ""))))


@cache
def _named(operation: str) -> str:
    """S3's name of boto3's `operation`."""
    return "".join(word.capitalize() for word in operation.split("_"))
