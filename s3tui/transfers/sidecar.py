"""A small object beside an uploaded one that holds its metadata as JSON, for programs that read no headers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.metadata import readable
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import seen
from s3tui.transfers.failures import AlreadyExists, Differs, TransferError
from s3tui.transfers.progress import Outcome
from s3tui.transfers.reservations import reserved
from s3tui.transfers.seen import Replacing
from s3tui.transfers.stored import bare

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest


def write(connection: Connection, request: UploadRequest, outcome: Outcome) -> str:
    """Put the sidecar of an object that is there, as `outcome` says, and read it back. What is to be said of that.

    Once more is no harm: a sidecar that says the same is left as it is. Raises `AlreadyExists` when another one is
    there and nothing may be replaced, or not that one, `Differs`, `TransferError`.
    """
    place = request.beside.target
    try:
        with reserved((connection.profile.endpoint, place.bucket, place.key), str(place)):
            body = _text(connection, request, outcome).encode()
            _put(connection, request.beside, body)
            return _checked(connection, place, body)
    except AlreadyExists as error:
        error.advice = f"“{request.target}” itself was sent. {error.advice}"
        raise
    except errors.S3Error as error:
        raise TransferError(
            f"“{request.target}” was sent, but its sidecar “{place.key}” was not: {error.sentence}",
            "Retry it.",
        ) from error


def text(metadata: dict[str, str]) -> str:
    """What a sidecar holds: one flat JSON object of names and texts."""
    return json.dumps(metadata, indent=2)


def _text(connection: Connection, request: UploadRequest, outcome: Outcome) -> str:
    """What the object itself says, so that both agree; names as they were asked for, since servers change capitals, and
    Ceph RGW makes `server-id` of `server_id`."""
    version = outcome.version_id if outcome.version_id != "null" else None
    try:
        stored = head(connection, S3Uri(request.target.bucket, request.target.key, version))
    except errors.AccessDenied:
        return text(request.metadata)  # whoever may only write knows what was sent
    if outcome.etag and bare(stored.etag) != outcome.etag:
        raise Differs(f"“{request.target}” was written by someone else meanwhile; its sidecar was not.", "Look at it.")
    asked = {_alike(name): name for name in request.metadata} | {name.lower(): name for name in request.metadata}
    told = {name.lower(): (name, readable(value)) for name, value in stored.metadata.user}
    return text({asked.get(low, asked.get(_alike(low), name)): value for low, (name, value) in told.items()})


def _alike(name: str) -> str:
    return name.lower().replace("_", "-")


def _put(connection: Connection, wanted: Replacing, body: bytes) -> None:
    place = wanted.target

    def send(conditions: dict[str, Any]) -> object:
        given = {"Bucket": place.bucket, "Key": place.key, "Body": body, "ContentType": "application/json"}
        return connection.call("put_object", **given, **conditions)

    try:
        seen.write(connection, wanted, send)
    except (AlreadyExists, errors.Changed) as error:
        # An earlier run may have put it, or the first of two attempts whose answer was lost.
        if _is(connection, place, body):
            return
        if isinstance(error, AlreadyExists):
            raise
        raise AlreadyExists(str(place)) from error


def _is(connection: Connection, place: S3Uri, body: bytes) -> bool:
    answer = connection.call("get_object", Bucket=place.bucket, Key=place.key)
    with answer["Body"] as found:
        return bool(found.read(len(body) + 1) == body)


def _checked(connection: Connection, place: S3Uri, body: bytes) -> str:
    try:
        same = _is(connection, place, body)
    except errors.AccessDenied:
        return f" Its metadata is in “{place.key}”, which can't be read back."
    if not same:
        raise Differs(f"“{place}” is not what was sent.", "Someone else has written it meanwhile, or it is damaged.")
    return f" Its metadata is in “{place.key}”, read back."
