"""`s3tui cp`: copy objects and prefixes."""

from __future__ import annotations

import argparse

from s3tui.cli import copying
from s3tui.transfers.copy import CopyRequest

_HELP = """
An object becomes DST, or goes into it under its name when DST ends in “/”. With -r what is below SRC goes below DST;
a prefix is always taken with its “/”. Headers, metadata, tags, access list, storage class, encryption and retention
come along, and the copy is compared with the original. An object that exists is not replaced without --overwrite.
Nothing starts before everything was listed. The exit code is 3 when only some were copied.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    copying.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """Copy all; 1 when none was copied, 3 when only some were."""
    return copying.run(arguments, CopyRequest)
