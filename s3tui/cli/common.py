"""What the commands share: the connection their options name, and how results are printed."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any

from s3tui import folders
from s3tui.display import visible
from s3tui.s3.client import Connection, connect


def connection_of(arguments: argparse.Namespace) -> Connection:
    """The connection that `--profile`, `--endpoint-url`, `--region`, `--read-only` and `--config` name."""
    from s3tui.cli.keys import make_sure_of_keys
    from s3tui.profiles import config, sources

    settings = config.load(Path(arguments.config) if arguments.config else folders.config_file())
    for complaint in settings.complaints:
        say(str(complaint))
    env_file = Path(arguments.env_file) if arguments.env_file else None
    profile = sources.choose(
        sources.all_profiles(settings, env_file),
        name=arguments.profile,
        endpoint=arguments.endpoint_url,
        region=arguments.region,
        read_only=arguments.read_only,
        dotenv=env_file,
    )
    make_sure_of_keys(profile)
    return connect(profile, mfa_code=lambda serial: getpass.getpass(f"Code of {visible(serial)}: "))


def say(text: str) -> None:
    """A message for the person, on stderr."""
    print(visible(text), file=sys.stderr)


def emit(record: dict[str, Any]) -> None:
    """One JSON object on one line of stdout, for a program."""
    print(json.dumps(record, ensure_ascii=True, default=str))
