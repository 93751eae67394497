"""A copy that passes through here, and was paused or killed in the middle: it keeps the parts that are there."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, objects
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import across_notes
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests.s3.processes import eventually
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import put, put_in_parts
from tests.transfers.test_copy_across import OTHER, archive, far, small  # noqa: F401

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("archive")]
SIZE = 12 * MIB


class Both:
    """A copy between two endpoints, as often as it takes, with what is remembered of it."""

    def __init__(self, through: Connection, connection: Connection, near: Proxy, far: Proxy, bucket: str) -> None:  # noqa: F811
        self.through, self.connection, self.near, self.far, self.bucket = through, connection, near, far, bucket
        self.notes, self.progress = Notes(), Progress()

    def run(self, source: S3Uri, token: CancelToken | None = None) -> Outcome:
        self.progress = Progress()
        self.near.asked.clear()
        self.far.asked.clear()
        return self.request(source).run(self.through, self.progress, token or CancelToken(), self.notes)

    def request(self, source: S3Uri) -> CopyRequest:
        return CopyRequest(source, S3Uri(self.bucket, OTHER), to_profile="archive")

    def pause_at(self, number: int, source: S3Uri, stop: Callable[[CancelToken], object] = CancelToken.pause) -> None:
        token = CancelToken()

        def at_last() -> None:
            self.wait_for_parts_before(number)
            stop(token)

        self.far.once(lambda asked: Treatment(before=at_last) if _is_part(number, asked) else None)
        with pytest.raises(Cancelled):
            self.run(source, token)

    def wait_for_parts_before(self, number: int) -> None:
        eventually(lambda: all(any(_is_part(n, asked) for asked in self.far.answered) for n in range(1, number)))

    @property
    def sent(self) -> list[int]:
        """The numbers of the parts that were sent."""
        return sorted(number for number in range(1, 9) for asked in self.far.asked if _is_part(number, asked))

    @property
    def read(self) -> list[str]:
        """The ranges that were read."""
        return sorted(asked.headers["range"] for asked in self.near.asked if _reads(asked))

    def is_copied(self, outcome: Outcome, source: S3Uri) -> bool:
        there, here = content(self.connection, self.bucket, OTHER), content(self.connection, self.bucket, source.key)
        return outcome.state == "verified" and there == here and not unfinished(self.connection, self.bucket)


def _is_part(number: int, asked: Asked) -> bool:
    return asked.method == "PUT" and f"partNumber={number}&" in f"{asked.path}&"


def _reads(asked: Asked) -> bool:
    return asked.method == "GET" and "range" in asked.headers


@pytest.fixture
def both(through: Connection, connection: Connection, proxy: Proxy, far: Proxy, bucket: str) -> Both:  # noqa: F811
    return Both(through, connection, proxy, far, bucket)


def test_what_was_in_parts_is_neither_read_nor_sent_again(both: Both) -> None:
    """Its ETag is made of those of its parts, so nothing more can be proven by reading them."""
    source = put_in_parts(both.connection, both.bucket, SIZE, ACL="private")
    both.pause_at(3, source)
    assert unfinished(both.connection, both.bucket) == [OTHER]
    first = both.sent
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert Counter(first + both.sent).most_common(1)[0][1] <= 2 and 1 not in both.sent and 2 not in both.sent
    assert f"bytes=0-{5 * MIB - 1}" not in both.read
    assert outcome.etag == objects.head(both.connection, source).etag
    assert both.progress.skipped >= 10 * MIB and both.progress.done == SIZE


def test_what_only_its_bytes_prove_is_read_again_but_not_sent(both: Both) -> None:
    source = put(both.connection, both.bucket, Body=os.urandom(SIZE))
    both.pause_at(3, source)
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert len(both.read) == 3 and 1 not in both.sent and 2 not in both.sent


def test_a_checksum_of_the_whole_is_proven_by_those_of_parts(both: Both) -> None:
    whole = {"ChecksumAlgorithm": "CRC64NVME"}
    source = put(both.connection, both.bucket, Body=os.urandom(SIZE), **whole)
    assert dict(objects.head(both.connection, source).checksums).keys() >= {"CRC64NVME"}
    both.pause_at(3, source)
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert f"bytes=0-{5 * MIB - 1}" not in both.read and 1 not in both.sent


def test_after_a_kill_parts_that_were_not_noted_are_compared(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(across_notes, "_NOTED", 1e9)
    monkeypatch.setattr(across_notes.SentParts, "stays", lambda *_: True)
    source = put_in_parts(both.connection, both.bucket, SIZE, ACL="private")
    both.pause_at(3, source)
    assert both.notes.get("parts") == {}
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert 1 not in both.sent and 2 not in both.sent


def test_parts_of_another_object_are_never_taken(both: Both) -> None:
    source = put(both.connection, both.bucket, Body=os.urandom(SIZE))
    both.pause_at(3, source)
    put(both.connection, both.bucket, Body=os.urandom(SIZE))
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert both.sent == [1, 2, 3]


def test_an_upload_that_is_gone_begins_anew(both: Both) -> None:
    source = put(both.connection, both.bucket, Body=os.urandom(SIZE))
    both.pause_at(3, source)
    place = {"Bucket": both.bucket, "Key": OTHER, "UploadId": both.notes.get("upload_id")}
    both.connection.call("abort_multipart_upload", **place)
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert both.sent == [1, 2, 3]


@pytest.mark.parametrize("other", [b"x" * 5 * MIB, b"short"], ids=["as long", "shorter"])
def test_a_part_that_is_not_ours_is_sent_again(both: Both, other: bytes) -> None:
    source = put_in_parts(both.connection, both.bucket, SIZE, ACL="private")
    both.pause_at(3, source)
    place: dict[str, Any] = {"Bucket": both.bucket, "Key": OTHER, "UploadId": both.notes.get("upload_id")}
    both.connection.call("upload_part", **place, PartNumber=1, Body=other)
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert 1 in both.sent and 2 not in both.sent


@pytest.mark.parametrize("when", ["at once", "later"])
def test_cancelled_nothing_stays(both: Both, when: str) -> None:
    source = put(both.connection, both.bucket, Body=os.urandom(SIZE))
    both.pause_at(2, source, CancelToken.cancel if when == "at once" else CancelToken.pause)
    if when == "later":
        assert unfinished(both.connection, both.bucket)
        both.request(source).discard(both.through, both.notes)
        assert both.notes.empty
    assert not unfinished(both.connection, both.bucket)


def test_a_line_that_is_away_keeps_them_for_the_next_try(both: Both) -> None:
    """Neither can they be removed, nor does that hide why it failed: the queue waits for such an endpoint."""
    source = put_in_parts(both.connection, both.bucket, SIZE, ACL="private")
    away = []

    def cut() -> None:
        raise ConnectionError

    def rule(asked: Asked) -> Treatment | None:
        if _is_part(3, asked) and not away:
            both.wait_for_parts_before(3)
            away.append(True)
        return Treatment(before=cut) if away else None

    both.far.rules.append(rule)
    with pytest.raises(errors.Unreachable, match="is still there"):
        both.run(source)
    both.far.rules.clear()
    outcome = both.run(source)
    assert both.is_copied(outcome, source)
    assert 1 not in both.sent and 2 not in both.sent
