"""The log of requests: what was asked of the endpoint, what came back, how long it took. No secrets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple


class LoggedRequest(NamedTuple):
    """One call of one operation; its attempts are counted, not listed."""

    at: datetime
    operation: str  # S3's name: `HeadObject`
    bucket: str
    key: str
    status: int  # HTTP; 0 when no answer came
    request_id: str
    attempts: int
    milliseconds: int
    error: str = ""  # S3's code, or the kind of failure


class RequestLog:
    """The newest 2,000 requests of a connection. Safe to use from any thread."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=2000)
        self._lock = threading.Lock()
        self.total = 0  # ever added; says whether there is something new

    def add(self, request: LoggedRequest) -> None:
        """Append one; the oldest falls out when there are too many."""
        with self._lock:
            self._requests.append(request)
            self.total += 1

    def add_all(self, requests: Collection[LoggedRequest]) -> None:
        """Append some, the oldest first."""
        with self._lock:
            self._requests.extend(requests)
            self.total += len(requests)

    def newest(self, count: int = 2000) -> list[LoggedRequest]:
        """Up to `count` requests, oldest first."""
        with self._lock:
            return list(self._requests)[-count:]
