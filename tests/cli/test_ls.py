"""`s3tui ls`: what it prints, and when it says that this is not all."""

from __future__ import annotations

import json

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Asked, stub


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


def put(connection: Connection, bucket: str, *keys: str) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * 1536)


def columns(line: str) -> list[str]:
    """The fields behind date and time."""
    return line.split()[2:] if line[:1].isdigit() else line.split()


def test_buckets(options: list[str], bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", *options]) == 0
    assert bucket in [line.split()[-1] for line in capsys.readouterr().out.splitlines()]
    assert main(["ls", "--json", *options]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (ours,) = [record for record in records if record["name"] == bucket]
    assert ours["kind"] == "bucket"
    assert ours["created"].endswith("+00:00")


def test_one_level(options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(connection, bucket, "iso/a b.iso", "iso/old/1", "x")
    assert main(["ls", *options, f"s3://{bucket}/iso/"]) == 0
    out, err = capsys.readouterr()
    assert [columns(line) for line in out.splitlines()] == [["prefix", "old/"], ["1.5", "KiB", "a", "b.iso"]]
    assert err == ""


def test_recursive_prints_whole_keys(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "iso/a", "iso/old/1", "x")
    assert main(["ls", "-r", *options, f"s3://{bucket}/iso/"]) == 0
    assert [columns(line)[-1] for line in capsys.readouterr().out.splitlines()] == ["iso/a", "iso/old/1"]


def test_json_has_everything_a_listing_says(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "d/é\x1b[31m", "d/e/f")
    assert main(["ls", "--json", *options, f"s3://{bucket}/d/"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    prefix, item = (json.loads(line) for line in out.splitlines())
    assert prefix == {"kind": "prefix", "bucket": bucket, "key": "d/e/"}
    assert item.pop("modified").endswith("+00:00")
    assert item.pop("etag")
    assert item == {
        "kind": "object", "bucket": bucket, "key": "d/é\x1b[31m", "size": 1536, "storage_class": "STANDARD",
    }  # fmt: skip


def test_escape_codes_are_shown_and_not_sent(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "evil\x1b[31m")
    assert main(["ls", *options, f"s3://{bucket}"]) == 0
    out = capsys.readouterr().out
    assert "evil␛[31m" in out
    assert "\x1b" not in out


def test_nothing_there_is_said_on_stderr(options: list[str], bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", *options, f"s3://{bucket}/no/"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Nothing starts with s3://{bucket}/no/" in err


def test_a_missing_bucket_fails(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", *options, "s3://no-such-bucket-here/"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no-such-bucket-here" in err


def test_a_list_that_breaks_off_exits_with_3_and_says_why(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(asked: Asked) -> Answer:
        if "continuation-token" in asked.path:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        row = b"<Contents><Key>a</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Contents>"
        tail = b"<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        return Answer(200, b"<ListBucketResult>" + row + tail + b"</ListBucketResult>")

    with stub(answer) as running:
        assert main(["ls", "--endpoint-url", running.endpoint, "s3://bucket/"]) == 3
    out, err = capsys.readouterr()
    assert [columns(line) for line in out.splitlines()] == [["1", "B", "a"]]
    assert "stopped after 1 row" in err
    assert "may not" in err


def test_what_is_no_place_is_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", *options, "ftp://x/y"]) == 2
    assert "ftp" in capsys.readouterr().err
