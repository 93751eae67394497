"""What is said between processes comes out as it went in."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

# All kinds of failures there are are known once their modules are read.
import s3tui.profiles.secrets
import s3tui.s3.documents
import s3tui.transfers.bulk  # noqa: F401
from s3tui.background import Cancelled
from s3tui.errors import S3tuiError
from s3tui.s3 import errors
from s3tui.s3.uri import S3Uri
from s3tui.transfers import failures
from s3tui.transfers.mover_words import portable
from s3tui.transfers.upload import UploadRequest


def kinds(of: type[S3tuiError]) -> Iterator[type[S3tuiError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_failure_says_the_same_in_another_process() -> None:
    """Also those that are made of something else than their sentence."""
    assert {failures.LeftBehind, errors.SsoLoginNeeded, failures.FileChangedWaiting} <= set(kinds(S3tuiError))
    for kind in kinds(S3tuiError):
        error = kind.__new__(kind, "What happened.")
        error.sentence, error.advice = "What happened.", "What to do."
        error.request = errors.Request("PutObject", "bucket", "key", 503, "SlowDown", "m", "id")  # type: ignore[attr-defined]
        error.again = UploadRequest(Path("/a"), S3Uri("bucket", "key"))  # type: ignore[attr-defined]
        there = pickle.loads(pickle.dumps(error))
        assert type(there) is kind and vars(there) == vars(error)
        assert str(there) == "What happened. What to do." and there.evidence == error.evidence
    left = failures.LeftBehind("key", "U-1", failures.Differs("It differs."))
    assert str(pickle.loads(pickle.dumps(left))) == str(left)
    assert isinstance(pickle.loads(pickle.dumps(Cancelled())), Cancelled)


def test_a_fault_that_cant_be_said_is_told_in_words() -> None:
    class Local(Exception):
        pass

    assert str(portable(Local("of this function"))) == "Local: of this function"
