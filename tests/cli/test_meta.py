"""`s3tui meta set` against a real server."""

from __future__ import annotations

import json

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3 import objects
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Metadata
from s3tui.s3.uri import S3Uri


@pytest.fixture(autouse=True)
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


@pytest.fixture
def uri(connection: Connection, bucket: str) -> S3Uri:
    connection.call(
        "put_object",
        Bucket=bucket,
        Key="k",
        Body=b"hello",
        ContentType="text/plain",
        Metadata={"old": "1", "kept": "2"},
    )
    return S3Uri(bucket, "k")


SETTINGS = ["Content-Type=text/html", "x-amz-meta-who=a=b", "old=", "place=Zürich"]
SAID = "~ Content-Type: text/plain -> text/html\n- old: 1\n+ place: Zürich\n+ who: a=b\n"


def test_set(connection: Connection, uri: S3Uri, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meta", "set", str(uri), *SETTINGS]) == 0
    assert capsys.readouterr().out == SAID
    found = objects.head(connection, uri).metadata
    assert found == Metadata("text/html", user=(("kept", "2"), ("place", "=?UTF-8?B?WsO8cmljaA==?="), ("who", "a=b")))


def test_dry_run_writes_nothing(connection: Connection, uri: S3Uri, capsys: pytest.CaptureFixture[str]) -> None:
    before = objects.head(connection, uri)
    assert main(["meta", "set", "--dry-run", str(uri), *SETTINGS]) == 0
    assert capsys.readouterr().out == SAID
    assert objects.head(connection, uri) == before


def test_json(uri: S3Uri, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meta", "set", "--json", str(uri), "place=Zürich"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["metadata"]["user"]["place"] == "Zürich"
    assert "+ place: Zürich" in captured.err


def test_no_difference(uri: S3Uri, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["meta", "set", str(uri), "old=1"]) == 0
    assert "Nothing is different" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["nothing", "=value", "expires=tomorrow", "bad name=1"])
def test_wrong_usage(connection: Connection, uri: S3Uri, setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = objects.head(connection, uri)
    assert main(["meta", "set", str(uri), setting]) == 2
    assert capsys.readouterr().err.startswith("s3tui: ")
    assert objects.head(connection, uri) == before


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_read_only(connection: Connection, uri: S3Uri, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = objects.head(connection, uri)
    assert main(["meta", "set", "--read-only", *option, str(uri), "a=1"]) == 1
    assert "read-only" in capsys.readouterr().err
    assert objects.head(connection, uri) == before
