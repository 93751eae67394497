"""`s3tui rm`: delete objects, versions and everything under prefixes."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from s3tui.background import CancelToken
from s3tui.cli.common import connection_of, emit, refuse_local, say
from s3tui.cli.line import Line
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import counted, visible
from s3tui.errors import BadInput
from s3tui.s3 import errors, uri
from s3tui.s3.client import Connection
from s3tui.s3.delete_objects import Doomed, Failure
from s3tui.s3.uri import S3Uri
from s3tui.transfers import delete, doomed
from s3tui.transfers.delete import DeleteRequest, Result
from s3tui.transfers.doomed import Count
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.removing import Removed

_HELP = """
A prefix is deleted with -r only, and always with its “/”: “photos/2024” never means “photos/2024-old”. On a terminal
the question says how much goes; elsewhere -r needs --yes. Where the bucket keeps versions, a delete only puts a delete
marker, unless --versions or a version is given; --undo takes that back. Exit code 3: some of it was not deleted.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("places", metavar="URI", nargs="+", help="s3://bucket/key; with -r s3://bucket/prefix/")
    parser.add_argument("-r", "--recursive", action="store_true", help="delete everything under each URI")
    parser.add_argument("--versions", action="store_true", help="delete all versions and delete markers, too")
    parser.add_argument("--version-id", metavar="ID", help="delete this version of the one URI")
    parser.add_argument("--undo", action="store_true", help="bring deleted objects back: remove their delete markers")
    parser.add_argument("--uploads", action="store_true", help="abort unfinished uploads there, too")
    parser.add_argument("--dry-run", action="store_true", help="print what would go, and delete nothing")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each, and a last one in all")


def run(arguments: argparse.Namespace) -> int:
    """Delete, and return 3 when only a part was."""
    connection = connection_of(arguments)
    for place in arguments.places:
        refuse_local(place)
    places = [uri.parse(place, connection.profile.endpoint) for place in arguments.places]
    if arguments.undo:
        from s3tui.cli import rm_undo

        return rm_undo.run(connection, places, arguments)
    requests = _requests(arguments, places)
    for request in requests:
        if complaints := request.problems():
            raise BadInput(complaints[0])
    line = Line()
    if arguments.dry_run:
        return _list(connection, requests, arguments, line)
    if arguments.recursive and not arguments.yes and not sys.stdin.isatty():
        raise BadInput("-r deletes everything under a prefix.", "Where nobody can be asked, say --yes.")
    requests, missing = _look(connection, requests, arguments)
    if requests and not arguments.yes and sys.stdin.isatty() and not _agreed(connection, requests, line):
        say("Nothing was deleted.")
        return FAILED
    return _delete(connection, requests, missing, arguments, line)


def _requests(arguments: argparse.Namespace, places: Sequence[S3Uri]) -> list[DeleteRequest]:
    """One for each bucket, and one for each version."""
    if arguments.version_id and (len(places) != 1 or arguments.recursive or arguments.versions):
        raise BadInput("--version-id is for one object, without -r and --versions.")
    requests: list[DeleteRequest] = []
    by_bucket: dict[str, list[str]] = {}
    for place in places:
        version = arguments.version_id or place.version_id
        if arguments.recursive and version:
            raise BadInput("A version is that of one object: -r can't delete it.")
        if not arguments.recursive and place.is_prefix:
            raise BadInput(f"“{place}” is a prefix.", "With -r everything under it is deleted.")
        if version:
            requests.append(DeleteRequest(place.bucket, (place.key,), version_id=version))
        elif arguments.recursive and not place.is_prefix:
            by_bucket.setdefault(place.bucket, []).append(f"{place.key}/")
        else:
            by_bucket.setdefault(place.bucket, []).append(place.key)
    for bucket, names in by_bucket.items():
        keys, prefixes = ((), tuple(names)) if arguments.recursive else (tuple(names), ())
        requests.append(DeleteRequest(bucket, keys, prefixes, "", arguments.versions, arguments.uploads))
    return requests


def _look(
    connection: Connection, requests: Sequence[DeleteRequest], arguments: argparse.Namespace
) -> tuple[list[DeleteRequest], Removed]:
    """The requests without keys that aren't there, and those: where there are versions, deleting one would put a
    marker on nothing."""
    found, missing = [], Removed()
    for request in requests:
        if not request.keys or request.all_versions:
            found.append(request)
            continue
        with contextlib.suppress(errors.AccessDenied):
            gone = {place.key for place in doomed.count(connection, replace(request, uploads=False)).missing}
            for key in gone:
                error = errors.NoSuchKey(f"There is no such object in “{request.bucket}”.")
                missing.failures.append(Failure(Doomed(key, request.version_id), error))
                _tell(arguments, request.bucket, missing.failures[-1].doomed, "missing", error.sentence)
            request = replace(request, keys=tuple(key for key in request.keys if key not in gone))
        if request.keys:
            found.append(request)
    return found, missing


