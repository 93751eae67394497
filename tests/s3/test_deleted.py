"""Deleted keys among the others: one row a key, whatever history it has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3tui.errors import BadInput
from s3tui.s3 import deleted, listing
from s3tui.s3.client import Connection
from s3tui.s3.columns import DELETED, NONCURRENT, OBJECT, OLD_MARKER, PREFIX, Columns
from s3tui.s3.deleted import WithDeleted
from tests.s3 import listing_server
from tests.s3.listing_server import Bucket
from tests.s3.stub_server import Answer, stub


@pytest.fixture
def versioned(connection: Connection, bucket: str) -> str:
    """A bucket that keeps versions."""
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def rows(read: WithDeleted) -> list[tuple[str, int, int]]:
    return sorted((row.key, row.kind, row.size) for row in read.columns)


def test_current_and_deleted_keys_stand_together(connection: Connection, versioned: str) -> None:
    for key, bodies in (("a/1", ("x", "xx")), ("a/2", ("xxx",)), ("a/3", ("x", None)), ("a/4", ("x", None, "xxxx"))):
        for body in bodies:
            if body is None:
                connection.call("delete_object", Bucket=versioned, Key=key)
            else:
                connection.call("put_object", Bucket=versioned, Key=key, Body=body.encode())
    read = WithDeleted(versioned, "a/")
    listing.read(read, connection)
    assert rows(read) == [("a/1", OBJECT, 2), ("a/2", OBJECT, 3), ("a/3", DELETED, 0), ("a/4", OBJECT, 4)]
    assert read.completeness.is_complete
    assert read.deleted_count == 1


def test_a_long_history_over_many_pages(connection: Connection) -> None:
    histories = (["version"], ["marker", "version"], ["version"] * 7, ["version", "marker"], ["marker"])
    keys = [f"{number:04}" for number in range(1_500)]
    history = {key: histories[number % len(histories)] for number, key in enumerate(keys)}
    with listing_server.listing_server(Bucket(keys, history)) as server:
        read = WithDeleted("bucket", "", "")
        listing.read(read, Connection(server.profile))
    assert [row.key for row in read.columns] == keys
    assert [row.kind == DELETED for row in read.columns] == [history[key][0] == "marker" for key in keys]
    assert read.deleted_count == 600


def test_the_same_once_more_asks_for_versions_too(connection: Connection, versioned: str) -> None:
    connection.call("put_object", Bucket=versioned, Key="a", Body=b"x")
    connection.call("delete_object", Bucket=versioned, Key="a")
    read = WithDeleted(versioned).anew()
    listing.read(read, connection)
    assert [row.kind for row in read.columns] == [DELETED]


KINDS = st.sampled_from([OBJECT, PREFIX, NONCURRENT, DELETED, OLD_MARKER])


@given(st.lists(st.tuples(KINDS, st.text(min_size=1, max_size=5), st.integers(0, 2**50))))
def test_only_the_latest_of_each_key_is_kept_with_all_that_is_known_of_it(
    versions: list[tuple[int, str, int]],
) -> None:
    page = Columns()
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    for kind, key, size in versions:
        raw = key.encode("utf-8", "surrogatepass")
        if kind == PREFIX:
            page.append_prefixes([raw])
        else:
            time = int(moment.timestamp() * 1000) + size % 1000
            page.append_objects([raw], [size], [time], ["a" * 32], ["GLACIER"], bytes([kind]))
    chosen = deleted.current(page)
    assert sorted(map(repr, chosen)) == sorted(repr(row) for row in page if row.kind in (OBJECT, PREFIX, DELETED))


def test_a_bucket_that_never_kept_versions_is_said(connection: Connection, bucket: str) -> None:
    with pytest.raises(BadInput, match="has never had versioning"):
        deleted.require_versions(connection, bucket)


def test_a_bucket_that_keeps_versions_no_more_still_has_old_ones(connection: Connection, versioned: str) -> None:
    deleted.require_versions(connection, versioned)
    suspended = {"Status": "Suspended"}
    connection.call("put_bucket_versioning", Bucket=versioned, VersioningConfiguration=suspended)
    deleted.require_versions(connection, versioned)


def test_a_server_that_knows_no_versions_is_said() -> None:
    listed = b"<ListBucketResult><Name>b</Name></ListBucketResult>"  # it takes ?versions for a plain listing
    with stub(lambda _: Answer(200, listed)) as server, pytest.raises(BadInput) as caught:
        deleted.require_versions(Connection(server.profile), "b")
    assert "can't be shown" in caught.value.sentence
    assert caught.value.advice
