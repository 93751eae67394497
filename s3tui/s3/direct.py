"""Many GETs of one bucket over kept connections, without what botocore does around each.

A `Way` is how botocore itself sent its last request of that bucket: address, signature, certificates, proxy. A
`Direct` repeats that for other query words, in this process or in a child. It knows success only: whatever is not
a plain 200 is for `Connection.call` to ask again, with its retries, redirects and typed errors.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from s3tui.s3.line import Place
from s3tui.s3.signature import ALGORITHM, EMPTY, Keys, Signer
from s3tui.s3.wire import Wire, request_head

_LARGEST = 64 << 20  # bytes of an answer in chunks
MOST_KNOWN = 32  # buckets: each keeps connections open


@dataclass(frozen=True, slots=True)
class Way:
    """How a request of a bucket is sent. Its `repr` holds no secret."""

    url: str  # without a query
    query: dict[str, str]  # what the request asked for
    region: str  # of the signature
    service: str  # of the signature; empty when requests are not signed
    keys: Keys | None = field(repr=False)
    authorities: str  # the file by which certificates are checked; empty when they aren't
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
        self.way = way
        self.doubts = 0  # failures in a row where botocore was answered
        self._place = urlsplit(way.url)
        self._signer = Signer(way.region, way.service)

    @cached_property
    def _line(self) -> _Straight | _Proxied:
        """Made when it is used: reading the authorities' certificates takes 20 ms."""
        return _Proxied(self.way) if self.way.proxies else _Straight(self.way)

    def get(self, query: Mapping[str, str]) -> Answer:
        """The answer to a GET with these query words, whatever its status. Raises `NotPlain`, `OSError`."""
        # A space as `%20`, as botocore has it: what `+` means, and how it is signed, not all endpoints agree on.
        words = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~", errors="surrogateescape")
        headers = {"host": self._place.netloc}
        if self.way.keys:
            headers |= self._signer.headers(self.way.keys, "GET", self._place.path, words, headers, EMPTY)
        started, busy = time.perf_counter(), time.thread_time()
        status, told, body = self._line.send(words, headers)
        seconds = time.perf_counter() - started
        idle = max(seconds - (time.thread_time() - busy), 0.0)
        return Answer(status, body, told.get("x-amz-request-id") or "", seconds, idle)

    def close(self) -> None:
        """Close idle sockets."""
        if "_line" in vars(self):
            self._line.close()


class Directs:
    """The `Direct` of each bucket of one connection, which all its lists share. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, Direct | None] = {}  # what was used last is last; None: only botocore is answered
        self._lock = threading.Lock()

    def get(self, bucket: str, keys: Keys | None) -> Direct | None:
        """The one that signs with `keys`; None when botocore has to be asked."""
        with self._lock:
            if found := self._known.get(bucket):
                del self._known[bucket]
                if found.way.keys != keys:
                    found.close()
                    return None
                self._known[bucket] = found
            return found

    def learn(self, bucket: str, way: Way) -> None:
        """Botocore was answered on this way."""
        with self._lock:
            self._known.setdefault(bucket, Direct(way))
            while len(self._known) > MOST_KNOWN:
                self._drop(next(iter(self._known)))

    def doubt(self, bucket: str, direct: Direct) -> None:
        """Botocore was answered where this one had failed. Once may be chance."""
        direct.doubts += 1
        with self._lock:
            if direct.doubts > 1 and self._known.get(bucket) is direct:
                self._drop(bucket)
                self._known[bucket] = None

    def forget(self) -> None:
        """Regions or keys have changed: all must be learnt anew."""
        with self._lock:
            for bucket in list(self._known):
                self._drop(bucket)

    def _drop(self, bucket: str) -> None:
        if found := self._known.pop(bucket):
            found.close()


class _Straight:
    def __init__(self, way: Way) -> None:
        self._path = urlsplit(way.url).path
        self._wire = Wire(place(way))

    def send(self, words: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        answer = self._wire.ask("GET", request_head("GET", f"{self._path}?{words}", headers)).answer(_LARGEST)
        return answer.status, answer.headers, answer.read()

    def close(self) -> None:
        self._wire.close()


class _Proxied:
    def __init__(self, way: Way) -> None:
        from botocore.httpsession import URLLib3Session

        self._url = way.url
        options: dict[str, Any] = {
            "verify": way.authorities or False,
            "timeout": way.timeouts,
        }  # the stubs know less than botocore
        self._http = URLLib3Session(proxies=way.proxies, max_pool_connections=way.streams, **options)

    def send(self, words: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import HTTPClientError

        try:
            answer = self._http.send(AWSRequest("GET", f"{self._url}?{words}", dict(headers)).prepare())
        except HTTPClientError as error:
            raise OSError(str(error)) from error
        return answer.status_code, answer.headers, answer.content

    def close(self) -> None:
        self._http.close()


def place(way: Way) -> Place:
    """Where its server listens."""
    parts = urlsplit(way.url)
    tls = parts.scheme == "https"
    return Place(parts.hostname or "", parts.port or (443 if tls else 80), tls, way.authorities, way.timeouts)


def scope_of(authorization: str) -> tuple[str, str] | None:
    """Region and service that an `Authorization` header was made for; None when it isn't Signature Version 4."""
    kind, _, words = authorization.partition(" ")
    credential = words.partition("Credential=")[2].partition(",")[0].split("/")
    if kind != ALGORITHM or len(credential) < 5:
        return None
    return credential[-3], credential[-2]
