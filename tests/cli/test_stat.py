"""`s3tui stat` against a real server."""

from __future__ import annotations

import json

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection


@pytest.fixture(autouse=True)
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


@pytest.fixture
def key(connection: Connection, bucket: str) -> str:
    connection.call(
        "put_object",
        Bucket=bucket,
        Key="a/\x1b[31m b",
        Body=b"hello",
        ContentType="text/plain",
        Metadata={"who": "=?UTF-8?B?w7w=?="},
        Tagging="team=storage",
    )
    return "a/\x1b[31m b"


def test_an_object_in_words(bucket: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stat", f"s3://{bucket}/{key}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line.split("  ", 1)[0]: line.split("  ", 1)[1].strip() for line in lines}
    assert found["URI"] == f"s3://{bucket}/a/␛[31m b"
    assert found["Size"] == "5 bytes"
    assert found["Content-Type"] == "text/plain"
    assert found["x-amz-meta-who"] == "ü"
    assert found["Tag team"] == "storage"


def test_an_object_as_json(bucket: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stat", "--json", f"s3://{bucket}/{key}"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["bucket"], found["key"], found["size"]) == ("object", bucket, key, 5)
    assert found["metadata"]["content_type"] == "text/plain"
    assert found["metadata"]["user"] == {"who": "ü"}
    assert found["tags"] == {"team": "storage"}
    assert found["modified"].endswith("+00:00")
    assert found["headers"]["content-length"] == "5"


def test_a_bucket(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stat", f"s3://{bucket}"]) == 0
    assert "Versioning" in capsys.readouterr().out
    assert main(["stat", "--json", bucket]) == 0
    assert json.loads(capsys.readouterr().out)["versioning"] == "Off"


def test_nothing_there(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stat", f"s3://{bucket}/none"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "none" in captured.err
