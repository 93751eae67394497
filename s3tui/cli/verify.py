"""`s3tui verify`: whether an object is what a local file is, or what its own endpoint tells of it."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

from s3tui import display
from s3tui.background import TRANSFERS, CancelToken
from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import counted, visible
from s3tui.errors import BadInput
from s3tui.s3 import errors, listing, uri
from s3tui.s3.at_once import at_once
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import pairing
from s3tui.transfers.compare import Comparison, compare
from s3tui.transfers.names import local_path
from s3tui.transfers.pairing import Pair
from s3tui.transfers.progress import Progress

_HELP = """
verify URI PATH compares an object with a file by size and by what the endpoint tells: a checksum, the ETag (of parts, too),
the SHA-256 in its metadata; where none of them can tell, the object is read and every byte compared. verify URI reads the
object, keeps nothing, and compares its bytes with the same. With -r all objects below a prefix must have their files, and
with the folder first all files their objects. Exit code 0: all verified; 1: something differs or is missing; 3: nothing
differs, but not everything could be compared. Where there is nothing to compare, nothing is verified: 1.
"""
_EVERY = 0.2  # s; how often it is said on a terminal how far we are
_SCHEMES = ("s3://", "s3a://", "s3n://", "http://", "https://", "arn:")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument(
        "one", metavar="URI", help="s3://bucket/key, with ?versionId=… for a version; s3://bucket/prefix/"
    )
    parser.add_argument("other", metavar="PATH", nargs="?", help="a file, or a folder; may stand first")
    parser.add_argument("-r", "--recursive", action="store_true", help="everything below a prefix")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each object")


def run(arguments: argparse.Namespace) -> int:
    """Compare, print what was found of each, and say it in the exit code."""
    connection = connection_of(arguments)
    pairs = _pairs(connection, arguments)
    progress, verdicts = _Told(), Counter[str]()
    work = partial(_compare, connection, progress)
    for found in at_once(work, pairs, pool=TRANSFERS):
        progress.clear()
        verdicts[found.verdict] += 1
        if found.verdict == "missing" and not arguments.recursive:
            _check_bucket(connection, found.uri.bucket)
        _tell(arguments, found)
    progress.clear()
    if arguments.recursive:
        words = [f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items())]
        nothing = "s3tui: There is nothing to compare, so nothing is verified."
        say(f"{counted(len(pairs), 'object')}: {', '.join(words)}." if words else nothing)
    if verdicts["differs"] or verdicts["missing"] or not pairs:
        return FAILED
    return PARTLY if verdicts["can't be compared"] else DONE


def _compare(connection: Connection, progress: Progress, pair: Pair) -> Comparison:
    return compare(connection, *pair, progress, CancelToken())


def _check_bucket(connection: Connection, bucket: str) -> None:
    """Raise `errors.NoSuchBucket` when there is none, which HeadObject can't tell."""
    try:
        next(listing.pages(connection, bucket, "", "", page_size=1), None)
    except errors.NoSuchBucket:
        raise
    except errors.S3Error:
        pass  # whoever may not list may look


def _pairs(connection: Connection, arguments: argparse.Namespace) -> list[Pair]:
    """What is to be compared with what. Raises `BadInput` for what doesn't fit together."""
    one, other = arguments.one, arguments.other
    is_uri = [text.lower().startswith(_SCHEMES) for text in (one, other or "")]
    if sum(is_uri) != 1:
        raise BadInput("One of the two must be a place in S3, and the other a path.", "verify s3://bucket/key file")
    place = uri.parse(one if is_uri[0] else other, connection.profile.endpoint)
    path = None if other is None else Path(other if is_uri[0] else one)
    if not arguments.recursive:
        return [_pair(place, path)]
    if not place.is_prefix:
        raise BadInput(f"“{place}” is one object: a prefix ends in “/”.", "Leave out -r, or add the “/”.")
    if path is not None and not path.is_dir():
        raise BadInput(f"“{path}” is no folder.", "With -r a folder is compared.")
    if path is not None and not is_uri[0]:
        return pairing.files_with_objects(connection, path, place)
    return pairing.objects_with_files(connection, place, path)


def _pair(place: S3Uri, path: Path | None) -> Pair:
    if place.is_prefix:
        if path is None or path.is_dir() or not place.bucket:
            raise BadInput(f"“{place}” is a bucket or prefix.", "Name one object, or add -r.")
        return place.with_key(place.key + path.name), path
    return place, local_path(path, place.name) if path is not None and path.is_dir() else path


def _tell(arguments: argparse.Namespace, found: Comparison) -> None:
    if arguments.json:
        emit(
            {
                "kind": "comparison",
                "uri": str(found.uri),
                "version_id": found.uri.version_id,
                "path": None if found.path is None else str(found.path),
                "state": found.verdict,
                "detail": found.detail,
                "size": found.size,
            }
        )
        return
    against = f" and {found.path}" if found.path is not None else ""
    line = f"{found.verdict}: {found.uri}{against}: {found.detail}"
    if found.verdict == "verified":
        print(visible(line))
    else:
        say(f"s3tui: {line}")


class _Told(Progress):
    """How much was read, on a terminal only, in one line that is gone at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = 0.0
        self._on_terminal = sys.stderr.isatty()

    def add(self, count: int) -> None:
        super().add(count)
        now = time.monotonic()
        if self._on_terminal and now - self._shown > _EVERY:
            self._shown = now
            text = f"{display.size(self.done)} read, {display.size(round(self.speed))}/s"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
