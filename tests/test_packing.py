"""What goes to another process comes out there as it was."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.mover_words import Given
from s3tui.transfers.progress import Outcome
from s3tui.transfers.upload import UploadRequest

PLACE = S3Uri("bucket", "key\udcff", "version", "endpoint", "region")
UPLOAD = UploadRequest(Path("/a/b"), PLACE, "text/plain", metadata={"a": "b"}, seen=(1, 2, 3), replaces="")


@pytest.mark.parametrize(
    "thing",
    [
        PLACE,
        Outcome("verified", "Size and ETag agree.", "e", "v", 7),
        UPLOAD,
        DownloadRequest(PLACE, Path("/a/b"), overwrite=True, root=Path("/a")),
        CopyRequest(PLACE, S3Uri("b"), True, "e", "other", None),
        MoveRequest(PLACE, S3Uri("b"), True, "e"),
        Given(7, UPLOAD, {"upload": {"file": [1, 2, 3]}}, kept=True),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_it_is_the_same_there(thing: object) -> None:
    there = pickle.loads(pickle.dumps(thing, protocol=5))
    assert there == thing
    assert type(there) is type(thing)
