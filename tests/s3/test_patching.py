"""A listing that was patched after writes equals the one that is listed anew."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from s3tui.s3 import listing, patching
from s3tui.s3.client import Connection
from s3tui.s3.deleted import WithDeleted
from s3tui.s3.listing import Listing
from s3tui.s3.uri import S3Uri

BEFORE = ("a/1", "a/2", "a/b/1", "a/b/2", "a/c/1", "a/d", "z")
PUT = ("a/0", "a/2", "a/e/1", "a/b/0", "a/zz")
GONE = ("a/1", "a/c/1", "a/b/1", "a/never")


def read(of: Listing, connection: Connection) -> Listing:
    listing.read(of, connection)
    return of


@pytest.mark.parametrize("kind", [Listing, WithDeleted])
@pytest.mark.parametrize("prefix", ["", "a/", "a/b/"])
@pytest.mark.parametrize("delimiter", ["/", ""])
def test_patched_equals_listed_anew(
    connection: Connection, bucket: str, kind: type[Listing], prefix: str, delimiter: str
) -> None:
    if kind is WithDeleted:
        connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in BEFORE:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"old")
    old = read(kind(bucket, prefix, delimiter), connection)
    for key in PUT:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"the new one")
    for key in GONE:
        connection.call("delete_object", Bucket=bucket, Key=key)
    written = [S3Uri(bucket, key) for key in (*PUT, *GONE) if key.startswith(prefix)]
    patched = patching.patched(old, connection, written)
    anew = read(kind(bucket, prefix, delimiter), connection)
    assert sorted(map(astuple, patched.columns), key=repr) == sorted(map(astuple, anew.columns), key=repr)
    assert type(patched) is kind
    assert patched.completeness == anew.completeness
    assert (patched.columns.total_size, patched.columns.prefix_count) == (
        anew.columns.total_size,
        anew.columns.prefix_count,
    )
