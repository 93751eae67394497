"""What became of the request that makes an object, when an earlier run sent it and didn't live to see the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers.begun import Begun
from s3tui.transfers.completing import ours, unknown
from s3tui.transfers.listed_parts import listed_parts
from s3tui.transfers.parts import Part, cut
from s3tui.transfers.progress import Outcome
from s3tui.transfers.seen import conditions
from s3tui.transfers.sending import Sent, sums_to_send
from s3tui.transfers.source import Source
from s3tui.transfers.stored import bare, find

if TYPE_CHECKING:
    from s3tui.transfers.upload import UploadRequest


def settled(
    connection: Connection, request: UploadRequest, source: Source, begun: Begun, token: CancelToken
) -> Sent | Outcome | None:
    """`Sent` when the object is there, `Outcome` when nobody can say; None when it isn't there, or was never asked for.

    The file is read again. Raises `errors.S3Error`, `FileChanged`, `LocalFailure`, `Cancelled`.
    """
    if not begun.making or (not conditions(request) and not begun.part_size):
        return None  # one request that may replace can as well be sent again
    try:
        stored = find(connection, request.target)
    except errors.AccessDenied as error:
        return _without_looking(connection, request, source, begun, error, token)
    if stored is None or stored.size != source.size:
        return None
    in_parts = begun.part_size > 0
    pieces = cut(source.size, begun.part_size) if in_parts else [Part(1, 0, source.size)]
    sums = tuple(sums_to_send(connection, source, piece, token) for piece in pieces)
    source.check_unchanged()
    sent = Sent(sums, in_parts, bare(stored.etag), stored.version_id)
    return sent if ours(stored, sent, source, token) else None


def _without_looking(
    connection: Connection,
    request: UploadRequest,
    source: Source,
    begun: Begun,
    denied: errors.S3Error,
    token: CancelToken,
) -> Outcome | None:
    """As long as the parts are there, the object wasn't made of them."""
    if not begun.upload_id:
        return None
    try:
        listed_parts(connection, request.upload(begun.upload_id), token)
    except errors.NoSuchKey:
        return unknown(request, source, denied)
    return None
