"""`s3tui put`: what arrives, what it prints, how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.folders import transfers_folder
from s3tui.s3.client import Connection
from tests.terminal import Terminal
from tests.transfers import proxy as proxies
from tests.transfers.conftest import content, unfinished


@pytest.fixture
def options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    return ["--endpoint-url", endpoint, "--region", demo_server.REGION]


@pytest.fixture
def iso(tmp_path: Path) -> Path:
    path = tmp_path / "agent.iso"
    path.write_bytes(b"iso" * 100)
    return path


def test_one_file_with_everything(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [
        "--metadata",
        "machine=r630",
        "--metadata",
        "who=Zoë",
        "--tag",
        "team=lab",
        "--storage-class",
        "STANDARD_IA",
    ]
    assert main(["put", *options, *said, str(iso), f"s3://{bucket}/a/renamed.iso"]) == 0
    assert "verified" in capsys.readouterr().out
    head = connection.call("head_object", Bucket=bucket, Key="a/renamed.iso")
    assert head["ContentType"] == "application/x-iso9660-image" and head["StorageClass"] == "STANDARD_IA"
    assert head["Metadata"] == {"machine": "r630", "who": "=?UTF-8?B?Wm/Dqw==?="}


def test_several_files_as_json(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = iso.with_name("boot.iso")
    other.write_bytes(b"boot")
    assert main(["put", "--json", *options, str(iso), str(other), f"s3://{bucket}/isos"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {record["target"] for record in records} == {
        f"s3://{bucket}/isos/agent.iso",
        f"s3://{bucket}/isos/boot.iso",
    }
    assert {record["state"] for record in records} == {"verified"} and all(record["etag"] for record in records)
    assert content(connection, bucket, "isos/boot.iso") == b"boot"


def test_what_exists_is_kept_and_the_rest_goes(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = iso.with_name("boot.iso")
    other.write_bytes(b"boot")
    connection.call("put_object", Bucket=bucket, Key="agent.iso", Body=b"mine")
    assert main(["put", *options, str(iso), f"s3://{bucket}/"]) == 1
    assert "already exists" in capsys.readouterr().err
    assert main(["put", *options, str(iso), str(other), f"s3://{bucket}/"]) == 3
    assert content(connection, bucket, "agent.iso") == b"mine" and content(connection, bucket, "boot.iso") == b"boot"
    assert main(["put", "--overwrite", *options, str(iso), f"s3://{bucket}/"]) == 0
    assert content(connection, bucket, "agent.iso") == iso.read_bytes()


@pytest.mark.parametrize(
    "wrong", [["--metadata", "novalue"], ["--tag", "=x"], ["--tag", "aws:x=1"], ["--metadata", "a b=c"]]
)
def test_wrong_usage(options: list[str], bucket: str, iso: Path, wrong: list[str]) -> None:
    assert main(["put", *wrong, *options, str(iso), f"s3://{bucket}/"]) == 2


@pytest.mark.parametrize("words", [("put", "isos/a.iso", "isos/b.iso"), ("rm", "--yes", "isos/b.iso")])
def test_a_file_here_is_not_taken_for_a_place_in_s3(
    words: tuple[str, ...],
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`put isos/*.iso` without a place would have sent to the bucket `isos`, under the last file's name."""
    (tmp_path / "isos").mkdir()
    for name in "ab":
        (tmp_path / "isos" / f"{name}.iso").touch()
    monkeypatch.chdir(tmp_path)
    assert main([words[0], *options, *words[1:]]) == 2
    assert "“isos/b.iso” is a file or folder here" in capsys.readouterr().err


def test_two_files_of_one_name(options: list[str], bucket: str, iso: Path) -> None:
    (iso.parent / "old").mkdir()
    (iso.parent / "old" / "agent.iso").write_bytes(b"old")
    assert main(["put", *options, str(iso), str(iso.parent / "old" / "agent.iso"), f"s3://{bucket}/"]) == 2


def test_a_file_that_is_not_there(options: list[str], bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["put", *options, "nowhere.iso", f"s3://{bucket}/"]) == 1
    assert "no such file" in capsys.readouterr().err


def test_read_only_sends_nothing(
    options: list[str], bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["put", "--read-only", *options, str(iso), f"s3://{bucket}/"]) == 1
    assert "read-only" in capsys.readouterr().err


