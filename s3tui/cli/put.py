"""`s3tui put`: upload files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from s3tui.cli.common import connection_of
from s3tui.cli.moving import Moving
from s3tui.errors import BadInput
from s3tui.s3 import uri
from s3tui.s3.uri import S3Uri
from s3tui.transfers.upload import UploadRequest

_HELP = """
With one FILE, a URI that doesn't end in “/” names the key; otherwise it is the prefix for all of them.
An object that exists is not replaced without --overwrite. Afterwards size and ETag or checksum are compared.
A file that a SHA256SUMS, *.sha256 or CHECKSUM (or MD5, SHA-1, SHA-512) beside it names is compared with that first, and
a checked SHA-256 is recorded as the metadata sha256. Signatures of such files are not checked.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("files", metavar="FILE", nargs="+")
    parser.add_argument("place", metavar="URI", help="s3://bucket/prefix/ or s3://bucket/key")
    parser.add_argument("--metadata", metavar="NAME=VALUE", action="append", default=[], help="user metadata")
    parser.add_argument("--tag", metavar="NAME=VALUE", action="append", default=[], help="a tag; at most 10")
    parser.add_argument("--content-type", metavar="TYPE", help="instead of what each file's name suggests")
    parser.add_argument("--storage-class", metavar="CLASS", help="such as STANDARD_IA")
    sums = parser.add_mutually_exclusive_group()
    sums.add_argument("--check", action="store_true", help="send only what a checksum file beside it names")
    sums.add_argument(
        "--no-check-sums", action="store_true", help="don't compare files with checksum files beside them"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace objects that exist")
    parser.add_argument("--adopt", metavar="UPLOAD_ID", default="", help="go on with this unfinished upload of the key")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")


def run(arguments: argparse.Namespace) -> int:
    """Upload all files; 1 when none arrived, 3 when only some did."""
    for setting in (*arguments.metadata, *arguments.tag):
        if not setting.partition("=")[0] or "=" not in setting:
            raise BadInput(f"“{setting}” is not NAME=VALUE.")
    connection = connection_of(arguments)
    target = uri.parse(arguments.place, connection.profile.endpoint)
    if arguments.adopt and (target.is_prefix or len(arguments.files) != 1):
        raise BadInput("--adopt goes on with one upload.", "Name one file, and the key in full.")
    requests = _requests(arguments, target)
    keys = [request.target.key for request in requests]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise BadInput(f"Two files would become “{twice}”.")
    for request in requests:
        if complaints := request.problems():
            raise BadInput(complaints[0])
    moving = Moving(arguments.json)
    moving.queue.submit_all(connection, requests)
    return moving.watch()


def _requests(arguments: argparse.Namespace, target: S3Uri) -> list[UploadRequest]:
    files = [Path(name).absolute() for name in arguments.files]  # it may go on in another folder
    if target.is_prefix:
        targets = [target.with_key(target.key + path.name) for path in files]
    elif len(files) == 1:
        targets = [target]
    else:
        targets = [target.with_key(f"{target.key}/{path.name}") for path in files]
    return [
        UploadRequest(
            path=path,
            target=where,
            content_type=arguments.content_type,
            storage_class=arguments.storage_class,
            metadata=_pairs(arguments.metadata),
            tags=_pairs(arguments.tag),
            overwrite=arguments.overwrite,
            adopt=arguments.adopt,
            check_sums="required" if arguments.check else "no" if arguments.no_check_sums else "beside",
        )
        for path, where in zip(files, targets, strict=True)
    ]


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (setting.partition("=") for setting in settings)}
