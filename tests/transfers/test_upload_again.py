"""Uploads that go on after their process was killed, after a pause, after a lost answer: never mixed, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.checksums import sums_of
from s3tui.transfers.failures import AlreadyExists, FileChangedSince
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.upload import UploadRequest, discard, upload
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.killed import KeptNotes, run_until_killed
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("times")]

Make = Callable[..., Path]
KEY = "image.iso"
PART = 5 * MIB


def go(connection: Connection, path: Path, bucket: str, notes: Notes, **more: Any) -> Outcome:
    return upload(connection, UploadRequest(path, S3Uri(bucket, KEY), **more), Progress(), CancelToken(), notes)


def number(asked: Asked) -> int:
    """Of the part that is sent; 0 when none is."""
    return int(parse_qs(urlsplit(asked.path).query).get("partNumber", ["0"])[0]) if asked.method == "PUT" else 0


def numbers(asked: list[Asked]) -> list[int]:
    return [found for each in asked if (found := number(each))]


def begins(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("?uploads")


def completes(asked: Asked) -> bool:
    return asked.method == "POST" and "uploadId=" in asked.path


def lists_parts(asked: Asked) -> bool:
    return asked.method == "GET" and "uploadId=" in asked.path


MOMENTS = {
    "begin": begins,
    "the first part": lambda asked: number(asked) == 1,
    "the last part": lambda asked: number(asked) == 3,
    "complete": completes,
    "the look afterwards": lambda asked: asked.method == "HEAD",
}


@pytest.mark.parametrize("reach", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_it_goes_on(
    through: Connection,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    make: Make,
    tmp_path: Path,
    moment: str,
    reach: bool,
) -> None:
    path, noted = make(12 * MIB + 17), tmp_path / "notes.json"

    def now(asked: Asked) -> bool:
        early = moment == "the look afterwards" and not any(completes(before) for before in proxy.answered)
        return MOMENTS[moment](asked) and not early

    run_until_killed(proxy, "upload", path, S3Uri(bucket, KEY), noted, now, reach)
    assert go(through, path, bucket, KeptNotes(noted)).state == "verified"
    assert content(connection, bucket) == path.read_bytes()
    assert not unfinished(connection, bucket)


def test_killed_again_and_again_no_part_that_arrived_is_sent_twice(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path
) -> None:
    path, noted = make(44 * MIB), tmp_path / "notes.json"
    arrived: set[int] = set()
    for last in (3, 5, 8):
        before = len(proxy.asked)
        run_until_killed(
            proxy, "upload", path, S3Uri(bucket, KEY), noted, lambda asked, last=last: number(asked) == last, False
        )  # type: ignore[misc]
        assert not arrived & set(numbers(proxy.asked[before:]))
        arrived |= set(numbers(proxy.answered))
    before = len(proxy.asked)
    assert go(through, path, bucket, KeptNotes(noted)).state == "verified"
    assert arrived and not arrived & set(numbers(proxy.asked[before:]))
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_a_small_file_whose_process_was_killed_is_not_taken_for_another_s(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path
) -> None:
    path, noted = make(1000), tmp_path / "notes.json"
    run_until_killed(proxy, "upload", path, S3Uri(bucket, KEY), noted, lambda asked: asked.method == "PUT", True)
    assert go(through, path, bucket, KeptNotes(noted)).state == "verified"
    assert len([asked for asked in proxy.asked if asked.method == "PUT"]) == 1
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=b"theirs")
    with pytest.raises(AlreadyExists):
        go(through, path, bucket, KeptNotes(noted))
    assert content(connection, bucket) == b"theirs"


def paused(through: Connection, proxy: Proxy, path: Path, bucket: str, notes: Notes, at: int = 2, **more: Any) -> None:
    """Upload until part `at` is sent, then pause."""
    token = CancelToken()
    rules = list(proxy.rules)
    proxy.once(lambda asked: Treatment(before=token.pause) if number(asked) == at else None)
    with pytest.raises(Cancelled):
        upload(through, UploadRequest(path, S3Uri(bucket, KEY), **more), Progress(), token, notes)
    proxy.rules[:] = rules


def sums_of_parts(connection: Connection, bucket: str) -> dict[int, str]:
    [found] = connection.call("list_multipart_uploads", Bucket=bucket)["Uploads"]
    listed = connection.call("list_parts", Bucket=bucket, Key=KEY, UploadId=found["UploadId"])
    return {part["PartNumber"]: part["ETag"] for part in listed.get("Parts") or ()}


@pytest.mark.parametrize("kept", [True, False])
def test_a_pause_keeps_the_parts_and_cancelling_after_it_does_not(
    through: Connection,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    make: Make,
    notes: KeptNotes,
    kept: bool,
) -> None:
    path, facts = make(12 * MIB), notes if kept else Notes()
    paused(through, proxy, path, bucket, facts)
    there = set(sums_of_parts(connection, bucket))
    before, progress = len(proxy.asked), Progress()
    request = UploadRequest(path, S3Uri(bucket, KEY))
    assert upload(through, request, progress, CancelToken(), facts).state == "verified"
    assert set(numbers(proxy.asked[before:])) == {1, 2, 3} - there
    assert progress.done == 12 * MIB and content(connection, bucket) == path.read_bytes()

    facts.clear()
    connection.call("delete_object", Bucket=bucket, Key=KEY)
    paused(through, proxy, path, bucket, facts)
    assert unfinished(connection, bucket)
    discard(connection, request, facts)
    assert not unfinished(connection, bucket) and facts.get("upload") is None
    discard(connection, request, facts)


def test_checksums_as_aws_tells_them_decide_which_parts_are_kept(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    """With KMS the ETag of a part is no MD5."""
    aws = Connection(replace(through.profile, checksums="when_supported"))
    path = make(22 * MIB)
    paused(aws, proxy, path, bucket, notes, at=5)
    there = sums_of_parts(connection, bucket)
    told = {number: sums_of([path.read_bytes()[(number - 1) * PART : number * PART]]).checksum for number in there}
    wrong = max(there)

    def kms(body: bytes) -> bytes:
        def part(found: re.Match[bytes]) -> bytes:
            number = int(found[1])
            checksum = "AAAAAAAAAAA=" if number == wrong else told[number]
            return found[0] + f"<ChecksumCRC64NVME>{checksum}</ChecksumCRC64NVME>".encode()

        body = re.sub(rb"<ETag>[^<]*", b'<ETag>"0123456789abcdef0123456789abcdef"', body)
        return re.sub(rb"<PartNumber>(\d+)</PartNumber>", part, body)

    proxy.rules.append(lambda asked: Treatment(change=kms) if lists_parts(asked) else None)
    before = len(proxy.asked)

    def real(found: re.Match[bytes]) -> bytes:
        [number] = re.findall(rb"<PartNumber>(\d+)", found[0])
        etag = there.get(int(number)) if int(number) != wrong else None
        return re.sub(rb"<ETag>[^<]*", f"<ETag>{etag}".encode(), found[0]) if etag else found[0]

    def real_etags(asked: Asked) -> None:
        if completes(asked):  # ours has what was listed; moto wants its own
            asked.body = re.sub(rb"<Part>.*?</Part>", real, asked.body)
            asked.headers["content-length"] = str(len(asked.body))

    proxy.rules.append(real_etags)
    assert upload(aws, UploadRequest(path, S3Uri(bucket, KEY)), Progress(), CancelToken(), notes).state == "verified"
    assert set(numbers(proxy.asked[before:])) == ({1, 2, 3, 4, 5} - set(there)) | {wrong}
    assert content(connection, bucket) == path.read_bytes()


def test_a_failure_keeps_the_parts_when_the_notes_are_kept(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    proxy.rules.append(lambda asked: Treatment(instead=(503, b"")) if number(asked) == 3 else None)
    with pytest.raises(errors.Throttled):
        go(through, path, bucket, notes)
    assert unfinished(connection, bucket) == [KEY] and not notes.empty
    proxy.rules[1:] = []
    before = len(proxy.asked)
    assert go(through, path, bucket, notes).state == "verified"
    assert 3 in numbers(proxy.asked[before:]) and not unfinished(connection, bucket)


def test_an_object_that_came_meanwhile_is_kept_and_so_are_the_parts(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    connection.call("put_object", Bucket=bucket, Key=KEY, Body=b"theirs")
    with pytest.raises(AlreadyExists):
        go(through, path, bucket, notes)
    assert content(connection, bucket) == b"theirs" and unfinished(connection, bucket) == [KEY]
    assert go(through, path, bucket, notes, overwrite=True).state == "verified"
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_a_file_that_changed_since_is_refused_until_it_is_begun_anew(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    make(12 * MIB)
    with pytest.raises(FileChangedSince):
        go(through, path, bucket, notes)
    assert unfinished(connection, bucket) == [KEY] and not notes.empty
    discard(connection, UploadRequest(path, S3Uri(bucket, KEY)), notes)
    assert not unfinished(connection, bucket)
    assert go(through, path, bucket, notes).state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def test_what_changed_behind_the_file_s_time_is_not_mixed(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    """Same size, time and inode, but other bytes: the part that is there differs from the local one, and goes again."""
    import os

    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes, at=3)
    seen = path.stat()
    with path.open("r+b") as file:
        file.write(b"other")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert go(through, path, bucket, notes).state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def test_parts_are_believed_only_when_they_are_the_file_s(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    """One is another's, one too short, one has a number of no part, and one is right."""
    path = make(22 * MIB)
    paused(through, proxy, path, bucket, notes, at=1)
    [found] = connection.call("list_multipart_uploads", Bucket=bucket)["Uploads"]
    data = path.read_bytes()
    for part, body in {
        1: b"x" * PART,
        2: data[PART : 2 * PART - 1],
        3: data[2 * PART : 3 * PART],
        10_000: data[:PART],
    }.items():
        connection.call("upload_part", Bucket=bucket, Key=KEY, UploadId=found["UploadId"], PartNumber=part, Body=body)
    before = len(proxy.asked)
    assert go(through, path, bucket, notes).state == "verified"
    assert {1, 2} <= set(numbers(proxy.asked[before:])) and 3 not in numbers(proxy.asked[before:])
    assert content(connection, bucket) == data and not unfinished(connection, bucket)


