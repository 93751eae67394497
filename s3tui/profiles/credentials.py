"""The access keys of a profile, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from s3tui.errors import BadInput
from s3tui.profiles import secrets
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


def forget(profile_name: str) -> None:
    """Drop keys that were typed for this run, if there are any."""
    _session.pop(profile_name, None)


def remembered(profile_name: str) -> Keys | None:
    """The keys that were typed for this run."""
    return _session.get(profile_name)


def keys_of(profile: Profile) -> Keys | None:
    """The keys that `profile` names, or None where boto3 finds them itself (`env`, `aws:NAME`) or where
    there are none (`anonymous`).

    For `keyring`, keys typed for this run win, so that a keyring that fails can be done without. Blocks on the
    keyring, or reads a file. Raises `secrets.KeyringError`, `BadInput`.
    """
    kind, _, place = profile.credentials.partition(":")
    if kind in ("keyring", "session") and profile.name in _session:
        return _session[profile.name]
    if kind == "keyring":
        return _from_keyring(profile)
    if kind == "dotenv":
        return _from_dotenv(profile.name, Path(place))
    if kind == "session":
        raise secrets.SecretNotFound(
            f"The keys of the profile “{profile.name}” are kept for one run only.", "Type them again."
        )
    return None


def _from_keyring(profile: Profile) -> Keys:
    if not profile.access_key_id:
        raise BadInput(f"The profile “{profile.name}” names no access key id.", "Edit it.")
    return Keys(profile.access_key_id, secrets.read(profile.name, profile.access_key_id))


def _from_dotenv(profile_name: str, path: Path) -> Keys:
    from s3tui.profiles import dotenv

    found = dotenv.read(path)
    if found.keys is None:
        raise BadInput(
            f"The profile “{profile_name}” has no keys.", found.problem or f"{path} names no access key and secret."
        )
    return found.keys
