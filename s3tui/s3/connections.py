"""The connections of this process: one for each profile, until it is edited or removed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection

_connections: dict[Profile, Connection] = {}
_lock = threading.Lock()


def connect(profile: Profile, mfa_code: Callable[[str], str] | None = None) -> Connection:
    """The one connection of `profile` in this process. Sends nothing by itself."""
    with _lock:
        connection = _connections.pop(profile, None) or Connection(profile)
        _connections[profile] = connection  # as the last of them, see `connected`
        connection.mfa_code = mfa_code or connection.mfa_code
        return connection


def use(connection: Connection) -> None:
    """Let `connection`, which another process has lent to this one, be that of its profile."""
    with _lock:
        _connections.pop(connection.profile, None)
        _connections[connection.profile] = connection


def connected(profile_name: str, endpoint: str | None) -> Connection | None:
    """The connection to a profile of that name, and to `endpoint` (see `Profile.is_at`), that was asked for or lent
    last; None when there is none."""
    with _lock:
        of_name = [connection for profile, connection in _connections.items() if profile.name == profile_name]
    return next((found for found in reversed(of_name) if found.profile.is_at(endpoint)), None)


def forget(profile_name: str) -> None:
    """Close the connections of a profile that was edited or removed, or whose secret has changed."""
    with _lock:
        gone = [profile for profile in _connections if profile.name == profile_name]
        closing = [_connections.pop(profile) for profile in gone]
    for connection in closing:
        connection.close()