@pytest.mark.parametrize(
    "lie",
    [
        lambda body: re.sub(rb"<Size>\d+", b"<Size>7", body),
        lambda body: re.sub(rb"<ETag>[^<]*", b'<ETag>"0123456789abcdef0123456789abcdef"', body),
        lambda body: body.replace(b"<PartNumber>2", b"<PartNumber>10000"),
        lambda body: body.replace(b"<IsTruncated>false", b"<IsTruncated>true"),
        lambda body: re.sub(rb"<Part>.*</Part>", b"", body, flags=re.DOTALL),
    ],
)
def test_a_list_of_parts_that_lies_costs_time_and_nothing_else(
    through: Connection,
    connection: Connection,
    proxy: Proxy,
    bucket: str,
    make: Make,
    notes: KeptNotes,
    lie: Callable[[bytes], bytes],
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes, at=3)
    proxy.rules.append(lambda asked: Treatment(change=lie) if lists_parts(asked) else None)
    assert go(through, path, bucket, notes).state == "verified"
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_all_pages_of_parts_are_read(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(22 * MIB)
    paused(through, proxy, path, bucket, notes, at=5)
    there = set(sums_of_parts(connection, bucket))

    def one_a_page(asked: Asked) -> None:
        if lists_parts(asked):
            asked.path += "&max-parts=1"

    proxy.rules.append(one_a_page)
    before = len(proxy.asked)
    assert go(through, path, bucket, notes).state == "verified"
    assert set(numbers(proxy.asked[before:])) == {1, 2, 3, 4, 5} - there and len(there) > 1


def test_where_parts_may_not_be_listed_all_are_sent_into_the_same_upload(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if lists_parts(asked) else None)
    before = len(proxy.asked)
    assert go(through, path, bucket, notes).state == "verified"
    assert not any(begins(asked) for asked in proxy.asked[before:])
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)


def test_an_upload_that_someone_aborted_is_begun_anew(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    path = make(12 * MIB)
    paused(through, proxy, path, bucket, notes)
    [found] = connection.call("list_multipart_uploads", Bucket=bucket)["Uploads"]
    connection.call("abort_multipart_upload", Bucket=bucket, Key=KEY, UploadId=found["UploadId"])
    assert go(through, path, bucket, notes).state == "verified"
    assert content(connection, bucket) == path.read_bytes() and not unfinished(connection, bucket)