def test_without_a_journal_it_says_so_and_goes_on(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    transfers_folder().mkdir(parents=True)
    (transfers_folder() / "journal.db").write_text("nonsense" * 100)
    assert main(["put", *options, str(iso), f"s3://{bucket}/"]) == 0
    said = capsys.readouterr()
    assert "verified" in said.out and "transfers are not remembered" in said.err
    assert content(connection, bucket, "agent.iso") == iso.read_bytes()


@pytest.mark.parametrize("end_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_was_ended_from_outside_is_resumed(
    options: list[str], endpoint: str, connection: Connection, bucket: str, tmp_path: Path, end_by: signal.Signals
) -> None:
    """In a process of its own, with a signal, in the middle of the parts."""
    large = tmp_path / "large.iso"
    large.write_bytes(os.urandom(1 << 20) * 70)
    with proxies.running(endpoint) as proxy:
        held = threading.Event()
        slow = proxies.Treatment(before=lambda: held.wait(90))
        proxy.rules.append(lambda asked: slow if "partNumber" in asked.path else None)
        options[options.index(endpoint)] = proxy.endpoint
        command = [sys.executable, "-m", "s3tui", "put", *options, large.name, f"s3://{bucket}/"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            end = time.monotonic() + 90
            while not any("partNumber" in asked.path for asked in list(proxy.asked)):
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.05)
            process.send_signal(end_by)
            held.set()
            _, said = process.communicate(timeout=60)
        if end_by != signal.SIGKILL:
            assert process.returncode == 130 and "s3tui transfers resume" in said
        proxy.rules.clear()
        assert main(["transfers", "resume"]) == 0
    assert content(connection, bucket, "large.iso") == large.read_bytes()


def test_a_terminal_sees_how_far_it_is(options: list[str], endpoint: str, bucket: str, tmp_path: Path) -> None:
    large = tmp_path / "large.iso"
    large.write_bytes(bytes(70 << 20))
    with proxies.running(endpoint) as proxy:
        slow = proxies.Treatment(before=lambda: time.sleep(1))
        proxy.rules.append(lambda asked: slow if "partNumber" in asked.path else None)
        options[options.index(endpoint)] = proxy.endpoint
        command = [sys.executable, "-m", "s3tui", "put", *options, str(large), f"s3://{bucket}/"]
        with Terminal(command, dict(os.environ), columns=250) as terminal:  # no line is long enough to be broken
            terminal.wait_for("of 70.0 MiB")
            terminal.wait_for("1 file to go")
            terminal.wait_for("verified")
            assert terminal.wait_for_exit() == 0
            assert "to go" not in terminal.text


def test_a_checksum_file_beside_it_decides(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = iso.with_name("SHA256SUMS")
    assert main(["put", "--check", *options, str(iso), f"s3://{bucket}/"]) == 1
    assert "No checksum file" in capsys.readouterr().err
    sums.write_text(f"{'0' * 64}  agent.iso\n")
    assert main(["put", *options, str(iso), f"s3://{bucket}/"]) == 1
    assert "is not what “SHA256SUMS” says" in capsys.readouterr().err
    assert "Contents" not in connection.call("list_objects_v2", Bucket=bucket)
    assert main(["put", "--no-check-sums", *options, str(iso), f"s3://{bucket}/"]) == 0
    digest = hashlib.sha256(iso.read_bytes()).hexdigest()
    sums.write_text(f"{digest}  agent.iso\n")
    assert main(["put", "--check", "--overwrite", *options, str(iso), f"s3://{bucket}/"]) == 0
    assert connection.call("head_object", Bucket=bucket, Key="agent.iso")["Metadata"] == {"sha256": digest}
    with pytest.raises(SystemExit):
        main(["put", "--check", "--no-check-sums", *options, str(iso), f"s3://{bucket}/"])


def test_an_unfinished_upload_is_adopted(
    options: list[str], connection: Connection, bucket: str, iso: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload_id = connection.call("create_multipart_upload", Bucket=bucket, Key="agent.iso")["UploadId"]
    assert main(["put", *options, "--adopt", upload_id, str(iso), f"s3://{bucket}/"]) == 2  # the key in full
    assert main(["put", *options, "--adopt", upload_id, str(iso), f"s3://{bucket}/agent.iso"]) == 0
    assert "adopted upload" in capsys.readouterr().out
    assert content(connection, bucket, "agent.iso") == iso.read_bytes() and not unfinished(connection, bucket)
