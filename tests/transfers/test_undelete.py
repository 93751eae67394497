"""A deleted object comes back as it was, and nothing else is lost for it."""

from __future__ import annotations

import pytest

from s3tui.errors import BadInput
from s3tui.s3 import errors, objects
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import versions_of
from s3tui.transfers.undelete import undelete
from tests import hostile
from tests.transfers.conftest import content
from tests.transfers.proxy import Proxy, Treatment
from tests.transfers.test_copy import put


@pytest.fixture
def versioned(connection: Connection, bucket: str) -> str:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def delete(connection: Connection, uri: S3Uri) -> None:
    connection.call("delete_object", **uri.parameters)


@pytest.mark.parametrize("key", ["gone.txt", "é/a b+c.txt", hostile.SEQUENCES["bidi"]])
def test_the_newest_version_is_current_again(connection: Connection, versioned: str, key: str) -> None:
    put(connection, versioned, key, Body=b"old")
    gone = put(connection, versioned, key, Body=b"new", Metadata={"version": "2"})
    before = objects.head(connection, gone)
    delete(connection, gone)
    delete(connection, gone)  # a second marker
    put(connection, versioned, f"{key}-other")
    outcome = undelete(connection, gone)
    assert (outcome.state, outcome.version_id) == ("verified", before.version_id)
    assert objects.head(connection, gone) == before
    assert [version.is_delete_marker for version in versions_of(connection, gone).versions] == [False, False]


def test_what_is_there_or_wholly_gone_is_refused(connection: Connection, versioned: str) -> None:
    there = put(connection, versioned, "there.txt")
    with pytest.raises(BadInput, match="is not deleted"):
        undelete(connection, there)
    with pytest.raises(BadInput, match="nothing is left"):
        undelete(connection, S3Uri(versioned, "never.txt"))
    version = S3Uri(versioned, "there.txt", objects.head(connection, there).version_id)
    delete(connection, there)
    delete(connection, version)
    with pytest.raises(BadInput, match="Only delete markers"):
        undelete(connection, there)


def test_what_is_written_meanwhile_stays(
    through: Connection, connection: Connection, proxy: Proxy, versioned: str
) -> None:
    gone = put(connection, versioned, "gone.txt", Body=b"old")
    delete(connection, gone)
    write = Treatment(before=lambda: put(connection, versioned, "gone.txt", Body=b"theirs"))
    proxy.once(lambda asked: write if asked.method == "DELETE" else None)
    outcome = undelete(through, gone)
    assert outcome.state == "failed" and "someone has written" in outcome.detail
    assert content(connection, versioned, "gone.txt") == b"theirs"


def test_a_read_only_connection_asks_nothing(
    through: Connection, connection: Connection, proxy: Proxy, versioned: str
) -> None:
    gone = put(connection, versioned, "gone.txt")
    delete(connection, gone)
    through.read_only = True
    with pytest.raises(errors.ReadOnly):
        undelete(through, gone)
    assert not proxy.asked
