"""`s3tui put` of folders and manifests: the plan it prints, what it asks, how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.folders import transfers_folder
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.upload import UploadRequest
from tests.terminal import Terminal
from tests.transfers.conftest import content

ISO_KEY = "isos/server-{server_id}-{hostname}-{version}-{date}.iso"


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    for name in ("a.txt", "sub/b.txt", "sub/.hidden"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "empty").mkdir()
    return folder


def keys(connection: Connection, bucket: str) -> list[str]:
    return [item["Key"] for item in connection.call("list_objects_v2", Bucket=bucket).get("Contents") or ()]


def test_a_folder_goes_as_it_is(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["put", *options, str(folder), f"s3://{bucket}/x"]) == 2
    assert "-r sends everything below it" in capsys.readouterr().err
    assert main(["put", "-r", "--dry-run", *options, str(folder), f"s3://{bucket}/x"]) == 0
    said = capsys.readouterr()
    assert said.out.count("new ") == 3 and "3 files, 25 B to move: 3 new. Nothing was changed." in said.err
    assert keys(connection, bucket) == []
    assert main(["put", "-r", *options, str(folder), f"s3://{bucket}/x"]) == 0
    said = capsys.readouterr()
    assert "3 files, 25 B to move: 3 new." in said.err and "1 empty folder" in said.err
    assert keys(connection, bucket) == ["x/a.txt", "x/sub/.hidden", "x/sub/b.txt"]


def test_again_only_what_is_different(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"s3://{bucket}/"
    assert main(["put", "-r", *options, str(folder), place]) == 0
    (folder / "a.txt").write_text("other")
    (folder / "new.txt").write_text("new")
    capsys.readouterr()
    assert main(["put", "-r", "--json", *options, str(folder), place]) == 3
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(record["state"] for record in records) == ["failed", "failed", "failed", "verified"]
    for choice, done in (("skip", 0), ("different", 1)):
        assert main(["put", "-r", "--json", "--if-exists", choice, *options, str(folder), place]) == 0
        records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [record["state"] for record in records].count("verified") == done
    assert content(connection, bucket, "a.txt") == b"other"
    assert main(["put", "--if-exists", "rename", *options, str(folder / "a.txt"), place]) == 0
    assert content(connection, bucket, "a (2).txt") == b"other"
    with pytest.raises(SystemExit):
        main(["put", "--if-exists", "skip", "--overwrite", *options, str(folder / "a.txt"), place])
    assert main(["put", "--if-exists", "ask", *options, str(folder / "a.txt"), place]) == 2


def test_a_dry_run_for_programs_says_what_would_fail(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=bucket, Key="a.txt", Body=b"mine")
    os.mkfifo(folder / "pipe")
    assert main(["put", "-r", "--dry-run", "--json", "--read-only", *options, str(folder), f"s3://{bucket}/"]) == 3
    said = capsys.readouterr()
    records = {record["target"].rpartition("/")[2]: record for record in map(json.loads, said.out.splitlines())}
    assert {name: record["action"] for name, record in records.items()} == {
        "a.txt": "ask",
        ".hidden": "new",
        "b.txt": "new",
        "pipe": "refuse",
    }
    assert records["a.txt"] == {
        "kind": "upload",
        "action": "ask",
        "source": str(folder / "a.txt"),
        "target": f"s3://{bucket}/a.txt",
        "state": "planned",
        "detail": "An object of 4 B is there.",
        "size": 5,
    }
    assert "read-only" in said.err
    assert main(["put", "-r", "--read-only", *options, str(folder), f"s3://{bucket}/"]) == 1
    assert keys(connection, bucket) == ["a.txt"]


def test_the_isos_of_the_lab_with_their_json(
    options: list[str], connection: Connection, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    iso = tmp_path / "agent.x86_64.iso"
    iso.write_bytes(b"iso")
    told = ["--metadata", "server_id={server_id}", "--metadata", "md5={md5}", "--sidecar", "metadata.json"]
    command = ["put", *options, *told, "--key", "openshift/{version}/{name}", str(iso), f"s3://{bucket}"]
    assert main([*command, "--field", "version=4.18"]) == 2
    assert "{server_id}" in capsys.readouterr().err
    command += ["--field", "version=4.18", "--field", "server_id=01"]
    assert main([*command, "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["sidecar"] == f"s3://{bucket}/openshift/4.18/metadata.json" and planned["tags"] == {}
    assert main(command) == 0
    assert keys(connection, bucket) == ["openshift/4.18/agent.x86_64.iso", "openshift/4.18/metadata.json"]
    beside = json.loads(content(connection, bucket, "openshift/4.18/metadata.json"))
    assert beside == {"server_id": "01", "md5": hashlib.md5(b"iso").hexdigest()}
    head = connection.call("head_object", Bucket=bucket, Key="openshift/4.18/agent.x86_64.iso")
    assert head["Metadata"] == beside == planned["metadata"]


def test_a_manifest(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("path;key;metadata:v;tag:team;class\na.txt;one;1;lab;STANDARD_IA\nsub/b.txt;;2;;\n")
    assert main(["put", *options, "--manifest", str(manifest), "--metadata", "v=0", f"s3://{bucket}/m"]) == 0
    assert keys(connection, bucket) == ["m/one", "m/sub/b.txt"]
    head = connection.call("head_object", Bucket=bucket, Key="m/one")
    assert (head["StorageClass"], head["Metadata"]) == ("STANDARD_IA", {"v": "1"})
    assert connection.call("get_object_tagging", Bucket=bucket, Key="m/one")["TagSet"] == [
        {"Key": "team", "Value": "lab"}
    ]
    lines = [{"path": "a.txt", "key": f"s3://{bucket}/two"}, {"path": "nowhere", "key": "x"}, {"path": "none"}]
    manifest.write_text("\n".join(map(json.dumps, lines)))
    assert main(["put", *options, "--manifest", str(manifest)]) == 2
    said = capsys.readouterr().err
    assert "Line 2: " in said and "Line 3: " in said and "2 lines of the manifest can't be used" in said
    assert "m/one" in keys(connection, bucket) and "two" not in keys(connection, bucket)
    manifest.write_text(json.dumps(lines[0]))
    assert main(["put", *options, "--manifest", str(manifest)]) == 0 and "two" in keys(connection, bucket)
    assert main(["put", *options, "--manifest", str(manifest), "a", f"s3://{bucket}/"]) == 2
    assert main(["put", *options, str(folder / "a.txt")]) == 2


def test_what_an_earlier_run_has_left_is_said(
    options: list[str], connection: Connection, bucket: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, profile = Journal(transfers_folder()), connection.profile
    for endpoint, name in ((profile.endpoint, "a.txt"), ("http://elsewhere", "sub/b.txt")):
        request = UploadRequest(folder / name, S3Uri(bucket, name))
        [row] = journal.add(Whom("", endpoint, None, ""), [request])[1]
        journal.set_state([row.number], "paused", "", ["waiting"])
    journal.close()
    assert main(["put", "-r", "--dry-run", *options, str(folder), f"s3://{bucket}/"]) == 0
    said = capsys.readouterr().err
    assert f"1 upload of these keys (s3://{bucket}/a.txt) from an earlier run can be resumed" in said


def test_a_terminal_is_asked(
    options: list[str], connection: Connection, bucket: str, folder: Path, tmp_path: Path
) -> None:
    for number in range(4):
        (folder / f"f{number}").write_text(str(number))
        connection.call("put_object", Bucket=bucket, Key=f"lab/f{number}", Body=b"before")
    files = [str(folder / f"f{number}") for number in range(4)]
    put = [sys.executable, "-m", "s3tui", "put", *options, "--if-exists", "ask", "--key", "{room}/{name}", *files]
    with Terminal([*put, f"s3://{bucket}/"], dict(os.environ), columns=300) as terminal:
        terminal.wait_for("room:")
        terminal.send("lab\r")
        terminal.wait_for("for all:")
        terminal.send("x\r")  # means nothing: asked again
        terminal.send("s\r")
        terminal.wait_for("f1: An object of 6 B is there.")
        terminal.send("r\r")
        terminal.wait_for("f2: An object")
        terminal.send("O\r")
        assert terminal.wait_for_exit() == 0
    found = {key: content(connection, bucket, key) for key in keys(connection, bucket)}
    assert found == {
        "lab/f0": b"before",
        "lab/f1": b"before",
        "lab/f1 (2)": b"1",
        "lab/f2": b"2",
        "lab/f3": b"3",
    }
