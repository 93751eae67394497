"""Buckets and their documents: made, described, deleted when empty; lifecycle and CORS."""

from __future__ import annotations

import time

import pytest

from s3tui import folders
from s3tui.s3 import buckets, documents, errors, templates, uploads
from s3tui.s3.document_kinds import KindName, Rule
from s3tui.s3.listing import pages
from tests.servers import ceph
from tests.servers.conftest import Place

NEVER = {"ID": "never", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 3650}}


def names(place: Place) -> set[str]:
    return {bucket.name for bucket in buckets.list_buckets(place.connection)}


@pytest.mark.capability("buckets")
def test_a_bucket_is_made_described_and_deleted(place: Place) -> None:
    name = f"{place.bucket}-made"
    buckets.create(place.connection, name)
    assert name in names(place)
    with pytest.raises(errors.Conflict):
        buckets.create(place.connection, name)
    assert buckets.contents(place.connection, name).empty
    assert buckets.region_of(place.connection, name)
    buckets.delete_empty(place.connection, name)
    assert name not in names(place)


@pytest.mark.capability("never deletes a full bucket")
def test_a_full_bucket_is_not_deleted(place: Place) -> None:
    """SeaweedFS itself would delete it with everything in it."""
    before = len(place.connection.log.newest())
    with pytest.raises(errors.Conflict, match="2 objects"):
        buckets.delete_empty(place.connection, place.bucket)
    sent = place.connection.log.newest()[before:]
    assert "DeleteBucket" not in {request.operation for request in sent}
    assert place.bucket in names(place)


@pytest.mark.capability("never deletes a full bucket")
def test_a_bucket_with_nothing_but_an_unfinished_upload_is_not_deleted(place: Place) -> None:
    name = place.make_bucket()
    place.connection.call("create_multipart_upload", Bucket=name, Key="never/finished.iso")
    with pytest.raises(errors.Conflict, match="1 unfinished upload"):
        buckets.delete_empty(place.connection, name)
    assert name in names(place)


@pytest.mark.capability("versions")
def test_a_bucket_with_nothing_but_a_deleted_object_is_not_deleted(place: Place) -> None:
    name = place.make_bucket()
    place.connection.call("put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    assert buckets.versioning(place.connection, name) == "Enabled"
    place.connection.call("put_object", Bucket=name, Key="gone", Body=b"1")
    place.connection.call("delete_object", Bucket=name, Key="gone")
    with pytest.raises(errors.Conflict, match="1 older version, 1 delete marker"):
        buckets.delete_empty(place.connection, name)
    assert name in names(place)


@pytest.mark.capability("lifecycle")
def test_lifecycle_is_set_changed_and_removed(place: Place) -> None:
    round_trip(place, "lifecycle", [NEVER], [NEVER, {**NEVER, "ID": "too", "Filter": {"Prefix": "older/"}}])


@pytest.mark.capability("transitions")
@pytest.mark.needs("documents")
def test_isos_move_to_the_archive(place: Place) -> None:
    rules = templates.of("lifecycle")[0].make("openshift/")
    written = documents.put(place.connection, place.bucket, "lifecycle", rules, None)
    assert written.rules[0]["Transitions"] == rules[0]["Transitions"]


@pytest.mark.capability("cors")
def test_cors_is_set_changed_and_removed(place: Place) -> None:
    [preview] = templates.of("cors")
    first = preview.make("")
    upload = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://example.org"], "AllowedHeaders": ["*"]}
    round_trip(place, "cors", first, [*first, upload])


def round_trip(place: Place, kind: KindName, first: list[Rule], second: list[Rule]) -> None:
    """Set, change, refuse a change that doesn't know of the last one, remove; the old ones are saved."""
    connection, bucket = place.connection, place.bucket
    assert documents.get(connection, bucket, kind) is None
    written = documents.put(connection, bucket, kind, first, None)
    assert len(written.rules) == len(first)
    with pytest.raises(errors.Changed):
        documents.put(connection, bucket, kind, second, None)
    changed = documents.put(connection, bucket, kind, second, written)
    assert len(changed.rules) == len(second)
    saved = changed.backup
    assert saved is not None
    assert saved.is_relative_to(folders.state_folder())
    assert documents.read(kind, saved.read_text()).complaints == ()
    documents.delete(connection, bucket, kind, changed)
    assert documents.get(connection, bucket, kind) is None
    assert bucket in names(place)


@pytest.mark.capability("lifecycle fires")
@pytest.mark.needs("short days")
def test_lifecycle_really_fires(place: Place) -> None:
    """A day takes five seconds on this cluster."""
    place.put("temporary/file", b"1")
    place.put("kept/file", b"1")
    place.connection.call("create_multipart_upload", Bucket=place.bucket, Key="temporary/never finished")
    abort = {"ID": "abort", "Status": "Enabled", "Filter": {"Prefix": ""}}
    rules = [
        {"ID": "delete", "Status": "Enabled", "Filter": {"Prefix": "temporary/"}, "Expiration": {"Days": 1}},
        {**abort, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ]
    documents.put(place.connection, place.bucket, "lifecycle", rules, None)
    end = time.monotonic() + 12 * ceph.DAY
    left = {"temporary/file"}
    while time.monotonic() < end and (left or unfinished(place)):
        time.sleep(1)
        left = {row.key for page in pages(place.connection, place.bucket, "temporary/", "") for row in page}
    assert not left
    assert not unfinished(place)
    assert place.read("kept/file") == b"1"


def unfinished(place: Place) -> int:
    return len(uploads.unfinished(place.connection, place.bucket).uploads)
