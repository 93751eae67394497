"""What `cp` and `mv` share: from S3 to S3, a plan first, then the queue."""

from __future__ import annotations

import argparse
from dataclasses import replace

from s3tui import display
from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.main import DONE, PARTLY
from s3tui.cli.moving import Moving
from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.s3 import uri
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.copy_plan import Planned, existing, plan
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.taken import Taken


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of both."""
    parser.add_argument("source", metavar="SRC", help="s3://bucket/key, with ?versionId=… for a version, or a prefix")
    parser.add_argument("target", metavar="DST", help="s3://bucket/key or s3://bucket/prefix/")
    parser.add_argument("-r", "--recursive", action="store_true", help="everything below the prefix SRC")
    parser.add_argument("--to-profile", metavar="NAME", help="the profile of DST, where it isn't that of SRC")
    parser.add_argument("--overwrite", action="store_true", help="replace objects that exist")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each object")


def run(arguments: argparse.Namespace, kind: type[CopyRequest] | type[MoveRequest]) -> int:
    """Plan, then do it."""
    for place in (arguments.source, arguments.target):
        if "://" not in place and not place.startswith("arn:"):
            raise BadInput(f"“{place}” is not a place in S3.", "Files go with “s3tui put” and “s3tui get”.")
    connection = connection_of(arguments)
    there = target_connection(arguments, connection)
    source = uri.parse(arguments.source, connection.profile.endpoint)
    target = uri.parse(arguments.target, there.profile.endpoint)
    source = _as_meant(source, arguments.recursive)
    same = connection.profile.endpoint == there.profile.endpoint
    planned = list(plan(connection, [source], target, same_endpoint=same))
    if arguments.dry_run:
        return _tell(kind, planned, existing(there, planned), arguments.overwrite, arguments.json)
    moving = Moving(arguments.json)
    to: tuple[str | None, str | None] = (
        (arguments.to_profile, there.profile.endpoint) if arguments.to_profile else (None, "")
    )
    seen = existing(there, planned) if arguments.overwrite else None

    def request(each: Planned) -> CopyRequest | MoveRequest:
        overwrite, replaces = seen.replacing(each.target.key) if seen else (False, None)
        return kind(each.source, each.target, overwrite, each.etag, *to, replaces=replaces, size=each.size)

    moving.queue.submit_all(connection, map(request, planned))
    code = moving.watch()
    stayed = any(view.kind == "move" and view.state != "verified" for view in moving.queue.snapshot())
    return PARTLY if code == DONE and stayed else code


def target_connection(arguments: argparse.Namespace, connection: Connection) -> Connection:
    """The connection of the target: that of `--to-profile`, or `connection` itself."""
    if not arguments.to_profile:
        return connection
    # Endpoint and region on the command line are the source's.
    of_target = {"profile": arguments.to_profile, "endpoint_url": None, "region": None}
    return connection_of(argparse.Namespace(**{**vars(arguments), **of_target}))


def _as_meant(source: S3Uri, recursive: bool) -> S3Uri:
    if recursive:
        if source.version_id:
            raise BadInput("A version is one object: leave -r out.")
        return source if source.is_prefix else replace(source, key=f"{source.key}/")
    if source.is_prefix and not source.version_id:
        raise BadInput(f"“{source}” is a prefix.", "-r takes everything below it.")
    return source


def _tell(
    kind: type[CopyRequest] | type[MoveRequest], planned: list[Planned], seen: Taken, overwrite: bool, as_json: bool
) -> int:
    for each in planned:
        note = ("is replaced" if overwrite else "exists") if each.target.key in seen.found else ""
        if as_json:
            emit(
                {
                    "kind": kind.kind,
                    "source": str(each.source),
                    "target": str(each.target),
                    "state": "planned",
                    "detail": note,
                    "size": each.size,
                    "etag": each.etag,
                }
            )
        else:
            print(visible(f"{each.source} -> {each.target}{f': {note}' if note else ''}"))
    total = display.size(sum(each.size for each in planned))
    would = "would be replaced" if overwrite else "would not be replaced"
    say(f"{display.counted(len(planned), 'object')}, {total}; {len(seen.found):,} {would}. Nothing was changed.")
    return DONE
