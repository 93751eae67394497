"""A list of what is to be uploaded, as CSV or JSON Lines: path, key, metadata, tags, storage class."""

from __future__ import annotations

from pathlib import Path

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import LocalFile, Tell


class BadManifest(BadInput):
    """`complaints` has a sentence for each line that can't be used, with its number."""

    def __init__(self, path: Path, complaints: list[str]) -> None:
        super().__init__(f"“{path.name}” can't be used; nothing was sent.", " ".join(complaints[:1]))
        self.complaints = complaints


def read(path: Path, target: S3Uri | None, token: CancelToken, tell: Tell) -> list[LocalFile]:
    """The files that the manifest at `path` names, in its order.

    Raises `BadManifest` when any line can't be used, `LocalFailure`, `Cancelled`.
    """
    raise NotImplementedError
