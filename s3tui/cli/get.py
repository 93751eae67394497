"""`s3tui get`: download an object, or everything below a prefix."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.cli.asking import ask_conflicts
from s3tui.cli.common import connection_of, say
from s3tui.cli.line import Line
from s3tui.cli.main import DONE, PARTLY
from s3tui.cli.moving import Moving
from s3tui.cli.plan_output import code_of, summary, tell_plan, tell_remarks, tell_undone
from s3tui.errors import BadInput
from s3tui.s3 import uri
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import download_plan
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.names import local_path
from s3tui.transfers.plan import CONFLICTS, Conflict, Plan
from s3tui.transfers.sync_compare import Stored

_HELP = """
PATH is the file to write, or a folder. What can't be in a file name is written as %XX. The file gets its name
only when it is complete and was compared with the object's checksum or ETag; one that exists is kept without
--if-exists.

With -r what is below the prefix URI goes below the folder PATH; a prefix is always taken with its “/”. Everything is
listed, and the disk's room is looked at, before anything comes. “different” reads the files that are there, and replaces
those whose content isn't the object's. Keys never leave PATH, and no two of them become one file.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("place", metavar="URI", help="s3://bucket/key, with ?versionId=… for a version, or a prefix")
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("-r", "--recursive", action="store_true", help="everything below the prefix URI")
    exists = parser.add_mutually_exclusive_group()
    exists.add_argument("--if-exists", choices=CONFLICTS, help="what to do where a file is there (default: say so)")
    exists.add_argument("--overwrite", action="store_true", help="short for --if-exists overwrite")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")


def run(arguments: argparse.Namespace) -> int:
    """Download it; 1 when that failed, 3 when only some arrived."""
    if arguments.if_exists == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("--if-exists ask needs a terminal to ask on.", "Say skip, overwrite, different or rename.")
    connection = connection_of(arguments)
    source = uri.parse(arguments.place, connection.profile.endpoint)
    path = Path(arguments.path).absolute()  # it may go on in another folder
    if not (arguments.recursive or arguments.if_exists or arguments.dry_run):
        request = _one(arguments, source, path)
        if said := download_plan.will_be_made(request.path.parent):
            say(f"s3tui: {said}")
        moving = Moving(arguments.json)
        moving.queue.submit(connection, request)
        return moving.watch()
    made = _planned(arguments, connection, source, path)
    if arguments.if_exists == "ask":
        ask_conflicts(made)
    if arguments.dry_run:
        return tell_plan(made, "download", arguments.json)
    return _receive(arguments, connection, made)


def _one(arguments: argparse.Namespace, source: S3Uri, path: Path) -> DownloadRequest:
    if not source.key:
        raise BadInput(f"“{source}” is a bucket: name one object.", "-r takes everything below it.")
    if not _is_folder(arguments.path):
        return DownloadRequest(source, path, arguments.overwrite)
    if source.key.endswith("/"):
        raise BadInput(
            f"“{source}” is a prefix: name one object, or the file that an object of this name becomes.",
            "-r takes everything below it.",
        )
    return DownloadRequest(source, local_path(path, source.name), arguments.overwrite, root=path)


def _is_folder(path: str) -> bool:
    return path.endswith("/") or Path(path).is_dir()


def _planned(arguments: argparse.Namespace, connection: Connection, source: S3Uri, path: Path) -> Plan:
    chosen: Conflict = "overwrite" if arguments.overwrite else arguments.if_exists or "ask"
    line, token = Line(), CancelToken()
    try:
        if not arguments.recursive:
            request = _one(arguments, source, path)
            info = head(connection, source)
            items = [(Stored(connection, source, info.size, info.etag), request.path)]
            return download_plan.plan(items, request.root, chosen, token, line.count)
        if source.version_id:
            raise BadInput("A version is one object: leave -r out.")
        if path.exists() and not path.is_dir():
            raise BadInput(f"“{path}” is a file.", "With -r a folder is named.")
        prefix = source if source.is_prefix else replace(source, key=f"{source.key}/")
        items = download_plan.placed(download_plan.below(connection, prefix, token, line.count), prefix.key, path)
        if not items:
            raise BadInput(f"Nothing is below “{prefix}”.")
        return download_plan.plan(items, path, chosen, token, line.count)
    finally:
        line.clear()


def _receive(arguments: argparse.Namespace, connection: Connection, made: Plan) -> int:
    say(summary(made))
    tell_remarks(made)
    tell_undone(made, "download", arguments.json)
    if made.counts()["ask"]:
        say("s3tui: --if-exists says what to do where a file exists.")
    undone = code_of(made.steps)
    if not any(made.requests()):
        return undone
    moving = Moving(arguments.json)
    moving.queue.submit_all(connection, made.requests())
    code = moving.watch()
    return PARTLY if code == DONE and undone != DONE else code
