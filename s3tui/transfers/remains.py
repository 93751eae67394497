"""What a transfer has left somewhere, in words: for who is about to forget it."""

from __future__ import annotations

from s3tui.transfers.begun import begun_in
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Whom
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
            return (
                f"An unfinished upload of “{request.target}” at {endpoint} (upload id {begun.upload_id}): its parts take "
                "room until somebody aborts it."
            )
        what = "an unfinished upload of it" if begun.part_size else "it, sent whole"
        return f"“{request.target}” at {endpoint} was asked for and not answered: {what} may be there."
    return f"What was begun of “{request.ends[1] or request.ends[0]}” at {endpoint}."
