"""What is at the target of a transfer now: for who is asked whether it may be replaced, and then that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from s3tui.display import size, when
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.failures import local_failure
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.request import Request
from s3tui.transfers.source import identity_of
from s3tui.transfers.stored import bare, find
from s3tui.transfers.upload import UploadRequest


@dataclass(frozen=True, slots=True)
class Occupied:
    """`there` says in words what was seen at each place that is taken; `request` may replace that."""

    there: tuple[str, ...]
    request: Request


def look(connection: Connection, request: Request) -> Occupied:
    """What is at the target of `request`. Raises `errors.S3Error`, `LocalFailure`, and `BadInput` for one that has
    none."""
    looking = _Looking()
    bound: Any
    match request:
        case DownloadRequest():
            bound = request.replacing(looking.file(request))
        case UploadRequest():
            seen = looking.at(connection, request.target)
            beside = looking.at(connection, request.beside.target) if request.sidecar else None
            bound = replace(request, overwrite=bool(looking.there), replaces=seen, sidecar_replaces=beside)
        case CopyRequest() | MoveRequest():
            seen = looking.at(request.there(connection), request.target)
            bound = replace(request, overwrite=bool(looking.there), replaces=seen)
        case _:
            raise BadInput("This replaces nothing.")
    return Occupied(tuple(looking.there), bound)


class _Looking:
    def __init__(self) -> None:
        self.there: list[str] = []

    def at(self, connection: Connection, place: S3Uri) -> str | None:
        """The ETag of what may be replaced at `place`: empty when nothing is there, None for whatever it is."""
        try:
            found = find(connection, place)
        except errors.AccessDenied:
            self.there.append(f"{place}: looking is denied, so that it may be anything.")
            return None
        if found is None:
            return ""
        self.there.append(_words(str(place), found.size, found.modified))
        return bare(found.etag)

    def file(self, request: DownloadRequest) -> tuple[int, int, int] | None:
        """As `download.seen_at`."""
        try:
            told = request.path.lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise local_failure(error, request.path) from error
        self.there.append(_words(str(request.path), told.st_size, datetime.fromtimestamp(told.st_mtime, UTC)))
        return identity_of(told)


def _words(place: str, count: int, modified: datetime) -> str:
    return f"{place}: {size(count)}, written {when(modified)} UTC"
