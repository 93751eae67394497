"""`s3tui meta set`: change an object's metadata, and nothing else of it."""

from __future__ import annotations

import argparse
import sys

from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.main import DONE
from s3tui.cli.stat import record
from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.s3 import metadata, objects, uri
from s3tui.s3.metadata import Metadata
from s3tui.s3.replace_metadata import check, replace_metadata

_HELP = """
NAME is a header that S3 keeps (content-type, cache-control, content-disposition, content-encoding,
content-language, expires, website-redirect), or the name of user metadata, with or without x-amz-meta-.
An empty value (NAME=) removes it.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("action", choices=["set"])
    parser.add_argument("place", metavar="URI", help="s3://bucket/key")
    parser.add_argument("settings", metavar="NAME=VALUE", nargs="+")
    parser.add_argument("--dry-run", action="store_true", help="print the difference and write nothing")
    parser.add_argument(
        "--despite",
        choices=["acl", "tags", "retention"],
        action="append",
        default=[],
        help="write although this can't be read and may therefore be lost",
    )
    parser.add_argument("--json", action="store_true", help="print the object as it is afterwards, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Show the difference, then write it."""
    if wrong := [setting for setting in arguments.settings if not setting.partition("=")[1] or setting[0] == "="]:
        raise BadInput(f"“{wrong[0]}” is not NAME=VALUE.")
    connection = connection_of(arguments)
    info = objects.head(connection, uri.parse(arguments.place, connection.profile.endpoint))
    new = _with(info.metadata, arguments.settings)
    if complaints := metadata.problems(new):
        raise BadInput(" ".join(complaints))
    differences = metadata.differences(info.metadata, new)
    for difference in differences:
        print(visible(str(difference)), file=sys.stderr if arguments.json else sys.stdout)
    if not differences:
        say("Nothing is different from what is there.")
    if arguments.dry_run:
        check(connection, info)
    else:
        info = replace_metadata(connection, info, new, despite=arguments.despite)
    if arguments.json:
        emit(record(info))
    return DONE


def _with(old: Metadata, settings: list[str]) -> Metadata:
    new = old
    for setting in settings:
        name, _, value = setting.partition("=")
        new = metadata.set_value(new, name, value)
    return new
