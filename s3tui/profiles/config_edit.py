"""Changing profiles in the config file: comments and order stay, no change of another process is lost."""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from s3tui.errors import BadInput, S3tuiError
from s3tui.profiles.model import Profile
from s3tui.profiles.rules import PROFILE_OPTIONS

# What a profile that leaves an option out means by it.
_DEFAULT = Profile("")
_Profiles = dict[str, Any]  # a plain dictionary or tomlkit's table, which behaves like one


class ConfigNotWritten(S3tuiError):
    """The config file can't be changed; it is as it was."""


def add(path: Path, profile: Profile) -> None:
    """Add `profile` to the file, making the file if there is none. Raises `BadInput` when the name is taken,
    `ConfigNotWritten`."""

    def change(profiles: _Profiles) -> None:
        _must_be_free(profiles, profile.name)
        profiles[profile.name] = as_table(profile)

    _change(path, change)


def replace(path: Path, name: str, profile: Profile) -> None:
    """Put `profile` in the place of the one called `name`. Raises `BadInput` when there is none or the new name
    is taken, `ConfigNotWritten`."""

    def change(profiles: _Profiles) -> None:
        _must_exist(profiles, name)
        table = profiles[name]
        if profile.name != name:
            _must_be_free(profiles, profile.name)
            del profiles[name]
            profiles[profile.name] = table
            table = profiles[profile.name]
        new = as_table(profile)
        for option in [option for option in table if option in PROFILE_OPTIONS and option not in new]:
            del table[option]
        for option, value in new.items():
            if option not in table or table[option] != value:
                table[option] = value

    _change(path, change)


def remove(path: Path, name: str) -> None:
    """Remove the profile called `name` from the file. Raises `BadInput` when there is none, `ConfigNotWritten`."""

    def change(profiles: _Profiles) -> None:
        _must_exist(profiles, name)
        del profiles[name]

    _change(path, change)


def as_table(profile: Profile) -> dict[str, Any]:
    """The options of `profile` as the file holds them: only what differs from the defaults, and always where the
    credentials come from."""
    table: dict[str, Any] = {}
    for option in PROFILE_OPTIONS:
        value = getattr(profile, option)
        if value != getattr(_DEFAULT, option) or option == "credentials":
            table[option] = list(value) if isinstance(value, tuple) else value
    return table


def _must_be_free(profiles: _Profiles, name: str) -> None:
    if name in profiles:
        raise BadInput(f"There already is a profile “{name}”.", "Choose another name.")


def _must_exist(profiles: _Profiles, name: str) -> None:
    if name not in profiles:
        raise BadInput(f"There is no profile “{name}” in the config file.")


def _change(path: Path, change: Callable[[_Profiles], None]) -> None:
    """Apply `change` to the profiles as the file holds them now, while no other s3tui may."""
    path = path.resolve()  # the file behind a symbolic link is replaced, not the link
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _lock(path.with_name(path.name + ".lock")):
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            changed = _changed(text, change)
            if changed is None:
                raise ConfigNotWritten(f"{path} can't be changed safely by a program.", "Change it in an editor.")
            _write(path, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigNotWritten(f"{path} can't be changed: {error}.") from error


def _changed(text: str, change: Callable[[_Profiles], None]) -> str | None:
    """`text` after `change`; None unless exactly that, and nothing else, came out differently.

    tomlkit keeps the comments, but doesn't manage each way to write tables. A plain dictionary does, so both
    are changed and must agree.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        expected = tomllib.loads(text)
        document = tomlkit.parse(text)
    except (tomllib.TOMLDecodeError, TOMLKitError) as error:
        raise ConfigNotWritten(f"The config file is not TOML: {error}.", "Repair it in an editor first.") from error
    profiles = expected.setdefault("profiles", {})
    if not isinstance(profiles, dict):
        return None
    change(profiles)
    try:
        if "profiles" not in document:
            document["profiles"] = tomlkit.table(is_super_table=True)
        change(document["profiles"])
        changed = tomlkit.dumps(document)
        got = tomllib.loads(changed)
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, KeyError, ValueError):
        return None
    return changed if {"profiles": {}, **got} == expected else None


def _write(path: Path, text: str) -> None:
    """Replace `path` in one step; whoever reads it sees the old text or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold `path` locked. The empty file stays: removing it would let two processes lock two files."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
