"""Objects, prefixes and versions are deleted, and nothing beside them, however the server names and pages them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import errors, listing
from s3tui.s3.versions import pages
from s3tui.transfers import doomed
from s3tui.transfers.delete import DeleteRequest, delete
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests.servers.conftest import Place

ODD = (
    "a&b<c>d", "é", "e\u0301", "日本語", "+", "a+b c", "%2B", "%", "&lt;x&#10;", "]]>", "name ", " name", "name", "a//b",
    "[red]x[/red]", "?x=1#y", "👩‍👩‍👧‍👦", "x\x1b[2J", "tab\there", "K" * 200,
)  # fmt: skip


def do(place: Place, **named: Any) -> Outcome:
    return delete(place.connection, DeleteRequest(place.bucket, **named), Progress(), CancelToken(), Notes())


def keys_under(place: Place, prefix: str) -> set[str]:
    found: set[str] = set()
    for page in listing.pages(place.connection, place.bucket, prefix, delimiter=""):
        found.update(row.key for row in page)
    return found


@pytest.mark.capability("delete")
def test_a_long_prefix_goes_and_its_neighbours_stay(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: place.put(f"photos/2024/{number:05}.jpg", b"x"), range(2500)))
    for key in ("photos/2024-old/a.jpg", "photos/2023/a.jpg", "photos/20240.jpg"):
        place.put(key)
    request = DeleteRequest(place.bucket, prefixes=("photos/2024/",))
    assert doomed.count(place.connection, request).objects == 2500
    outcome = do(place, prefixes=("photos/2024/",))
    assert outcome.state == "verified", outcome
    assert "2,500 deleted" in outcome.detail
    assert keys_under(place, "photos/") == {
        "photos/2024-old/a.jpg",
        "photos/2023/a.jpg",
        "photos/20240.jpg",
    }
    operations = [entry.operation for entry in place.connection.log.newest()]
    assert operations.count("DeleteObjects") in (0, 3) or "DeleteObject" in operations


@pytest.mark.capability("delete")
def test_odd_keys_go_and_only_those_that_were_named(place: Place) -> None:
    for key in ODD:
        try:
            place.put(f"odd/{key}")
            place.put(f"twin/{key}")
        except errors.S3Error:
            continue  # what it doesn't take can't be deleted
    twins, there = keys_under(place, "twin/"), sorted(keys_under(place, "odd/"))
    assert len(there) > len(ODD) // 2
    half = there[::2]
    assert do(place, keys=tuple(half)).state == "verified"
    assert keys_under(place, "odd/") == set(there) - set(half)
    assert do(place, prefixes=("odd/",)).state == "verified"
    assert keys_under(place, "odd/") == set()
    assert keys_under(place, "twin/") == twins


@pytest.mark.needs("versions")
@pytest.mark.capability("delete")
def test_markers_first_and_all_versions_when_asked_for(place: Place) -> None:
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("v/a", "v/a", "v/b", "v-old/a"):
        place.put(key)
    assert do(place, prefixes=("v/",)).state == "verified"
    assert keys_under(place, "v/") == set()
    count = doomed.count(place.connection, DeleteRequest(place.bucket, prefixes=("v/",), all_versions=True))
    assert (count.objects, count.versions, count.markers) == (0, 3, 2)
    outcome = do(place, prefixes=("v/",), all_versions=True)
    assert outcome.state == "verified" and "5 deleted" in outcome.detail, outcome
    assert [version.key for page in pages(place.connection, place.bucket, "v/") for version in page] == []
    assert keys_under(place, "v-old/") == {"v-old/a"}
    [left] = [version for page in pages(place.connection, place.bucket, "v-old/") for version in page]
    assert do(place, keys=("v-old/a",), version_id=left.version_id).state == "verified"
    assert keys_under(place, "v-old/") == set()


@pytest.mark.needs("no sub-resources")
@pytest.mark.capability("nothing harmed")
def test_a_version_is_not_asked_for_where_the_object_would_go(place: Place) -> None:
    place.put("only/object.bin", b"its content")
    for named in ({"keys": ("only/object.bin",), "version_id": "x"}, {"prefixes": ("only/",), "all_versions": True}):
        with pytest.raises((errors.Unsupported, errors.Unsafe)):
            do(place, **named)
    assert place.read("only/object.bin") == b"its content"


@pytest.mark.capability("delete")
def test_a_read_only_connection_deletes_nothing(place: Place) -> None:
    place.put("kept/a")
    place.connection.read_only = True
    try:
        with pytest.raises(errors.ReadOnly):
            do(place, prefixes=("kept/",))
    finally:
        place.connection.read_only = False
    assert keys_under(place, "kept/") >= {"kept/a"}
