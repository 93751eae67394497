"""Access keys typed on the command line: without an echo on a terminal, else from standard input. Never an
argument, which every user of the machine could read."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from s3tui.cli.common import say
from s3tui.errors import BadInput
from s3tui.profiles import credentials
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.profiles.secrets import KeyringError


def make_sure_of_keys(profile: Profile) -> None:
    """Ask for the keys of `profile` for this run, when its keyring doesn't give them and there is a person to ask.

    Raises `KeyringError` when there is none, and `BadInput`.
    """
    if profile.credentials not in ("keyring", "session"):
        return
    try:
        keys = credentials.keys_of(profile)
    except KeyringError as error:
        if not sys.stdin.isatty():
            raise
        say(error.sentence)
        keys = read_keys(profile.access_key_id)
    if keys is not None:
        credentials.remember(profile.name, keys)  # the keyring isn't asked a second time


def read_keys(access_key_id: str | None) -> Keys:
    """The keys that are typed now; the id only when it isn't known. Raises `BadInput` when something is missing."""
    key_id = access_key_id or _line("Access key id: ", input)
    secret = _line("Secret access key: ", getpass.getpass)
    if not key_id or not secret:
        raise BadInput("An access key id and its secret are both needed.")
    return Keys(key_id, secret)


def _line(prompt: str, ask: Callable[[str], str]) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    try:
        return ask(prompt).strip()
    except EOFError:
        return ""
