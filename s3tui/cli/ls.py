"""`s3tui ls`: buckets, or what is under a prefix."""

from __future__ import annotations

import argparse

from s3tui import display
from s3tui.cli.common import connection_of, emit, say
from s3tui.cli.main import DONE, PARTLY
from s3tui.display import visible
from s3tui.s3 import buckets, listing, uri
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns, Row
from s3tui.s3.errors import S3Error


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("place", nargs="?", metavar="URI", help="s3://bucket/prefix, or nothing to list buckets")
    parser.add_argument("-r", "--recursive", action="store_true", help="list everything below, not just one level")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    """List, and return 3 when the list could not be read to its end."""
    connection = connection_of(arguments)
    if not arguments.place:
        _print_buckets(connection, arguments.json)
        return DONE
    place = uri.parse(arguments.place, connection.profile.endpoint)
    delimiter = "" if arguments.recursive else "/"
    count = 0
    try:
        for page in listing.pages(connection, place.bucket, place.key, delimiter):
            _print_page(page, place, arguments.json, arguments.recursive)
            count += len(page)
    except S3Error as error:
        if not count:
            raise
        say(f"s3tui: stopped after {display.counted(count, 'row')}: {error}")
        return PARTLY
    if not count and not arguments.json:
        say(f"Nothing starts with {place}.")
    return DONE


def _print_buckets(connection: Connection, as_json: bool) -> None:
    for bucket in buckets.list_buckets(connection):
        if as_json:
            created = bucket.created.isoformat() if bucket.created else None
            emit({"kind": "bucket", "name": bucket.name, "created": created, "region": bucket.region})
        else:
            print(f"{display.when(bucket.created) if bucket.created else '':19}  {visible(bucket.name)}")


def _print_page(page: Columns, place: uri.S3Uri, as_json: bool, full_keys: bool) -> None:
    # A name is what follows the last slash of the prefix; a recursive list needs the whole key.
    skip = 0 if full_keys else place.key.rfind("/") + 1
    for row in page:
        if as_json:
            emit(_record(row, place.bucket))
        else:
            print(_line(row, skip))


def _record(row: Row, bucket: str) -> dict[str, object]:
    if row.is_prefix:
        return {"kind": "prefix", "bucket": bucket, "key": row.key}
    return {
        "kind": "object",
        "bucket": bucket,
        "key": row.key,
        "size": row.size,
        "modified": row.modified.isoformat() if row.modified else None,
        "etag": row.etag,
        "storage_class": row.storage_class,
    }


def _line(row: Row, skip: int) -> str:
    name = visible(row.key[skip:])
    if row.is_prefix:
        return f"{'prefix':>31}  {name}"
    return f"{display.when(row.modified) if row.modified else '':19}  {display.size(row.size):>10}  {name}"
