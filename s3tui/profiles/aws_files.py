"""AWS's shared files (`~/.aws/config` and `~/.aws/credentials`) as profiles. Secrets in them are not kept: boto3
reads them itself when a connection is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from s3tui.profiles.model import Addressing, Checksums, Profile
from s3tui.profiles.rules import ADDRESSING, CHECKSUMS, endpoint_problem, without_login

ORIGIN = "~/.aws"


def profiles() -> list[Profile]:
    """Every profile of the shared files, in their order. A file that can't be parsed becomes one profile with
    that problem."""
    from botocore.configloader import load_config, raw_config_parse
    from botocore.exceptions import ConfigNotFound, ConfigParseError

    everything: dict[str, Any] = {"profiles": {}}
    broken: list[Profile] = []
    for path, parse in ((config_file(), load_config), (credentials_file(), _sections(raw_config_parse))):
        try:
            Path(path).expanduser().open("rb").close()  # the parser takes an unreadable file for an empty one
            loaded = parse(path)
        except (FileNotFoundError, ConfigNotFound):
            continue
        except (ConfigParseError, OSError) as error:
            broken.append(_broken(path, error))
            continue
        named = loaded.pop("profiles")
        everything.update(loaded)
        for name, values in named.items():
            everything["profiles"].setdefault(name, {}).update(values)
    return [_profile(name, values, everything) for name, values in everything["profiles"].items()] + broken


def config_file() -> str:
    """The path that AWS's own tools would read."""
    return os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"


def credentials_file() -> str:
    """The path that AWS's own tools would read."""
    return os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"


def _sections(parse: Any) -> Any:
    """In the credentials file each section is a profile."""
    return lambda path: {"profiles": parse(path)}


def _broken(path: str, error: Exception) -> Profile:
    # The parser's message quotes the line it stumbled over, which may hold a secret.
    why = error.strerror if isinstance(error, OSError) else "it is not in AWS's format"
    return Profile(Path(path).name, origin=ORIGIN, credentials="env", problem=f"{path} can't be read: {why}.")


def _profile(name: str, values: dict[str, Any], everything: dict[str, Any]) -> Profile:
    nested = values.get("s3")
    s3: dict[str, Any] = nested if isinstance(nested, dict) else {}
    endpoint = _endpoint(values, everything)
    return Profile(
        name=name,
        endpoint=endpoint and without_login(endpoint),
        region=_text(values, "region"),
        addressing=cast(Addressing, _one_of(ADDRESSING, _text(s3, "addressing_style"))),
        ca_file=_text(values, "ca_bundle") or os.environ.get("AWS_CA_BUNDLE") or None,
        checksums=cast(Checksums, _one_of(CHECKSUMS, _text(values, "request_checksum_calculation"))),
        credentials=f"aws:{name}",
        origin=ORIGIN,
        problem=_problem(values, everything) or (endpoint_problem(endpoint) if endpoint else ""),
    )


def _text(values: dict[str, Any], option: str) -> str | None:
    """The value of `option`; None when it is empty or an indented block."""
    value = values.get(option)
    return value if isinstance(value, str) and value else None


def _one_of(known: tuple[str, ...], value: str | None) -> str:
    return value if value in known else "auto"


def _endpoint(values: dict[str, Any], everything: dict[str, Any]) -> str | None:
    """AWS's order, without the environment: the `services` section's `s3`, then the profile's `endpoint_url`."""
    if (_text(values, "ignore_configured_endpoint_urls") or "").lower() == "true":
        return None
    section = everything.get("services", {}).get(_text(values, "services"), {})
    s3 = section.get("s3")
    return (_text(s3, "endpoint_url") if isinstance(s3, dict) else None) or _text(values, "endpoint_url")


def _problem(values: dict[str, Any], everything: dict[str, Any]) -> str:
    """A section that this profile names and that doesn't exist, in a sentence."""
    for option, section, title in (
        ("services", "services", "services"),
        ("sso_session", "sso_sessions", "sso-session"),
        ("source_profile", "profiles", "profile"),
    ):
        wanted = _text(values, option)
        if wanted and wanted not in everything.get(section, {}):
            return f"It names [{title} {wanted}], which is not in AWS's files."
    return ""
