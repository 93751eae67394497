"""Metadata changes, and nothing else does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import carried, copying, errors, metadata, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Metadata
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.replace_metadata import NotKept, OutcomeUnknown, check, notes, replace_metadata
from s3tui.s3.uri import S3Uri
from tests.s3.tampering import Exchange, Proxy, proxy, without_header

KEY = "a b/é+%20~.txt"
OTHER = Metadata("text/html", "no-store", "inline", "identity", "nl", "Wed, 21 Oct 2026 07:28:00 GMT", "/there")


@pytest.fixture
def faulty(endpoint: str) -> Iterator[Proxy]:
    with proxy(endpoint) as running:
        yield running


def put_public(connection: Connection, bucket: str) -> ObjectInfo:
    """A large object; moto can't tell the ACL of an upload in parts unless one was given."""
    return put(connection, bucket, Body=LARGE, ACL="public-read")


def put(connection: Connection, bucket: str, **parameters: Any) -> ObjectInfo:
    connection.call("put_object", **({"Bucket": bucket, "Key": KEY, "Body": b"hello"} | parameters))
    return objects.head(connection, S3Uri(bucket, KEY))


def content(connection: Connection, bucket: str) -> bytes:
    return bytes(connection.call("get_object", Bucket=bucket, Key=KEY)["Body"].read())


