"""`s3tui find`: what it finds and prints, and when it says that this is not all."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

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


def put(connection: Connection, bucket: str, *keys: str, size: int = 1536) -> None:
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * size)


def uris(text: str) -> list[str]:
    return [line[line.index("s3://") :] for line in text.splitlines()]


def denied_after_one(asked: Asked) -> Answer:
    """Two buckets: `closed` is denied, the other holds one key and is then denied too."""
    if asked.path.startswith("/closed") or "continuation-token" in asked.path:
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
    if asked.path.split("?")[0] == "/":
        names = b"".join(b"<Bucket><Name>%s</Name></Bucket>" % name for name in (b"closed", b"open"))
        return Answer(200, b"<ListAllMyBucketsResult><Buckets>" + names + b"</Buckets></ListAllMyBucketsResult>")
    row = b"<Contents><Key>a.iso</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Contents>"
    more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    return Answer(200, b"<ListBucketResult>" + row + more + b"</ListBucketResult>")


def test_each_hit_is_a_line_that_ends_in_its_uri(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "iso/a b.iso", "iso/old/1.iso", "iso/x", "y.iso")
    assert main(["find", *options, f"s3://{bucket}/iso/", ".iso"]) == 0
    out, err = capsys.readouterr()
    assert uris(out) == [f"s3://{bucket}/iso/a b.iso", f"s3://{bucket}/iso/old/1.iso"]
    assert "1.5 KiB" in out.splitlines()[0]
    assert err == ""


def test_all_words_must_hold(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "big.iso", "big.txt", "old/big.iso")
    put(connection, bucket, "small.iso", size=3)
    assert main(["find", f"s3://{bucket}", ".iso", "!old", "size>1K", *options]) == 0
    assert uris(capsys.readouterr().out) == [f"s3://{bucket}/big.iso"]


def test_every_bucket(options: list[str], connection: Connection, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("find-a", "find-b"):
        connection.call("create_bucket", Bucket=name)
        put(connection, name, "d/hit", "miss")
    assert main(["find", *options, "s3://", "hit"]) == 0
    assert uris(capsys.readouterr().out) == ["s3://find-a/d/hit", "s3://find-b/d/hit"]


def test_records_name_the_bucket_of_each_hit(
    options: list[str], connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("find-a", "find-b"):
        connection.call("create_bucket", Bucket=name)
        put(connection, name, "é\x1b[31m", "miss")
    assert main(["find", *options, "s3://", "é", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    *records, end = map(json.loads, out.splitlines())
    assert [(record["bucket"], record["key"]) for record in records] == [
        ("find-a", "é\x1b[31m"),
        ("find-b", "é\x1b[31m"),
    ]
    assert (end["complete"], end["rows"]) == (True, 2)


def test_a_file(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    put(connection, bucket, "a", "b")
    file = tmp_path / "found.csv"
    assert main(["find", *options, f"s3://{bucket}", "b", "-o", str(file)]) == 0
    assert capsys.readouterr() == ("", "")
    assert [record["key"] for record in csv.DictReader(io.StringIO(file.read_text()))] == ["b", ""]


def test_escape_codes_are_shown_and_not_sent(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "evil\x1b[31m")
    assert main(["find", *options, f"s3://{bucket}"]) == 0
    out = capsys.readouterr().out
    assert "evil␛[31m" in out
    assert "\x1b" not in out


def test_nothing_found_tells_how_much_was_looked_at(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(connection, bucket, "a", "b")
    assert main(["find", *options, f"s3://{bucket}", "nowhere"]) == 0
    assert capsys.readouterr() == ("", "Nothing fits, of 2 objects.\n")


def test_a_word_that_means_nothing_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with stub(denied_after_one) as running:
        assert main(["find", "--endpoint-url", running.endpoint, "s3://open", "size>many"]) == 2
        assert running.asked == []
    assert "size>many" in capsys.readouterr().err


def test_a_missing_bucket_fails(options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "found.jsonl"
    for words in ([], ["-o", str(file)]):
        assert main(["find", *options, "s3://no-such-bucket-here/", *words]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "no-such-bucket-here" in err
    assert not file.exists()


@pytest.mark.parametrize("place", ["s3://open", "s3://"])
def test_what_is_not_all_exits_with_3_and_says_why(
    options: list[str], capsys: pytest.CaptureFixture[str], place: str
) -> None:
    with stub(denied_after_one) as running:
        assert main(["find", "--endpoint-url", running.endpoint, place, "iso"]) == 3
    out, err = capsys.readouterr()
    assert uris(out) == ["s3://open/a.iso"]
    assert "s3://open/: You may not" in err
    assert ("s3://closed/: You may not" in err) == (place == "s3://")
    assert "not all: 1 of 1 object that could be read" in err


def test_nothing_found_in_a_part_is_not_said_of_all(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with stub(denied_after_one) as running:
        assert main(["find", "--endpoint-url", running.endpoint, "s3://open", "nowhere", "--json"]) == 3
    out, err = capsys.readouterr()
    (end,) = map(json.loads, out.splitlines())
    assert (end["complete"], end["rows"]) == (False, 0)
    assert end["reason"].startswith("You may not")
    assert "not all" in err


def test_help_explains_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["find", "--help"])
    out = capsys.readouterr().out
    assert "age>30d" in out and "class:GLACIER" in out and "s3:// alone" in out
