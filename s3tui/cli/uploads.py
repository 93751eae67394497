"""`s3tui uploads list|abort URI`: unfinished multipart uploads, whose parts cost money and are in no listing."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from s3tui import display
from s3tui.cli.common import agreed, connection_of, emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import counted, visible
from s3tui.s3 import filters, upload_aborts, upload_parts, uploads, uri
from s3tui.s3.client import Connection
from s3tui.s3.upload_aborts import Aborted
from s3tui.s3.upload_parts import Parts
from s3tui.s3.uploads import UploadList

_HELP = """
A URI that is a bucket or ends in “/” is a prefix; any other is one key. An aborted upload can't be completed any more:
who is still sending it fails, so abort only what is old: --older-than 7d. Exit code 3: the list is incomplete, or some
uploads could not be aborted.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.epilog = _HELP
    parser.add_argument("action", choices=("list", "abort"), help="tell what there is, or delete its parts")
    parser.add_argument("place", metavar="URI", help="s3://bucket, s3://bucket/prefix/ or s3://bucket/key")
    parser.add_argument("--older-than", metavar="AGE", help="only what was begun longer ago: 7d, 12h (s m h d w y)")
    parser.add_argument("--dry-run", action="store_true", help="abort: tell what would go, and change nothing")
    parser.add_argument("--yes", action="store_true", help="abort: don't ask")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line, how complete it is last")
    parser.set_defaults(refuse_usage=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """List or abort; 3 when only in part."""
    if arguments.action == "list" and (arguments.dry_run or arguments.yes):
        arguments.refuse_usage("list changes nothing: --dry-run and --yes are for abort")
    age = filters.age(arguments.older_than) if arguments.older_than else None
    connection = connection_of(arguments)
    place = uri.parse(arguments.place, connection.profile.endpoint)
    found = _older(uploads.at(connection, place), age)
    parts = list(upload_parts.parts_of_all(connection, place.bucket, found.uploads))
    parts.sort(key=lambda each: (each.upload.started, each.upload.key))
    if arguments.action == "list":
        for each in parts:
            _tell(arguments, place, each)
        code = DONE
    else:
        code = _abort(connection, arguments, place, parts)
    return _end(arguments, found, code)


def _older(found: UploadList, age: timedelta | None) -> UploadList:
    if age is None:
        return found
    try:
        limit = datetime.now(UTC) - age
    except OverflowError:
        return found.only(lambda _: False)
    return found.only(lambda upload: upload.started < limit)


def _abort(connection: Connection, arguments: argparse.Namespace, place: uri.S3Uri, parts: Sequence[Parts]) -> int:
    """Ask, abort, and tell what became of each."""
    if not parts:
        return DONE
    if arguments.dry_run or not arguments.yes:
        if not arguments.json:
            for each in parts:
                _tell(arguments, place, each)
        say(_total(parts))
    if arguments.dry_run:
        for each in parts if arguments.json else ():
            _tell(arguments, place, each, state="would abort")
        say("Nothing was sent: this was a dry run.")
        return DONE
    if not arguments.yes and not agreed("Abort them? Their parts are deleted. [y/N] ", "nothing was aborted"):
        say("Nothing was aborted.")
        return FAILED
    ends = Counter(_tell_ends(connection, arguments, place, parts))
    return DONE if not ends["failed"] else PARTLY if ends["aborted"] + ends["had ended"] else FAILED


def _tell_ends(
    connection: Connection, arguments: argparse.Namespace, place: uri.S3Uri, parts: Sequence[Parts]
) -> Iterator[str]:
    held = {each.upload: each for each in parts}
    for aborted in upload_aborts.abort_all(connection, place.bucket, list(held)):
        state = _state(aborted)
        if arguments.json:
            _tell(arguments, place, held[aborted.upload], state=state, error=str(aborted.error or ""))
        elif aborted.error:
            say(f"s3tui: {aborted.upload.key}: {aborted.error}")
        else:
            print(visible(f"{state}: {aborted.upload.key}"))
        yield state


def _state(aborted: Aborted) -> str:
    return "failed" if aborted.error else "had ended" if aborted.had_ended else "aborted"


def _total(parts: Sequence[Parts]) -> str:
    count, size = sum(each.count for each in parts), sum(each.size for each in parts)
    least = "at least " if any(each.error for each in parts) else ""
    return f"{counted(len(parts), 'unfinished upload')}, {least}{counted(count, 'part')}, {display.size(size)}."


def _tell(arguments: argparse.Namespace, place: uri.S3Uri, parts: Parts, **more: str) -> None:
    upload = parts.upload
    if arguments.json:
        record: dict[str, Any] = {
            "kind": "upload",
            "bucket": place.bucket,
            "key": upload.key,
            "upload_id": upload.upload_id,
            "started": upload.started.isoformat(),
            "storage_class": upload.storage_class,
            "initiator": upload.initiator,
            "parts": None if parts.error else parts.count,
            "size": None if parts.error else parts.size,
            "parts_error": str(parts.error or ""),
        }
        emit(record | more)
        return
    held = (
        f"{'?':>10} {'?':>12}" if parts.error else f"{display.size(parts.size):>10} {counted(parts.count, 'part'):>12}"
    )
    print(visible(f"{display.when(upload.started)} {held}  {upload.key}  {upload.upload_id}"))


def _end(arguments: argparse.Namespace, found: UploadList, code: int) -> int:
    """Say whether that was all."""
    known = found.completeness
    if arguments.json:
        emit({"kind": "end", "complete": known.is_complete, "reason": known.reason, "rows": len(found.uploads)})
    elif not found.uploads and known.is_complete:
        say("There are no such unfinished uploads.")
    if not known.is_complete:
        say(f"s3tui: the list is incomplete: {known.reason}")
        return FAILED if code == FAILED else PARTLY
    return code