def versioned(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def uploads(connection: Connection, bucket: str) -> list[Any]:
    return connection.call("list_multipart_uploads", Bucket=bucket).get("Uploads") or []


def edited(info: ObjectInfo, **changes: Any) -> Metadata:
    return replace(info.metadata, **changes)


def test_every_header_and_user_metadata(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Metadata={"old": "1", "kept": "2"}, ContentType="text/plain")
    new = replace(OTHER, user=(("kept", "2"), ("name", "Zoë"), ("new-name", "=?literal")))
    after = replace_metadata(connection, info, new)
    assert metadata.differences(after.metadata, new) == []
    assert metadata.readable(dict(after.metadata.user)["name"]) == "Zoë"
    assert after == objects.head(connection, S3Uri(bucket, KEY))
    assert content(connection, bucket) == b"hello"


def test_all_can_be_removed(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Metadata={"old": "1"}, ContentType="text/plain", CacheControl="no-store")
    after = replace_metadata(connection, info, Metadata())
    assert (after.metadata.user, after.metadata.cache_control) == ((), "")


def test_everything_else_stays(connection: Connection, bucket: str) -> None:
    info = put(
        connection,
        bucket,
        StorageClass="STANDARD_IA",
        Tagging="a=1&b=x%20y%2B",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="key-1",
        BucketKeyEnabled=True,
        ChecksumAlgorithm="SHA256",
    )
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    owner = carried.read_acl(connection, info.uri).owner
    connection.call("put_object_acl", Bucket=bucket, Key=KEY, GrantRead=everyone, GrantFullControl=f'id="{owner}"')
    acl = carried.read_acl(connection, info.uri)
    after = replace_metadata(connection, info, edited(info, cache_control="no-cache"))
    assert after.metadata.cache_control == "no-cache"
    assert (after.storage_class, after.encryption) == ("STANDARD_IA", info.encryption)
    assert (after.size, after.checksums) == (5, info.checksums)
    assert tags.read(connection, info.uri) == {"a": "1", "b": "x y+"}
    assert carried.read_acl(connection, info.uri) == acl
    assert not acl.is_private


def test_retention_and_legal_hold_stay(faulty: Proxy) -> None:
    def add_checksum(exchange: Exchange) -> None:
        # moto wants it of a copy, too; S3 only of an upload
        if "x-amz-copy-source" in exchange.headers:
            exchange.headers["Content-MD5"] = "XUFAKrxLKna5cZ2REBfFkg=="

    faulty.before.append(add_checksum)
    connection = faulty.connection
    bucket = f"lock-{os.getpid()}-{id(connection)}"
    connection.call("create_bucket", Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    info = put(
        connection,
        bucket,
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=until,
        ObjectLockLegalHoldStatus="ON",
        ChecksumAlgorithm="SHA256",
    )
    after = replace_metadata(connection, info, edited(info, cache_control="no-cache"))
    assert after.version_id != info.version_id
    assert after.lock == info.lock
    assert (after.lock.mode, after.lock.until, after.lock.legal_hold) == ("GOVERNANCE", until, True)


def test_retention_that_the_copy_drops_is_set_again(faulty: Proxy, connection: Connection) -> None:
    """Ceph RGW ignores the lock headers of a copy."""
    bucket = f"lock-{os.getpid()}-{id(faulty)}"
    connection.call("create_bucket", Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until, "ObjectLockLegalHoldStatus": "ON"}
    info = put(connection, bucket, **lock, ChecksumAlgorithm="SHA256")

    def drop_lock(exchange: Exchange) -> None:
        if "x-amz-copy-source" in exchange.headers:
            kept = {k: v for k, v in exchange.headers.items() if not k.lower().startswith("x-amz-object-lock")}
            exchange.headers = kept
        if exchange.method == "GET" and "?retention" in exchange.path:
            exchange.refuse(404, "ObjectLockConfigurationNotFoundError")  # moto fails there

    faulty.before.append(drop_lock)
    after = replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert after.version_id != info.version_id
    assert after.lock == info.lock


def test_a_versioned_bucket_gets_a_new_version(connection: Connection, bucket: str) -> None:
    versioned(connection, bucket)
    info = put(connection, bucket, CacheControl="old")
    kept = carried.survey(connection, info)
    assert any("makes a new one" in note for note in notes(connection, info, kept))
    after = replace_metadata(connection, info, edited(info, cache_control="new"))
    assert after.version_id != info.version_id
    assert after.uri == S3Uri(bucket, KEY)
    older = objects.head(connection, S3Uri(bucket, KEY, info.version_id))
    assert older.metadata.cache_control == "old"


def test_no_difference_writes_nothing(connection: Connection, bucket: str) -> None:
    versioned(connection, bucket)
    info = put(connection, bucket)
    assert replace_metadata(connection, info, info.metadata).version_id == info.version_id


def change_content(connection: Connection, bucket: str, info: ObjectInfo) -> None:
    put(connection, bucket, Body=b"other")


def change_metadata_only(connection: Connection, bucket: str, info: ObjectInfo) -> None:
    put(connection, bucket, CacheControl="theirs")


def delete_it(connection: Connection, bucket: str, info: ObjectInfo) -> None:
    connection.call("delete_object", Bucket=bucket, Key=KEY)


@pytest.mark.parametrize("meanwhile", [change_content, change_metadata_only, delete_it])
def test_changed_meanwhile_is_refused(connection: Connection, bucket: str, meanwhile: Any) -> None:
    info = put(connection, bucket, CacheControl="old")
    meanwhile(connection, bucket, info)
    with pytest.raises((errors.Changed, errors.NoSuchKey)):
        replace_metadata(connection, info, edited(info, cache_control="mine"))
    if meanwhile is not delete_it:
        assert objects.head(connection, info.uri).metadata.cache_control != "mine"


def test_the_copy_itself_is_conditional(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(faulty.connection, bucket)
    replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    (copy,) = [item for item in faulty.sent("PUT") if "x-amz-copy-source" in item.headers]
    assert copy.headers["x-amz-copy-source-if-match"] == copy.headers["If-Match"] == info.quoted_etag


def test_an_older_version_is_refused(connection: Connection, bucket: str) -> None:
    versioned(connection, bucket)
    older = put(connection, bucket)
    put(connection, bucket, Body=b"newer")
    info = objects.head(connection, S3Uri(bucket, KEY, older.version_id))
    with pytest.raises(errors.Unsafe, match="older version"):
        replace_metadata(connection, info, edited(info, cache_control="x"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"encryption": objects.Encryption(customer_algorithm="AES256")}, errors.Unsafe),
        ({"missing_metadata": 1}, errors.Unsafe),
        ({"restore": objects.Restore(False, None)}, errors.Archived),
    ],
)
def test_what_a_copy_would_spoil_is_refused(
    connection: Connection, bucket: str, change: dict[str, Any], expected: type[errors.S3Error]
) -> None:
    info = put(connection, bucket)
    with pytest.raises(expected):
        replace_metadata(connection, replace(info, **change), edited(info, cache_control="x"))
    assert objects.head(connection, info.uri).metadata.cache_control == ""


def test_an_archived_object_is_refused(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, StorageClass="GLACIER")
    with pytest.raises(errors.Archived):
        replace_metadata(connection, info, edited(info, cache_control="x"))


def test_an_archive_class_that_is_readable_is_none(faulty: Proxy, bucket: str) -> None:
    info = replace(put(faulty.connection, bucket), storage_class="GLACIER")
    check(faulty.connection, info)


def test_read_only_sends_nothing(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)
    connection.read_only = True
    asked = len(connection.log.newest())
    with pytest.raises(errors.ReadOnly):
        replace_metadata(connection, info, edited(info, cache_control="x"))
    assert len(connection.log.newest()) == asked


def test_bad_metadata_sends_nothing(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)
    with pytest.raises(BadInput):
        replace_metadata(connection, info, edited(info, cache_control="a\r\nb"))
    assert objects.head(connection, info.uri) == info


# A server with faults


def test_tags_that_the_copy_drops_are_set_again(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Tagging="a=1")

    def drop_tags(exchange: Exchange) -> None:
        if "x-amz-copy-source" in exchange.headers:
            connection.call("delete_object_tagging", Bucket=bucket, Key=KEY)

    faulty.after.append(drop_tags)
    after = replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert after.tag_count == 1
    assert tags.read(connection, info.uri) == {"a": "1"}


def test_an_acl_that_the_copy_drops_is_set_again(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)
    connection.call("put_object_acl", Bucket=bucket, Key=KEY, ACL="public-read")
    acl = carried.read_acl(connection, info.uri)

    def drop_grants(exchange: Exchange) -> None:
        if "x-amz-copy-source" in exchange.headers:
            exchange.headers = {k: v for k, v in exchange.headers.items() if not k.lower().startswith("x-amz-grant")}

    faulty.before.append(drop_grants)
    replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert carried.read_acl(connection, info.uri).grants == acl.grants
    assert not acl.is_private


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("cache-control", "Cache-Control is missing"),
        ("x-amz-meta-mine", "mine is missing"),
        ("x-amz-storage-class", "storage class is STANDARD, not STANDARD_IA"),
        ("x-amz-server-side-encryption", "encryption is none"),
        ("x-amz-checksum-sha256", "SHA256 checksum is gone"),
    ],
)
def test_what_the_server_drops_is_reported(
    faulty: Proxy, connection: Connection, bucket: str, header: str, said: str
) -> None:
    info = put(
        connection, bucket, StorageClass="STANDARD_IA", ServerSideEncryption="AES256", ChecksumAlgorithm="SHA256"
    )

    def after_the_copy(exchange: Exchange) -> None:
        if any("x-amz-copy-source" in item.headers for item in faulty.seen):
            without_header(header)(exchange)

    faulty.after.append(after_the_copy)
    with pytest.raises(NotKept) as caught:
        replace_metadata(faulty.connection, info, edited(info, cache_control="x", user=(("mine", "1"),)))
    assert len(caught.value.lost) == 1
    assert said in caught.value.lost[0]
    assert said in str(caught.value)


