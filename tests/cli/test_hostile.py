"""Hostile names, values and messages through every command: text shows them, JSON carries them exactly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s3tui.cli.main import main
from s3tui.s3 import buckets
from tests import hostile, hostile_machine, hostile_server
from tests.s3.stub_server import stub

KEYS = [key.decode("utf-8", "surrogateescape") for key in hostile_server.OBJECTS]
ODD = ("\x1b[2J\x1b[1;1HPWN", "\x9b5;41mPWN", "PWN\u202egpj.exe\u2066\u2069", "a[/b]", "PWN\nPWN\r\nPWN\x0b\x0c", "+")


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with stub(hostile_server.answer) as running:
        for name, value in hostile_machine.variables(running.endpoint).items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command and returns its exit code and what it printed, which is harmless."""

    def call(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capsys.readouterr()
        hostile.printed(out)
        hostile.printed(err)
        return code, out, err

    return call


def test_lists_show_what_they_name(run: Any) -> None:
    for words in (["ls"], ["ls", "s3://hostile/"], ["ls", "-r", "s3://hostile"]):
        code, out, err = run(*words)
        assert (code, err) == (0, "")
    assert out.count("\n") == len(KEYS)
    assert "␛[2J␛[1;1HPWN" in out
    assert "\\u{202e}gpj.exe" in out


def test_a_list_as_json_holds_the_keys_exactly(run: Any) -> None:
    _, out, _ = run("ls", "-r", "--json", "s3://hostile")
    *rows, end = map(json.loads, out.splitlines())
    assert sorted(row["key"] for row in rows) == sorted(KEYS)
    assert end["complete"]


@pytest.mark.parametrize("key", ODD)
def test_an_object(run: Any, key: str) -> None:
    code, out, _ = run("stat", f"s3://hostile/{key}")
    assert code == 0
    assert "[@click=app.quit]PWN[/]" in out
    code, out, _ = run("stat", "--json", f"s3://hostile/{key}")
    found = json.loads(out)
    assert (code, found["key"]) == (0, key)
    assert found["metadata"]["user"]["encoded"] == hostile.ALL
    assert found["version_id"] == hostile.IN_HEADER_8BIT


@pytest.mark.parametrize("key", [*ODD, "no such ␛\x1b[2J"])
def test_why(run: Any, key: str) -> None:
    run("why", f"s3://denied/{key}")
    run("why", f"s3://hostile/{key}")
    _, out, _ = run("why", "--json", f"s3://hostile/{key}")
    assert json.loads(out)["uri"] == f"s3://hostile/{key}"


@pytest.mark.parametrize("command", [["ls"], ["stat"], ["bucket", "lifecycle", "get"], ["meta", "set"]])
def test_failures(run: Any, command: list[str]) -> None:
    more = ["a=b"] if "meta" in command else []
    for bucket in ("denied", "PWN\x1b]0;PWN\x07", "hostile\n"):
        code, _, err = run(*command, f"s3://{bucket}/{hostile.SEQUENCES['title']}", *more)
        assert code != 0
        assert err


def test_a_region_that_is_none(run: Any) -> None:
    code, _, err = run("ls", "--region", f"a[/b]{hostile.SEQUENCES['title']}")
    assert code == 1
    assert "can't be a region" in err


def test_a_failing_server(run: Any) -> None:
    code, _, err = run("ls", "s3://faulty")
    assert code == 1
    assert "failed inside" in err


def test_documents(run: Any, tmp_path: Path) -> None:
    for kind in ("lifecycle", "cors"):
        code, out, _ = run("bucket", kind, "get", "hostile")
        assert code == 0
        name, (rule,) = json.loads(out).popitem()
        assert rule["ID"] == hostile.IN_XML
        assert run("bucket", kind, "get", "--json", "hostile")[0] == 0
        code, out, err = run("bucket", kind, "rm", "--dry-run", "hostile")
        assert code == 0
        assert "PWN" in out
        (tmp_path / "wrong").write_text(json.dumps({name: [{hostile.ALL: hostile.ALL}]}))
        code, _, err = run("bucket", kind, "set", "hostile", str(tmp_path / "wrong"))
        assert code != 0
        assert "PWN" in err


def test_metadata(run: Any) -> None:
    code, out, err = run("meta", "set", "--dry-run", "s3://hostile/+", f"note={hostile.SEQUENCES['clear']}")
    assert code != 0
    assert "␛" in out + err or "control character" in err
    run("meta", "set", "--dry-run", "--json", "s3://hostile/+", "note=x")
    run("meta", "set", "s3://hostile/+", "plain=x")


@pytest.mark.parametrize("key", ODD)
def test_files(run: Any, key: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    code, out, err = run("get", f"s3://hostile/{key}", f"{folder}/")
    assert code == 0, (out, err)
    (file,) = folder.iterdir()
    assert file.read_bytes() == hostile_server.BODY
    hostile.printed(file.name)
    local = folder / f"{hostile.SEQUENCES['title']}.bin"
    local.write_bytes(b"content")
    code, _, err = run("put", str(local), f"s3://hostile/{key}", "--overwrite")
    assert code == 1
    assert "␛]0;PWN␇" in err
    code, out, _ = run("put", "--json", str(local), f"s3://hostile/{key}", "--overwrite")
    assert json.loads(out)["source"] == str(local)


def test_a_name_that_is_no_text(run: Any, tmp_path: Path) -> None:
    key = hostile.NOT_UTF8.decode("utf-8", "surrogateescape")
    assert run("stat", f"s3://hostile/{key}")[0] != 0
    assert run("get", f"s3://hostile/{key}", str(tmp_path / "x"))[0] != 0
    (tmp_path / key).write_bytes(b"content")
    assert run("put", str(tmp_path / key), "s3://hostile/")[0] != 0
    assert run("ls", f"s3://hostile/{key}")[0] != 0


def test_what_is_typed_wrong_is_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["ls", "--json", "a", hostile.ALL],
        [f"--{hostile.SEQUENCES['clear']}"],
        ["bucket", "\x1b[2J", "get"],
    ):
        with pytest.raises(SystemExit):
            main(words)
        printed = capsys.readouterr().err
        hostile.printed(printed)
        assert "PWN" in printed or "[2J" in printed


def test_a_terminal_without_unicode() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "s3tui", "ls", "-r", "s3://hostile"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"\\u65e5\\u672c" in done.stdout
    assert b"\x1b" not in done.stdout


def test_profiles(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(os.environ["HOME"])
    hostile_machine.prepare(home, os.environ["AWS_ENDPOINT_URL"])
    hostile_machine.write_config(home, os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.chdir(hostile_machine.work_folder(home))
    code, out, err = run("profile", "list")
    assert code == 0
    assert "␛]0;PWN␇" in out
    assert "␛]0;PWN␇" in err
    _, out, _ = run("profile", "list", "--json")
    assert hostile.SEQUENCES["title"] in [json.loads(line)["name"] for line in out.splitlines()]
    assert run("profile", "test", hostile.SEQUENCES["title"])[0] != 0
    assert run("--profile", hostile.ALL + "x", "ls")[0] != 0


def test_a_fault_shows_its_message_safely(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError(hostile.ALL)

    monkeypatch.setattr(buckets, "list_buckets", broken)
    code, _, err = run("ls")
    assert code == 1
    assert "a fault in s3tui" in err
    assert "␛]0;PWN␇" in err
