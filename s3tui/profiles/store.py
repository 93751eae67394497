"""Keeping a profile: its settings go to the config file, its secret to the keyring, and they stay together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from s3tui.errors import BadInput, S3tuiError
from s3tui.profiles import config, credentials, secrets
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """A profile as it was typed. `secret` holds the keys when they were typed too; None leaves them as they are."""

    profile: Profile
    secret: Keys | None = None


def keep(path: Path, draft: ProfileDraft, replaces: Profile | None = None, copies: Profile | None = None) -> Profile:
    """Write `draft` to the config file at `path`, in the place of `replaces`, and its secret to where it says.
    Without keys of its own it gets those of the profile that it `replaces` or `copies`. Returns the profile as it
    is now.

    The keyring comes first: when it fails, nothing has changed. A secret that nothing uses any longer is removed.
    Blocks on the keyring. Raises `secrets.KeyringError`, `BadInput`, `config.ConfigNotWritten`.
    """
    new = draft.profile
    _must_be_free(path, new.name, replaces)
    keys = draft.secret or _taken_along(replaces or copies, new)
    if keys and new.credentials == "keyring":
        secrets.save(new.name, keys.access_key_id, keys.secret_access_key)
    try:
        if replaces is None:
            config.add(path, new)
        else:
            config.replace(path, replaces.name, new)
    except S3tuiError:
        if _entry(new) != _entry(replaces):
            _drop_secret(new)
        raise
    if replaces is not None:
        if keys or new.credentials != replaces.credentials:
            credentials.forget(replaces.name)
        if _entry(replaces) != _entry(new):
            _drop_secret(replaces)
    if keys and new.credentials == "session":
        credentials.remember(new.name, keys)
    return new


def discard(path: Path, profile: Profile) -> None:
    """Remove `profile` from the config file and its secret from the keyring.

    A keyring that is locked or fails keeps the profile, so that no secret stays behind unseen; where there is no
    keyring, there is nothing to stay. A profile that can't be removed keeps its secret. Blocks on the keyring.
    Raises as `keep` does.
    """
    entry, secret = _entry(profile), ""
    with suppress(secrets.KeyringMissing, secrets.SecretNotFound):
        secret = secrets.read(*entry) if entry else ""
        _drop_secret(profile)
    try:
        config.remove(path, profile.name)
    except S3tuiError:
        if entry and secret:
            secrets.save(*entry, secret)
        raise
    credentials.forget(profile.name)


def _must_be_free(path: Path, name: str, replaces: Profile | None) -> None:
    """Looked at before the keyring, where the secret of the profile that has this name would be overwritten."""
    if replaces is not None and replaces.name == name:
        return
    if any(one.name == name for one in config.load(path).profiles):
        raise BadInput(f"There already is a profile “{name}”.", "Choose another name.")


def _taken_along(old: Profile | None, new: Profile) -> Keys | None:
    """The keys of `old` that `new` needs under its other name. Another access key leaves its secret behind."""
    if old is None or old.name == new.name or old.credentials != new.credentials:
        return None
    if new.credentials == "session":
        return credentials.remembered(old.name)
    same_entry = _entry(old) is not None and old.access_key_id == new.access_key_id
    return credentials.keys_of(old) if same_entry else None


def _entry(profile: Profile | None) -> tuple[str, str] | None:
    """The keyring's entry of `profile`, if it has one."""
    if profile is None or profile.credentials != "keyring" or not profile.access_key_id:
        return None
    return profile.name, profile.access_key_id


def _drop_secret(profile: Profile) -> None:
    entry = _entry(profile)
    if entry is None:
        return
    with suppress(secrets.SecretNotFound):  # nothing to remove is what was wanted
        secrets.delete(*entry)
