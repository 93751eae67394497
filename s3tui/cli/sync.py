"""`s3tui sync`: make a prefix like a folder, a folder like a prefix, or a prefix like another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from s3tui.background import CancelToken
from s3tui.cli.common import connection_of, say
from s3tui.cli.copying import target_connection
from s3tui.cli.line import Line
from s3tui.cli.main import DONE, FAILED
from s3tui.cli.moving import Moving
from s3tui.cli.plan_output import code_of, summary, tell_plan, tell_remarks, tell_undone
from s3tui.display import counted, size, visible
from s3tui.errors import BadInput
from s3tui.s3 import filters, search, uri
from s3tui.s3.client import Connection
from s3tui.transfers import doomed, sync
from s3tui.transfers.plan import Plan
from s3tui.transfers.progress import FINISHED, WENT_WELL
from s3tui.transfers.request import Kind
from s3tui.transfers.sync import Prefix, Side, Sync

_SCHEMES = ("s3://", "http://", "https://", "arn:")
_TOLD = ("skip", "refuse")
_LANGUAGE = "\n".join(f"  {form:<22}{meaning}" for form, meaning in search.LANGUAGE)
_HELP = f"""
One of SRC and DST is a folder, or both are places in S3; a prefix is always taken with its “/”. Both are listed to
their end first. What has the same name and size is the same only if its content is: files are read, and compared with
the ETag or checksum that the server tells, whatever the times say. Where a server tells nothing that can be compared,
a file that has the object's time (as downloads get it), or a copy made after its original, is taken for the same; how
many those are is said. Headers, metadata and tags aren't compared.

SRC wins: what differs at DST is replaced, also where DST is newer (how many those are is said). Links to folders are
not followed, and special files are left out; what stands for them at DST stays. Empty folders are not carried over.
With --delete, what is only at DST goes, when all the rest went well, and only if it is still as the plan saw it. It is
refused when nothing at all is at SRC. In a bucket with versions the versions stay.

words of --filter, which must all hold (“!” before one: it must not):
{_LANGUAGE}
A name is what follows SRC or DST. What has a source is judged by it, the rest by what is at DST.

The exit code is 1 when nothing could be done, 3 when only some was.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _HELP
    parser.add_argument("source", metavar="SRC", help="a folder, or s3://bucket/prefix/")
    parser.add_argument("target", metavar="DST", help="s3://bucket/prefix/, or a folder")
    parser.add_argument("--delete", action="store_true", help="delete what is only at DST")
    parser.add_argument("--filter", metavar="EXPR", default="", help="only what fits, such as '.iso !tmp size<10G'")
    parser.add_argument("--to-profile", metavar="NAME", help="the profile of DST, where it isn't that of SRC")
    parser.add_argument("--dry-run", action="store_true", help="only print the plan")
    parser.add_argument("--yes", action="store_true", help="don't ask before deleting")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each transfer, or step")


def run(arguments: argparse.Namespace) -> int:
    """Plan, ask, do it, and delete at the end; see `_HELP` for the exit code."""
    wanted = filters.parse(arguments.filter)
    if arguments.delete and not (arguments.yes or arguments.dry_run or sys.stdin.isatty()):
        raise BadInput("--delete deletes what is only at DST.", "Where nobody can be asked, say --yes or --dry-run.")
    connection, there = _connections(arguments)
    asked = Sync(_side(arguments.source, connection), _side(arguments.target, there), arguments.delete, wanted)
    made, kind = _planned(asked), _kind(asked)
    if arguments.dry_run:
        return tell_plan(made, kind, arguments.json)
    say(summary(made))
    tell_remarks(made)
    tell_undone(Plan([step for step in made.steps if step.action in _TOLD]), kind, arguments.json)
    if made.counts()["delete"] and not arguments.yes and not _agreed(asked, made, there):
        say("Nothing was done.")
        return FAILED
    code = _carry_out(made, connection, there, arguments.json)
    return code_of(made.steps) if code == DONE else code


def _connections(arguments: argparse.Namespace) -> tuple[Connection, Connection]:
    """Of the source and of the target; one for both where one of them is a folder."""
    both = _is_uri(arguments.source) and _is_uri(arguments.target)
    if arguments.to_profile and not both:
        raise BadInput("--to-profile is for a sync from S3 to S3.", "Name the profile with --profile.")
    connection = connection_of(arguments)
    return connection, target_connection(arguments, connection)


def _is_uri(text: str) -> bool:
    return text.lower().startswith(_SCHEMES)


def _side(text: str, connection: Connection) -> Side:
    if _is_uri(text):
        return Prefix(connection, uri.parse(text, connection.profile.endpoint))
    return Path(text).absolute()  # it may go on in another folder


def _planned(asked: Sync) -> Plan:
    line = Line()
    try:
        return sync.plan(asked, CancelToken(), line.count)
    finally:
        line.clear()


def _kind(asked: Sync) -> Kind:
    """Of what it brings."""
    if isinstance(asked.source, Path):
        return "upload"
    return "download" if isinstance(asked.target, Path) else "copy"


def _agreed(asked: Sync, made: Plan, there: Connection) -> bool:
    """Whether the person wants what is to be deleted deleted; a name is typed where it can't be undone."""
    gone = [step for step in made.steps if step.action == "delete"]
    for step in gone:
        print(visible(f"to delete: {step.target}"), file=sys.stderr)
    total = size(sum(step.size or 0 for step in gone))
    say(f"{counted(len(gone), 'file')}, {total}, only in “{asked.target}”, would be deleted.")
    if isinstance(asked.target, Path):
        name, undone = asked.target.name or str(asked.target), False
    else:
        name, undone = asked.target.uri.bucket, doomed.versioning_of(there, asked.target.uri.bucket) == "Enabled"
    if undone:
        return _answer("The bucket keeps versions. Delete them? [y/N] ").lower() in ("y", "yes")
    return _answer(f"This can't be undone. Type “{name}” to delete them: ") == name


def _answer(question: str) -> str:
    print(visible(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _carry_out(made: Plan, connection: Connection, there: Connection, as_json: bool) -> int:
    """Deletes follow when all the rest went well, and are dropped when something of it can't be brought. What is
    paused meanwhile keeps them waiting: they follow when it is resumed."""
    brings, deletes = sync.in_turn(made.requests())
    moving = Moving(as_json)
    transfers = moving.queue.submit_in_turn((connection, brings), (there, deletes))
    code = moving.watch()
    waiting = [each.number for each in transfers[len(brings) :] if each.state == "paused"]
    if brings and waiting and any(each.state in FINISHED - WENT_WELL for each in transfers[: len(brings)]):
        moving.queue.cancel(waiting)
        say("s3tui: not everything could be brought, so nothing was deleted.")
    elif brings and waiting:
        say("s3tui: not everything was brought, so nothing is deleted yet: that follows when the rest is resumed.")
    return code
