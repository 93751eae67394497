"""Deleting: batches, prefixes, selections, versions, unfinished uploads; and counting them before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers import doomed, removing
from s3tui.transfers.delete import DeleteRequest, Result, delete, run
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests import hostile
from tests.transfers.proxy import Asked, Proxy, Treatment


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "PAUSES", (0.01, 0.01))


def do(connection: Connection, bucket: str, **named: Any) -> Outcome:
    return delete(connection, DeleteRequest(bucket, **named), Progress(), CancelToken(), Notes())


def result_of(connection: Connection, bucket: str, **named: Any) -> Result:
    return run(connection, DeleteRequest(bucket, **named), Progress(), CancelToken(), Notes())


def put(connection: Connection, bucket: str, keys: Iterable[str]) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x")


def put_many(connection: Connection, bucket: str, count: int, prefix: str = "many/") -> None:
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(connection, bucket, [f"{prefix}{n:05}"]), range(count)))


def keys_in(connection: Connection, bucket: str) -> list[str]:
    pages = connection.client(bucket).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [item["Key"] for page in pages for item in page.get("Contents") or ()]


def versions_in(connection: Connection, bucket: str) -> tuple[list[str], list[str]]:
    """The keys of all versions, and of all delete markers."""
    answer = connection.call("list_object_versions", Bucket=bucket)
    return [each["Key"] for each in answer.get("Versions") or ()], [
        each["Key"] for each in answer.get("DeleteMarkers") or ()
    ]


def keep_versions(connection: Connection, bucket: str, status: str = "Enabled") -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": status})


def is_batch(asked: Asked) -> bool:
    return asked.method == "POST" and "delete" in asked.path


def batches(proxy: Proxy) -> list[Asked]:
    return [asked for asked in proxy.asked if is_batch(asked)]


def singles(proxy: Proxy) -> list[Asked]:
    return [asked for asked in proxy.asked if asked.method == "DELETE"]


# ---- what goes, and what stays


def test_a_prefix_goes_by_batches_and_its_neighbours_stay(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put_many(connection, bucket, 1001, "photos/2024/")
    stay = ["photos/2023/a", "photos/2024", "photos/2024-old/a", "photos/20240", "photos/2024.txt"]
    put(connection, bucket, stay)
    progress = Progress()
    request = DeleteRequest(bucket, prefixes=("photos/2024/",), expected=1001)
    outcome = delete(through, request, progress, CancelToken(), Notes())
    assert (outcome.state, progress.done, progress.total) == ("verified", 1001, 1001)
    assert "1,001 deleted" in outcome.detail
    assert sorted(keys_in(connection, bucket)) == sorted(stay)
    assert [asked.body.count(b"<Key>") for asked in batches(proxy)] == [1000, 1] and not singles(proxy)


def test_a_prefix_without_its_slash_is_refused(connection: Connection, bucket: str) -> None:
    put(connection, bucket, ["photos/2024/a", "photos/2024-old/a"])
    with pytest.raises(BadInput, match="must end in"):
        do(connection, bucket, prefixes=("photos/2024",))
    with pytest.raises(BadInput, match="empty"):
        do(connection, bucket, keys=("",))
    with pytest.raises(BadInput, match="nothing to delete"):
        do(connection, bucket)
    assert len(keys_in(connection, bucket)) == 2


def test_a_selection_goes_and_nothing_twice(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["a", "b", "p/1", "p/q/2", "c"])
    outcome = do(through, bucket, keys=("a", "b", "a", "p/1"), prefixes=("p/", "p/q/"))
    assert outcome.state == "verified"
    assert keys_in(connection, bucket) == ["c"]
    assert sorted(versions_in(connection, bucket)[1]) == ["a", "b", "p/1", "p/q/2"]


def test_nothing_there_is_said(connection: Connection, bucket: str) -> None:
    assert do(connection, bucket, prefixes=("nothing/",)).detail == "There was nothing to delete."


def test_hostile_names_go_and_their_twins_stay(connection: Connection, bucket: str) -> None:
    """A key that a server or an XML parser might trim, unescape or take for a path."""
    wanted, stay = [], []
    for name in {*hostile.TEXTS, *hostile.MARKUP, *hostile.SEQUENCES.values()} - {".", ".."}:
        try:
            put(connection, bucket, [f"p/{name}"])
        except errors.S3Error:
            continue  # what the server doesn't take can't be deleted
        wanted.append(f"p/{name}")
        twins = {name.strip(), re.sub("[\r\n\t]", "", name), name.replace("&lt;", "<"), name.replace("+", " ")} - {
            name,
            "",
        }
        stay += [f"q/{twin}" for twin in twins if twin not in (".", "..")]
    have = set(keys_in(connection, bucket))
    wanted = [key for key in wanted if key in have]
    assert len(wanted) > 60
    for key in stay:
        put(connection, bucket, [key])
    before = {key for key in keys_in(connection, bucket) if key.startswith("q/")}
    outcome = do(connection, bucket, keys=tuple(wanted))
    assert outcome.state == "verified", outcome
    assert set(keys_in(connection, bucket)) & set(wanted) == set()
    assert {key for key in keys_in(connection, bucket) if key.startswith("q/")} == before


def test_a_key_that_xml_may_change_goes_alone(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put(connection, bucket, ["p/name ", "p/name", "p/ name", "p/a&b<c>"])
    assert do(through, bucket, keys=("p/name ", " x", "p/a&b<c>")).state == "verified"
    assert sorted(keys_in(connection, bucket)) == ["p/ name", "p/name"]
    assert [asked.path.rpartition("/")[2] for asked in singles(proxy)] == ["name%20", "%20x"]
    assert b"<Key>p/a&amp;b&lt;c&gt;</Key>" in batches(proxy)[0].body


def test_a_name_that_is_not_utf8_is_told(connection: Connection, bucket: str) -> None:
    put(connection, bucket, ["a"])
    result = result_of(connection, bucket, keys=("a", "bad-\udcff"))
    assert (result.deleted, result.failed) == (1, 1) and "UTF-8" in result.failures[0].error.sentence


def test_content_md5_is_sent_where_it_is_not_aws(through: Connection, proxy: Proxy, bucket: str) -> None:
    do(through, bucket, keys=("a",))
    headers = batches(proxy)[0].headers
    assert "content-md5" in headers and not [name for name in headers if name.startswith("x-amz-checksum")]


# ---- versions


def test_a_delete_in_a_versioned_bucket_puts_markers(connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["p/a", "p/a", "p/b"])
    assert do(connection, bucket, prefixes=("p/",)).state == "verified"
    assert versions_in(connection, bucket) == (["p/a", "p/a", "p/b"], ["p/a", "p/b"])


def test_all_versions_go_when_asked_for(connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["p/a", "p/a", "p/b", "p-old/a", "p", "k", "k", "kk"])
    do(connection, bucket, keys=("p/b", "k"))
    outcome = do(connection, bucket, prefixes=("p/",), keys=("k",), all_versions=True)
    assert outcome.state == "verified" and "7 deleted" in outcome.detail
    assert versions_in(connection, bucket) == (["kk", "p", "p-old/a"], [])


def test_one_version_goes(connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["a"])
    first = connection.call("head_object", Bucket=bucket, Key="a")["VersionId"]
    put(connection, bucket, ["a"])
    assert do(connection, bucket, keys=("a",), version_id=first).state == "verified"
    assert versions_in(connection, bucket) == (["a"], [])
    assert connection.call("head_object", Bucket=bucket, Key="a")["VersionId"] != first


@pytest.mark.parametrize("named", [{"keys": ("a",), "version_id": "null"}, {"prefixes": ("",), "all_versions": True}])
def test_versions_are_never_deleted_where_they_are_not_known(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, named: dict[str, Any]
) -> None:
    """Such a server would delete the object itself."""
    put(connection, bucket, ["a"])
    other = b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"
    proxy.rules.append(lambda asked: Treatment(instead=(200, other)) if "versions" in asked.path else None)
    with pytest.raises(errors.Unsupported):
        do(through, bucket, **named)
    assert not batches(proxy) and not singles(proxy) and keys_in(connection, bucket) == ["a"]


def test_a_list_of_other_versions_is_not_believed(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["p/a", "other"])

    def ignore_prefix(asked: Asked) -> Treatment | None:
        if "versions" in asked.path and "prefix=p" in asked.path:
            body = connection.probe("GET", bucket, "", "versions").body
            return Treatment(instead=(200, body))
        return None

    proxy.rules.append(ignore_prefix)
    with pytest.raises(errors.S3Error, match="other keys"):
        do(through, bucket, prefixes=("p/",), all_versions=True)
    assert keys_in(connection, bucket) == ["other", "p/a"]


def test_a_list_of_other_keys_is_not_believed(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put(connection, bucket, ["p/a", "other"])
    body = connection.probe("GET", bucket, "", "list-type=2").body
    proxy.rules.append(lambda asked: Treatment(instead=(200, body)) if "prefix=p" in asked.path else None)
    with pytest.raises(errors.S3Error):
        do(through, bucket, prefixes=("p/",))
    assert keys_in(connection, bucket) == ["other", "p/a"]


# ---- answers, as endpoints give them


def answer_of(*rows: str) -> bytes:
    return f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{"".join(rows)}</DeleteResult>'.encode()


def deleted(key: str) -> str:
    return f"<Deleted><Key>{key}</Key></Deleted>"


def refused(key: str, code: str, message: str) -> str:
    return f"<Error><Key>{key}</Key><Code>{code}</Code><Message>{message}</Message></Error>"


# ---- unfinished uploads, and counting; nothing of a read-only profile's


def test_read_only_deletes_nothing(connection: Connection, profile: Any, bucket: str) -> None:
    put(connection, bucket, ["p/a", " b"])
    refusing = Connection(replace(profile, read_only=True))
    for named in ({"prefixes": ("p/",)}, {"keys": (" b",)}, {"keys": ("p/a",), "uploads": True}):
        with pytest.raises(errors.ReadOnly):
            do(refusing, bucket, **named)
    assert len(keys_in(connection, bucket)) == 2


def test_unfinished_uploads_go_only_when_asked_for(connection: Connection, bucket: str) -> None:
    for key in ("p/a", "p/b", "p-old/c", "k"):
        connection.call("create_multipart_upload", Bucket=bucket, Key=key)

    def unfinished() -> list[str]:
        answer = connection.call("list_multipart_uploads", Bucket=bucket)
        return sorted(upload["Key"] for upload in answer.get("Uploads") or ())

    do(connection, bucket, prefixes=("p/",))
    assert len(unfinished()) == 4
    outcome = do(connection, bucket, prefixes=("p/",), keys=("k",), uploads=True)
    assert outcome.state == "verified" and "3 unfinished uploads aborted" in outcome.detail
    assert unfinished() == ["p-old/c"]


def test_what_would_go_is_counted(connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["p/a", "p/a", "p/b", "k"])
    do(connection, bucket, keys=("p/b",))
    connection.call("create_multipart_upload", Bucket=bucket, Key="p/u")
    seen: list[int] = []
    count = doomed.count(connection, DeleteRequest(bucket, prefixes=("p/",)), None, lambda c: seen.append(c.total))
    assert str(count) == "1 object, 1 B" and count.completeness.is_complete and count.versioning == "Enabled"
    everything = DeleteRequest(bucket, prefixes=("p/",), keys=("k",), all_versions=True, uploads=True)
    found = doomed.count(connection, everything)
    assert (found.objects, found.versions, found.markers, found.uploads, found.size) == (2, 2, 1, 1, 4)
    named = doomed.count(connection, DeleteRequest(bucket, keys=("k", "gone")))
    assert named.objects == 1 and [uri.key for uri in named.missing] == ["gone"]
    assert len(keys_in(connection, bucket)) == 2


@pytest.mark.parametrize(
    ("versioning", "request_", "undone", "name"),
    [
        ("Enabled", {"keys": ("a", "b")}, True, False),
        ("Enabled", {"prefixes": ("p/",)}, True, False),
        ("Enabled", {"prefixes": ("p/",), "all_versions": True}, False, True),
        ("Off", {"keys": ("a",)}, False, False),
        ("Off", {"keys": ("a", "b")}, False, True),
        ("Off", {"prefixes": ("p/",)}, False, True),
        ("Suspended", {"keys": ("a", "b")}, False, True),
        ("unknown", {"keys": ("a", "b")}, False, True),
    ],
)
def test_the_name_is_wanted_where_it_cannot_be_undone(
    versioning: Any, request_: dict[str, Any], undone: bool, name: bool
) -> None:
    request = DeleteRequest("bucket", **request_)
    count = doomed.Count(objects=len(request.keys), versioning=versioning)
    assert doomed.can_be_undone(request, count) is undone and doomed.wants_name(request, count) is name
