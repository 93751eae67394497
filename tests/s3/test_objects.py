"""HeadObject, typed and in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from s3tui.s3 import errors, objects
from s3tui.s3.client import Connection
from s3tui.s3.objects import Encryption, Lock, Restore, described, from_head, head
from s3tui.s3.uri import S3Uri

URI = S3Uri("b", "k")


def test_head_of_a_rich_object(connection: Connection, bucket: str) -> None:
    connection.call(
        "put_object",
        Bucket=bucket,
        Key="a/é.txt",
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="no-cache",
        Metadata={"who": "me"},
        StorageClass="STANDARD_IA",
        Tagging="a=1&b=2",
        ServerSideEncryption="AES256",
        ChecksumAlgorithm="SHA256",
    )
    info = head(connection, S3Uri(bucket, "a/é.txt"))
    assert (info.size, info.storage_class, info.tag_count) == (5, "STANDARD_IA", 2)
    assert info.etag == "5d41402abc4b2a76b9719d911017c592"
    assert (info.metadata.content_type, info.metadata.cache_control) == ("text/plain", "no-cache")
    assert info.metadata.user == (("who", "me"),)
    assert info.encryption.algorithm == "AES256"
    assert dict(info.checksums)["SHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert info.modified.tzinfo is not None
    words = dict(described(info))
    assert words["Size"] == "5 bytes"
    assert words["Tags"] == "2 tags"
    assert words["Storage class"].startswith("STANDARD_IA (")


def test_head_of_one_version(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = connection.call("put_object", Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"22")
    assert head(connection, S3Uri(bucket, "k", first)).size == 1
    assert head(connection, S3Uri(bucket, "k")).size == 2


def test_head_of_what_is_not_there(connection: Connection, bucket: str) -> None:
    with pytest.raises(errors.NoSuchKey):
        head(connection, S3Uri(bucket, "k"))


def test_head_of_a_delete_marker(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"1")
    marker = connection.call("delete_object", Bucket=bucket, Key="k")["VersionId"]
    with pytest.raises(errors.NoSuchKey, match="delete marker"):
        head(connection, S3Uri(bucket, "k", marker))


def test_everything_that_head_object_can_say() -> None:
    until = datetime(2027, 1, 2, tzinfo=UTC)
    info = from_head(
        URI,
        {
            "ContentLength": 7 * 1024**3,
            "LastModified": datetime.now(UTC) - timedelta(hours=2),
            "ETag": '"abc-3"',
            "VersionId": "null",
            "StorageClass": "DEEP_ARCHIVE",
            "Restore": 'ongoing-request="false", expiry-date="Sat, 02 Jan 2027 00:00:00 GMT"',
            "Expiration": 'expiry-date="Sat, 02 Jan 2027 00:00:00 GMT", rule-id="old%20things"',
            "ReplicationStatus": "FAILED",
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": "key-1",
            "BucketKeyEnabled": True,
            "ObjectLockMode": "COMPLIANCE",
            "ObjectLockRetainUntilDate": until,
            "ObjectLockLegalHoldStatus": "ON",
            "ObjectLockEventHold": "ON",
            "ChecksumCRC32C": "AAAAAA==-3",
            "ChecksumType": "COMPOSITE",
            "MissingMeta": 2,
            "TagCount": 1,
            "WebsiteRedirectLocation": "/new",
        },
    )
    assert info.parts == 3
    assert info.restore == Restore(False, until)
    assert not info.archived
    assert info.encryption == Encryption("aws:kms", "key-1", True)
    assert info.lock == Lock("COMPLIANCE", until, True, True)
    assert (info.expires_at, info.expires_by) == (until, "old things")
    words = dict(described(info))
    assert words["Size"] == "7.0 GiB (7,516,192,768 bytes)"
    assert "2 h 00 min ago" in words["Modified"]
    assert "2027-01-02" in words["Archive"]
    assert words["ETag"] == "abc-3 (uploaded in 3 parts)"
    assert "bucket key" in words["Encryption"]
    assert "2 entries" in words["Not shown"]
    assert "COMPLIANCE" in words["Retention"]
    assert "old things" in words["Deleted by rule"]
    assert words["Replication"] == "failed: it was not copied"
    assert words["Redirects to"] == "/new"
    assert words["Version"].startswith("null (")
    assert words["Checksum CRC32C"] == "AAAAAA==-3 (of its parts' checksums)"
    assert words["Legal hold"] and words["Event hold"]


@pytest.mark.parametrize(
    ("answer", "archived", "words"),
    [
        ({"StorageClass": "GLACIER"}, True, "not restored"),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="true"'}, True, "under way"),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, True, "ARCHIVE_ACCESS"),
        ({"StorageClass": "GLACIER_IR"}, False, ""),
        ({}, False, ""),
    ],
)
def test_archive(answer: dict[str, str], archived: bool, words: str) -> None:
    info = from_head(URI, {"LastModified": datetime.now(UTC), **answer})
    assert info.archived is archived
    assert words in dict(described(info)).get("Archive", "")


def test_a_bare_answer_is_enough() -> None:
    info = from_head(URI, {})
    assert info.storage_class == "STANDARD"
    assert objects.described(info)


def test_odd_headers_are_harmless() -> None:
    info = from_head(URI, {"Expiration": "NotImplemented", "Restore": "nonsense", "ETag": 'W/"x-y"'})
    assert (info.expires_at, info.parts, info.etag) == (None, None, "x-y")
    assert info.restore == Restore(False, None)


def test_a_time_in_the_future_is_said() -> None:
    info = from_head(URI, {"LastModified": datetime.now(UTC) + timedelta(days=2)})
    assert "in the future" in dict(described(info))["Modified"]
