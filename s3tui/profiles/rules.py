"""What a profile may say: one table of options, used by the config file, the form and the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from s3tui.profiles.model import Profile

MAX_NAME = 64
ADDRESSING = ("auto", "path", "virtual")
CHECKSUMS = ("auto", "when_required", "when_supported")
_CREDENTIALS = re.compile(r"keyring|env|session|anonymous|aws:.+|dotenv:.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a profile in the config file. `expected` ends the sentence “it should be …”."""

    expected: str
    fits: Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(_text(item) for item in value)


PROFILE_OPTIONS: dict[str, Option] = {
    "endpoint": Option(
        "a URL such as “https://s3.example.org”", lambda value: _text(value) and not endpoint_problem(str(value))
    ),
    "region": Option("a region such as “eu-west-1”", _text),
    "addressing": Option("“auto”, “path” or “virtual”", lambda value: value in ADDRESSING),
    "verify_tls": Option("true or false", _flag),
    "ca_file": Option("the path of a PEM file", _text),
    "checksums": Option("“auto”, “when_required” or “when_supported”", lambda value: value in CHECKSUMS),
    "read_only": Option("true or false", _flag),
    "credentials": Option(
        "“keyring”, “aws:NAME”, “env”, “dotenv:PATH”, “session” or “anonymous”",
        lambda value: isinstance(value, str) and bool(_CREDENTIALS.fullmatch(value)),
    ),
    "access_key_id": Option("an access key id (never the secret)", _text),
    "buckets": Option("a list of bucket names", _texts),
    "parallel_listing": Option("true or false", _flag),
}


def without_login(endpoint: str) -> str:
    """`endpoint` without the user name and password in it, if that is what makes it no endpoint."""
    login, at, rest = endpoint.rpartition("@")
    if not at or not endpoint_problem(endpoint):
        return endpoint
    scheme, separator, _ = login.partition("://")
    return f"{scheme}://{rest}" if separator else rest


def endpoint_problem(text: str) -> str:
    """Why `text` can't be an endpoint, in a sentence; empty when it can. A password in `text` isn't repeated."""
    shown = text.rpartition("@")[2]
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return f"“{shown}” is not a URL."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"“{shown}” is not an endpoint: write it with http:// or https:// in front."
    if parts.username is not None or parts.password is not None:
        return "An endpoint holds no user name or secret."
    if parts.query or parts.fragment:
        return "An endpoint has no “?” or “#” part."
    if port == 0 or any(character.isspace() for character in text):
        return f"“{parts.netloc}” is not a host and port."
    return ""


def name_problem(name: str) -> str:
    """Why `name` can't name a profile, in a sentence; empty when it can."""
    if not name:
        return "A profile needs a name."
    if name != name.strip() or not name.isprintable():
        return "A name has no space at its ends and no control characters."
    if len(name) > MAX_NAME:
        return f"A name has at most {MAX_NAME} characters."
    return ""


def problems(profile: Profile) -> dict[str, str]:
    """What is wrong with `profile`: field -> sentence. Looks at the disk for the files it names."""
    found = {
        "name": name_problem(profile.name),
        "endpoint": endpoint_problem(profile.endpoint) if profile.endpoint is not None else "",
        "ca_file": _missing_file(profile.ca_file),
        "credentials": _credentials_problem(profile.credentials),
        "access_key_id": ""
        if profile.access_key_id or profile.credentials != "keyring"
        else "The keyring needs the access key id that belongs to the secret.",
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _credentials_problem(credentials: str) -> str:
    if not _CREDENTIALS.fullmatch(credentials):
        return f"Credentials are {PROFILE_OPTIONS['credentials'].expected}."
    kind, _, rest = credentials.partition(":")
    return _missing_file(rest) if kind == "dotenv" else ""


def _missing_file(path: str | None) -> str:
    if path is None or Path(path).expanduser().is_file():
        return ""
    return f"There is no file “{path}”."
