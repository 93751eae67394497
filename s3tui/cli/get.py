"""`s3tui get`: download an object."""

from __future__ import annotations

import argparse
from pathlib import Path

from s3tui.cli.common import connection_of
from s3tui.cli.moving import Moving
from s3tui.errors import BadInput
from s3tui.s3 import uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.names import local_path

_HELP = """
PATH is the file to write, or a folder. What can't be in a file name is written as %XX. The file gets its name
only when it is complete and was compared with the object's checksum or ETag; one that exists is kept without
--overwrite.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("place", metavar="URI", help="s3://bucket/key, with ?versionId=… for a version")
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    parser.add_argument("--json", action="store_true", help="print the result as a JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Download it; 1 when that failed."""
    connection = connection_of(arguments)
    source = uri.parse(arguments.place, connection.profile.endpoint)
    if not source.key:
        raise BadInput(f"“{source}” is a bucket: name one object.")
    if source.key.endswith("/") and _is_folder(arguments.path):
        raise BadInput(f"“{source}” is a prefix: name one object, or the file that an object of this name becomes.")
    path = Path(arguments.path).absolute()  # it may go on in another folder
    if _is_folder(arguments.path):
        request = DownloadRequest(source, local_path(path, source.name), arguments.overwrite, root=path)
    else:
        request = DownloadRequest(source, path, arguments.overwrite)
    moving = Moving(arguments.json)
    moving.queue.submit(connection, request)
    return moving.watch()


def _is_folder(path: str) -> bool:
    return path.endswith("/") or Path(path).is_dir()
