"""`s3tui mv`: move or rename objects and prefixes."""

from __future__ import annotations

import argparse

from s3tui.cli import copying
from s3tui.transfers.move import MoveRequest

_HELP = """
As “s3tui cp”, and then each original is deleted, if its copy was verified and it has not changed meanwhile. In a
bucket with versions that makes a delete marker, and the versions stay. What is not verified stays, and is said.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    copying.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """Move all; 1 when none was moved, 3 when only some were."""
    return copying.run(arguments, MoveRequest)
