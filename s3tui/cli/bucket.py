"""`s3tui bucket lifecycle|cors get|set|rm`: a bucket's documents as JSON."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from s3tui.cli import common
from s3tui.display import counted, visible
from s3tui.errors import BadInput
from s3tui.s3 import documents, errors, uri
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import Reading
from s3tui.s3.rule_differences import Difference

_SIGNS = {"added": "+", "removed": "-"}  # anything else is a change: ~


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("kind", choices=("lifecycle", "cors"), help="which document")
    parser.add_argument("action", choices=("get", "set", "rm"), help="print it, replace it, or remove it")
    parser.add_argument("bucket", metavar="BUCKET", help="a name, or s3://name")
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="set: the JSON to write, in the shape of the AWS console, `aws s3api` or `mc ilm rule export` "
        "(nothing or -: standard input)",
    )
    parser.add_argument("--dry-run", action="store_true", help="set, rm: print the difference and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(refuse_usage=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Do it and return the exit code."""
    if arguments.file is not None and arguments.action != "set":
        arguments.refuse_usage(f"{arguments.action} takes no FILE")
    if arguments.dry_run and arguments.action == "get":
        arguments.refuse_usage("get changes nothing: --dry-run is for set and rm")
    bucket = uri.parse(arguments.bucket).bucket
    text = _content(arguments.file) if arguments.action == "set" else ""
    connection = common.connection_of(arguments)
    if arguments.action == "get":
        return _get(connection, bucket, arguments)
    if arguments.action == "rm":
        return _remove(connection, bucket, arguments)
    reading = documents.read(arguments.kind, text, connection.profile.is_aws)
    _tell_complaints(reading, "standard input" if arguments.file in (None, "-") else arguments.file)
    return _set(connection, bucket, arguments, reading)


def _content(file: str | None) -> str:
    try:
        return sys.stdin.read() if file in (None, "-") else Path(str(file)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it is not UTF-8 text"
        raise BadInput(f"{file or 'standard input'} can't be read: {reason}.") from error


def _get(connection: Connection, bucket: str, arguments: argparse.Namespace) -> int:
    document = documents.get(connection, bucket, arguments.kind)
    if arguments.json:
        record: dict[str, Any] = {"bucket": bucket, "kind": arguments.kind, "set": document is not None}
        if document:
            record |= {"rules": document.rules, **document.extras}
            record |= {"sentences": document.sentences, "foreign": document.foreign}
        common.emit(record)
        return 0
    if document is None:
        raise errors.NotSet(f"“{bucket}” has no {documents.KINDS[arguments.kind].title} rules.")
    if document.foreign:
        common.say(f"Left out, as only this server knows it: {', '.join(document.foreign)}.")
    print(document.text, end="")
    return 0


def _set(connection: Connection, bucket: str, arguments: argparse.Namespace, reading: Reading) -> int:
    before = documents.get(connection, bucket, arguments.kind)
    found = documents.differences(arguments.kind, before, reading.rules)
    record = _record(
        bucket, arguments, found, bool(found) or documents.options_differ(arguments.kind, before, reading.extras)
    )
    if record["changed"] and not arguments.dry_run:
        after = documents.put(connection, bucket, arguments.kind, reading.rules, before, reading.extras)
        record |= {"backup": str(after.backup or ""), "remarks": after.remarks}
    _tell(arguments, found, record)
    return 0


def _remove(connection: Connection, bucket: str, arguments: argparse.Namespace) -> int:
    before = documents.get(connection, bucket, arguments.kind)
    found = documents.differences(arguments.kind, before, ())
    record = _record(bucket, arguments, found, before is not None)
    if before and not arguments.dry_run:
        record["backup"] = str(documents.delete(connection, bucket, arguments.kind, before) or "")
    _tell(arguments, found, record)
    return 0


def _record(bucket: str, arguments: argparse.Namespace, found: list[Difference], changed: bool) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "kind": arguments.kind,
        "changed": changed,
        "dry_run": arguments.dry_run,
        "differences": [asdict(difference) for difference in found],
        "backup": "",
        "remarks": (),
    }


def _tell(arguments: argparse.Namespace, found: list[Difference], record: dict[str, Any]) -> None:
    """What was done, or would be: the differences on stdout, the rest on stderr."""
    if arguments.json:
        common.emit(record)
        return
    for difference in found:
        _print_difference(difference)
    if not record["changed"]:
        common.say("Nothing to change.")
    elif arguments.dry_run:
        common.say("Nothing was sent: this was a dry run.")
    else:
        common.say("Removed." if arguments.action == "rm" else "Written, read back, and the same in meaning.")
    if record["backup"]:
        common.say(f"The old document is saved in {record['backup']}")
    for remark in record["remarks"]:
        common.say(remark)


def _print_difference(difference: Difference) -> None:
    sign = _SIGNS.get(difference.change, "~")
    print(visible(f"{sign} {difference.name} {difference.change}: {difference.after or difference.before}"))
    if difference.before and difference.after:
        print(visible(f"    was: {difference.before}"))
    for detail in difference.details:
        print(visible(f"    {detail}"))


def _tell_complaints(reading: Reading, place: str) -> None:
    for complaint in reading.complaints:
        severity = "warning" if complaint.warning else "error"
        common.say(f"{place}:{complaint.line}: {severity}: {complaint.text}")
    wrong = len(reading.complaints) - len(reading.warnings)
    if wrong:
        raise BadInput(f"The document has {counted(wrong, 'error')}.", "Nothing was sent.")
