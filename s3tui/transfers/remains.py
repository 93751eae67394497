"""What a transfer has left somewhere, in words: for who is about to forget it."""

from __future__ import annotations

from s3tui.s3.uri import S3Uri
from s3tui.transfers.begun import begun_in
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Whom
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.received import received_in
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest


def remains(whom: Whom, request: Request, notes: Notes) -> str:
    """One sentence: what stays behind, and where."""
    endpoint = whom.endpoint or "AWS"
    if isinstance(request, DownloadRequest) and (received := received_in(notes)):
        return f"The part file “{received.part_file(request.path)}”."
    if isinstance(request, UploadRequest) and (begun := begun_in(notes)):
        if begun.upload_id:
            return _parts(request.target, endpoint, begun.upload_id)
        what = "an unfinished upload of it" if begun.part_size else "it, sent whole"
        return f"“{request.target}” at {endpoint} was asked for and not answered: {what} may be there."
    if isinstance(request, CopyRequest | MoveRequest) and (upload_id := notes.get("upload_id")):
        where = f"the endpoint of “{request.to_profile}”" if request.to_profile else endpoint
        return _parts(request.target, where, str(upload_id))
    return f"What was begun of “{request.ends[1] or request.ends[0]}” at {endpoint}."


def _parts(target: S3Uri, endpoint: str, upload_id: str) -> str:
    where = f"“{target}” at {endpoint} (upload id {upload_id})"
    return f"An unfinished upload of {where}: its parts take room until somebody aborts it."
