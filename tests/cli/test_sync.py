"""`s3tui sync`: what it prints, what it asks, how it ends."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from tests.cli.test_cp import keys
from tests.terminal import Terminal
from tests.transfers import proxy as proxies
from tests.transfers.conftest import content
from tests.transfers.proxy import Treatment


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "sub/b"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "tree"


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_there_and_back_and_across(
    options: list[str], connection: Connection, bucket: str, folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place, other, back = f"s3://{bucket}/p", f"s3://{bucket}/q/", str(tmp_path / "back")
    for source, target in ((str(folder), place), (place, back), (place, other)):
        assert main(["sync", *options, source, target]) == 0
        assert "2 files, 6 B to move: 2 new." in capsys.readouterr().err
        assert main(["sync", *options, "--delete", "--yes", source, target]) == 0
        told = capsys.readouterr()
        assert told.out == "" and "2 the same already" in told.err
    assert keys(connection, bucket) == {"p/a", "p/sub/b", "q/a", "q/sub/b"}
    assert (tmp_path / "back/sub/b").read_text() == "sub/b"


def test_a_dry_run_says_everything_and_does_nothing(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=bucket, Key="p/a", Body=b"x")
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"xyz")
    os.utime(folder / "a", (1, 1))
    words = ["sync", *options, "--dry-run", str(folder), f"s3://{bucket}/p/"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert [line.split(maxsplit=3)[::3] for line in told.out.splitlines()] == [
        [
            "replace",
            f"{folder}/a -> s3://{bucket}/p/a  (Nothing that the endpoint tells fits the file: its ETag "
            "9dd4e461268c8034f5c8564e155c67a6 is not the MD5 of these bytes: some endpoints make others. "
            "What is there is newer.)",
        ],
        ["new", f"{folder}/sub/b -> s3://{bucket}/p/sub/b"],
        ["extra", f"s3://{bucket}/p/gone  (It is not at the source.)"],
    ]
    assert "1 of what is to be replaced: newer than what replaces it." in told.err and "Nothing was changed" in told.err
    assert main([*words, "--delete", "--json"]) == 0
    found = records(capsys.readouterr().out)
    assert [(each["kind"], each["action"], each["state"]) for each in found] == [
        ("upload", "replace", "planned"), ("upload", "new", "planned"), ("delete", "delete", "planned"),
    ]  # fmt: skip
    assert keys(connection, bucket) == {"p/a", "p/gone"}


def test_deleting_needs_a_yes(
    options: list[str], connection: Connection, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"xyz")
    words = ["sync", *options, "--delete", str(folder), f"s3://{bucket}/p/"]
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(words) == 2
    assert "--yes" in capsys.readouterr().err
    assert main([*words, "--yes", "--json"]) == 0
    assert [each["state"] for each in records(capsys.readouterr().out) if each["state"]] == ["verified"] * 3
    assert keys(connection, bucket) == {"p/a", "p/sub/b"}


def test_a_terminal_is_asked_for_the_name(
    options: list[str], connection: Connection, bucket: str, folder: Path
) -> None:
    for key in ("p/gone", "p/a", "p/sub/b"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.removeprefix("p/").encode())
    command = [sys.executable, "-m", "s3tui", "sync", "--delete", *options, str(folder), f"s3://{bucket}/p/"]
    for answer, code, left in (("yes", 1, 3), (bucket, 0, 2)):
        with Terminal(command, dict(os.environ), columns=250) as terminal:
            terminal.wait_for("Type “")
            assert f"to delete: s3://{bucket}/p/gone" in terminal.text
            terminal.send(f"{answer}\r")
            assert terminal.wait_for_exit() == code
        assert len(keys(connection, bucket)) == left


def test_nothing_is_deleted_when_something_could_not_be_brought(
    options: list[str], endpoint: str, connection: Connection, bucket: str, folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    connection.call("put_object", Bucket=bucket, Key="p/gone", Body=b"xyz")
    with proxies.running(endpoint) as proxy:
        refused = Treatment(instead=(403, b"<Error><Code>AccessDenied</Code></Error>"))
        proxy.rules.append(lambda asked: refused if asked.method == "PUT" and asked.path.endswith("/b") else None)
        options[1] = proxy.endpoint
        words = ["sync", *options, "--delete", "--yes", str(folder), f"s3://{bucket}/p/"]
        assert main(words) == 3
        assert "so nothing was deleted" in capsys.readouterr().err
        assert keys(connection, bucket) == {"p/gone", "p/a"}
        proxy.rules.clear()
        assert main(words) == 0
    assert keys(connection, bucket) == {"p/a", "p/sub/b"}


def test_what_is_refused_makes_it_done_in_part(
    options: list[str], bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / os.fsdecode(b"\xff")).write_text("no key")
    (folder / "link").symlink_to("/")
    assert main(["sync", *options, str(folder), f"s3://{bucket}/p/"]) == 3
    told = capsys.readouterr()
    assert ": refused. This name is not valid Unicode" in told.err and "link: skipped. It is a symbolic" in told.out
    assert told.out.count(": verified") == 2


def test_only_what_fits(options: list[str], connection: Connection, bucket: str, folder: Path) -> None:
    assert main(["sync", *options, "--filter", "!sub/", str(folder), f"s3://{bucket}"]) == 0
    assert keys(connection, bucket) == {"a"}


def test_to_another_profile(
    options: list[str], endpoint: str, connection: Connection, bucket: str, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "home/.aws").mkdir()
    (tmp_path / "home/.aws/config").write_text(
        f"[profile other]\nendpoint_url = {endpoint.replace('127.0.0.1', 'localhost')}\nregion = us-east-1\n"
        f"aws_access_key_id = {demo_server.ACCESS_KEY_ID}\naws_secret_access_key = {demo_server.SECRET_ACCESS_KEY}\n"
    )
    connection.call("create_bucket", Bucket=f"{bucket}-2")
    connection.call("put_object", Bucket=f"{bucket}-2", Key="a/gone", Body=b"x")
    connection.call("put_object", Bucket=bucket, Key="a/x", Body=b"x")
    words = ["sync", *options, "--to-profile", "other", "--delete", "--yes", f"s3://{bucket}/a", f"s3://{bucket}-2/a"]
    assert main(words) == 0
    assert keys(connection, f"{bucket}-2") == {"a/x"} and content(connection, f"{bucket}-2", "a/x") == b"x"
    assert main(["sync", *options, "--to-profile", "other", str(folder), f"s3://{bucket}/"]) == 2


@pytest.mark.parametrize(
    "words",
    [["a", "b"], ["s3://b/p?versionId=x", "x"], ["no folder", "s3://b/p/"], ["s3://b/a/", "s3://b/a/x/"],
     ["--filter", "size>x", "a", "s3://b/p/"], ["s3://", "x"]],
)  # fmt: skip
def test_wrong_usage(options: list[str], words: list[str]) -> None:
    assert main(["sync", *options, *words]) == 2


def test_a_read_only_profile_is_refused(options: list[str], connection: Connection, bucket: str, folder: Path) -> None:
    assert main(["sync", *options, "--read-only", str(folder), f"s3://{bucket}/p/"]) == 1
    assert keys(connection, bucket) == set()
