"""Uploads whose outcome or beginning nobody answered, and those of other programs and processes."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import AlreadyExists, LeftBehind
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome
from s3tui.transfers.upload import UploadRequest, discard
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.killed import KeptNotes, process, run_until_killed
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_upload_again import KEY, Make, begins, completes, go, number, numbers, paused

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("times")]


def test_an_unknown_outcome_is_settled_later_without_sending_anything(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)

    def rule(asked: Asked) -> Treatment | None:
        if completes(asked):
            return Treatment(lose=True)
        return Treatment(instead=(403, b"")) if asked.method == "HEAD" and numbers(proxy.asked) else None

    proxy.rules.append(rule)
    assert go(through, path, bucket, notes, overwrite=True).state == "outcome unknown"
    assert go(through, path, bucket, notes, overwrite=True).state == "outcome unknown"
    proxy.rules[1:] = []
    before = len(proxy.asked)
    assert go(through, path, bucket, notes, overwrite=True).state == "verified"
    assert all(asked.method in ("HEAD", "GET") for asked in proxy.asked[before:])


def test_what_replaced_ours_after_an_unknown_outcome_is_kept(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path
) -> None:
    path, noted = make(12 * MIB), tmp_path / "notes.json"
    run_until_killed(proxy, "upload", path, S3Uri(bucket, KEY), noted, completes, True)
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=b"x" * 12 * MIB)
    with pytest.raises(AlreadyExists):
        go(through, path, bucket, KeptNotes(noted))
    assert content(connection, bucket) == b"x" * 12 * MIB


def test_a_lost_answer_to_begin_leaves_no_second_upload(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    proxy.once(lambda asked: Treatment(lose=True) if begins(asked) else None)
    outcome = go(through, make(12 * MIB), bucket, Notes())
    assert outcome.state == "verified" and "answer was lost" not in outcome.detail
    assert not unfinished(connection, bucket)


def test_where_uploads_may_not_be_listed_a_lost_answer_is_told(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    def denied(asked: Asked) -> Treatment | None:
        listing = asked.method == "GET" and "uploads" in urlsplit(asked.path).query
        return Treatment(instead=(403, b"")) if listing else None

    proxy.rules.insert(0, denied)
    proxy.once(lambda asked: Treatment(lose=True) if begins(asked) else None)
    outcome = go(through, make(12 * MIB), bucket, Notes())
    assert outcome.state == "verified" and "may be left" in outcome.detail


@pytest.mark.parametrize("kept", [True, False])
def test_when_no_answer_to_begin_comes_the_next_try_cleans_up(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes, kept: bool
) -> None:
    path, facts = make(12 * MIB), notes if kept else Notes()
    proxy.rules.append(lambda asked: Treatment(lose=True) if begins(asked) else None)
    with pytest.raises(errors.Unreachable):
        go(through, path, bucket, facts)
    assert len(unfinished(connection, bucket)) == (3 if kept else 0)
    proxy.rules[1:] = []
    assert go(through, path, bucket, facts).state == "verified"
    assert not unfinished(connection, bucket)


def test_other_programs_uploads_of_the_key_are_left_and_named_when_they_could_be_ours(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    theirs: list[str] = []

    def begin() -> None:
        theirs.append(connection.call("create_multipart_upload", Bucket=bucket, Key=KEY)["UploadId"])
        connection.call("upload_part", Bucket=bucket, Key=KEY, UploadId=theirs[-1], PartNumber=1, Body=b"x")

    proxy.once(lambda asked: Treatment(before=begin) if begins(asked) else None)
    assert go(through, make(12 * MIB), bucket, Notes()).state == "verified"
    assert unfinished(connection, bucket) == [KEY]
    connection.call("delete_object", Bucket=bucket, Key=KEY)
    proxy.once(lambda asked: Treatment(before=begin, lose=True) if begins(asked) else None)
    outcome = go(through, make(12 * MIB), bucket, Notes())
    assert outcome.state == "verified" and theirs[1] in outcome.detail
    assert len(unfinished(connection, bucket)) == 3


def started(connection: Connection, bucket: str, *bodies: bytes, **more: str) -> str:
    """An unfinished upload of another program."""
    upload_id = str(connection.call("create_multipart_upload", Bucket=bucket, Key=KEY, **more)["UploadId"])
    for part, body in enumerate(bodies, 1):
        connection.call("upload_part", Bucket=bucket, Key=KEY, UploadId=upload_id, PartNumber=part, Body=body)
    return upload_id


def test_an_unfinished_upload_of_another_program_is_adopted(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    path = make(20 * MIB)
    data = path.read_bytes()
    upload_id = started(connection, bucket, data[: 6 * MIB], b"y" * 6 * MIB, ContentType="theirs/own")
    outcome = go(through, path, bucket, Notes(), adopt=upload_id)
    assert outcome.state == "verified" and outcome.etag.endswith("-4") and "content type" in outcome.detail
    assert sorted(numbers(proxy.asked)) == [2, 3, 4] and content(connection, bucket) == data
    assert connection.call("head_object", Bucket=bucket, Key=KEY)["ContentType"] == "theirs/own"
    assert not unfinished(connection, bucket)


def test_an_upload_to_adopt_that_is_gone_or_empty_handed(
    through: Connection, connection: Connection, bucket: str, make: Make
) -> None:
    with pytest.raises(errors.NoSuchKey):
        go(through, make(12 * MIB), bucket, Notes(), adopt="none")
    upload_id = started(connection, bucket)
    with pytest.raises(BadInput):
        go(through, make(0), bucket, Notes(), adopt=upload_id)
    assert unfinished(connection, bucket) == [KEY]
    path = make(1000)
    assert go(through, path, bucket, Notes(), adopt=upload_id).state == "verified"
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_two_at_once_in_one_process(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    held, tried = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        tried.wait(30)

    proxy.once(lambda asked: Treatment(before=hold) if completes(asked) else None)
    first: list[Outcome] = []
    thread = threading.Thread(target=lambda: first.append(go(through, path, bucket, notes)))
    thread.start()
    held.wait(30)
    with pytest.raises(AlreadyExists):
        go(through, path, bucket, notes)
    with pytest.raises(AlreadyExists):
        discard(through, UploadRequest(path, S3Uri(bucket, KEY)), notes)
    tried.set()
    thread.join()
    assert first[0].state == "verified" and content(connection, bucket) == path.read_bytes()


def test_two_processes_at_once_end_with_the_one_object(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path
) -> None:
    path, noted = make(12 * MIB), tmp_path / "notes.json"
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        done.wait(60)

    proxy.once(lambda asked: Treatment(before=hold) if number(asked) == 3 else None)
    with process("upload", proxy.endpoint, noted, path, S3Uri(bucket, KEY)) as child:
        assert held.wait(60)
        with suppress(AlreadyExists):  # said where the first keeps it away
            assert go(through, path, bucket, KeptNotes(noted)).state == "verified"
        done.set()
        child.communicate(timeout=60)
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_an_upload_that_cannot_be_aborted_stays_noted(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if asked.method == "DELETE" else None)
    with pytest.raises(LeftBehind):
        discard(through, UploadRequest(path, S3Uri(bucket, KEY)), notes)
    assert not notes.empty
    proxy.rules[1:] = []
    discard(through, UploadRequest(path, S3Uri(bucket, KEY)), notes)
    assert notes.empty and not unfinished(connection, bucket)
