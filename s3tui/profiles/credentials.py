"""The access keys of a profile, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from s3tui.profiles.model import Profile


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key id with its secret. The secret parts are never shown by `repr`."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


_session: dict[str, Keys] = {}


def remember(profile_name: str, keys: Keys) -> None:
    """Keep keys that were typed for this run only; gone when the process ends."""
    _session[profile_name] = keys


def keys_of(profile: Profile) -> Keys | None:
    """The keys that `profile` names, or None where boto3 finds them itself (`env`, `aws:NAME`) or where
    there are none (`anonymous`). Blocks on the keyring. Raises `secrets.KeyringError`, `BadInput`."""
    return _session.get(profile.name)
