"""A copy has everything that belongs to the object, is compared, and never lands on something else."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import carried, copying, errors, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.metadata import readable
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.failures import AlreadyExists, Differs, SameObject
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests import hostile
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

OTHER = "there/é+%20~.iso"


def put(connection: Connection, bucket: str, key: str = "image.iso", **more: Any) -> S3Uri:
    connection.call("put_object", **({"Bucket": bucket, "Key": key, "Body": b"hello"} | more))
    return S3Uri(bucket, key)


def put_in_parts(connection: Connection, bucket: str, size: int, **more: Any) -> S3Uri:
    place = {"Bucket": bucket, "Key": "image.iso"}
    upload = {**place, "UploadId": connection.call("create_multipart_upload", **place, **more)["UploadId"]}
    parts = []
    for number, at in enumerate(range(0, size, 5 * MIB), 1):
        body = os.urandom(min(5 * MIB, size - at))
        etag = connection.call("upload_part", **upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    connection.call("complete_multipart_upload", **upload, MultipartUpload={"Parts": parts})
    return S3Uri(bucket, "image.iso")


def run(
    connection: Connection,
    source: S3Uri,
    key: str = OTHER,
    token: CancelToken | None = None,
    notes: Notes | None = None,
    **more: Any,
) -> Outcome:
    request = CopyRequest(source, replace(source, key=key, version_id=None), **more)
    return request.run(connection, Progress(), token or CancelToken(), notes or Notes())


def is_copy(asked: Asked) -> bool:
    return asked.method == "PUT" and "x-amz-copy-source" in asked.headers


@pytest.fixture
def locked(connection: Connection) -> str:
    name = f"lock-{uuid.uuid4()}"
    connection.call("create_bucket", Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def test_everything_is_carried_over(connection: Connection, bucket: str) -> None:
    source = put(
        connection,
        bucket,
        Metadata={"version": "4.14", "name": "=?UTF-8?B?Wm/Dqw==?="},
        ContentType="application/x-iso9660-image",
        CacheControl="no-store",
        ContentDisposition="inline",
        ContentLanguage="nl",
        WebsiteRedirectLocation="/there",
        StorageClass="STANDARD_IA",
        Tagging="a=1&b=x%20y%2B",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="key-1",
        ChecksumAlgorithm="SHA256",
    )
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    owner = carried.read_acl(connection, source).owner
    connection.call("put_object_acl", **source.parameters, GrantRead=everyone, GrantFullControl=f'id="{owner}"')
    outcome = run(connection, source)
    assert (outcome.state, outcome.size) == ("verified", 5), outcome.detail
    before, after = (objects.head(connection, S3Uri(bucket, key)) for key in (source.key, OTHER))
    assert after.metadata == before.metadata and readable(dict(after.metadata.user)["name"]) == "Zoë"
    assert (after.storage_class, after.encryption, after.checksums) == (
        before.storage_class,
        before.encryption,
        before.checksums,
    )
    assert tags.read(connection, after.uri) == {"a": "1", "b": "x y+"}
    assert carried.read_acl(connection, after.uri) == carried.read_acl(connection, before.uri)
    assert content(connection, bucket, OTHER) == content(connection, bucket, source.key) == b"hello"


def test_retention_and_legal_hold_are_carried_over_where_the_bucket_can(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, locked: str
) -> None:
    def add_checksum(asked: Asked) -> None:
        if is_copy(asked):  # moto wants it of a copy, too; S3 only of an upload
            asked.headers["content-md5"] = "XUFAKrxLKna5cZ2REBfFkg=="

    proxy.rules.append(add_checksum)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until, "ObjectLockLegalHoldStatus": "ON"}
    source = put(connection, locked, **lock, ChecksumAlgorithm="SHA256")
    assert run(through, source).state == "verified"
    assert objects.head(connection, S3Uri(locked, OTHER)).lock == objects.head(connection, source).lock
    # A bucket without Object Lock gets the object, and what it lacks is said.
    elsewhere = CopyRequest(source, S3Uri(bucket, OTHER)).run(through, Progress(), CancelToken(), Notes())
    assert elsewhere.state == "sent but not verified", elsewhere.detail
    assert "its retention (GOVERNANCE" in elsewhere.detail and "its legal hold is gone" in elsewhere.detail
    assert content(connection, bucket, OTHER) == b"hello"


@pytest.mark.parametrize("name", [*hostile.TEXTS, *hostile.MARKUP, hostile.SEQUENCES["bidi"]])
def test_hostile_keys(connection: Connection, bucket: str, name: str) -> None:
    source = put(connection, bucket, f"from/{name}")
    assert run(connection, source, f"to/{name}").state == "verified"
    assert content(connection, bucket, f"to/{name}") == b"hello"


def test_a_version_is_copied_also_over_the_newest(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"old")["VersionId"]
    new = connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"new")["VersionId"]
    version = S3Uri(bucket, "image.iso", old)
    assert run(connection, version).state == "verified"
    assert content(connection, bucket, OTHER) == b"old"
    with pytest.raises(AlreadyExists):
        run(connection, version, "image.iso")
    with pytest.raises(SameObject):
        run(connection, S3Uri(bucket, "image.iso", new), "image.iso", overwrite=True)
    assert run(connection, version, "image.iso", overwrite=True).state == "verified"
    assert content(connection, bucket) == b"old"


def test_never_onto_itself_nor_to_no_key(connection: Connection, bucket: str) -> None:
    source = put(connection, bucket)
    with pytest.raises(SameObject):
        run(connection, source, source.key, overwrite=True)
    for key in ("", "x" * 1025, "half \ud800"):
        with pytest.raises(BadInput):
            run(connection, source, key)


def test_a_read_only_profile_asks_nothing(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str
) -> None:
    source = put(connection, bucket)
    through.read_only = True
    with pytest.raises(errors.ReadOnly):
        run(through, source)
    assert not proxy.asked


# ---- what is at the target


def test_an_object_that_exists_is_replaced_only_when_chosen(connection: Connection, bucket: str) -> None:
    source, there = put(connection, bucket), put(connection, bucket, OTHER, Body=b"mine")
    with pytest.raises(AlreadyExists):
        run(connection, source)
    assert content(connection, bucket, there.key) == b"mine"
    assert run(connection, source, overwrite=True).state == "verified"
    assert content(connection, bucket, there.key) == b"hello"


def test_an_object_that_appears_meanwhile_stays(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)

    def appear(asked: Asked) -> Treatment | None:
        if asked.method == "PUT" and "if-none-match" in asked.headers:
            put(connection, bucket, OTHER, Body=b"theirs")
            refusal = b"<Error><Code>PreconditionFailed</Code></Error>"  # moto copies nevertheless
            return Treatment(instead=(412, refusal))
        return None

    proxy.once(appear)
    with pytest.raises(AlreadyExists):
        run(through, source)
    assert content(connection, bucket, OTHER) == b"theirs"


# ---- what happens to the source


def test_another_object_than_was_chosen_is_refused(connection: Connection, bucket: str) -> None:
    source = put(connection, bucket)
    seen = objects.head(connection, source).etag
    put(connection, bucket, Body=b"other")
    with pytest.raises(errors.Changed):
        run(connection, source, etag=seen)
    with pytest.raises(errors.NoSuchKey):
        objects.head(connection, S3Uri(bucket, OTHER))


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_source_that_changes_at_the_last_moment_is_refused(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, overwrite: bool
) -> None:
    source = put(connection, bucket)
    refusal = b"<Error><Code>PreconditionFailed</Code></Error>"  # moto knows no condition on the source
    proxy.rules.append(lambda asked: Treatment(instead=(412, refusal)) if is_copy(asked) else None)
    with pytest.raises(errors.Changed, match="while it was being copied"):
        run(through, source, overwrite=overwrite)
    with pytest.raises(errors.NoSuchKey):
        objects.head(connection, S3Uri(bucket, OTHER))


def test_on_a_server_without_conditions_the_comparison_finds_it(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    proxy.once(lambda asked: Treatment(before=lambda: put(connection, bucket, Body=b"new")) if is_copy(asked) else None)
    with pytest.raises(Differs):
        run(through, source)


def test_an_archived_object_is_named(connection: Connection, bucket: str) -> None:
    source = put(connection, bucket, StorageClass="GLACIER")
    with pytest.raises(errors.Archived, match=r"“image\.iso” is archived"):
        run(connection, source)


# ---- in parts


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_LIMIT", 12 * MIB)
    monkeypatch.setattr(copying, "PART_SIZE", 5 * MIB)


@pytest.mark.usefixtures("low_limit")
def test_a_large_object_goes_in_parts_with_everything(connection: Connection, bucket: str) -> None:
    source = put(
        connection,
        bucket,
        Body=os.urandom(13 * MIB),
        Metadata={"version": "4.14"},
        Tagging="a=1",
        ACL="public-read",
        ChecksumAlgorithm="CRC32",
    )
    outcome = run(connection, source)
    assert content(connection, bucket, OTHER) == content(connection, bucket)
    after = objects.head(connection, S3Uri(bucket, OTHER))
    assert after.parts == 3 and dict(after.metadata.user) == {"version": "4.14"}
    assert tags.read(connection, after.uri) == {"a": "1"}
    assert carried.read_acl(connection, after.uri) == carried.read_acl(connection, source)
    # moto gives parts a checksum of their own, and the ETag is now one of parts.
    assert outcome.state == "sent but not verified" and "nothing tells whether" in outcome.detail
    assert not unfinished(connection, bucket)


def test_parts_stay_the_parts_they_were_so_that_the_etag_tells(connection: Connection, bucket: str) -> None:
    source = put_in_parts(connection, bucket, 11 * MIB, ACL="private")
    outcome = run(connection, source)
    assert outcome.state == "verified" and outcome.etag == objects.head(connection, source).etag
    assert outcome.etag.endswith("-3") and content(connection, bucket, OTHER) == content(connection, bucket)


def test_parts_that_could_not_be_removed_are_not_forgotten(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source, notes = put_in_parts(connection, bucket, 11 * MIB, ACL="private"), Notes()
    denied = b"<Error><Code>AccessDenied</Code></Error>"

    def refuse(asked: Asked) -> Treatment | None:
        return Treatment(instead=(403, denied)) if asked.method == "DELETE" or "partNumber=2" in asked.path else None

    proxy.rules.append(refuse)
    with pytest.raises(errors.S3Error, match="could not be removed"):
        run(through, source, notes=notes)
    assert unfinished(connection, bucket) == [OTHER] and notes.get("upload_id")
    proxy.rules.clear()
    assert run(through, source, notes=notes, overwrite=True).state == "verified"
    assert not unfinished(connection, bucket)


@pytest.mark.usefixtures("low_limit")
def test_a_cancel_leaves_no_parts(through: Connection, connection: Connection, proxy: Proxy, bucket: str) -> None:
    source = put(connection, bucket, Body=os.urandom(13 * MIB), ACL="public-read")
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if "partNumber=2" in asked.path else None)
    with pytest.raises(Cancelled):
        run(through, source, token=token)
    assert not unfinished(connection, bucket)


@pytest.mark.usefixtures("low_limit")
def test_a_source_that_changes_between_two_parts_is_refused(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket, Body=os.urandom(13 * MIB), ACL="public-read")

    def change() -> None:
        put(connection, bucket, Body=os.urandom(13 * MIB), ACL="public-read")

    def rule(asked: Asked) -> Treatment | None:
        if is_copy(asked):
            asked.headers.pop("x-amz-copy-source-if-match", None)  # a server that ignores it
        return Treatment(before=change) if "partNumber=2" in asked.path else None

    proxy.rules.append(rule)
    with pytest.raises(errors.Changed):
        run(through, source)
    assert not unfinished(connection, bucket)
    with pytest.raises(errors.NoSuchKey):
        objects.head(connection, S3Uri(bucket, OTHER))
