"""Every profile there is, from wherever: our config, AWS's files, the environment, a `.env` file, anonymous."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from s3tui.errors import BadInput
from s3tui.profiles import aws_files, dotenv
from s3tui.profiles.config import Config
from s3tui.profiles.model import Profile
from s3tui.profiles.rules import endpoint_problem, without_login

ENVIRONMENT, ANONYMOUS = "environment", "anonymous"
COMMAND_LINE = "command line"
_CONFIG, _BUILT_IN = "config", "built in"
# Any of these means that the environment says who we are or where.
_TELLING = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    *dotenv.AWS_ENDPOINTS,
)


def all_profiles(config: Config, dotenv: Path | None = None) -> list[Profile]:
    """Every profile, in the order of the profile pane. Those that can't be used say why in `problem`.

    `dotenv` is a `.env` file; without it, one in the working directory is read.
    """
    shared = aws_files.profiles()
    found = [_completed(profile, shared) for profile in config.profiles] + shared
    if any(os.environ.get(name) for name in _TELLING):
        found.append(_environment(shared))
    found += _from_dotenv(dotenv)
    return [*found, Profile(ANONYMOUS, credentials="anonymous", origin=_BUILT_IN)]


def choose(
    profiles: Sequence[Profile],
    name: str | None = None,
    endpoint: str | None = None,
    region: str | None = None,
    read_only: bool = False,
    dotenv: Path | None = None,
) -> Profile:
    """The profile that the command line's options mean.

    A `name` is looked up among our own profiles first, then among AWS's, then the rest; without one the profile of
    the `.env` file that was named (`dotenv`), else AWS's own chain. `read_only` only adds. Raises `BadInput` when there is no such profile or it can't be used.
    """
    if name:
        profile = _named(profiles, name)
    elif dotenv:
        profile = _of_file(profiles, dotenv)
    else:
        profile = _chain(profiles)
    if profile.problem:
        raise BadInput(f"The profile “{profile.name}” can't be used. {profile.problem}")
    if endpoint and (problem := endpoint_problem(endpoint)):
        raise BadInput(problem)
    if endpoint or region:
        # No longer the profile that a file holds, so it can't be edited.
        profile = replace(
            profile, endpoint=endpoint or profile.endpoint, region=region or profile.region, origin=COMMAND_LINE
        )
    return replace(profile, read_only=True) if read_only else profile


def _named(profiles: Sequence[Profile], name: str) -> Profile:
    order = {_CONFIG: 0, aws_files.ORIGIN: 1}
    same = sorted((one for one in profiles if one.name == name), key=lambda one: order.get(one.origin, 2))
    if same:
        return same[0]
    near = difflib.get_close_matches(name, dict.fromkeys(one.name for one in profiles), 3, 0.5)
    advice = f"Did you mean {' or '.join(f'“{one}”' for one in near)}?" if near else "See: s3tui profile list."
    raise BadInput(f"There is no profile “{name}”.", advice)


def _of_file(profiles: Sequence[Profile], path: Path) -> Profile:
    for profile in profiles:
        if profile.origin == f".env: {path}":
            return profile
    raise BadInput(f"{path} names no S3 endpoint and no access keys.", "The README lists the variables.")


def _chain(profiles: Sequence[Profile]) -> Profile:
    listed = [one for one in profiles if one.name == ENVIRONMENT and one.origin == ENVIRONMENT]
    return listed[0] if listed else _environment([one for one in profiles if one.origin == aws_files.ORIGIN])


def _environment(shared: Sequence[Profile]) -> Profile:
    """AWS's own chain: the AWS_* variables, and the shared profile that AWS_PROFILE (or `default`) names for what
    they leave open."""
    environ = os.environ
    wanted = environ.get("AWS_PROFILE") or "default"
    base = next((one for one in shared if one.name == wanted), None)
    problem = base.problem if base else ""
    if base is None and environ.get("AWS_PROFILE"):
        problem = f"AWS_PROFILE names “{wanted}”, which is not in AWS's files."
    if bool(environ.get("AWS_ACCESS_KEY_ID")) != bool(environ.get("AWS_SECRET_ACCESS_KEY")):
        problem = "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set."
    endpoint = _environment_endpoint() or (base.endpoint if base else None)
    return Profile(
        name=ENVIRONMENT,
        endpoint=endpoint and without_login(endpoint),
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or (base.region if base else None),
        addressing=base.addressing if base else "auto",
        ca_file=environ.get("AWS_CA_BUNDLE") or (base.ca_file if base else None),
        checksums=base.checksums if base else "auto",
        credentials="env",
        access_key_id=environ.get("AWS_ACCESS_KEY_ID") or None,
        origin=ENVIRONMENT,
        problem=problem or (endpoint_problem(endpoint) if endpoint else ""),
    )


def _environment_endpoint() -> str | None:
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return next((os.environ[name] for name in dotenv.AWS_ENDPOINTS if os.environ.get(name)), None)


def _from_dotenv(path: Path | None) -> list[Profile]:
    if path is None:
        path = Path.cwd() / ".env"
        if not path.is_file():  # a virtual environment may have this name
            return []
    profile = dotenv.as_profile(path)
    return [profile] if profile else []


def _completed(profile: Profile, shared: Sequence[Profile]) -> Profile:
    """One of ours, with what it leaves to its `.env` file or its AWS profile filled in."""
    kind, _, place = profile.credentials.partition(":")
    if profile.problem or kind not in ("dotenv", "aws"):
        return profile
    if kind == "aws":
        base = next((one for one in shared if one.name == place), None)
        if base is None:
            return replace(profile, problem=f"It takes its credentials from “{place}”, which is not in AWS's files.")
        problem = base.problem
    else:
        found = dotenv.read(Path(place))
        base = Profile(place, found.endpoint, found.region)
        problem = found.problem if found.keys is None else ""
    return replace(
        profile, endpoint=profile.endpoint or base.endpoint, region=profile.region or base.region, problem=problem
    )
