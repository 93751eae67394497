"""Finding things: how much there is, searching, what was deleted, exports, and lists that follow our own writes."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import astuple
from datetime import datetime

import pytest

from s3tui.s3 import deleted, errors, export, filters, listing, patching, search
from s3tui.s3.columns import DELETED
from s3tui.s3.deleted import WithDeleted
from s3tui.s3.listing import Listing
from s3tui.s3.uri import S3Uri
from s3tui.s3.usage import Usage, measure
from s3tui.s3.usage_tree import Amount, State, Tally
from tests.servers.conftest import CANARIES, Place
from tests.servers.matrix import KEEP_EMPTY_FOLDERS, KEYS_IT_CHANGES
from tests.servers.test_objects import ODD_KEYS, start_upload

PART = 5 * 2**20


def keep_versions(place: Place) -> None:
    place.connection.call("put_bucket_versioning", Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})


def remove(place: Place, key: str) -> None:
    place.connection.call("delete_object", Bucket=place.bucket, Key=key)


def measured(place: Place, prefix: str) -> Usage:
    usage = Usage(place.at(prefix))
    measure(usage, place.connection)
    assert usage.completeness.is_complete
    return usage


def amounts(tally: Tally) -> dict[State, tuple[int, int]]:
    """Count and bytes by state, of what there is any of."""
    states: tuple[State, ...] = ("current", "noncurrent", "marker", "part")
    return {state: astuple(tally.of_state(state)) for state in states if tally.of_state(state) != Amount(0, 0)}


@pytest.mark.capability("usage")
def test_objects_and_unfinished_parts_are_added_up(place: Place) -> None:
    for key, size in (("sum/a/1", 20), ("sum/a/b/é", 5), ("sum/top", 7), ("sum/empty", 0)):
        place.put(key, b"x" * size)
    for key, sizes in (("sum/a/up", (PART, 100)), ("sum/none yet", ()), ("elsewhere", (3,))):
        upload = start_upload(place, key)
        for number, size in enumerate(sizes, 1):
            name = {"Bucket": place.bucket, "Key": key, "UploadId": upload, "PartNumber": number}
            place.connection.call("upload_part", **name, Body=b"y" * size)
    usage = measured(place, "sum/")
    assert not usage.unknown
    assert amounts(usage.tally) == {"current": (4, 32), "part": (2, PART + 100)}
    level = usage.level("sum/")
    assert level is not None
    by_name = {entry.name: amounts(entry.tally) for entry in level.entries}
    assert by_name.pop("a/") == {"current": (2, 25), "part": (2, PART + 100)}
    assert list(by_name.values()) == [{"current": (2, 7)}]  # what lies directly in it
    sizes = [len(body) for body in CANARIES.values()]
    assert amounts(measured(place, "").tally) == {"current": (6, 32 + sum(sizes)), "part": (3, PART + 103)}


@pytest.mark.capability("usage")
@pytest.mark.needs("versions")
def test_older_versions_and_delete_markers_are_added_up(place: Place) -> None:
    keep_versions(place)
    for key, size in (("sum/a/1", 10), ("sum/a/1", 20), ("sum/gone", 3), ("sum/gone", 4), ("sum/top", 7)):
        place.put(key, b"x" * size)
    remove(place, "sum/gone")
    usage = measured(place, "sum/")
    assert usage.notes == []
    assert amounts(usage.tally) == {"current": (2, 27), "noncurrent": (3, 17), "marker": (1, 0)}


@pytest.mark.capability("search")
def test_a_bucket_is_searched(place: Place) -> None:
    for key, size in (("here/report 1.csv", 5), ("here/deep/er/Report-2.CSV", 2000), ("other", 7), ("zz/report", 2000)):
        place.put(key, b"x" * size)
    for wanted, found in (
        ("report", ["here/deep/er/Report-2.CSV", "here/report 1.csv", "zz/report"]),
        ("report size>1K", ["here/deep/er/Report-2.CSV", "zz/report"]),
        ("!here age<1d size<=7", ["other"]),
        (r"re:^here/.*\.(?i:csv)$", ["here/deep/er/Report-2.CSV", "here/report 1.csv"]),
        ("re:^nowhere/", []),
    ):
        hits = search.Hits([S3Uri(place.bucket)], filters.parse(wanted))
        search.read(hits, place.connection)
        keys = {hits.uri(row).key for row in range(len(hits.columns))} - set(CANARIES)
        assert sorted(keys) == found, wanted
        assert hits.completeness.is_complete
        assert hits.looked_at == (2 if "^here/" in wanted else 0 if "^nowhere/" in wanted else 4 + len(CANARIES))


@pytest.mark.capability("search")
def test_what_cannot_be_searched_is_said(place: Place) -> None:
    place.put("findme")
    hits = search.Hits([S3Uri("no-such-bucket-here"), S3Uri(place.bucket)], filters.parse("findme"))
    search.read(hits, place.connection)
    assert [hits.uri(row) for row in range(len(hits.columns))] == [place.at("findme")]
    assert not hits.completeness.is_complete
    assert "no-such-bucket-here" in hits.completeness.reason


@pytest.mark.capability("deleted keys")
def test_deleted_keys_stand_among_the_others(place: Place) -> None:
    with contextlib.suppress(errors.Unsupported):  # showing them is what must be refused then
        keep_versions(place)
    deleted.require_versions(place.connection, place.bucket)
    for key in ("was/1", "was/2", "was/3", "was/a/1", "was/ü + 4"):
        place.put(key, b"first")
        place.put(key, b"the second")
    for key in ("was/2", "was/3", "was/ü + 4"):
        remove(place, key)
    place.put("was/3", b"back")
    read = WithDeleted(place.bucket, "was/")
    listing.read(read, place.connection)
    rows = sorted((row.key, row.is_deleted, row.is_prefix, row.size) for row in read.columns)
    assert rows == [
        ("was/1", False, False, 10),
        ("was/2", True, False, 0),
        ("was/3", False, False, 4),
        ("was/a/", False, True, 0),
        ("was/ü + 4", True, False, 0),
    ]
    assert read.completeness.is_complete
    assert read.deleted_count == 2


@pytest.mark.capability("export")
def test_an_export_holds_what_is_listed(place: Place) -> None:
    changed = KEYS_IT_CHANGES.get(place.server.name, {})
    for number, key in enumerate(ODD_KEYS):
        place.put("out/" + key, b"x" * number)
    read = Listing(place.bucket, "out/", "")
    listing.read(read, place.connection)
    out = io.BytesIO()
    writer = export.writer("jsonl", out)
    writer.write(place.bucket, read.columns)
    writer.close(read.completeness)
    *lines, end = map(json.loads, out.getvalue().splitlines())
    assert end == {"kind": "end", "complete": True, "reason": "", "rows": len(ODD_KEYS)}
    sizes = {line["key"]: line["size"] for line in lines}
    assert sizes == {"out/" + changed.get(key, key): number for number, key in enumerate(ODD_KEYS)}
    for line, row in zip(lines, read.columns, strict=True):
        assert (line["kind"], line["bucket"], line["key"]) == ("object", place.bucket, row.key)
        assert (line["size"], line["etag"], line["storage_class"]) == (row.size, row.etag, row.storage_class)
        assert datetime.fromisoformat(line["modified"]) == row.modified


BEFORE = ("p/1", "p/2", "p/b/1", "p/b/2", "p/c/1", "p/d", "p/ü")
PUT = ("p/0", "p/2", "p/e/1", "p/b/0", "p/zz", "p/a + b")
GONE = ("p/1", "p/c/1", "p/b/1", "p/never", "p/ü")


@pytest.mark.capability("lists follow writes")
@pytest.mark.parametrize("delimiter", ["/", ""])
def test_a_patched_list_equals_a_new_one(place: Place, delimiter: str) -> None:
    assert_patched(place, Listing(place.bucket, "p/", delimiter))


@pytest.mark.capability("lists follow writes")
@pytest.mark.needs("versions")
@pytest.mark.parametrize("delimiter", ["/", ""])
def test_a_patched_list_with_deleted_keys_equals_a_new_one(place: Place, delimiter: str) -> None:
    keep_versions(place)
    assert_patched(place, WithDeleted(place.bucket, "p/", delimiter))
    kinds = {row.key: row.kind for row in read_anew(place, WithDeleted(place.bucket, "p/", "")).columns}
    assert kinds["p/1"] == kinds["p/ü"] == DELETED


def assert_patched(place: Place, before: Listing) -> None:
    for key in BEFORE:
        place.put(key, b"old")
    listing.read(before, place.connection)
    for key in PUT:
        place.put(key, b"the new one")
    for key in GONE:
        remove(place, key)
    patched = patching.patched(before, place.connection, [place.at(key) for key in (*PUT, *GONE)])
    anew = read_anew(place, before)
    folders_stay = place.server.name in KEEP_EMPTY_FOLDERS and not isinstance(before, WithDeleted)
    ghosts = {"p/c/"} if before.delimiter and folders_stay else set()
    rows = [astuple(row) for row in anew.columns if row.key not in ghosts]
    assert sorted(map(astuple, patched.columns), key=repr) == sorted(rows, key=repr)
    for ghost in ghosts:
        assert not len(read_anew(place, Listing(place.bucket, ghost, "")).columns)
    assert anew.completeness.is_complete
    assert patched.completeness == anew.completeness


def read_anew(place: Place, before: Listing) -> Listing:
    anew = before.anew()
    listing.read(anew, place.connection)
    return anew
