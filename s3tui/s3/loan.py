"""A connection that another process of ours uses: with the keys that this one has, and read-only when this one is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.signature import Keys


@dataclass(frozen=True, slots=True)
class Lent:
    """Keys, and when they run out (None: never). Its `repr` holds no secret."""

    keys: Keys = field(repr=False)
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loan:
    """All that the other process needs to know. Without `lent` its requests are not signed, or nobody has keys."""

    profile: Profile
    read_only: bool
    regions: dict[str, str]  # bucket -> region
    lent: Lent | None = None


def lend(connection: Connection) -> Loan:
    """What another process needs to be `connection`. Blocks as making a session does, and raises what that raises."""
    found = connection.credentials()
    keys = found.get_frozen_credentials() if found else None
    expires = getattr(found, "_expiry_time", None)
    lent = Lent((keys.access_key, keys.secret_key, keys.token), expires) if keys else None
    return Loan(connection.profile, connection.read_only, connection.regions, lent)
