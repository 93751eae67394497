"""`s3tui why [--json] URI`: say why an object is missing."""

from __future__ import annotations

import argparse

from s3tui.cli.common import connection_of, emit
from s3tui.cli.main import DONE, PARTLY
from s3tui.diagnosis import Verdict, report, to_json, why
from s3tui.s3.uri import parse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("uri", metavar="URI", help="s3://bucket/key, an https or presigned URL, an ARN")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.epilog = "Sends only reads. Exit code 0: the cause is named; 3: it can't be told; 2: this is not a place."


def run(arguments: argparse.Namespace) -> int:
    """Print the report, or one JSON object."""
    connection = connection_of(arguments)
    diagnosis = why(connection, parse(arguments.uri, connection.profile.endpoint))
    if arguments.json:
        emit(to_json(diagnosis))
    else:
        print(report(diagnosis), end="")
    return PARTLY if diagnosis.verdict is Verdict.CANNOT_TELL else DONE
