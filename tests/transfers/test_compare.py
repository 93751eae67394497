"""Verifying later, against a real server, and against those that lie."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import evidence, ranges
from s3tui.transfers.checksums import PartSums, etag_of
from s3tui.transfers.compare import Comparison, compare
from s3tui.transfers.progress import Progress
from tests.s3.stub_server import Answer, Asked, stub
from tests.transfers.conftest import MIB, send
from tests.transfers.proxy import Asked as Passed
from tests.transfers.proxy import Proxy, Treatment

Make = Callable[..., Path]


def compared(connection: Connection, bucket: str, path: Path | None = None, key: str = "image.iso") -> Comparison:
    return compare(connection, S3Uri(bucket, key), path, Progress(), CancelToken())


def put(connection: Connection, bucket: str, body: bytes, **more: object) -> None:
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=body, **more)


def other(path: Path, at: int) -> Path:
    """A copy of the same size, of which one byte is another."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    damaged = path.with_name("damaged.iso")
    damaged.write_bytes(data)
    return damaged


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "PIECE", 1 << 16)


@pytest.mark.parametrize("size", [0, 1000, 12 * MIB])
def test_what_was_sent_is_verified_both_ways(connection: Connection, bucket: str, make: Make, size: int) -> None:
    path = make(size)
    send(connection, path, bucket)
    found = compared(connection, bucket, path)
    assert (found.verdict, found.detail, found.size) == ("verified", "Size and ETag agree.", size)
    assert "GetObject" not in [each.operation for each in connection.log.newest()]
    assert compared(connection, bucket).verdict == "verified"


@pytest.mark.parametrize(("size", "at"), [(1000, 0), (1000, 999), (12 * MIB, 11 * MIB + 3)])
def test_the_first_byte_that_differs_is_told(
    connection: Connection, bucket: str, make: Make, size: int, at: int
) -> None:
    path = make(size)
    send(connection, path, bucket)
    found = compared(connection, bucket, other(path, at))
    assert found.verdict == "differs" and f"Byte {at:,} is" in found.detail


