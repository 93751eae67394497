"""`s3tui du`: what it prints, and when it says that this is not all."""

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


@pytest.fixture
def full(connection: Connection, bucket: str) -> str:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key, size, storage_class in (
        ("logs/2026/a", 2048, "STANDARD"),
        ("logs/2026/a", 1024, "GLACIER"),
        ("logs/b\x1b[31m/c", 1, "STANDARD"),
        ("x", 5, "STANDARD"),
    ):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * size, StorageClass=storage_class)
    return bucket


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_one_level_and_the_whole(options: list[str], full: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["du", *options, f"s3://{full}"]) == 0
    out, err = capsys.readouterr()
    assert words(out) == [
        "3.0 KiB 3 logs/",
        "5 B 1 (directly in it)",
        f"3.0 KiB 4 s3://{full}/ (complete)",
        "1.0 KiB 3 objects current: GLACIER 1.0 KiB, STANDARD 6 B",
        "2.0 KiB 1 version noncurrent",
    ]
    assert err == ""


def test_deeper_levels_and_none(options: list[str], full: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["du", "--depth", "2", *options, f"s3://{full}/"]) == 0
    out = capsys.readouterr().out
    assert words(out)[:3] == ["3.0 KiB 3 logs/", "3.0 KiB 2 logs/2026/", "1 B 1 logs/b␛[31m/"]
    assert main(["du", "--depth", "0", *options, f"s3://{full}/logs/"]) == 0
    assert words(capsys.readouterr().out)[0] == f"3.0 KiB 3 s3://{full}/logs/ (complete)"


def test_json_has_every_sum_and_the_total_last(
    options: list[str], full: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["du", "--json", *options, f"s3://{full}/logs/"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    first, second, total = (json.loads(line) for line in out.splitlines())
    assert (first["kind"], first["prefix"], first["count"], first["size"]) == ("prefix", "logs/2026/", 2, 3072)
    assert second["prefix"] == "logs/b\x1b[31m/"
    assert total["kind"] == "total"
    assert total["complete"] is True
    assert total["amounts"] == [
        {"state": "current", "storage_class": "GLACIER", "count": 1, "size": 1024},
        {"state": "current", "storage_class": "STANDARD", "count": 1, "size": 1},
        {"state": "noncurrent", "storage_class": "STANDARD", "count": 1, "size": 2048},
    ]


def test_an_empty_bucket_is_complete_and_holds_nothing(
    options: list[str], bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["du", *options, f"s3://{bucket}"]) == 0
    assert words(capsys.readouterr().out) == [f"0 B 0 s3://{bucket}/ (complete)"]


def test_what_is_wrong_with_the_words(options: list[str], bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["du", "--depth", "-1", *options, f"s3://{bucket}"]) == 2
    assert "--depth" in capsys.readouterr().err
    assert main(["du", *options, "s3://no-such-bucket-here"]) == 1
    assert capsys.readouterr().out == ""


PAGE = (
    "<ListBucketResult><Contents><Key>a/{key}</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>5</Size>"
    "</Contents><IsTruncated>{more}</IsTruncated>{token}</ListBucketResult>"
)


def test_a_list_that_breaks_off_is_a_lower_bound(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def answer(asked: Asked) -> Answer:
        if "versioning" in asked.path:
            return Answer(200, b"<VersioningConfiguration/>")
        if "continuation-token" in asked.path:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        token = "<NextContinuationToken>t</NextContinuationToken>"
        return Answer(200, PAGE.format(key="b", more="true", token=token).encode())

    with stub(answer) as running:
        assert main(["du", *options, "--endpoint-url", running.endpoint, "s3://bucket"]) == 3
        out, err = capsys.readouterr()
        assert words(out)[:2] == ["5 B 1 a/", "5 B 1 s3://bucket/ (at least)"]
        assert "not everything is counted" in err
        assert main(["du", "--json", *options, "--endpoint-url", running.endpoint, "s3://bucket"]) == 3
    total = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert total["complete"] is False
    assert total["reason"]


def test_the_total_names_what_was_counted(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=bucket, Key="logs/2024.txt", Body=b"x")
    for prefix in ("logs/20", "logs/", "none"):
        assert main(["du", "--json", *options, f"s3://{bucket}/{prefix}"]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["prefix"] == prefix
