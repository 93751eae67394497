"""`s3tui rm --undo`: bring deleted objects back, where the bucket keeps versions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from s3tui.cli.common import emit, say
from s3tui.cli.main import DONE, FAILED, PARTLY
from s3tui.display import size, visible, when
from s3tui.errors import BadInput, S3tuiError
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.progress import Outcome
from s3tui.transfers.undelete import deletion_of, undelete


def run(connection: Connection, places: Sequence[S3Uri], arguments: argparse.Namespace) -> int:
    """Bring each back, and say how that went; 3 when only some came back. Raises `BadInput`."""
    if arguments.recursive or arguments.versions or arguments.version_id or arguments.uploads:
        raise BadInput("--undo is for objects by their keys, without -r, --versions, --version-id and --uploads.")
    for place in places:
        if place.is_prefix or place.version_id:
            raise BadInput(f"“{place}” is not an object.", "Name each that is to come back by its key.")
    went_well = 0
    for place in places:
        try:
            outcome = _would(connection, place) if arguments.dry_run else undelete(connection, place)
        except S3tuiError as error:
            outcome = Outcome("failed", str(error))
        good = outcome.state in ("verified", "waiting")
        went_well += good
        _tell(place, outcome, good, arguments.json)
    return DONE if went_well == len(places) else PARTLY if went_well else FAILED


def _would(connection: Connection, place: S3Uri) -> Outcome:
    version = deletion_of(connection, place).versions[0]
    detail = f"The version of {when(version.modified)} UTC, {size(version.size)}, would come back."
    return Outcome("waiting", detail, version.etag, version.version_id, version.size)


def _tell(place: S3Uri, outcome: Outcome, good: bool, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "kind": "undelete",
                "target": str(place),
                "state": "planned" if outcome.state == "waiting" else outcome.state,
                "detail": outcome.detail,
                "size": outcome.size,
                "etag": outcome.etag,
                "version_id": outcome.version_id,
            }
        )
    elif good:
        print(visible(f"{place}: {outcome.detail}"))
    else:
        say(f"s3tui: {place}: {outcome.state}. {outcome.detail}")
