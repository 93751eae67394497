"""`s3tui stat`: everything the server says about a bucket, an object or a version."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import datetime
from typing import Any

from s3tui.cli.common import connection_of, emit
from s3tui.cli.main import DONE
from s3tui.display import visible
from s3tui.s3 import buckets, metadata, objects, tags, uri
from s3tui.s3.client import Connection
from s3tui.s3.errors import S3Error
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("place", metavar="URI", help="s3://bucket, s3://bucket/key, or an https URL or ARN")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print."""
    connection = connection_of(arguments)
    place = uri.parse(arguments.place, connection.profile.endpoint)
    if not place.key:
        _print_bucket(connection, place, arguments.json)
        return DONE
    info = objects.head(connection, place)
    if arguments.json:
        emit(record(info) | {"tags": _tags(connection, info)[0]})
    else:
        _print_object(connection, info)
    return DONE


def _print_bucket(connection: Connection, place: S3Uri, as_json: bool) -> None:
    region = buckets.region_of(connection, place.bucket)
    versioning = buckets.versioning(connection, place.bucket)
    if as_json:
        emit({"kind": "bucket", "name": place.bucket, "region": region or None, "versioning": versioning})
    else:
        _print_pairs([("URI", str(place)), ("Region", region or "the server doesn't say"), ("Versioning", versioning)])


def _print_object(connection: Connection, info: ObjectInfo) -> None:
    found, why = _tags(connection, info)
    shown = [(f"Tag {name}", value) for name, value in found.items()] if found else []
    _print_pairs(
        [
            ("URI", str(info.uri)),
            *objects.described(info),
            *metadata.described(info.metadata),
            *shown,
            *([("Tags", why)] if why else []),
        ]
    )


def _tags(connection: Connection, info: ObjectInfo) -> tuple[dict[str, str] | None, str]:
    """The tags, or None and the reason why they can't be read."""
    try:
        return tags.read(connection, info.uri), ""
    except S3Error as error:
        return None, error.sentence


def _print_pairs(pairs: list[tuple[str, str]]) -> None:
    width = max(len(visible(label)) for label, _ in pairs)
    for label, text in pairs:
        print(f"{visible(label):<{width}}  {visible(text)}")


def record(info: ObjectInfo) -> dict[str, Any]:
    """`info` as one flat JSON object; times in ISO 8601, headers by their names."""
    found = _plain(asdict(info))
    place = found.pop("uri")
    found["metadata"]["user"] = {name: metadata.readable(value) for name, value in info.metadata.user}
    found["checksums"] = dict(info.checksums)
    found["headers"] = dict(info.headers)
    return {"kind": "object", "bucket": place["bucket"], "key": place["key"], **found}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value
