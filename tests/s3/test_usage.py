"""Measuring a bucket: everything that costs money is counted, and what could not be counted is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, usage_report
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.usage import Usage, measure
from s3tui.s3.usage_tree import Amount
from tests.s3.stub_server import Answer, Asked, stub

MIB = 1 << 20


def put(connection: Connection, bucket: str, key: str, size: int, storage_class: str = "STANDARD") -> None:
    connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * size, StorageClass=storage_class)


def begin(connection: Connection, bucket: str, key: str, *sizes: int, storage_class: str = "STANDARD") -> None:
    upload = {"Bucket": bucket, "Key": key}
    upload["UploadId"] = connection.call("create_multipart_upload", **upload, StorageClass=storage_class)["UploadId"]
    for number, size in enumerate(sizes, 1):
        connection.call("upload_part", **upload, PartNumber=number, Body=b"x" * size)


def measured(connection: Connection, uri: S3Uri) -> Usage:
    usage = Usage(uri)
    measure(usage, connection)
    return usage


def told(usage: Usage) -> dict[tuple[str, str], Amount]:
    return {(state, storage_class): amount for state, storage_class, amount in usage.tally.items()}


def entries(usage: Usage, prefix: str) -> dict[str, Amount]:
    level = usage.level(prefix)
    assert level is not None
    return {entry.name or entry.kind: entry.tally.total for entry in level.entries}


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    """A bucket with everything there is."""
    put(connection, bucket, "logs/1", 10)  # before versions were kept
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for size in (100, 1000):
        put(connection, bucket, "logs/old/é", size)
    put(connection, bucket, "isos/a b", 7, "GLACIER")
    put(connection, bucket, "gone", 5)
    connection.call("delete_object", Bucket=bucket, Key="gone")
    begin(connection, bucket, "isos/half", 3, 4)
    begin(connection, bucket, "never/begun", storage_class="STANDARD_IA")
    return bucket


def test_everything_is_counted(connection: Connection, full: str) -> None:
    usage = measured(connection, S3Uri(full))
    assert usage.completeness.is_complete
    assert usage.notes == []
    assert usage.rows == 6
    assert told(usage) == {
        ("current", "STANDARD"): Amount(2, 1010),
        ("current", "GLACIER"): Amount(1, 7),
        ("noncurrent", "STANDARD"): Amount(2, 105),
        ("marker", ""): Amount(1, 0),
        ("part", "STANDARD"): Amount(2, 7),
    }
    assert entries(usage, "") == {
        "logs/": Amount(3, 1110),
        "isos/": Amount(3, 14),
        "never/": Amount(0, 0),
        "here": Amount(2, 5),
    }
    assert entries(usage, "logs/") == {"old/": Amount(2, 1100), "here": Amount(1, 10)}
    assert usage.tally.classes == ["STANDARD", "GLACIER"]


def test_one_prefix_is_measured_alone(connection: Connection, full: str) -> None:
    usage = measured(connection, S3Uri(full, "isos/"))
    assert told(usage) == {("current", "GLACIER"): Amount(1, 7), ("part", "STANDARD"): Amount(2, 7)}
    assert entries(usage, "isos/") == {"here": Amount(3, 14)}


def test_progress_is_told_while_it_is_measured(connection: Connection, full: str) -> None:
    seen: list[tuple[int, str]] = []
    measure(Usage(S3Uri(full)), connection, on_progress=lambda usage: seen.append((usage.rows, usage.doing)))
    assert seen[0] == (6, "listing")
    assert [doing for _, doing in seen if "2 of 2" in doing]
    assert seen[-1] == (6, "")


def test_cancelled_it_keeps_what_it_has(connection: Connection, full: str) -> None:
    token = CancelToken()
    usage = Usage(S3Uri(full))
    with pytest.raises(Cancelled):
        measure(usage, connection, token, lambda _: token.cancel())
    assert usage.completeness.state == "stopped"
    assert usage.tally.total.count == 6
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure(Usage(S3Uri(full)), connection, token)


def test_no_such_bucket(connection: Connection) -> None:
    usage = Usage(S3Uri("no-such-bucket-here"))
    with pytest.raises(errors.NoSuchBucket):
        measure(usage, connection)
    assert usage.completeness.state == "stopped"


def test_more_parts_than_come_at_once(connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(connection, bucket, "big", 1, 2, 3)
    for number in range(9):
        begin(connection, bucket, f"{number}/small", 10)

    class Small(Connection):
        def call(self, operation: str, **parameters: object) -> dict[str, object]:
            limit = {"MaxParts": 2} if operation == "list_parts" else {}
            return super().call(operation, **parameters, **limit)

    usage = measured(Small(connection.profile), S3Uri(bucket))
    assert told(usage) == {("part", "STANDARD"): Amount(12, 96)}


# ---- servers that can't, or won't

LISTING = (
    b"<ListBucketResult><Contents><Key>a/b</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified>"
    b"<Size>5</Size></Contents><IsTruncated>false</IsTruncated></ListBucketResult>"
)
UPLOADS = (
    b"<ListMultipartUploadsResult><Upload><Key>a/c</Key><UploadId>1</UploadId>"
    b"<Initiated>2026-11-20T16:03:04.000Z</Initiated></Upload></ListMultipartUploadsResult>"
)
DENIED = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")


def server(versioning: Answer, versions: Answer, uploads: Answer, parts: Answer = DENIED) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        words = asked.path.partition("?")[2].split("&")
        if "versioning" in words:
            return versioning
        if "versions" in words:
            return versions
        if "uploads" in words:
            return uploads
        return parts if any(word.startswith("uploadId") for word in words) else Answer(200, LISTING)

    return answer


UNKNOWN = Answer(200, LISTING)  # what a server sends that doesn't know the sub-resource
OFF = Answer(200, b"<VersioningConfiguration/>")


@pytest.mark.parametrize(
    ("answers", "state", "said"),
    [
        ((OFF, DENIED, UNKNOWN), "complete", ["no unfinished uploads"]),
        ((UNKNOWN, UNKNOWN, UNKNOWN), "complete", ["lists no versions", "no unfinished uploads"]),
        ((DENIED, DENIED, UNKNOWN), "stopped", ["may not list versions", "no unfinished uploads"]),
        ((OFF, DENIED, DENIED), "stopped", ["may not list unfinished uploads"]),
        ((OFF, DENIED, Answer(200, UPLOADS)), "stopped", ["parts of 1 unfinished upload could not be read"]),
        ((OFF, DENIED, Answer(500)), "stopped", ["could not be listed"]),
    ],
)
def test_what_could_not_be_seen_is_said(answers: tuple[Answer, Answer, Answer], state: str, said: list[str]) -> None:
    with stub(server(*answers)) as running:
        usage = measured(Connection(running.profile), S3Uri("bucket"))
    assert told(usage)["current", "STANDARD"] == Amount(1, 5)
    assert usage.completeness.state == state
    everything = " ".join([usage.completeness.reason, *usage.notes])
    assert [words for words in said if words not in everything] == []


def test_an_upload_that_ended_meanwhile_has_no_parts() -> None:
    ended = Answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
    with stub(server(OFF, DENIED, Answer(200, UPLOADS), ended)) as running:
        usage = measured(Connection(running.profile), S3Uri("bucket"))
    assert usage.completeness.is_complete
    assert usage.tally.total == Amount(1, 5)


def test_parts_that_never_end_are_not_called_complete() -> None:
    parts = b"<ListPartsResult><Part><PartNumber>1</PartNumber><Size>9</Size></Part><IsTruncated>true</IsTruncated></ListPartsResult>"
    with stub(server(OFF, DENIED, Answer(200, UPLOADS), Answer(200, parts))) as running:
        usage = measured(Connection(running.profile), S3Uri("bucket"))
    assert "not how to get them" in usage.completeness.reason
    assert usage.tally.of_state("part") == Amount(1, 9)


def test_prefixes_that_nobody_asked_for_are_no_listing() -> None:
    body = (
        b"<ListBucketResult><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><IsTruncated>false</IsTruncated>"
        b"</ListBucketResult>"
    )
    with stub(lambda asked: Answer(200, OFF.body if "versioning" in asked.path else body)) as running:
        usage = Usage(S3Uri("bucket"))
        with pytest.raises(errors.S3Error):
            measure(usage, Connection(running.profile))
    assert not usage.completeness.is_complete


# ---- the report


def test_the_report_for_programs(connection: Connection, full: str) -> None:
    usage = measured(connection, S3Uri(full))
    records = [json.loads(line) for line in usage_report.text(usage, "", "jsonl").splitlines()]
    *lines, total = records
    assert [(line["kind"], line["prefix"], line["size"]) for line in lines] == [
        ("prefix", "logs/", 1110),
        ("prefix", "logs/old/", 1100),
        ("here", "logs/", 10),
        ("prefix", "isos/", 14),
        ("here", "", 5),
        ("prefix", "never/", 0),
    ]
    assert (total["kind"], total["complete"], total["count"], total["size"]) == ("total", True, 8, 1129)
    assert {"state": "marker", "storage_class": "", "count": 1, "size": 0} in total["amounts"]


def test_the_report_for_spreadsheets(connection: Connection, bucket: str) -> None:
    put(connection, bucket, '=1+1,"x"/é', 3)
    rows = list(csv.reader(io.StringIO(usage_report.text(measured(connection, S3Uri(bucket)), "", "csv"))))
    assert rows[0][:3] == ["kind", "bucket", "prefix"]
    assert rows[1] == ["prefix", bucket, '\'=1+1,"x"/', "current", "STANDARD", "1", "3", ""]
    assert [row[0] for row in rows[2:]] == ["total", "end"]
    assert rows[-1][-1] == "complete"


def test_a_report_of_a_part_says_that_it_is_one(connection: Connection, full: str) -> None:
    usage = Usage(S3Uri(full))
    with pytest.raises(Cancelled):
        token = CancelToken()
        measure(usage, connection, token, lambda _: token.cancel())
    assert usage_report.text(usage, "", "csv").splitlines()[-1].endswith('"stopped: cancelled"')
    total = json.loads(usage_report.text(usage, "", "jsonl").splitlines()[-1])
    assert (total["complete"], total["reason"]) == (False, "cancelled")
