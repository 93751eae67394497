"""A `.env` file as a profile: the names that InvenioRDM, OpenKAT, CubicWeb, django-storages and others use."""

from __future__ import annotations

import ast
import logging
from dataclasses import dataclass
from pathlib import Path

from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.profiles.rules import endpoint_problem, without_login

AWS_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_S3_ENDPOINT_URL")
_ENDPOINTS = ("INVENIO_S3_ENDPOINT_URL", "S3_ENDPOINT_URL", "INVENIO_S3_ENDPOINT", "S3_ENDPOINT", *AWS_ENDPOINTS)
_REGIONS = ("INVENIO_S3_REGION_NAME", "S3_REGION_NAME", "S3_REGION", "AWS_S3_REGION_NAME", "AWS_REGION")
_KEYS = (
    ("INVENIO_S3_ACCESS_KEY_ID", "INVENIO_S3_SECRET_ACCESS_KEY"),
    ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
    ("INVENIO_S3_ACCESS_KEY", "INVENIO_S3_SECRET_KEY"),
    ("S3_ACCESS_KEY", "S3_SECRET_KEY"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)
_BUCKETS = ("S3_BUCKET", "S3_BUCKET_NAME", "AWS_STORAGE_BUCKET_NAME")
_FALSE = ("false", "0", "no", "off")


@dataclass(frozen=True, slots=True)
class DotenvFile:
    """What a `.env` file says about S3. `problem` says why it isn't enough."""

    endpoint: str | None = None
    region: str | None = None
    keys: Keys | None = None
    aws_profile: str | None = None
    buckets: tuple[str, ...] = ()
    problem: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether the file is about something other than S3."""
        return not (self.endpoint or self.keys or self.aws_profile or self.problem)


def read(path: Path) -> DotenvFile:
    """What `path` says about S3. Never raises: `problem` says what is wrong with the file. `os.environ` is read
    for `${NAME}` in values and never changed."""
    from dotenv import dotenv_values

    # Its warnings about odd lines would be printed over the screen.
    logging.getLogger("dotenv").addHandler(logging.NullHandler())
    try:
        with path.expanduser().open(encoding="utf-8-sig") as file:
            values = {name: _unquoted(value) for name, value in dotenv_values(stream=file).items() if value}
    except OSError as error:
        return DotenvFile(problem=f"{path} can't be read: {error.strerror}.")
    except UnicodeDecodeError:
        return DotenvFile(problem=f"{path} is not a text file.")
    return _interpreted(values)


def as_profile(path: Path) -> Profile | None:
    """The profile in `path`; None when the file doesn't speak of S3."""
    found = read(path)
    if found.says_nothing:
        return None
    return Profile(
        name=path.name,
        endpoint=found.endpoint,
        region=found.region,
        credentials=f"dotenv:{path}" if found.keys or not found.aws_profile else f"aws:{found.aws_profile}",
        access_key_id=found.keys.access_key_id if found.keys else None,
        buckets=found.buckets,
        origin=f".env: {path}",
        problem=found.problem,
    )


def _interpreted(values: dict[str, str]) -> DotenvFile:
    keys, problem = _keys(values)
    aws_profile = values.get("AWS_PROFILE")
    endpoint = _endpoint(values)
    if endpoint and not problem:
        problem = endpoint_problem(endpoint)
        if not problem and not keys and not aws_profile:
            problem = "It names an endpoint, but no access key and secret."
    bucket = _first(values, _BUCKETS)
    region = _first(values, (*_REGIONS, "AWS_DEFAULT_REGION"))
    return DotenvFile(
        endpoint and without_login(endpoint), region, keys, aws_profile, (bucket,) if bucket else (), problem
    )


def _keys(values: dict[str, str]) -> tuple[Keys | None, str]:
    """The first complete pair; otherwise what is missing from the first incomplete one."""
    problem = ""
    for key_id, secret in _KEYS:
        if key_id in values and secret in values:
            token = values.get("AWS_SESSION_TOKEN") if key_id.startswith("AWS_") else None
            return Keys(values[key_id], values[secret], token), ""
        if not problem and (key_id in values or secret in values):
            has, lacks = (key_id, secret) if key_id in values else (secret, key_id)
            problem = f"It names {has}, but not {lacks}."
    return None, problem


def _endpoint(values: dict[str, str]) -> str | None:
    endpoint = _first(values, _ENDPOINTS)
    if endpoint and "://" not in endpoint:
        secure = (values.get("S3_SECURE") or values.get("INVENIO_S3_SECURE") or "true").lower() not in _FALSE
        return f"{'https' if secure else 'http'}://{endpoint}"
    return endpoint


def _first(values: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((values[name] for name in names if name in values), None)


def _unquoted(value: str) -> str:
    """Invenio reads its values as Python literals, so strings there may have quotes of their own."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        try:
            return str(ast.literal_eval(value))
        except (ValueError, SyntaxError):
            return value
    return value
