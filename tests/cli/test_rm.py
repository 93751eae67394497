"""`s3tui rm`: what goes, what is asked, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from tests import hostile
from tests.terminal import Terminal
from tests.transfers import proxy as proxies
from tests.transfers.test_delete import answer_of, deleted, is_batch, keep_versions, keys_in, put, refused, versions_in


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def held(connection: Connection, bucket: str) -> str:
    put(connection, bucket, ["photos/2024/a", "photos/2024/b", "photos/2024-old/a", "photos/2024", "top"])
    return bucket


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_object_goes(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", *options, f"s3://{held}/top"]) == 0
    assert "1 deleted" in capsys.readouterr().out
    assert "top" not in keys_in(connection, held) and len(keys_in(connection, held)) == 4


@pytest.mark.parametrize("place", ["photos/2024/", "", "photos/"])
def test_a_prefix_is_refused_without_r(
    options: list[str], connection: Connection, held: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "--yes", *options, f"s3://{held}/{place}"]) == 2
    assert "-r" in capsys.readouterr().err and len(keys_in(connection, held)) == 5


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_prefix_goes_with_its_slash_only(
    options: list[str], connection: Connection, held: str, slash: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "-r", "--yes", *options, f"s3://{held}/photos/2024{slash}"]) == 0
    assert keys_in(connection, held) == ["photos/2024", "photos/2024-old/a", "top"]


def test_where_nobody_can_be_asked_r_needs_yes(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "-r", *options, f"s3://{held}/photos/"]) == 2
    assert "--yes" in capsys.readouterr().err and len(keys_in(connection, held)) == 5


def test_several_buckets_as_json(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("create_bucket", Bucket="other-bucket")
    put(connection, "other-bucket", ["x/y"])
    places = [f"s3://{held}/photos/2024/", "s3://other-bucket/x/"]
    assert main(["rm", "-r", "--yes", "--json", *options, *places]) == 0
    *rows, end = records(capsys)
    assert {(row["bucket"], row["key"], row["state"]) for row in rows} == {
        (held, "photos/2024/a", "deleted"),
        (held, "photos/2024/b", "deleted"),
        ("other-bucket", "x/y", "deleted"),
    }
    assert (end["kind"], end["state"], end["deleted"], end["failed"]) == ("end", "verified", 3, 0)


def test_a_dry_run_deletes_nothing(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("create_multipart_upload", Bucket=held, Key="photos/2024/u")
    assert main(["rm", "-r", "--dry-run", "--uploads", *options, f"s3://{held}/photos/2024"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[:2] == [f"s3://{held}/photos/2024/a", f"s3://{held}/photos/2024/b"]
    assert "2 objects and versions and 1 unfinished upload would go" in said.err
    assert main(["rm", "--dry-run", "--json", *options, f"s3://{held}/top", f"s3://{held}/gone"]) == 3
    missing, row, end = records(capsys)
    assert (missing["key"], missing["state"], row["key"], row["state"]) == (
        "gone",
        "missing",
        "top",
        "would be deleted",
    )
    assert (end["would_delete"], end["missing"], end["complete"]) == (1, 1, True)
    assert len(keys_in(connection, held)) == 5


def test_what_is_not_there_is_a_failure_and_gets_no_marker(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_versions(connection, held)
    assert main(["rm", *options, f"s3://{held}/gone"]) == 1
    assert "no such object" in capsys.readouterr().err
    assert main(["rm", *options, f"s3://{held}/gone", f"s3://{held}/top"]) == 3
    assert versions_in(connection, held)[1] == ["top"]


def test_versions_on_request(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_versions(connection, held)
    put(connection, held, ["top"])
    version = connection.call("head_object", Bucket=held, Key="top")["VersionId"]
    assert main(["rm", "--json", "--version-id", version, *options, f"s3://{held}/top"]) == 0
    row, _ = records(capsys)
    assert (row["key"], row["version_id"]) == ("top", version)
    assert main(["rm", "--versions", *options, f"s3://{held}/top"]) == 0
    assert "top" not in versions_in(connection, held)[0] and not versions_in(connection, held)[1]
    for wrong in (["-r", "--yes"], ["--versions"]):
        assert main(["rm", *wrong, "--version-id", "x", *options, f"s3://{held}/top"]) == 2


def test_refusals_are_told_one_by_one(
    options: list[str], endpoint: str, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = answer_of(deleted("photos/2024/a"), refused("photos/2024/b", "AccessDenied", "Access Denied"))
    with proxies.running(endpoint) as proxy:
        proxy.rules.append(lambda asked: proxies.Treatment(instead=(200, body)) if is_batch(asked) else None)
        options[options.index(endpoint)] = proxy.endpoint
        assert main(["rm", "-r", "--yes", "--json", *options, f"s3://{held}/photos/2024/"]) == 3
        rows = records(capsys)
        assert main(["rm", "-r", "--yes", *options, f"s3://{held}/photos/2024/"]) == 3
        said = capsys.readouterr()
    assert [(row["state"], row.get("code")) for row in rows[:2]] == [("deleted", None), ("failed", "AccessDenied")]
    assert (rows[2]["state"], rows[2]["deleted"], rows[2]["failed"]) == ("done in part", 1, 1)
    assert "photos/2024/b: failed" in said.err and "done in part" in said.err and not said.out


def test_hostile_names_are_shown_and_go(
    options: list[str], connection: Connection, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"p/{name}" for name in hostile.MARKUP if "/" not in name] + ["p/\u202egpj.exe", "p/a b"]
    put(connection, bucket, names)
    assert main(["rm", "-r", "--dry-run", *options, f"s3://{bucket}/p/"]) == 0
    said = capsys.readouterr()
    hostile.printed(said.out)
    assert "\\u{202e}gpj.exe" in said.out
    assert main(["rm", "-r", "--yes", "--json", *options, f"s3://{bucket}/p/"]) == 0
    assert {row["key"] for row in records(capsys)[:-1]} == set(names)
    assert keys_in(connection, bucket) == []


@pytest.mark.parametrize(("answer", "goes"), [("no", False), ("BUCKET", True), ("", False)])
def test_on_a_terminal_it_asks_for_the_name(
    options: list[str], connection: Connection, held: str, answer: str, goes: bool
) -> None:
    command = [sys.executable, "-m", "s3tui", "rm", "-r", *options, f"s3://{held}/photos/2024"]
    with Terminal(command, dict(os.environ), columns=250) as terminal:
        terminal.wait_for("2 objects, 2 B")
        terminal.wait_for("can't be undone")
        terminal.wait_for(f"Type “{held}”")
        terminal.send(answer.replace("BUCKET", held))
        terminal.send("Enter")
        assert terminal.wait_for_exit() == (0 if goes else 1)
    assert len(keys_in(connection, held)) == (3 if goes else 5)


def test_on_a_terminal_a_marker_needs_a_yes_only(options: list[str], connection: Connection, held: str) -> None:
    keep_versions(connection, held)
    command = [sys.executable, "-m", "s3tui", "rm", *options, f"s3://{held}/top"]
    with Terminal(command, dict(os.environ), columns=250) as terminal:
        terminal.wait_for("delete marker")
        terminal.wait_for("[y/N]")
        terminal.send("y")
        terminal.send("Enter")
        assert terminal.wait_for_exit() == 0
    assert versions_in(connection, held)[1] == ["top"]


def test_ctrl_c_tells_what_was_deleted(options: list[str], endpoint: str, connection: Connection, held: str) -> None:
    with proxies.running(endpoint) as proxy:
        signalled = threading.Event()
        slow = proxies.Treatment(before=lambda: signalled.wait(90))
        proxy.rules.append(lambda asked: slow if is_batch(asked) else None)
        options[options.index(endpoint)] = proxy.endpoint
        command = [sys.executable, "-m", "s3tui", "rm", "-r", "--yes", *options, f"s3://{held}/photos/2024"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            end = time.monotonic() + 90
            while not any(is_batch(asked) for asked in list(proxy.asked)):
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            signalled.set()
            _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "cancelled. 2 deleted" in said
    assert len(keys_in(connection, held)) == 3


def test_undo_brings_back_what_was_deleted(
    options: list[str], connection: Connection, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_versions(connection, held)
    place, never = f"s3://{held}/top", f"s3://{held}/never"
    assert main(["rm", "--yes", *options, place]) == 0
    assert main(["rm", "--undo", "--dry-run", *options, place]) == 0
    assert "would come back" in capsys.readouterr().out and versions_in(connection, held)[1] == ["top"]
    assert main(["rm", "--undo", "--json", *options, place, never]) == 3
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["target"], each["state"]) for each in told] == [(place, "verified"), (never, "failed")]
    assert versions_in(connection, held)[1] == [] and "top" in keys_in(connection, held)
    assert main(["rm", "--undo", *options, place]) == 1
    for wrong in (["-r", place], ["--versions", place], [f"s3://{held}/photos/"]):
        assert main(["rm", "--undo", *options, *wrong]) == 2
