"""`s3tui put`: upload files, folders, and what a manifest lists."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from s3tui import folders
from s3tui.background import CancelToken
from s3tui.cli.asking import ask_conflicts, ask_fields
from s3tui.cli.common import connection_of, refuse_local, say
from s3tui.cli.line import Line
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.cli.moving import Moving
from s3tui.cli.plan_output import code_of, summary, tell_plan, tell_remarks, tell_undone
from s3tui.errors import BadInput
from s3tui.s3 import tags, uri
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import manifest
from s3tui.transfers.begun_here import paused_for
from s3tui.transfers.bulk import RELPATH, BadLines, Form, LocalFile, Tell
from s3tui.transfers.journal import Journal, JournalError
from s3tui.transfers.plan import CONFLICTS, Plan
from s3tui.transfers.preflight import preflight
from s3tui.transfers.template import KNOWN
from s3tui.transfers.walk import Walked, walk

_MOST_COMPLAINTS = 100
_HELP = f"""
With one FILE, a URI that doesn't end in “/” names the key; otherwise it is the prefix for all of them.
An object that exists is not replaced without --if-exists. Afterwards size and ETag or checksum are compared.
A file that a SHA256SUMS, *.sha256 or CHECKSUM (or MD5, SHA-1, SHA-512) beside it names is compared with that first, and
a checked SHA-256 is recorded as the metadata sha256. Signatures of such files are not checked.

-r takes folders: what is below one goes below the URI; of several, each under its own name. Hidden files go, too; links
to folders are not followed; empty folders leave nothing in S3.

--key, --metadata, --tag and --sidecar may hold fields in braces: {", ".join(KNOWN)}, and any other name, whose value
--field gives or you are asked for. {{{{ and }}}} are braces themselves.

A manifest is CSV (its first line names the columns: path, key, metadata:NAME, tag:NAME, class) or JSON Lines (path, key,
metadata, tags, class). Paths are relative to it; keys are below URI, or whole s3:// URIs without one.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("paths", metavar="FILE", nargs="*", help="files, with -r folders too; the last word is the URI")
    parser.add_argument("place", metavar="URI", nargs="?", help="s3://bucket/prefix/ or s3://bucket/key")
    parser.add_argument("-r", "--recursive", action="store_true", help="also send what is below folders")
    parser.add_argument("--manifest", metavar="LIST", help="send the files that this CSV or JSON Lines file lists")
    parser.add_argument("--key", metavar="TEMPLATE", help=f"how keys below URI are made (default: {RELPATH})")
    parser.add_argument("--field", metavar="NAME=VALUE", action="append", default=[], help="the value of a field")
    parser.add_argument("--metadata", metavar="NAME=VALUE", action="append", default=[], help="user metadata")
    parser.add_argument("--tag", metavar="NAME=VALUE", action="append", default=[], help="a tag; at most 10")
    parser.add_argument("--sidecar", metavar="NAME", help="also put the metadata as JSON beside it, as metadata.json")
    parser.add_argument("--content-type", metavar="TYPE", help="instead of what each file's name suggests")
    parser.add_argument("--storage-class", metavar="CLASS", help="such as STANDARD_IA")
    sums = parser.add_mutually_exclusive_group()
    sums.add_argument("--check", action="store_true", help="send only what a checksum file beside it names")
    sums.add_argument(
        "--no-check-sums", action="store_true", help="don't compare files with checksum files beside them"
    )
    exists = parser.add_mutually_exclusive_group()
    exists.add_argument("--if-exists", choices=CONFLICTS, help="what to do where a key is taken (default: say so)")
    exists.add_argument("--overwrite", action="store_true", help="short for --if-exists overwrite")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and change nothing")
    parser.add_argument("--adopt", metavar="UPLOAD_ID", default="", help="go on with this unfinished upload of the key")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")


def run(arguments: argparse.Namespace) -> int:
    """Plan, then upload; 1 when none arrived, 3 when only some did."""
    paths, place = _words(arguments)
    if arguments.adopt and (len(paths) != 1 or place.endswith("/") or Path(paths[0]).is_dir()):
        raise BadInput("--adopt goes on with one upload.", "Name one file, and the key in full.")
    if arguments.if_exists == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("--if-exists ask needs a terminal to ask on.", "Say skip, overwrite, different or rename.")
    fields = _pairs(arguments.field)
    form = _form(arguments, S3Uri(""), fields)
    form = replace(form, fields=fields | ask_fields(form))
    form.check()
    connection = connection_of(arguments)
    target = uri.parse(place, connection.profile.endpoint) if place else None
    if arguments.dry_run:
        return tell_plan(_plan(connection, arguments, paths, target, form), "upload", arguments.json)
    moving = Moving(arguments.json)
    with closing(moving.queue):
        plan = _plan(connection, arguments, paths, target, form, moving.queue.expect)
        tags.refuse_writing(connection)
        return _send(connection, plan, arguments, moving)


