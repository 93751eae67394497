"""Archived objects: RestoreObject, and what refuses it before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.restore import is_archived, restore, takes
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, Asked, stub


def put(connection: Connection, bucket: str, storage_class: str) -> S3Uri:
    connection.call("put_object", Bucket=bucket, Key="old.iso", Body=b"x" * 10, StorageClass=storage_class)
    return S3Uri(bucket, "old.iso")


def test_an_archived_object_can_be_read_when_it_is_restored(connection: Connection, bucket: str) -> None:
    uri = put(connection, bucket, "GLACIER")
    assert is_archived(connection, head(connection, uri))
    with pytest.raises(errors.Archived, match="s3tui restore"):
        connection.call("get_object", Bucket=bucket, Key="old.iso")
    after = restore(connection, uri, 2, "Bulk")
    assert after.restore is not None
    while (now := head(connection, uri)).restore and now.restore.ongoing:  # each look moves moto on
        pass
    assert now.restore and now.restore.until and not is_archived(connection, now)
    assert connection.call("get_object", Bucket=bucket, Key="old.iso")["Body"].read() == b"x" * 10


def test_nothing_is_sent_where_it_makes_no_sense(connection: Connection, bucket: str) -> None:
    uri = put(connection, bucket, "STANDARD")
    with pytest.raises(BadInput, match="is not archived"):
        restore(connection, uri, 2, "Standard")
    uri = put(connection, bucket, "DEEP_ARCHIVE")
    with pytest.raises(BadInput, match="Choose Standard or Bulk"):
        restore(connection, uri, 2, "Expedited")
    with pytest.raises(BadInput, match="at least one day"):
        restore(connection, uri, 0, "Bulk")
    only_reads = Connection(replace(connection.profile, read_only=True))
    with pytest.raises(errors.ReadOnly):
        restore(only_reads, uri, 2, "Bulk")
    info = head(connection, uri)
    assert info.restore is None
    assert takes(info, "Bulk") == "up to 48 hours" and not takes(info, "Expedited")


def answering(restored: Answer, etags: list[str]):  # type: ignore[no-untyped-def]
    """A server with one archived object; `etags` are what HEAD says, one after another."""

    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return restored
        headers = {"ETag": f'"{etags.pop(0)}"', "x-amz-storage-class": "GLACIER", "Content-Length": "0"}
        return Answer(200, b"", headers | {"Last-Modified": "Fri, 20 Nov 2026 09:00:00 GMT"})

    return answer


@pytest.mark.parametrize(
    ("answer", "etags", "kind"),
    [
        (Answer(501, b"<Error><Code>NotImplemented</Code></Error>"), ["a"], errors.Unsupported),
        (Answer(409, b"<Error><Code>RestoreAlreadyInProgress</Code></Error>"), ["a"], errors.Conflict),
        (Answer(200, b""), ["a", "b"], errors.S3Error),  # it took the POST for something else
        (Answer(200, b""), ["a", "a"], errors.S3Error),  # it says nothing of a restore
    ],
)
def test_what_other_servers_say(answer: Answer, etags: list[str], kind: type[errors.S3Error]) -> None:
    with stub(answering(answer, etags)) as running, pytest.raises(kind):
        restore(Connection(running.profile), S3Uri("bucket", "old.iso"), 2, "Standard")


def test_the_command(
    connection: Connection,
    bucket: str,
    endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    uri = put(connection, bucket, "GLACIER")
    assert main(["get", str(uri), str(tmp_path / "old.iso")]) == 1
    assert "s3tui restore" in capsys.readouterr().err
    assert main(["restore", str(uri), "--days", "1", "--tier", "Expedited"]) == 0
    assert str(uri) in capsys.readouterr().out
    assert main(["restore", f"s3://{bucket}"]) == 2
