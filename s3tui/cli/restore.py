"""`s3tui restore`: a readable copy of an archived object."""

from __future__ import annotations

import argparse

from s3tui.cli.common import connection_of, emit
from s3tui.cli.main import DONE
from s3tui.cli.stat import record
from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.s3 import objects, restore, uri

_HELP = """
It takes minutes to days, by tier and storage class, and AWS charges for it. “s3tui stat URI” says when the copy is there.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("place", metavar="URI", help="s3://bucket/key, with ?versionId=… for a version")
    parser.add_argument("--days", type=int, default=7, help="how long the copy is kept (7)")
    parser.add_argument(
        "--tier", choices=restore.TIERS, default="Standard", help="how soon, and at what price (Standard)"
    )
    parser.add_argument("--json", action="store_true", help="print the object as it is afterwards, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Ask for it. Raises `S3tuiError`."""
    connection = connection_of(arguments)
    place = uri.parse(arguments.place, connection.profile.endpoint)
    if not place.key:
        raise BadInput(f"“{place}” is a bucket: name one object.")
    info = restore.restore(connection, place, arguments.days, arguments.tier)
    if arguments.json:
        emit(record(info))
        return DONE
    state = dict(objects.described(info)).get("Archive", "")
    soon = f" It takes {restore.takes(info, arguments.tier)}." if info.restore and info.restore.ongoing else ""
    print(visible(f"{place}: {state}.{soon}"))
    return DONE