def test_another_size_and_what_is_missing(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    assert compared(connection, bucket, path).verdict == "missing"
    assert compared(connection, bucket).verdict == "missing"
    put(connection, bucket, b"12345")
    found = compared(connection, bucket, path)
    assert found.verdict == "differs" and "5 bytes, the file 10" in found.detail
    gone = compared(connection, bucket, path.with_name("gone"))
    assert (gone.verdict, gone.detail) == ("missing", "There is no such file.")
    assert compared(connection, bucket, path / "below a file").verdict == "missing"
    assert compared(connection, bucket, path.parent).verdict == "can't be compared"


def test_a_checksum_proves_and_disproves(profile: Profile, bucket: str, make: Make) -> None:
    connection = Connection(replace(profile, checksums="when_supported"))
    path = make(1000)
    put(connection, bucket, path.read_bytes(), ChecksumAlgorithm="SHA256")
    found = compared(connection, bucket, path)
    assert found.verdict == "verified" and "SHA256 checksum and ETag" in found.detail
    found = compared(connection, bucket, other(path, 5))
    assert found.verdict == "differs" and "SHA256 checksum" in found.detail


def test_the_sha256_in_the_metadata_counts(connection: Connection, bucket: str, make: Make) -> None:
    path = make(1000)
    put(connection, bucket, path.read_bytes(), Metadata={"SHA256": hashlib.sha256(path.read_bytes()).hexdigest()})
    for found in (compared(connection, bucket, path), compared(connection, bucket)):
        assert found.verdict == "verified" and "SHA-256 in its metadata and ETag agree" in found.detail
    put(connection, bucket, path.read_bytes(), Metadata={"sha256": "0" * 64})
    for found in (compared(connection, bucket, path), compared(connection, bucket)):
        assert found.verdict == "differs" and "though the ETag fits" in found.detail
    put(connection, bucket, path.read_bytes(), Metadata={"sha256": "of something"})
    assert compared(connection, bucket).detail == "Size and ETag agree."


def test_of_what_is_encrypted_with_kms_only_the_bytes_tell(connection: Connection, bucket: str, make: Make) -> None:
    path = make(1000)
    put(connection, bucket, path.read_bytes(), ServerSideEncryption="aws:kms")
    found = compared(connection, bucket)
    assert found.verdict == "can't be compared" and "KMS" in found.detail
    found = compared(connection, bucket, path)
    assert found.verdict == "verified" and "every byte" in found.detail
    assert compared(connection, bucket, other(path, 7)).detail.startswith("Byte 7 ")


@pytest.mark.usefixtures("small_pieces")
def test_a_version_is_compared_by_itself(connection: Connection, bucket: str, make: Make) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    path = make(300_000)
    version = connection.call("put_object", Bucket=bucket, Key="image.iso", Body=path.read_bytes())["VersionId"]
    put(connection, bucket, b"newer")
    uri = S3Uri(bucket, "image.iso", version)
    for local in (path, None, other(path, 299_999)):
        found = compare(connection, uri, local, Progress(), CancelToken())
        assert found.verdict == ("differs" if local and local != path else "verified")


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("is_recorded", [True, False])
def test_damage_on_the_way_or_on_the_disk_is_never_verified(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, is_recorded: bool
) -> None:
    """The endpoint tells the ETag of what was sent, and gives other bytes."""
    path = make(300_000)
    recorded = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()} if is_recorded else {}
    put(connection, bucket, path.read_bytes(), Metadata=recorded)
    etag = connection.call("head_object", Bucket=bucket, Key="image.iso")["ETag"]
    put(connection, bucket, other(path, 200_000).read_bytes(), Metadata=recorded)

    def lie(asked: Passed) -> Treatment | None:
        asked.headers.pop("if-match", None)
        return Treatment(headers={"ETag": etag})

    proxy.rules.append(lie)
    found = compared(through, bucket)
    assert found.verdict == ("differs" if is_recorded else "can't be compared")
    assert "SHA-256 in its metadata" in found.detail if is_recorded else "may be damaged" in found.detail


