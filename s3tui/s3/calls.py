"""What is known of one call of an endpoint while it is made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from s3tui.s3 import errors
from s3tui.s3.requests import LoggedRequest


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


class Logged:
    """What the log will say of one call, which begins when this is made."""

    __slots__ = ("at", "bucket", "key", "operation", "started")

    def __init__(self, operation: str, bucket: str, key: str) -> None:
        """`operation` as S3 calls it."""
        self.operation, self.bucket, self.key = operation, bucket, key
        self.at, self.started = datetime.now(UTC), time.perf_counter()

    @property
    def request(self) -> errors.Request:
        return errors.Request(self.operation, self.bucket, self.key)

    def told(self, answer: dict[str, Any], failure: Exception | None, attempts: int) -> LoggedRequest:
        """How it has ended, which is now."""
        metadata = answer.get("ResponseMetadata") or {}
        status, name = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
        code = answer["Error"].get("Code") if "Error" in answer else ""
        if failure:
            refused = failure.request if isinstance(failure, errors.S3Error) else errors.Request()
            status, name, code = refused.status, refused.request_id, refused.code or type(failure).__name__
        return self.ended(int(status or 0), str(name or ""), attempts, str(code or ""))

    def ended(self, status: int, request_id: str, attempts: int, error: str = "") -> LoggedRequest:
        """It has, so and now."""
        milliseconds = round((time.perf_counter() - self.started) * 1000)
        place = self.at, self.operation, self.bucket, self.key
        return LoggedRequest(*place, status, request_id, attempts, milliseconds, error)


def logged(operation: str, parameters: dict[str, Any]) -> Logged:
    """A call of boto3's `operation`, which begins now."""
    return Logged(named(operation), str(parameters.get("Bucket", "")), str(parameters.get("Key", "")))


@cache
def named(operation: str) -> str:
    """S3's name of boto3's `operation`."""
    return "".join(word.capitalize() for word in operation.split("_"))
