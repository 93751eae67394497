"""A copy in parts that was paused or killed goes on with the parts that are there, and with no others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import copying
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.journal import Whom
from s3tui.transfers.notes import Notes
from s3tui.transfers.remains import remains
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.killed import KeptNotes, run_until_killed
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import OTHER, put, put_in_parts, run

pytestmark = pytest.mark.long


@pytest.fixture
def source(connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch) -> S3Uri:
    """An object of three parts, which are copied one after the other."""
    monkeypatch.setattr(copying, "COPY_LIMIT", 10 * MIB)
    monkeypatch.setattr(copying, "_AT_ONCE", 1)
    return put_in_parts(connection, bucket, 11 * MIB, ACL="private")


def pause_at(part: int, through: Connection, proxy: Proxy, source: S3Uri) -> Notes:
    """What is noted of a copy that is paused while that part is copied."""
    token, notes = CancelToken(), Notes()
    proxy.once(lambda asked: Treatment(before=token.pause) if f"partNumber={part}" in asked.path else None)
    with pytest.raises(Cancelled):
        run(through, source, token=token, notes=notes)
    return notes


def numbers(proxy: Proxy) -> list[str]:
    """The parts that are asked for from now on."""
    found: list[str] = []

    def look(asked: Asked) -> None:
        if "partNumber=" in asked.path and asked.method == "PUT":
            found.append(asked.path.partition("partNumber=")[2].partition("&")[0])

    proxy.rules.append(look)
    return found


def test_what_was_paused_goes_on_with_the_parts_that_are_there(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    assert unfinished(connection, bucket) == [OTHER]
    copied = numbers(proxy)
    assert run(through, source, notes=notes).state == "verified"
    assert copied == ["3"]  # the second one was on its way, and waited for
    assert content(connection, bucket, OTHER) == content(connection, bucket) and not unfinished(connection, bucket)
    assert notes.get("upload_id") is None


def test_cancelling_what_was_paused_aborts_it(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    request = CopyRequest(source, replace(source, key=OTHER))
    told = remains(Whom("demo", "http://here", None, "config"), request, notes)
    assert str(source.with_key(OTHER)) in told and "http://here" in told and str(notes.get("upload_id")) in told
    request.discard(connection, notes)
    assert not unfinished(connection, bucket) and notes.empty


def test_parts_of_what_the_source_was_are_never_mixed_with_what_it_is(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    put(connection, bucket, Body=os.urandom(11 * MIB), ACL="private")
    copied = numbers(proxy)
    run(through, source, notes=notes)
    assert copied[0] == "1" and content(connection, bucket, OTHER) == content(connection, bucket)
    assert not unfinished(connection, bucket)


def test_a_source_that_became_small_leaves_no_parts(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    put(connection, bucket)
    assert run(through, source, notes=notes).state == "verified"
    assert not unfinished(connection, bucket)


def test_a_part_that_somebody_has_replaced_is_copied_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    upload = {"Bucket": bucket, "Key": OTHER, "UploadId": notes.get("upload_id")}
    connection.call("upload_part", **upload, PartNumber=1, Body=bytes(5 * MIB))
    copied = numbers(proxy)
    assert run(through, source, notes=notes).state == "verified"
    assert copied == ["1", "3"] and content(connection, bucket, OTHER) == content(connection, bucket)


def test_an_upload_that_is_gone_is_begun_anew(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    connection.call("abort_multipart_upload", Bucket=bucket, Key=OTHER, UploadId=notes.get("upload_id"))
    assert run(through, source, notes=notes).state == "verified"
    assert content(connection, bucket, OTHER) == content(connection, bucket) and not unfinished(connection, bucket)


def test_where_parts_can_not_be_listed_all_are_copied_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri
) -> None:
    notes = pause_at(2, through, proxy, source)
    denied = Treatment(instead=(403, b"<Error><Code>AccessDenied</Code></Error>"))
    proxy.rules.append(lambda asked: denied if asked.method == "GET" and "uploadId=" in asked.path else None)
    copied = numbers(proxy)
    assert run(through, source, notes=notes).state == "verified"
    assert copied == ["1", "2", "3"] and content(connection, bucket, OTHER) == content(connection, bucket)


def test_after_a_kill_no_part_is_copied_twice(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, source: S3Uri, tmp_path: Path
) -> None:
    noted = tmp_path / "notes"
    target = replace(source, key=OTHER)

    def completes(asked: Asked) -> bool:
        return asked.method == "POST" and "uploadId=" in asked.path

    run_until_killed(proxy, "copy", Path(source.key), target, noted, completes, reach=False)
    copied = numbers(proxy)
    assert run(through, source, notes=KeptNotes(noted)).state == "verified"
    assert copied == [] and content(connection, bucket, OTHER) == content(connection, bucket)
    assert not unfinished(connection, bucket)
