"""`s3tui ls`: buckets, or what is under a prefix."""

from __future__ import annotations

import argparse
from functools import partial

from s3tui import display
from s3tui.cli import output
from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.interrupts import told, uninterrupted
from s3tui.cli.main import DONE, PARTLY
from s3tui.display import visible
from s3tui.errors import BadInput
from s3tui.s3 import buckets, export, listing, uri
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns, Row
from s3tui.s3.errors import S3Error
from s3tui.s3.listing import COMPLETE, Completeness

_HELP = """
The last record of CSV and JSON Lines has the kind "end" and says whether the list is complete; Parquet says it in the
file's metadata. A list that can't be read to its end is written as far as it goes, and the exit code is 3.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.epilog = _HELP
    parser.add_argument("place", nargs="?", metavar="URI", help="s3://bucket/prefix, or nothing to list buckets")
    parser.add_argument("-r", "--recursive", action="store_true", help="list everything below, not just one level")
    output.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """List, and return 3 when the list could not be read to its end."""
    with told(output.lost(arguments)):
        return _list(arguments, output.wanted(arguments))


def _list(arguments: argparse.Namespace, format: export.Format | None) -> int:
    if not arguments.place and (arguments.output or format not in (None, "jsonl")):
        raise BadInput("Buckets are listed as text or with --json.", "Name a bucket to write its list to a file.")
    connection = connection_of(arguments)
    if not arguments.place:
        _print_buckets(connection, format is not None)
        return DONE
    place = uri.parse(arguments.place, connection.profile.endpoint)
    if format is None:
        count, stopped = _print_rows(connection, place, arguments.recursive)
    else:
        count, stopped = _write_rows(connection, place, arguments, format)
    if stopped:
        say(f"s3tui: stopped after {display.counted(count, 'row')}: {stopped}")
        return PARTLY
    if not count and format is None:
        say(f"Nothing starts with {place}.")
    return DONE


def _print_rows(connection: Connection, place: uri.S3Uri, recursive: bool) -> tuple[int, S3Error | None]:
    """Print lines for people; returns how many, and why it stopped early."""
    count = 0
    try:
        for page in listing.stream(connection, place.bucket, place.key, "" if recursive else "/"):
            with uninterrupted():
                _print_page(page, place, recursive)
            count += len(page)
    except S3Error as error:
        if not count:
            raise
        return count, error
    return count, None


def _write_rows(
    connection: Connection, place: uri.S3Uri, arguments: argparse.Namespace, format: export.Format
) -> tuple[int, S3Error | None]:
    """Write records for programs; returns how many, and why it stopped early."""
    stopped = None
    with output.writing(arguments, format) as records, output.progress(arguments) as tell:
        writer = records.writer
        try:
            delimiter, prepare = "" if arguments.recursive else "/", partial(writer.prepare, place.bucket)
            for page in listing.stream(connection, place.bucket, place.key, delimiter, prepare=prepare):
                records.write(place.bucket, page)
                tell(writer.rows)
        except S3Error as error:
            if not writer.rows:
                raise
            stopped = error
        records.known = Completeness("stopped", stopped.sentence) if stopped else COMPLETE
    return writer.rows, stopped


def _print_buckets(connection: Connection, as_json: bool) -> None:
    for bucket in buckets.list_buckets(connection):
        if as_json:
            created = bucket.created.isoformat() if bucket.created else None
            emit({"kind": "bucket", "name": bucket.name, "created": created, "region": bucket.region})
        else:
            print(f"{display.when(bucket.created) if bucket.created else '':19}  {visible(bucket.name)}")


def _print_page(page: Columns, place: uri.S3Uri, full_keys: bool) -> None:
    # A name is what follows the last slash of the prefix; a recursive list needs the whole key.
    skip = 0 if full_keys else place.key.rfind("/") + 1
    for row in page:
        print(_line(row, skip))


def _line(row: Row, skip: int) -> str:
    name = visible(row.key[skip:])
    if row.is_prefix:
        return f"{'prefix':>31}  {name}"
    return f"{display.when(row.modified) if row.modified else '':19}  {display.size(row.size):>10}  {name}"
