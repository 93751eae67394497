"""Objects: listed, described, previewed; versions and unfinished uploads."""

from __future__ import annotations

import pytest

from s3tui.s3 import listing, objects, preview, upload_aborts, upload_parts, uploads, versions
from s3tui.s3.uri import S3Uri
from tests.servers.conftest import CANARIES, Place
from tests.servers.matrix import KEYS_IT_CHANGES

ODD_KEYS = (
    "plain.txt",
    "with space.txt",
    "plus+percent%20.txt",
    "question?and&amp.txt",
    "hash#.txt",
    "quotes\"'.txt",
    "back\\slash",
    "ümläut/日本語.txt",
    "emoji 🪣.txt",
    "cafe\u0301.txt",
    "[bold]markup[/].txt",
    "semi;colon,comma=equals.txt",
    "~tilde!star*(paren).txt",
    "CASE.txt",
    "case.txt",
    "long/" + "x" * 200 + ".txt",
)


def keys_under(place: Place, prefix: str = "", delimiter: str = "", page_size: int = 1000) -> list[str]:
    pages = listing.pages(place.connection, place.bucket, prefix, delimiter, page_size=page_size)
    return [row.key for page in pages for row in page]


@pytest.mark.capability("listing")
def test_every_page_is_listed_once(place: Place) -> None:
    expected = [f"many/{number:03}" for number in range(60)]
    for key in expected:
        place.put(key, b"")
    assert sorted(keys_under(place, "many/", page_size=7)) == expected


@pytest.mark.capability("listing")
def test_prefixes_stand_for_what_is_below_them(place: Place) -> None:
    for key in ("a/1", "a/2", "b/c/1", "d"):
        place.put(key)
    found = {(row.key, row.is_prefix) for page in listing.pages(place.connection, place.bucket) for row in page}
    assert found == {("a/", True), ("b/", True), ("canary/", True), ("d", False)}


@pytest.mark.capability("listing")
def test_a_row_says_size_time_and_etag(place: Place) -> None:
    place.put("row/one", b"12345")
    [row] = [row for page in listing.pages(place.connection, place.bucket, "row/") for row in page]
    info = objects.head(place.connection, place.at("row/one"))
    assert (row.size, row.etag) == (5, info.etag)
    assert abs((row.modified - info.modified).total_seconds()) <= 1


@pytest.mark.capability("odd keys")
def test_odd_keys_come_back_exactly(place: Place) -> None:
    changed = KEYS_IT_CHANGES.get(place.server.name, {})
    for number, key in enumerate(ODD_KEYS):
        place.put("odd/" + key, b"%d" % number)
    assert set(keys_under(place, "odd/")) == {"odd/" + changed.get(key, key) for key in ODD_KEYS}
    for number, key in enumerate(ODD_KEYS):
        info = objects.head(place.connection, place.at("odd/" + key))
        assert info.size == len(b"%d" % number)


@pytest.mark.capability("preview")
def test_a_preview_reads_only_the_beginning(place: Place) -> None:
    body = b'{"number": 1}\n' * 100_000
    uri = place.put("big.json", body, ContentType="application/json")
    shown = preview.first_bytes(place.connection, objects.head(place.connection, uri), limit=1000)
    assert shown.text == body[:1000].decode()
    assert (shown.language, shown.truncated) == ("json", True)


@pytest.mark.capability("metadata")
def test_head_says_what_was_given(place: Place) -> None:
    uri = place.put(
        "described.iso",
        ContentType="application/x-iso9660-image",
        CacheControl="no-cache",
        ContentDisposition='attachment; filename="x.iso"',
        Metadata={"version": "4.14", "server-id": "01"},
    )
    metadata = objects.head(place.connection, uri).metadata
    assert metadata.content_type == "application/x-iso9660-image"
    assert metadata.cache_control == "no-cache"
    assert metadata.content_disposition == 'attachment; filename="x.iso"'
    # Names of headers have no case; rclone writes them as Server-Id.
    assert {name.lower(): value for name, value in metadata.user} == {"version": "4.14", "server-id": "01"}


@pytest.mark.capability("versions")
def test_versions_and_markers_are_listed_newest_first(place: Place) -> None:
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"22", b"333"):
        place.put("kept", body)
    place.put("kept too", b"")
    place.connection.call("delete_object", Bucket=place.bucket, Key="kept")
    found = versions.versions_of(place.connection, place.at("kept"))
    assert found.completeness.is_complete
    assert [version.is_delete_marker for version in found.versions] == [True, False, False, False]
    assert [version.size for version in found.versions[1:]] == [3, 2, 1]
    old = S3Uri(place.bucket, "kept", found.versions[3].version_id)
    assert objects.head(place.connection, old).size == 1


@pytest.mark.capability("unfinished uploads")
def test_unfinished_uploads_are_listed_by_prefix(place: Place) -> None:
    keys = ["never/100%25+.iso", "never/finished", "never/finished ü.iso"]
    started = {start_upload(place, key): key for key in keys}
    start_upload(place, "elsewhere")
    for prefix, expected in (("never/", keys), ("never/finished", keys[1:]), ("never/finished ü.iso", keys[2:])):
        found = uploads.unfinished(place.connection, place.bucket, prefix)
        assert found.completeness.is_complete
        assert sorted((item.key, started[item.upload_id]) for item in found.uploads) == [(key, key) for key in expected]
    assert len(uploads.unfinished(place.connection, place.bucket).uploads) == 4


def start_upload(place: Place, key: str) -> str:
    return str(place.connection.call("create_multipart_upload", Bucket=place.bucket, Key=key)["UploadId"])


@pytest.mark.capability("unfinished uploads")
def test_aborted_uploads_are_gone_and_the_objects_of_their_keys_stay(place: Place) -> None:
    """A server that took `DELETE /key?uploadId=…` for `DELETE /key` would delete the canary."""
    [key, body] = next(iter(CANARIES.items()))
    kept = start_upload(place, "never/kept")
    for name in (key, "never/a+b%25 ü", "never/x"):
        upload = start_upload(place, name)
        part = {"Bucket": place.bucket, "Key": name, "UploadId": upload, "PartNumber": 1}
        place.connection.call("upload_part", **part, Body=b"y" * 1000)
    found = uploads.at(place.connection, S3Uri(place.bucket)).only(lambda upload: upload.upload_id != kept)
    held = list(upload_parts.parts_of_all(place.connection, place.bucket, found.uploads))
    assert {(each.upload.key, each.count, each.size) for each in held} == {
        (name, 1, 1000) for name in (key, "never/a+b%25 ü", "never/x")
    }
    ends = list(upload_aborts.abort_all(place.connection, place.bucket, found.uploads))
    assert [end.error for end in ends] == [None] * 3
    left = uploads.at(place.connection, S3Uri(place.bucket))
    assert [upload.upload_id for upload in left.uploads] == [kept] and left.completeness.is_complete
    again = list(upload_aborts.abort_all(place.connection, place.bucket, found.uploads))
    assert [end.error for end in again] == [None] * 3
    assert place.read(key) == body