def test_other_content_afterwards_is_reported(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)

    def spoil(exchange: Exchange) -> None:
        if "x-amz-copy-source" in exchange.headers:
            put(connection, bucket, Body=b"HELLO", CacheControl="x", ContentType=info.metadata.content_type)

    faulty.after.append(spoil)
    with pytest.raises(NotKept, match="content is another"):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))


@pytest.mark.parametrize(("subresource", "what"), [("acl", "acl"), ("tagging", "tags")])
def test_what_may_not_be_read_is_said_first(
    faulty: Proxy, connection: Connection, bucket: str, subresource: str, what: carried.What
) -> None:
    info = put(connection, bucket)

    def deny(exchange: Exchange) -> None:
        if exchange.path.partition("?")[2].startswith(subresource):
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(deny)
    new = edited(info, cache_control="x")
    with pytest.raises(errors.Unsafe, match="can't be read"):
        replace_metadata(faulty.connection, info, new)
    assert not [item for item in faulty.seen if item.method not in ("GET", "HEAD")]
    assert replace_metadata(faulty.connection, info, new, despite={what}).metadata.cache_control == "x"


def test_a_bucket_without_acls_needs_no_acl(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    connection.call("put_bucket_ownership_controls", Bucket=bucket, OwnershipControls=rules)

    def deny(exchange: Exchange) -> None:
        if exchange.path.endswith("?acl"):
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(deny)
    assert replace_metadata(faulty.connection, info, edited(info, cache_control="x")).metadata.cache_control == "x"


def test_a_server_without_acl_and_tags(faulty: Proxy, connection: Connection, bucket: str) -> None:
    """It answers GET ?acl and ?tagging with the object itself, and would take PUT ?tagging for the object."""
    info = put(connection, bucket)

    def ignore_subresource(exchange: Exchange) -> None:
        for name in ("?acl", "?tagging", "&acl", "&tagging"):
            exchange.path = exchange.path.replace(name, "")

    faulty.before.append(ignore_subresource)
    after = replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert after.metadata.cache_control == "x"
    assert content(connection, bucket) == b"hello"
    assert len(faulty.sent("PUT")) == 1


def test_a_lost_answer_is_settled_by_looking(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket)

    def lose(exchange: Exchange) -> None:
        exchange.cut = "x-amz-copy-source" in exchange.headers

    faulty.after.append(lose)
    after = replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert after.metadata.cache_control == "x"


def test_a_lost_answer_without_effect_is_unknown(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket)

    def swallow(exchange: Exchange) -> None:
        if "x-amz-copy-source" in exchange.headers:
            exchange.status, exchange.cut = 200, True

    faulty.before.append(swallow)
    with pytest.raises(OutcomeUnknown, match="did not show the change"):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))


