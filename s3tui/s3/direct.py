"""Many GETs of one bucket over kept connections, signed by botocore but without what its client does around each.

A `Way` is how botocore itself sent its last request of that bucket: address, signature, certificates, proxy. A
`Direct` repeats that for other query words, in this process or in a child. It knows success only: whatever is not
a plain 200 is for `Connection.call` to ask again, with its retries, redirects and typed errors.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

_SIGNED_AS = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Way:
    """How a request of a bucket is sent. Its `repr` holds no secret."""

    url: str  # without a query
    query: dict[str, str]  # what the request asked for
    region: str  # of the signature
    service: str  # of the signature; empty when requests are not signed
    keys: tuple[str, str, str | None] | None = field(repr=False)  # access key id, secret, session token
    verify: bool | str  # certificates: the usual authorities, a CA file, or none are checked
    proxies: dict[str, str] = field(repr=False)  # by scheme; may hold a password
    timeouts: tuple[float, float]  # s: to connect, to read
    streams: int  # requests at the same time


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    request_id: str
    seconds: float  # from the request to the last byte
    idle: float  # s of these in which this thread had nothing to do


class Direct:
    """Sends GETs on one way. Thread-safe."""

    def __init__(self, way: Way) -> None:
        from botocore.credentials import ReadOnlyCredentials
        from botocore.httpsession import URLLib3Session

        self._way = way
        self._keys = ReadOnlyCredentials(*way.keys) if way.keys else None
        options: dict[str, Any] = {"verify": way.verify, "timeout": way.timeouts}  # the stubs know less than botocore
        self._http = URLLib3Session(proxies=way.proxies, max_pool_connections=way.streams, **options)

    def get(self, query: Mapping[str, str]) -> Answer:
        """The answer to a GET with these query words, whatever its status. Raises botocore's `HTTPClientError`."""
        request = self._signed(query)
        started, busy = time.perf_counter(), time.thread_time()
        answer = self._http.send(request)
        body = answer.content
        seconds = time.perf_counter() - started
        idle = max(seconds - (time.thread_time() - busy), 0.0)
        return Answer(answer.status_code, body, answer.headers.get("x-amz-request-id") or "", seconds, idle)

    def _signed(self, query: Mapping[str, str]) -> Any:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        # A space as `%20`, as botocore has it: what `+` means, and how it is signed, not all endpoints agree on.
        words = urlencode(query, quote_via=quote, safe="-_.~", errors="surrogateescape")
        request = AWSRequest(method="GET", url=f"{self._way.url}?{words}")
        if self._keys:
            request.context["signing"] = {}
            S3SigV4Auth(self._keys, self._way.service, self._way.region).add_auth(request)
        return request.prepare()


def scope_of(authorization: str) -> tuple[str, str] | None:
    """Region and service that an `Authorization` header was made for; None when it isn't Signature Version 4."""
    kind, _, words = authorization.partition(" ")
    credential = words.partition("Credential=")[2].partition(",")[0].split("/")
    if kind != _SIGNED_AS or len(credential) < 5:
        return None
    return credential[-3], credential[-2]
