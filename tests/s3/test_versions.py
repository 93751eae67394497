from __future__ import annotations

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, versions
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, Asked, stub


def versioned(connection: Connection, bucket: str, status: str = "Enabled") -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": status})


def put(connection: Connection, bucket: str, key: str, body: bytes = b"x") -> str:
    answer = connection.call("put_object", Bucket=bucket, Key=key, Body=body)
    return str(answer.get("VersionId") or "null")


def test_all_versions_of_exactly_one_key(connection: Connection, bucket: str) -> None:
    first = put(connection, bucket, "a", b"1")
    versioned(connection, bucket)
    second = put(connection, bucket, "a", b"22")
    for neighbour in ("a/b", "a b", "A", "aa"):
        put(connection, bucket, neighbour)
    marker = connection.call("delete_object", Bucket=bucket, Key="a")["VersionId"]

    found = versions.versions_of(connection, S3Uri(bucket, "a"))

    assert found.completeness.is_complete
    latest, *older = found.versions
    assert (latest.version_id, latest.is_latest, latest.is_delete_marker) == (marker, True, True)
    assert {version.version_id: version.size for version in older} == {first: 1, second: 2}
    assert not any(version.is_latest or version.is_delete_marker for version in older)
    assert {version.key for version in found.versions} == {"a"}
    assert latest.modified.utcoffset() is not None
    assert older[0].etag and '"' not in older[0].etag


def test_a_key_that_never_was_has_none(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "ab")
    assert versions.versions_of(connection, S3Uri(bucket, "a")).versions == ()


def test_without_versioning_the_object_is_version_null(connection: Connection, bucket: str) -> None:
    put(connection, bucket, "a")
    (only,) = versions.versions_of(connection, S3Uri(bucket, "a")).versions
    assert (only.version_id, only.is_latest) == ("null", True)


def test_pages_add_up(connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PAGE_SIZE", 2)
    versioned(connection, bucket)
    ids = {put(connection, bucket, key) for key in ("a", "a", "a", "b/ü", "b/ü", "c")}
    ids.add(connection.call("delete_object", Bucket=bucket, Key="c")["VersionId"])
    pages = list(versions.pages(connection, bucket))
    assert len(pages) > 2
    assert {version.version_id for page in pages for version in page} == ids
    assert {version.key for page in versions.pages(connection, bucket, "b/") for version in page} == {"b/ü"}
    assert len(versions.versions_of(connection, S3Uri(bucket, "a")).versions) == 3


def test_a_cancelled_list_stops(connection: Connection, bucket: str) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        versions.versions_of(connection, S3Uri(bucket, "a"), token)


def test_no_such_bucket_is_an_error(connection: Connection) -> None:
    with pytest.raises(errors.NoSuchBucket):
        versions.versions_of(connection, S3Uri("no-such-bucket-here", "a"))


def page(keys: str | list[str], marker: str) -> bytes:
    rows = "".join(
        f"<Version><Key>{key}</Key><VersionId>{number}</VersionId><IsLatest>{str(not number).lower()}</IsLatest>"
        "<LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Version>"
        for number, key in enumerate(keys)
    )
    return f"<ListVersionsResult>{rows}<IsTruncated>true</IsTruncated>{marker}</ListVersionsResult>".encode()


REPEATED = "<NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker>"


@pytest.mark.parametrize(("marker", "why"), [(REPEATED, "repeats"), ("", "nor how to get more")])
def test_pages_that_do_not_add_up_are_not_complete(marker: str, why: str) -> None:
    with stub(lambda _: Answer(200, page("aa", marker))) as running:
        found = versions.versions_of(Connection(running.profile), S3Uri("bucket", "a"))
    assert found.completeness.state == "stopped"
    assert why in found.completeness.reason
    assert found.versions


def test_it_asks_no_further_than_the_key_reaches() -> None:
    def answer(_: Asked) -> Answer:
        return Answer(200, page("aab", "<NextKeyMarker>ab</NextKeyMarker>"))

    with stub(answer) as running:
        found = versions.versions_of(Connection(running.profile), S3Uri("bucket", "a"))
        assert len(running.asked) == 1
    assert found.completeness.is_complete
    assert [version.key for version in found.versions] == ["a", "a"]


@pytest.mark.parametrize("marker", ["a%2Bb", "a+b"])  # Ceph sends the second: it encodes keys only
def test_the_next_page_begins_behind_the_last_key_also_if_it_has_a_plus(marker: str) -> None:
    following = f"<EncodingType>url</EncodingType><NextKeyMarker>{marker}</NextKeyMarker>"
    first = page(["a%2Bb"], following)
    last = page(["c"], "").replace(b"<IsTruncated>true", b"<IsTruncated>false")
    with stub(lambda asked: Answer(200, last if "key-marker=a%2Bb" in asked.path else first)) as running:
        found = [version.key for some in versions.pages(Connection(running.profile), "bucket") for version in some]
    assert found == ["a+b", "c"]