def _agreed(connection: Connection, requests: Sequence[DeleteRequest], line: Line) -> bool:
    """Whether the person says yes to each."""
    for request in requests:
        count = doomed.count(connection, request, on_progress=lambda so_far: line.tell(f"{so_far} …"))
        line.clear()
        least = "" if count.completeness.is_complete else f", at least: {count.completeness.reason}"
        say(f"{request.ends[0]}: {count}{least}. {doomed.consequence(request, count)}")
        if doomed.wants_name(request, count):
            if _answer(f"Type “{request.bucket}” to delete it: ") != request.bucket:
                return False
        elif _answer("Delete it? [y/N] ").lower() not in ("y", "yes"):
            return False
    return True


def _answer(question: str) -> str:
    print(visible(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _delete(
    connection: Connection,
    requests: Sequence[DeleteRequest],
    missing: Removed,
    arguments: argparse.Namespace,
    line: Line,
) -> int:
    total, interrupted = Result(), False
    total.add(missing)
    for request in requests:
        result = Result()

        def note(removed: Removed, request: DeleteRequest = request, result: Result = result) -> None:
            result.add(removed)
            _tell_removed(arguments, request.bucket, removed, line)
            line.tell(f"{total.deleted + result.deleted:,} deleted …")

        try:
            result = delete.run(connection, request, Progress(), CancelToken(), Notes(), note)
        except KeyboardInterrupt:
            interrupted = result.cancelled = True
        total.join(result)
        if interrupted or result.why:
            break
    line.clear()
    _tell_end(arguments, total)
    if interrupted:
        raise KeyboardInterrupt
    good = not (total.failed or total.unknown or total.why)
    return DONE if good else PARTLY if total.deleted or total.aborted or total.unknown else FAILED


def _tell_removed(arguments: argparse.Namespace, bucket: str, removed: Removed, line: Line) -> None:
    if removed.failures or removed.unknown:
        line.clear()
    if arguments.json:
        for gone in removed.deleted:
            _tell(arguments, bucket, gone, "deleted")
    for failure in removed.failures:
        _tell(arguments, bucket, failure.doomed, "failed", failure.error.sentence, failure.error)
    for unknown in removed.unknown:
        _tell(arguments, bucket, unknown, "outcome unknown", "No answer came.")


def _tell(
    arguments: argparse.Namespace,
    bucket: str,
    about: Doomed,
    state: str,
    detail: str = "",
    error: errors.S3Error | None = None,
) -> None:
    if arguments.json:
        said = {"code": error.request.code, "message": error.request.message} if error else {}
        emit(
            {
                "kind": "object",
                "bucket": bucket,
                "key": about.key,
                "version_id": about.version_id or None,
                "state": state,
                "detail": detail,
                **said,
            }
        )
    else:
        version = f" (version {about.version_id})" if about.version_id else ""
        say(f"s3tui: {S3Uri(bucket, about.key)}{version}: {state}. {detail}")


def _tell_end(arguments: argparse.Namespace, total: Result) -> None:
    try:
        outcome = delete.outcome(total)
        state, detail = str(outcome.state), outcome.detail
    except errors.S3Error as error:
        state, detail = "failed", str(error)
    if arguments.json:
        emit(
            {
                "kind": "end",
                "state": state,
                "detail": detail,
                "deleted": total.deleted,
                "failed": total.failed,
                "unknown": total.unknown,
                "uploads_aborted": total.aborted,
            }
        )
    elif state == "verified":
        print(visible(detail))
    else:
        say(f"s3tui: {state}. {detail}")


def _list(connection: Connection, requests: Sequence[DeleteRequest], arguments: argparse.Namespace, line: Line) -> int:
    """Print what would go."""
    total, stopped = Count(), None
    requests, missing = _look(connection, requests, arguments)
    for request in requests:
        try:
            for some in doomed.stream(connection, request):
                for each in some.doomed:
                    _would(arguments, "object", request.bucket, each.key, each.version_id)
                total.objects += len(some.doomed)
                total.size += some.size
            for upload in doomed.unfinished(connection, request):
                _would(arguments, "upload", request.bucket, upload.key, upload.upload_id)
                total.uploads += 1
        except errors.S3Error as error:
            stopped = error
            say(f"s3tui: {error}")
    said = f"{counted(total.objects, 'object or version', 'objects and versions')}"
    said += f" and {counted(total.uploads, 'unfinished upload')}" if total.uploads else ""
    if arguments.json:
        record: dict[str, Any] = {"kind": "end", "state": "dry run", "would_delete": total.objects}
        emit(record | {"would_abort": total.uploads, "missing": len(missing.failures), "complete": stopped is None})
    else:
        say(f"{said} would go; nothing was deleted.")
    if not (stopped or missing.failures):
        return DONE
    return PARTLY if total.objects or total.uploads else FAILED


def _would(arguments: argparse.Namespace, kind: str, bucket: str, key: str, identity: str) -> None:
    if arguments.json:
        named = {"upload_id" if kind == "upload" else "version_id": identity or None}
        emit({"kind": kind, "bucket": bucket, "key": key, **named, "state": "would be deleted"})
    else:
        what = f"?uploadId={identity}" if kind == "upload" else f"?versionId={identity}" if identity else ""
        print(visible(f"{S3Uri(bucket, key)}{what}"))
