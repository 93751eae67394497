"""`s3tui uploads`: what it lists, what it aborts, and when it refuses to."""

from __future__ import annotations

import json
import os
import sys

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, stub
from tests.terminal import Terminal
from tests.transfers.conftest import unfinished


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def held(connection: Connection, bucket: str) -> str:
    """A bucket with three unfinished uploads."""
    for key, sizes in (("iso/a\u202e.iso", (10, 20)), ("iso/b.iso", ()), ("other", (5,))):
        name = {"Bucket": bucket, "Key": key}
        name["UploadId"] = connection.call("create_multipart_upload", **name)["UploadId"]
        for number, size in enumerate(sizes, 1):
            connection.call("upload_part", **name, PartNumber=number, Body=b"x" * size)
    return bucket


def test_a_list_for_people(options: list[str], held: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uploads", "list", *options, f"s3://{held}/iso/"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "30 B" in first and "2 parts" in first and "iso/a\\u{202e}.iso" in first
    assert "0 parts" in second and "iso/b.iso" in second


def test_a_list_for_programs(options: list[str], held: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uploads", "list", "--json", *options, f"s3://{held}"]) == 0
    *records, end = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(record["key"], record["parts"], record["size"]) for record in records} == {
        ("iso/a\u202e.iso", 2, 30),
        ("iso/b.iso", 0, 0),
        ("other", 1, 5),
    }
    assert end == {"kind": "end", "complete": True, "reason": "", "rows": 3}


def test_what_is_younger_is_left_out(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """moto says of each upload that it was begun in 2010."""
    for age in ("99y", "9999y"):
        assert main(["uploads", "list", "--older-than", age, *options, f"s3://{held}"]) == 0
        said = capsys.readouterr()
        assert said.out == "" and "no such unfinished uploads" in said.err
        assert main(["uploads", "abort", "--yes", "--older-than", age, *options, f"s3://{held}"]) == 0
    assert len(unfinished(connection, held)) == 3
    assert main(["uploads", "abort", "--yes", "--older-than", "1.5d", *options, f"s3://{held}"]) == 0
    assert unfinished(connection, held) == []
    assert main(["uploads", "list", "--older-than", "soon", *options, f"s3://{held}"]) == 2
    assert main(["uploads", "list", "--older-than", "99999999y", *options, f"s3://{held}"]) == 2


def test_a_dry_run_aborts_nothing(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uploads", "abort", "--dry-run", *options, f"s3://{held}/"]) == 0
    said = capsys.readouterr()
    assert "3 unfinished uploads, 3 parts, 35 B" in said.err and "dry run" in said.err
    assert len(said.out.splitlines()) == 3
    assert len(unfinished(connection, held)) == 3


def test_abort_wants_a_yes(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uploads", "abort", *options, f"s3://{held}/"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert len(unfinished(connection, held)) == 3
    assert main(["uploads", "abort", "--yes", "--json", *options, f"s3://{held}/iso/"]) == 0
    *records, end = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {record["state"] for record in records} == {"aborted"} and end["rows"] == 2
    assert unfinished(connection, held) == ["other"]


@pytest.mark.parametrize(("answer", "left", "code"), [("y\r", [], 0), ("\r", ["other"], 1)])
def test_on_a_terminal_it_asks(
    options: list[str], connection: Connection, held: str, answer: str, left: list[str], code: int
) -> None:
    command = [sys.executable, "-m", "s3tui", "uploads", "abort", *options, f"s3://{held}/other"]
    with Terminal(command, dict(os.environ), columns=200) as terminal:
        terminal.wait_for("Abort them?")
        terminal.send(answer)
        assert terminal.wait_for_exit() == code
    assert [key for key in unfinished(connection, held) if key == "other"] == left


def test_read_only(options: list[str], connection: Connection, held: str) -> None:
    assert main(["uploads", "abort", "--yes", "--read-only", *options, f"s3://{held}/"]) == 1
    assert len(unfinished(connection, held)) == 3


def test_wrong_usage(options: list[str], held: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["uploads", "list", "--yes", *options, f"s3://{held}"])
    assert end.value.code == 2


def test_an_endpoint_that_lists_no_uploads_is_no_empty_list(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with stub(lambda _: Answer(200, b"<ListBucketResult></ListBucketResult>")) as running:
        options[1] = running.endpoint
        assert main(["uploads", "list", *options, "s3://bucket"]) == 1
        assert main(["uploads", "abort", "--yes", *options, "s3://bucket"]) == 1
    assert "does not know ?uploads" in capsys.readouterr().err
    assert {asked.method for asked in running.asked} == {"GET"}
