"""Signature Version 4 with all kept that is the same for a second: a tenth of what botocore's signer takes.

“Authenticating Requests: Using the Authorization Header”. A test holds it against botocore's signer.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256().hexdigest()  # of no body


Keys = tuple[str, str, str | None]  # access key id, secret, session token


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all signatures of one second with the same keys have in common."""

    keys: Keys = field(repr=False)
    second: int
    moment: str  # as `x-amz-date` has it
    scope: str
    credential: str  # the start of the header `Authorization`
    inner: hashlib._Hash = field(repr=False)  # HMAC's two hashes, which have taken in the key of the day
    outer: hashlib._Hash = field(repr=False)

    def authorization(self, names: str, canonical: str) -> str:
        """The header `Authorization` for the `canonical` request, whose headers `names` are signed."""
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(f"{ALGORITHM}\n{self.moment}\n{self.scope}\n{digest}".encode())
        outer.update(inner.digest())
        return f"{self.credential}, SignedHeaders={names}, Signature={outer.hexdigest()}"


@dataclass(slots=True)
class Signer:
    """Signs for one region and service. Thread-safe."""

    region: str
    service: str
    _kept: Stamp | None = field(default=None, repr=False)

    def headers(
        self, keys: Keys, method: str, path: str, query: str, headers: Mapping[str, str], payload: str
    ) -> dict[str, str]:
        """The headers that sign a request now, to be sent with `headers`, which are all signed.

        `path` and `query` are encoded, the query in order; names of `headers` are in lower case, `host` among them.
        `payload` is the SHA-256 of the body in hexadecimal, or `UNSIGNED`.
        """
        stamp = self.stamp(keys)
        added = {"x-amz-content-sha256": payload, "x-amz-date": stamp.moment}
        if token := keys[2]:
            added["x-amz-security-token"] = token
        signed = sorted({**headers, **added}.items())
        names = ";".join([name for name, _ in signed])
        lines = "".join([f"{name}:{' '.join(value.split())}\n" for name, value in signed])
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        added["authorization"] = stamp.authorization(names, canonical)
        return added

    def stamp(self, keys: Keys) -> Stamp:
        """For a request that is signed now."""
        kept, second = self._kept, int(time.time())
        if kept and kept.second == second and kept.keys == keys:
            return kept
        moment = datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        credential = f"{ALGORITHM} Credential={keys[0]}/{scope}"
        key = self._key(keys[1], moment[:8])
        self._kept = Stamp(keys, second, moment, scope, credential, _padded(key, 0x36), _padded(key, 0x5C))
        return self._kept

    def _key(self, secret: str, day: str) -> bytes:
        key = f"AWS4{secret}".encode()
        for word in (day, self.region, self.service, "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        return key


def _padded(key: bytes, pad: int) -> hashlib._Hash:
    """“HMAC: Keyed-Hashing for Message Authentication”, 2: where its two hashes begin."""
    return hashlib.sha256(bytes(each ^ pad for each in key.ljust(64, b"\0")))
