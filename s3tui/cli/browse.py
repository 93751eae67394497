"""`s3tui [TARGET]`: open the screen there."""

from __future__ import annotations

import argparse
import sys

from s3tui.cli.common import config_path, env_file
from s3tui.cli.main import DONE, USAGE
from s3tui.profiles.model import Profile


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `s3tui` without a command."""
    parser.add_argument(
        "target", nargs="?", default="", help="s3://bucket/prefix/, a profile's name, an https URL or an ARN"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the screen. Without a terminal there is nothing to open: exit code 2."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("s3tui: this needs a terminal. Without one, use a command: s3tui --help lists them.", file=sys.stderr)
        return USAGE
    from s3tui.ui.app import S3tuiApp, Start

    start = Start(
        target=arguments.target,
        profile_name=arguments.profile,
        endpoint=arguments.endpoint_url,
        region=arguments.region,
        read_only=arguments.read_only,
        env_file=env_file(arguments),
        config_path=config_path(arguments),
    )
    app = S3tuiApp(start)
    app.run()
    return app.return_code or DONE


def open_ui(profile: Profile, target: str = "") -> int:
    """Open the screen on a profile that no config knows (the demo's)."""
    from s3tui.ui.app import S3tuiApp, Start

    app = S3tuiApp(Start(target=target, profile=profile))
    app.run()
    return app.return_code or DONE
