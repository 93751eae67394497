"""`s3tui get`: where the file goes, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def stored(connection: Connection, bucket: str) -> str:
    connection.call("put_object", Bucket=bucket, Key="isos/a:b.iso", Body=b"content")
    return f"s3://{bucket}/isos/a:b.iso"


def test_to_a_file(options: list[str], stored: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", *options, stored, str(tmp_path / "mine.iso")]) == 0
    assert (tmp_path / "mine.iso").read_bytes() == b"content"
    assert "verified" in capsys.readouterr().out


def test_into_a_folder_its_name_is_made_safe(
    options: list[str], stored: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    assert main(["get", *options, stored, str(tmp_path / "here")]) == 0
    assert (tmp_path / "here" / "a%3Ab.iso").read_bytes() == b"content"
    assert "will be made" not in capsys.readouterr().err
    assert main(["get", *options, stored, f"{tmp_path}/new/"]) == 0
    assert (tmp_path / "new" / "a%3Ab.iso").read_bytes() == b"content"
    assert f"“{tmp_path}/new” is not there: it will be made." in capsys.readouterr().err


def test_as_json(options: list[str], stored: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "--json", *options, stored, str(tmp_path / "a")]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["kind"], record["state"], record["size"]) == ("download", "verified", 7)
    assert record["source"] == stored and record["target"] == str(tmp_path / "a")


def test_what_exists_is_kept(
    options: list[str], stored: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    assert main(["get", *options, stored, str(tmp_path / "a")]) == 1
    assert "already exists" in capsys.readouterr().err and (tmp_path / "a").read_bytes() == b"mine"
    assert main(["get", "--overwrite", *options, stored, str(tmp_path / "a")]) == 0
    assert (tmp_path / "a").read_bytes() == b"content"


def test_what_is_not_there(options: list[str], bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", *options, f"s3://{bucket}/none", str(tmp_path / "a")]) == 1
    assert "no object" in capsys.readouterr().err and not (tmp_path / "a").exists()
    assert main(["get", *options, f"s3://{bucket}", str(tmp_path / "a")]) == 2


def test_a_prefix_is_not_an_object(
    options: list[str], stored: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["get", *options, f"{stored.rsplit('/', 1)[0]}/", str(tmp_path)]) == 2
    assert "is a prefix" in capsys.readouterr().err


@pytest.fixture
def prefix(connection: Connection, bucket: str) -> str:
    for key in ("p/a", "p/sub/b", "p/..", "p-beside"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    return f"s3://{bucket}/p"


def test_everything_below_a_prefix(
    options: list[str], prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    words = ["get", "-r", *options, prefix, str(folder)]
    assert main([*words, "--dry-run"]) == 0
    told = capsys.readouterr()
    assert f"{prefix}/sub/b -> {folder}/sub/b" in told.out and "Nothing was changed" in told.err
    assert f"“{folder}” is not there: it will be made." in told.err and not folder.exists()
    assert main(words) == 0
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert files == {"a": "p/a", "sub/b": "p/sub/b", "%2E%2E": "p/.."}
    capsys.readouterr()
    assert main(words) == 1
    told = capsys.readouterr()
    assert "already exists and is kept" in told.err and "--if-exists" in told.err and told.out == ""
    (folder / "a").write_text("mine")
    assert main([*words, "--if-exists", "different", "--json"]) == 0
    records = {
        record["action"]: record
        for record in map(json.loads, capsys.readouterr().out.splitlines())
        if "action" in record
    }
    assert records["same"]["state"] == "skipped" and (folder / "a").read_text() == "p/a"
    assert main([*words, "--if-exists", "rename"]) == 0
    assert (folder / "sub/b-2").read_text() == "p/sub/b"


def test_one_that_exists_is_decided_likewise(options: list[str], stored: str, tmp_path: Path) -> None:
    words = ["get", *options, stored, str(tmp_path / "a")]
    (tmp_path / "a").write_bytes(b"mine")
    assert main([*words, "--if-exists", "skip"]) == 0 and (tmp_path / "a").read_bytes() == b"mine"
    assert main([*words, "--if-exists", "rename"]) == 0 and (tmp_path / "a-2").read_bytes() == b"content"
    assert main([*words, "--dry-run"]) == 1
    assert main([*words, "--if-exists", "different"]) == 0 and (tmp_path / "a").read_bytes() == b"content"


@pytest.mark.parametrize("words", [["s3://{}/nothing/", "x"], ["s3://{}/p?versionId=v", "x"], ["s3://{}/p/", "file"]])
def test_wrong_usage_of_prefixes(options: list[str], bucket: str, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("a file")
    assert main(["get", "-r", *options, *(word.format(bucket) for word in words)]) == 2
    assert main(["get", "--if-exists", "ask", *options, f"s3://{bucket}/a", "x"]) == 2
