"""`s3tui bucket lifecycle|cors get|set|rm` on a real server."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from s3tui.cli.main import main
from s3tui.demo import server as demo_server
from s3tui.s3 import documents
from s3tui.s3.client import Connection

LOGS = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}


@pytest.fixture(autouse=True)
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


def write(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document, indent=1))
    return str(path)


def test_set_get_rm(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "rules.json", [LOGS])
    assert main(["bucket", "lifecycle", "set", bucket, file]) == 0
    said = capsys.readouterr()
    assert said.out == "+ logs added: Objects under “logs/” are deleted 30 days after they were created.\n"
    assert said.err == "Written, read back, and the same in meaning.\n"
    assert main(["bucket", "lifecycle", "get", f"s3://{bucket}"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"Rules": [LOGS]}
    changed = write(tmp_path / "rules.json", {"Rules": [{**LOGS, "Expiration": {"Days": 60}}]})
    assert main(["bucket", "lifecycle", "set", bucket, changed]) == 0
    said = capsys.readouterr()
    assert "~ logs changed: Objects under “logs/” are deleted 60 days after they were created." in said.out
    assert "    Expiration.Days: 30 → 60" in said.out
    saved = Path(said.err.rsplit(" ", 1)[1].strip())
    assert json.loads(saved.read_text()) == {"Rules": [LOGS]}
    assert main(["bucket", "lifecycle", "rm", bucket]) == 0
    assert capsys.readouterr().out.startswith("- logs removed: ")
    assert main(["bucket", "lifecycle", "get", bucket]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"s3tui: “{bucket}” has no lifecycle rules.\n"


def test_standard_input(bucket: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.dumps([{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": []}])
    for words in (["bucket", "cors", "set", bucket, "-"], ["bucket", "cors", "set", bucket]):
        monkeypatch.setattr("sys.stdin", io.StringIO(document))
        assert main(words) == 0
    said = capsys.readouterr()
    assert "+ rule 1 added: Pages from any site may use GET without headers of their own." in said.out
    assert said.err.endswith("Nothing to change.\n")


def test_a_dry_run_changes_nothing(
    bucket: str, tmp_path: Path, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "rules.json", [LOGS])
    assert main(["bucket", "lifecycle", "set", bucket, file, "--dry-run"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("+ logs added: ")
    assert said.err == "Nothing was sent: this was a dry run.\n"
    assert documents.get(connection, bucket, "lifecycle") is None
    documents.put(connection, bucket, "lifecycle", [LOGS], None)
    assert main(["bucket", "lifecycle", "rm", bucket, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("- logs removed: ")
    assert documents.get(connection, bucket, "lifecycle") is not None


def test_complaints_come_with_file_and_line(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "rules.json", [{**LOGS, "Status": "on", "Filter": {}, "Expiration": {"Days": 0}}])
    assert main(["bucket", "lifecycle", "set", bucket, file]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{file}:4: error: Status must be “Enabled” or “Disabled”, not “on”.",
        f"{file}:7: error: Days must be at least 1, not 0.",
        "s3tui: The document has 2 errors. Nothing was sent.",
    ]


def test_a_warning_does_not_stop_it(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "rules.json", [{**LOGS, "Filter": {}}])
    assert main(["bucket", "lifecycle", "set", bucket, file]) == 0
    assert f"{file}:6: warning: This deletes every object of the bucket." in capsys.readouterr().err


def test_json(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> Any:
        assert main(["bucket", "lifecycle", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert run("get", bucket) == {"bucket": bucket, "kind": "lifecycle", "set": False}
    written = run("set", bucket, write(tmp_path / "rules.json", [LOGS]))
    assert written["changed"] is True
    assert [(difference["change"], difference["name"]) for difference in written["differences"]] == [("added", "logs")]
    found = run("get", bucket)
    assert found["rules"] == [LOGS]
    assert found["sentences"] == ["Objects under “logs/” are deleted 30 days after they were created."]
    assert run("rm", bucket)["backup"].endswith(".json")
    assert run("rm", bucket)["changed"] is False


def test_read_only_refuses(
    bucket: str, tmp_path: Path, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "rules.json", [LOGS])
    assert main(["bucket", "lifecycle", "set", bucket, file, "--read-only"]) == 1
    assert "read-only" in capsys.readouterr().err
    assert documents.get(connection, bucket, "lifecycle") is None


@pytest.mark.parametrize(
    "words",
    [
        ["bucket", "policy", "get", "b"],
        ["bucket", "lifecycle", "put", "b"],
        ["bucket", "lifecycle", "rm", "b", "file"],
        ["bucket", "lifecycle", "get", "b", "--dry-run"],
        ["bucket", "lifecycle", "get"],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bucket", "cors", "set", "b", "no-such-file.json"]) == 2
    assert "no-such-file.json can't be read" in capsys.readouterr().err
