"""`s3tui cp` and `s3tui mv`: what is where afterwards, what they print, how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from s3tui.cli import copying
from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.transfers.taken import Taken
from tests.transfers import proxy as proxies
from tests.transfers.conftest import content
from tests.transfers.proxy import Treatment


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def filled(connection: Connection, bucket: str) -> str:
    for key in ("a/x", "a/b/y", "a-b/z"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(connection: Connection, bucket: str) -> set[str]:
    return {row.key for page in listing.pages(connection, bucket, "", "") for row in page}


def test_one_object(
    options: list[str], connection: Connection, filled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cp", *options, f"s3://{filled}/a/x", f"s3://{filled}/c/"]) == 0
    assert f"s3://{filled}/a/x -> s3://{filled}/c/x: verified" in capsys.readouterr().out
    assert content(connection, filled, "c/x") == b"a/x"
    assert main(["cp", *options, f"s3://{filled}/a/x", f"s3://{filled}/c/"]) == 1
    assert "already exists" in capsys.readouterr().err
    assert main(["cp", *options, "--overwrite", f"s3://{filled}/a/b/y", f"s3://{filled}/c/x"]) == 0
    assert content(connection, filled, "c/x") == b"a/b/y"


def test_a_prefix_is_moved_and_what_is_beside_it_stays(
    options: list[str], connection: Connection, filled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mv", *options, "-r", "--json", f"s3://{filled}/a", f"s3://{filled}/new"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(record["kind"], record["state"]) for record in records} == {("move", "verified")}
    assert keys(connection, filled) == {"new/x", "new/b/y", "a-b/z"}


@pytest.mark.parametrize("command", ["cp", "mv"])
def test_only_what_was_there_when_it_was_planned_is_replaced(
    options: list[str],
    connection: Connection,
    filled: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    connection.call("put_object", Bucket=filled, Key="c/x", Body=b"seen")
    words = [command, *options, "-r", "--overwrite", f"s3://{filled}/a/", f"s3://{filled}/c/"]
    assert main([*words, "--dry-run"]) == 0
    told = capsys.readouterr()
    assert f"s3://{filled}/c/x: is replaced" in told.out and "1 would be replaced" in told.err
    look = copying.existing

    def slow(*details: Any) -> Taken:
        there = look(*details)
        for key in ("c/x", "c/b/y"):
            connection.call("put_object", Bucket=filled, Key=key, Body=b"theirs")
        return there

    monkeypatch.setattr(copying, "existing", slow)
    assert main(words) == 1
    told = capsys.readouterr()
    assert "c/x” has changed since you looked" in told.err and "c/b/y” already exists" in told.err
    assert content(connection, filled, "c/x") == content(connection, filled, "c/b/y") == b"theirs"
    assert {"a/x", "a/b/y"} < keys(connection, filled)


def test_done_in_part(options: list[str], connection: Connection, filled: str) -> None:
    connection.call("put_object", Bucket=filled, Key="new/x", Body=b"mine")
    assert main(["mv", *options, "-r", f"s3://{filled}/a/", f"s3://{filled}/new/"]) == 3
    assert keys(connection, filled) == {"a/x", "new/x", "new/b/y", "a-b/z"}
    assert content(connection, filled, "new/x") == b"mine"


def test_a_dry_run_changes_nothing(
    options: list[str], connection: Connection, filled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=filled, Key="new/x", Body=b"mine")
    before = keys(connection, filled)
    assert main(["mv", *options, "-r", "--dry-run", f"s3://{filled}/a/", f"s3://{filled}/new/"]) == 0
    out, err = capsys.readouterr()
    assert f"s3://{filled}/a/x -> s3://{filled}/new/x: exists" in out and "2 objects" in err
    assert main(["cp", *options, "-r", "--dry-run", "--json", f"s3://{filled}/a/", f"s3://{filled}/new/"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["state"], record["detail"]) for record in records] == [("planned", ""), ("planned", "exists")]
    assert keys(connection, filled) == before


def test_a_move_that_left_the_original_is_not_done(
    endpoint: str, options: list[str], connection: Connection, filled: str
) -> None:
    with proxies.running(endpoint) as proxy:
        proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if asked.method == "DELETE" else None)
        through = ["--endpoint-url", proxy.endpoint, "--region", demo_server.REGION]
        assert main(["mv", *through, f"s3://{filled}/a/x", f"s3://{filled}/new"]) == 3
    assert {"a/x", "new"} <= keys(connection, filled)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["here.iso", "s3://{bucket}/a"], "s3tui put"),
        (["s3://{bucket}/a/x", "here.iso"], "s3tui put"),
        (["s3://{bucket}/a/", "s3://{bucket}/b/"], "-r"),
        (["-r", "s3://{bucket}/a/", "s3://{bucket}/a/b/"], "into itself"),
    ],
)
def test_wrong_usage(
    options: list[str], filled: str, capsys: pytest.CaptureFixture[str], words: list[str], advice: str
) -> None:
    assert main(["cp", *options, *(word.format(bucket=filled) for word in words)]) == 2
    assert advice in capsys.readouterr().err


def test_to_another_profile(
    endpoint: str, options: list[str], connection: Connection, filled: str, tmp_path: Path
) -> None:
    """Another address of the same server: to the program it is another endpoint, so the bytes pass through it."""
    other = endpoint.replace("127.0.0.1", "localhost")
    (tmp_path / "config.toml").write_text(
        f'[profiles.archive]\nendpoint = "{other}"\nregion = "us-east-1"\ncredentials = "env"\n'
    )
    config = ["--config", str(tmp_path / "config.toml"), "--to-profile", "archive"]
    assert main(["mv", *options, *config, "-r", f"s3://{filled}/a/", f"s3://{filled}/new/"]) == 0
    assert keys(connection, filled) == {"new/x", "new/b/y", "a-b/z"}
    # One object under two addresses is still one object.
    assert main(["mv", *options, *config, "--overwrite", f"s3://{filled}/new/x", f"s3://{filled}/new/x"]) == 1
    assert content(connection, filled, "new/x") == b"a/x"


def test_to_the_profile_whose_endpoint_was_named_otherwise_for_the_source(
    endpoint: str, options: list[str], connection: Connection, filled: str, tmp_path: Path
) -> None:
    """--endpoint-url is about the source: what is copied goes to where the profile itself leads."""
    (tmp_path / "config.toml").write_text(
        f'[profiles.archive]\nendpoint = "{endpoint}"\nregion = "us-east-1"\ncredentials = "env"\n'
    )
    named = ["--config", str(tmp_path / "config.toml"), "--profile", "archive", "--to-profile", "archive"]
    with proxies.running(endpoint) as proxy:
        options[1] = proxy.endpoint
        assert main(["cp", *options, *named, f"s3://{filled}/a/x", f"s3://{filled}/new"]) == 0
        assert proxy.asked and all(asked.method in ("GET", "HEAD") for asked in proxy.asked)
    assert content(connection, filled, "new") == b"a/x"
