"""`s3tui ls`: what it prints, and when it says that this is not all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3 import export
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
    prefix, item, end = (json.loads(line) for line in out.splitlines())
    assert end == {"kind": "end", "complete": True, "reason": "", "rows": 2}
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
    with stub(breaks_off) as running:
        assert main(["ls", "--endpoint-url", running.endpoint, "s3://bucket/"]) == 3
    out, err = capsys.readouterr()
    assert [columns(line) for line in out.splitlines()] == [["1", "B", "a"]]
    assert "stopped after 1 row" in err
    assert "may not" in err


def breaks_off(asked: Asked) -> Answer:
    """One row, and then no permission for the rest."""
    if "continuation-token" in asked.path:
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
    row = b"<Contents><Key>a</Key><LastModified>2026-11-20T16:03:04.000Z</LastModified><Size>1</Size></Contents>"
    tail = b"<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    return Answer(200, b"<ListBucketResult>" + row + tail + b"</ListBucketResult>")


@pytest.mark.parametrize("format", export.FORMATS)
def test_a_file_that_is_not_all_says_so(
    options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, format: str
) -> None:
    file = tmp_path / f"list.{format}"
    with stub(breaks_off) as running:
        assert main(["ls", "-r", "--endpoint-url", running.endpoint, "-o", str(file), "s3://bucket/"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "stopped after 1 row" in err
    data = file.read_bytes()
    if format == "parquet":
        assert parquet.read_metadata(file).metadata[b"s3tui.complete"] == b"false"
        assert parquet.read_table(file).column("key").to_pylist() == ["a"]
    elif format == "jsonl":
        assert [json.loads(line).get("complete") for line in data.splitlines()] == [None, False]
    else:
        *_, end = csv.DictReader(io.StringIO(data.decode()))
        assert end["kind"] == "end" and end["completeness"].startswith("stopped: You may not")


def test_a_recursive_list_in_a_file(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    put(connection, bucket, "iso/a b.iso", "iso/old/1", "x")
    file = tmp_path / "list"
    assert main(["ls", "-r", *options, "--format", "csv", "-o", str(file), f"s3://{bucket}/iso/"]) == 0
    assert capsys.readouterr() == ("", "")
    records = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [record["key"] for record in records] == ["iso/a b.iso", "iso/old/1", ""]
    assert records[0]["size"] == "1536" and records[-1]["completeness"] == "complete"


def test_a_list_to_a_pipe(
    options: list[str], connection: Connection, bucket: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    put(connection, bucket, "a")
    assert main(["ls", *options, "--format", "parquet", f"s3://{bucket}"]) == 0
    assert parquet.read_table(io.BytesIO(capfdbinary.readouterr().out)).column("key").to_pylist() == ["a"]


def test_a_file_that_is_there_stays_unless_asked(
    options: list[str], bucket: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("mine")
    assert main(["ls", *options, "-o", str(file), f"s3://{bucket}"]) == 2
    assert "there already" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert main(["ls", *options, "-o", str(file), "--overwrite", f"s3://{bucket}"]) == 0
    assert file.read_text().splitlines()[-1] == 'end,,,,,,,"complete"'


def test_a_list_that_never_came_leaves_no_file(
    options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "lists").mkdir()
    assert main(["ls", *options, "-o", str(tmp_path / "lists/a.csv"), "s3://no-such-bucket-here"]) == 1
    assert "no-such-bucket-here" in capsys.readouterr().err
    assert list((tmp_path / "lists").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "list.txt", "s3://b"], ".csv, .jsonl or .parquet"),
        (["--json", "--format", "csv", "s3://b"], "exclude each other"),
        (["--format", "csv"], "Name a bucket"),
        (["-o", "list.csv"], "Name a bucket"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    options: list[str], capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["ls", *options, *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("form", "said"), [(["--json"], "can't be written: No space left"), ([], "no room left")])
def test_a_full_disk_is_no_fault_of_ours(
    options: list[str], connection: Connection, bucket: str, unbuffered: str, form: list[str], said: str
) -> None:
    put(connection, bucket, "a")
    command = [sys.executable, "-m", "s3tui", "ls", *form, *options, f"s3://{bucket}"]
    environment = dict(os.environ) | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_reader_that_has_gone_is_no_fault(
    options: list[str], connection: Connection, bucket: str, form: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    put(connection, bucket, "a")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "s3tui", "ls", *form, *options, f"s3://{bucket}"]
    with open(writing, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_on_a_terminal_it_tells_how_far_it_is_and_parquet_is_refused(options: list[str], tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        time.sleep(0.3)
        return breaks_off(asked)

    with stub(answer) as running:
        place = ["--endpoint-url", running.endpoint, "s3://bucket/"]
        seen = on_a_terminal(["ls", "-o", str(tmp_path / "list.csv"), *place])
        assert "1 row, " in seen and "a second" in seen
        assert seen.index("a second") < seen.index("stopped after 1 row")
        assert "Write it to a file" in on_a_terminal(["ls", "--format", "parquet", *place])


def on_a_terminal(words: list[str]) -> str:
    """What `s3tui` with these arguments shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "s3tui", *words], stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # that is how a terminal ends
            while data := os.read(ours, 4096):
                seen += data
    os.close(ours)
    return seen.decode()


def test_what_is_no_place_is_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", *options, "ftp://x/y"]) == 2
    assert "ftp" in capsys.readouterr().err