@pytest.mark.usefixtures("small_pieces")
def test_pieces_come_in_order_over_a_bad_line(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    path = make(1_000_001)
    put(connection, bucket, path.read_bytes())
    cut: set[str] = set()

    def rule(asked: Passed) -> Treatment | None:
        wanted = asked.headers.get("range", "")
        if asked.method != "GET" or wanted in cut or wanted == "bytes=0-0":
            return None
        cut.add(wanted)
        return Treatment(cut_after=20_000)

    proxy.rules.append(rule)
    progress = Progress()
    found = compare(through, S3Uri(bucket, "image.iso"), None, progress, CancelToken())
    assert found.verdict == "verified" and len(cut) > 16
    assert progress.done == 1_000_001


@pytest.mark.usefixtures("small_pieces")
def test_a_server_that_ignores_ranges_is_read_once(make: Make) -> None:
    body = os.urandom(300_000)
    etag = {"ETag": f'"{hashlib.md5(body).hexdigest()}"', "Last-Modified": "Fri, 20 Nov 2026 16:03:04 GMT"}

    def answer(asked: Asked) -> Answer:
        return Answer(200, body, etag)

    with stub(answer) as running:
        assert compared(Connection(running.profile), "bucket").verdict == "verified"
    assert [asked.method for asked in running.asked] == ["HEAD", "GET", "GET"]


def test_of_the_largest_object_no_more_than_a_few_pieces_are_held() -> None:
    size = 40 << 40
    headers = {"ETag": f'"{"0" * 32}"', "Last-Modified": "Fri, 20 Nov 2026 16:03:04 GMT"}

    def answer(asked: Asked) -> Answer:
        if asked.method == "HEAD":
            return Answer(200, b"", {**headers, "Content-Length": str(size)})
        if asked.headers["range"] == "bytes=0-0":
            return Answer(206, b"x", {**headers, "Content-Range": f"bytes 0-0/{size}"})
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")

    with stub(answer) as running:
        assert compared(Connection(running.profile), "bucket").verdict == "can't be compared"
    asked = [
        asked.headers["range"].removeprefix("bytes=").split("-") for asked in running.asked if asked.method == "GET"
    ]
    assert 1 < len(asked) < 10
    assert all(int(last) - int(first) < ranges.PIECE for first, last in asked)


def test_only_aws_promises_that_an_etag_is_an_md5(connection: Connection, bucket: str, make: Make) -> None:
    put(connection, bucket, b"12345")
    stored = head(connection, S3Uri(bucket, "image.iso"))
    aws = Connection(Profile("aws", region="us-east-1", credentials="anonymous"))
    assert [claim.proves for claim in evidence.of_etag(aws, stored)] == [True]
    assert [claim.proves for claim in evidence.of_etag(connection, stored)] == [False]


@pytest.mark.usefixtures("small_pieces")
def test_an_object_that_is_replaced_meanwhile_is_not_compared(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    put(connection, bucket, make(300_000).read_bytes())
    later = Treatment(before=lambda: put(connection, bucket, b"other" * 60_000))
    proxy.once(lambda asked: later if "65536-" in asked.headers.get("range", "") else None)
    found = compared(through, bucket)
    assert found.verdict == "can't be compared"


@pytest.mark.usefixtures("small_pieces")
def test_a_cancel_ends_it(through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    put(connection, bucket, make(3_000_000).read_bytes())
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if "131072-" in asked.headers.get("range", "") else None)
    with pytest.raises(Cancelled):
        compare(through, S3Uri(bucket, "image.iso"), None, Progress(), token)
    assert len(proxy.asked) < 20


def test_what_may_not_be_read_and_what_is_archived(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    path = make(10)
    put(connection, bucket, path.read_bytes(), StorageClass="GLACIER")
    assert compared(connection, bucket, path).verdict == "verified"
    found = compared(connection, bucket)
    assert found.verdict == "can't be compared" and "restored" in found.detail
    denied = Treatment(instead=(403, b"<Error><Code>AccessDenied</Code></Error>"))
    proxy.rules.append(lambda asked: denied)
    assert compared(through, bucket, path).verdict == "can't be compared"


def test_a_checksum_of_parts_is_computed_too(profile: Profile, make: Make) -> None:
    data = os.urandom(11 * MIB)
    pieces = [data[at : at + 5 * MIB] for at in range(0, len(data), 5 * MIB)]
    whole = hashlib.sha256(b"".join(hashlib.sha256(piece).digest() for piece in pieces)).digest()
    headers = {
        "ETag": '"opaque"',
        "Last-Modified": "Fri, 20 Nov 2026 16:03:04 GMT",
        "x-amz-checksum-sha256": f"{base64.b64encode(whole).decode()}-3",
        "x-amz-checksum-type": "COMPOSITE",
    }
    with stub(lambda _: Answer(200, data, headers)) as running:
        found = compared(Connection(running.profile), "bucket")
    assert (found.verdict, found.detail) == ("verified", "Size and SHA256 checksum of its parts agree.")


@given(st.binary(max_size=200), st.integers(1, 50), st.lists(st.integers(0, 40)))
def test_the_digest_of_parts_is_that_of_s3_however_the_bytes_come(data: bytes, each: int, cuts: Sequence[int]) -> None:
    sums = evidence.OfParts(evidence.md5, each)
    at = 0
    for size in (*cuts, len(data)):
        sums.update(data[at : at + size])
        at += size
    parts = [data[start : start + each] for start in range(0, len(data), each)] or [b""]
    expected = etag_of([PartSums(hashlib.md5(part).digest(), 0, len(part)) for part in parts], multipart=True)
    assert sums.digest().hex() == expected.partition("-")[0]