def test_an_endpoint_without_conditions_on_the_target(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket)

    def refuse(exchange: Exchange) -> None:
        if "If-Match" in exchange.headers:
            exchange.refuse(501, "NotImplemented")

    faulty.before.append(refuse)
    assert replace_metadata(faulty.connection, info, edited(info, cache_control="x")).metadata.cache_control == "x"


@pytest.mark.parametrize("denied", ["retention", "legal-hold"])
def test_retention_that_cannot_be_set_again_is_reported(faulty: Proxy, connection: Connection, denied: str) -> None:
    bucket = f"lock-{os.getpid()}-{id(faulty)}-{denied}"
    connection.call("create_bucket", Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until, "ObjectLockLegalHoldStatus": "ON"}
    info = put(connection, bucket, **lock, ChecksumAlgorithm="SHA256")

    def spoil(exchange: Exchange) -> None:
        exchange.headers = {k: v for k, v in exchange.headers.items() if not k.lower().startswith("x-amz-object-lock")}
        if exchange.method == "PUT" and f"?{denied}" in exchange.path:
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(spoil)
    with pytest.raises(NotKept, match="is gone"):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))


# In parts

MIB = 1024 * 1024
LARGE = os.urandom(1024) * (13 * 1024)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_LIMIT", 12 * MIB)
    monkeypatch.setattr(copying, "PART_SIZE", 5 * MIB)


def put_in_parts(connection: Connection, bucket: str, part_size: int) -> ObjectInfo:
    where = {"Bucket": bucket, "Key": KEY}
    upload = where | {"UploadId": connection.call("create_multipart_upload", **where)["UploadId"]}
    parts = []
    for number, start in enumerate(range(0, len(LARGE), part_size), 1):
        part = connection.call("upload_part", **upload, PartNumber=number, Body=LARGE[start : start + part_size])
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    connection.call("complete_multipart_upload", **upload, MultipartUpload={"Parts": parts})
    connection.call("put_object_acl", **where, ACL="public-read")
    return objects.head(connection, S3Uri(bucket, KEY))