def _words(arguments: argparse.Namespace) -> tuple[list[str], str]:
    """Paths and the URI. argparse gives a list of any length everything."""
    words = [*arguments.paths, *filter(None, [arguments.place])]
    if arguments.manifest:
        if len(words) > 1:
            raise BadInput("With --manifest there is at most a URI beside it.", "Files stand in the manifest.")
        return [], words[0] if words else ""
    if len(words) < 2:
        raise BadInput("Files and a URI are needed.", "s3tui put FILE… s3://bucket/prefix/")
    refuse_local(words[-1])  # of `put *.iso` the last file would be taken for the place
    return words[:-1], words[-1]


def _form(arguments: argparse.Namespace, target: S3Uri, fields: dict[str, str]) -> Form:
    return Form(
        target=target,
        key=RELPATH if arguments.key is None else arguments.key,
        metadata=_pairs(arguments.metadata),
        tags=_pairs(arguments.tag),
        fields=fields,
        content_type=arguments.content_type,
        storage_class=arguments.storage_class,
        sidecar=arguments.sidecar or "",
        adopt=arguments.adopt,
        if_exists="overwrite" if arguments.overwrite else arguments.if_exists or "ask",
        check_sums="required" if arguments.check else "no" if arguments.no_check_sums else "beside",
    )


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    for setting in settings:
        if not setting.partition("=")[0] or "=" not in setting:
            raise BadInput(f"“{setting}” is not NAME=VALUE.")
    return {name: value for name, _, value in (setting.partition("=") for setting in settings)}


def _plan(
    connection: Connection,
    arguments: argparse.Namespace,
    paths: Sequence[str],
    target: S3Uri | None,
    form: Form,
    expect: Callable[[int], object] = lambda _: None,
) -> Plan:
    """`expect` is told how many files there are as soon as that is known."""
    line, token = Line(), CancelToken()
    try:
        if arguments.manifest:
            below = _as_prefix(target) if target else None
            walked = Walked(manifest.read(Path(arguments.manifest), below, token, line.count))
            form = replace(form, target=below or S3Uri(""))
        else:
            assert target is not None
            walked, form = _chosen(arguments, [Path(path) for path in paths], target, form, token, line.count)
        expect(len(walked.files))
        plan = preflight(connection, walked.files, form, token, line.count)
    except BadLines as error:
        line.clear()
        for complaint in error.complaints[:_MOST_COMPLAINTS]:
            say(f"s3tui: {complaint}")
        raise
    finally:
        line.clear()
    plan.remarks[:0] = walked.remarks
    plan.remarks.extend(_paused(connection, plan))
    if arguments.if_exists == "ask":
        ask_conflicts(plan)
    return plan


def _paused(connection: Connection, plan: Plan) -> Iterator[str]:
    """What can't be read of the journal is said when it is used."""
    journal = Journal(folders.transfers_folder())
    with suppress(JournalError):
        if remark := paused_for(journal, connection, plan):
            yield remark
    journal.close()


def _as_prefix(target: S3Uri) -> S3Uri:
    return target if target.is_prefix else target.with_key(f"{target.key}/")


def _chosen(
    arguments: argparse.Namespace, paths: list[Path], target: S3Uri, form: Form, token: CancelToken, tell: Tell
) -> tuple[Walked, Form]:
    if not arguments.recursive and (folder := next((path for path in paths if path.is_dir()), None)):
        raise BadInput(f"“{folder}” is a folder.", "-r sends everything below it.")
    walked = walk(paths, token, tell)
    if len(paths) == 1 and not target.is_prefix and arguments.key is None and not paths[0].is_dir():
        walked.files = [LocalFile(paths[0], paths[0].name, at=target)]
    return walked, replace(form, target=_as_prefix(target))


def _send(connection: Connection, plan: Plan, arguments: argparse.Namespace, moving: Moving) -> int:
    if arguments.recursive or arguments.manifest:
        say(summary(plan))
    tell_remarks(plan)
    tell_undone(plan, "upload", arguments.json)
    if any(step.action == "ask" for step in plan.steps):
        say("s3tui: --if-exists says what to do where an object exists.")
    undone = code_of(plan.steps)
    if not any(step.request for step in plan.steps):
        return undone
    moving.queue.submit_all(connection, plan.requests())
    code = moving.watch()
    is_settled = any(step.action in ("same", "skip") for step in plan.steps)
    in_part = undone != DONE if code == DONE else code == FAILED and is_settled
    return PARTLY if in_part else code
