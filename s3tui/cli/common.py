"""What the commands share: the connection their options name, and how results are printed."""

from __future__ import annotations

import argparse
import atexit
import gc
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3tui import folders
from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.profiles.model import Profile

if TYPE_CHECKING:  # the screen shows its first frame without it
    from s3tui.s3.client import Connection

_MANY = 100_000  # objects


def connection_of(arguments: argparse.Namespace) -> Connection:
    """The connection that `--profile`, `--endpoint-url`, `--region`, `--read-only` and `--config` name."""
    from s3tui.cli.keys import make_sure_of_keys
    from s3tui.s3.connections import connect

    profile = profile_of(arguments, arguments.profile)
    make_sure_of_keys(profile)
    _collect_seldom()
    return connect(profile, mfa_code=ask_mfa)


def _collect_seldom() -> None:
    """A command loads much that stays until it ends: looking through it for garbage, at the end once more, takes it
    0.1 s of the 0.4 s that it runs."""
    gc.set_threshold(_MANY)
    atexit.register(gc.freeze)


def profile_of(arguments: argparse.Namespace, name: str | None) -> Profile:
    """The profile called `name` (None: what the other options and AWS's own chain mean). Raises `BadInput`."""
    from s3tui.profiles import sources

    return sources.choose(
        all_profiles(arguments),
        name=name,
        endpoint=arguments.endpoint_url,
        region=arguments.region,
        read_only=arguments.read_only,
        dotenv=env_file(arguments),
    )


def all_profiles(arguments: argparse.Namespace) -> list[Profile]:
    """Every profile there is; what is wrong with the config file is said."""
    from s3tui.profiles import config, sources

    settings = config.load(config_path(arguments))
    for complaint in settings.complaints:
        say(str(complaint))
    return sources.all_profiles(settings, env_file(arguments))


def config_path(arguments: argparse.Namespace) -> Path:
    """The config file: what `--config` names, or the usual one."""
    return Path(arguments.config) if arguments.config else folders.config_file()


def env_file(arguments: argparse.Namespace) -> Path | None:
    """The file that `--env-file` names."""
    return Path(arguments.env_file) if arguments.env_file else None


def ask_mfa(serial: str) -> str:
    """Ask for the code of the MFA device `serial`."""
    return getpass.getpass(f"Code of {visible(serial)}: ")


def agreed(question: str, nothing: str) -> bool:
    """Whether the person at the terminal says yes. Raises `BadInput` where nobody can be asked; `nothing` says what
    didn't happen then."""
    if not sys.stdin.isatty():
        raise BadInput(f"Nobody can be asked here, so {nothing}.", "Say --yes, or look first.")
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def say(text: str) -> None:
    """A message for the person, on stderr."""
    print(visible(text), file=sys.stderr)


def emit(record: dict[str, Any]) -> None:
    """One JSON object on one line of stdout, for a program."""
    print(json.dumps(record, ensure_ascii=True, default=str))


def refuse_local(place: str) -> None:
    """A name without `s3://` may be a bucket's, but not where a file or folder has it. Raises `BadInput`."""
    if "://" not in place and not place.startswith("arn:") and Path(place).exists():
        raise BadInput(f"“{place}” is a file or folder here.", f"If a place in S3 is meant: s3://{place.lstrip('/')}")