@pytest.mark.usefixtures("small_limits")
def test_large_objects_are_copied_in_parts(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Body=LARGE, Tagging="a=1&b=x%20y%2B", StorageClass="STANDARD_IA")
    connection.call("put_object_acl", Bucket=bucket, Key=KEY, ACL="public-read")
    acl = carried.read_acl(connection, info.uri)
    progress: list[tuple[int, int]] = []
    lock = threading.Lock()

    def on_progress(done: int, total: int) -> None:
        with lock:
            progress.append((done, total))

    new = edited(info, cache_control="x", user=(("who", "me"),))
    after = replace_metadata(connection, info, new, on_progress=on_progress)
    assert after.parts == 3
    assert metadata.differences(after.metadata, new) == []
    assert content(connection, bucket) == LARGE
    assert after.storage_class == "STANDARD_IA"
    assert tags.read(connection, info.uri) == {"a": "1", "b": "x y+"}
    assert carried.read_acl(connection, info.uri).grants == acl.grants
    assert progress[-1] == (len(LARGE), len(LARGE))
    assert len(progress) == 3
    assert uploads(connection, bucket) == []


@pytest.mark.usefixtures("small_limits")
def test_the_parts_stay_so_the_etag_does(connection: Connection, bucket: str) -> None:
    info = put_in_parts(connection, bucket, 6 * MIB)
    after = replace_metadata(connection, info, edited(info, cache_control="x"))
    assert after.etag == info.etag
    assert content(connection, bucket) == LARGE


@pytest.mark.usefixtures("small_limits")
def test_cancel_aborts_the_upload(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Body=LARGE)
    token = CancelToken()
    with pytest.raises(Cancelled):
        replace_metadata(
            connection,
            info,
            edited(info, cache_control="x"),
            token=token,
            on_progress=lambda done, total: token.cancel(),
        )
    assert uploads(connection, bucket) == []
    assert objects.head(connection, info.uri).metadata.cache_control == ""


@pytest.mark.usefixtures("small_limits")
def test_a_part_that_fails_aborts_the_upload(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket, Body=LARGE)

    def refuse(exchange: Exchange) -> None:
        if "partNumber=2" in exchange.path:
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(refuse)
    with pytest.raises(errors.AccessDenied):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert uploads(faulty.connection, bucket) == []


@pytest.mark.usefixtures("small_limits")
def test_an_upload_that_cannot_be_aborted_is_said(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket, Body=LARGE)

    def refuse(exchange: Exchange) -> None:
        if "partNumber=" in exchange.path or exchange.method == "DELETE":
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(refuse)
    with pytest.raises(errors.S3Error, match="unfinished upload could not be removed"):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))


@pytest.mark.usefixtures("small_limits")
def test_an_endpoint_that_copies_no_parts(faulty: Proxy, bucket: str) -> None:
    """rclone takes UploadPartCopy for UploadPart."""
    info = put(faulty.connection, bucket, Body=LARGE)

    def upload_nothing(exchange: Exchange) -> None:
        if "partNumber=" in exchange.path:
            exchange.status = 200

    faulty.before.append(upload_nothing)
    with pytest.raises(errors.Unsupported, match="copy an object in parts"):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert uploads(faulty.connection, bucket) == []


@pytest.mark.usefixtures("small_limits")
def test_changed_while_it_was_copied(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Body=LARGE)

    def change(exchange: Exchange) -> None:
        if "partNumber=3" in exchange.path:
            put(connection, bucket, Body=b"theirs", CacheControl="theirs")

    faulty.after.append(change)
    with pytest.raises(errors.Changed):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert content(connection, bucket) == b"theirs"
    assert uploads(connection, bucket) == []


def is_complete(exchange: Exchange) -> bool:
    return exchange.method == "POST" and "uploadId=" in exchange.path


@pytest.mark.usefixtures("small_limits")
def test_a_lost_completion_is_settled(faulty: Proxy, bucket: str) -> None:
    info = put_public(faulty.connection, bucket)

    def lose(exchange: Exchange) -> None:
        exchange.cut = is_complete(exchange)

    faulty.after.append(lose)
    after = replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert after.metadata.cache_control == "x"


@pytest.mark.usefixtures("small_limits")
def test_a_completion_that_never_happened_is_a_failure(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket, Body=LARGE)

    def swallow(exchange: Exchange) -> None:
        if is_complete(exchange):
            exchange.status, exchange.cut = 200, True

    faulty.before.append(swallow)
    with pytest.raises(errors.Unreachable):
        replace_metadata(faulty.connection, info, edited(info, cache_control="x"))
    assert uploads(faulty.connection, bucket) == []
    assert objects.head(faulty.connection, info.uri).metadata.cache_control == ""
