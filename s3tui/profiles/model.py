"""A profile: one endpoint and whom we are there. It never holds a secret."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

Addressing = Literal["auto", "path", "virtual"]
Checksums = Literal["auto", "when_required", "when_supported"]


@dataclass(frozen=True, slots=True)
class Profile:
    """One endpoint, and where its credentials come from.

    `credentials` is one of `keyring`, `aws:NAME` (an AWS shared profile), `env` (AWS_* variables, or AWS's own
    chain), `dotenv:PATH`, `session` (typed for this run only), `anonymous`.
    """

    name: str
    endpoint: str | None = None  # URL; None is AWS
    region: str | None = None
    addressing: Addressing = "auto"
    verify_tls: bool = True
    ca_file: str | None = None
    checksums: Checksums = "auto"
    read_only: bool = False
    credentials: str = "env"
    access_key_id: str | None = None  # not a secret; the keyring entry's user name
    buckets: tuple[str, ...] = ()  # shown without ListBuckets
    parallel_listing: bool = True  # long listings are read many pages at a time where the endpoint can do that
    origin: str = (
        "config"  # where it was read: `config`, `~/.aws`, `environment`, `.env: PATH`, `built in`, `command line`
    )
    problem: str = ""  # why it can't be used, in a sentence; empty when it can

    @property
    def is_aws(self) -> bool:
        """Whether the endpoint is Amazon's own, by its host: no other may be trusted to keep AWS's promises."""
        return _is_of_aws(self.endpoint)

    @property
    def checksum_mode(self) -> Literal["when_required", "when_supported"]:
        """boto3's newer default breaks or corrupts on servers that are not AWS."""
        if self.checksums == "auto":
            return "when_supported" if self.is_aws else "when_required"
        return self.checksums

    @property
    def editable(self) -> bool:
        """Only profiles in our own config can be changed here."""
        return self.origin == "config"

    def is_at(self, endpoint: str | None) -> bool:
        """Whether what was meant for `endpoint` (URL; None: AWS; empty: not known) may go to this profile's: what was
        meant for one must not land on another."""
        return endpoint in ("", self.endpoint)


@lru_cache(maxsize=64)
def _is_of_aws(endpoint: str | None) -> bool:
    """Thousands of small transfers ask."""
    host = urlsplit(endpoint).hostname or "" if endpoint else "amazonaws.com"
    return f".{host}".endswith((".amazonaws.com", ".amazonaws.com.cn"))
