"""`s3tui profile`: what it prints, what it keeps and where."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3tui import folders
from s3tui.cli.main import main
from s3tui.profiles import config, credentials, secrets
from s3tui.profiles.model import Profile
from tests.profiles import keyring_service
from tests.profiles.keyring_service import SecretService

# A terminal of its own for the command behind it: what is typed comes from our pipe.
_IN_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.fixture
def secret_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    with keyring_service.in_use(tmp_path / "keyring", monkeypatch) as service:
        yield service


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard input, not a terminal."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdin", stream)
    return stream


def ours() -> tuple[Profile, ...]:
    return config.load(folders.config_file()).profiles


def test_list_shows_every_profile_and_where_it_comes_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config.add(folders.config_file(), Profile("ours", endpoint="http://localhost:1", read_only=True))
    monkeypatch.setenv("AWS_PROFILE", "gone")
    assert main(["profile", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NAME         ENDPOINT            CREDENTIALS  FROM",
        "ours         http://localhost:1  env          config       read-only",
        "environment  AWS                 env          environment  "
        "AWS_PROFILE names “gone”, which is not in AWS's files.",
        "anonymous    AWS                 anonymous    built in",
    ]


def test_list_as_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    config.add(folders.config_file(), Profile("ours", endpoint="http://localhost:1", buckets=("b",)))
    assert main(["profile", "list", "--json"]) == 0
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["name"], first["endpoint"], first["buckets"]) == ("ours", "http://localhost:1", ["b"])
    assert second["credentials"] == "anonymous"


def test_list_cannot_be_made_to_drive_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    aws = tmp_path / "home/.aws"
    aws.mkdir()
    (aws / "config").write_text("[profile x]\nregion = r\nservices = \x1b[31mred\n")
    assert main(["profile", "list"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_dotenv_file_can_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("S3_ENDPOINT=http://h:1\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s3cret-value\n")
    assert main(["--env-file", "app.env", "profile", "list"]) == 0
    shown = capsys.readouterr().out
    assert "http://h:1" in shown
    assert "s3cret-value" not in shown


def test_what_is_tested_is_the_dotenv_file_that_was_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("S3_ENDPOINT=http://127.0.0.1:1\nS3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n")
    assert main(["--env-file", "app.env", "profile", "test"]) == 1
    assert "127.0.0.1 is an address already" in capsys.readouterr().out


def test_complaints_about_the_config_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    folders.config_file().parent.mkdir(parents=True)
    folders.config_file().write_text("theme = 1\n")
    assert main(["profile", "list"]) == 0
    assert "line 1: theme" in capsys.readouterr().err


def test_add_keeps_the_secret_from_standard_input_in_the_keyring(
    secret_service: SecretService, typed: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.write("s3cret-value\n")
    typed.seek(0)
    words = ["profile", "add", "ceph", "--endpoint", "http://localhost:1", "--access-key-id", "key-1"]
    assert main([*words, "--region", "r", "--bucket", "a", "--bucket", "b", "--read-only"]) == 0
    (profile,) = ours()
    assert profile == Profile(
        "ceph",
        endpoint="http://localhost:1",
        region="r",
        read_only=True,
        credentials="keyring",
        access_key_id="key-1",
        buckets=("a", "b"),
    )
    assert secrets.read("ceph", "key-1") == "s3cret-value"
    assert "s3cret-value" not in folders.config_file().read_text() + "".join(capsys.readouterr())


def test_add_reads_the_access_key_id_too_when_it_is_left_out(secret_service: SecretService, typed: io.StringIO) -> None:
    typed.write("key-1\ns3cret-value\n")
    typed.seek(0)
    assert main(["profile", "add", "ceph", "--endpoint-url", "http://localhost:1"]) == 0
    keys = credentials.keys_of(ours()[0])
    assert keys == credentials.Keys("key-1", "s3cret-value")


def on_a_terminal(words: list[str], answers: dict[bytes, bytes]) -> tuple[int, bytes]:
    """Run s3tui in a terminal, answer its prompts in their order; its exit code, and all that was on the screen."""
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL, sys.executable, "-m", "s3tui", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdin is not None and process.stdout is not None
    shown = b""
    for prompt, answer in answers.items():
        while prompt not in shown:
            byte = process.stdout.read(1)
            assert byte, shown
            shown += byte
        process.stdin.write(answer + b"\r")
        process.stdin.flush()
    shown += process.stdout.read()
    return process.wait(), shown


def test_add_asks_on_a_terminal_without_an_echo(secret_service: SecretService) -> None:
    code, shown = on_a_terminal(
        ["profile", "add", "ceph", "--endpoint", "http://localhost:1"],
        {b"Access key id: ": b"key-1", b"Secret access key: ": b"s3cret-value"},
    )
    assert code == 0, shown
    assert b"key-1" in shown
    assert b"s3cret-value" not in shown
    assert secrets.read("ceph", "key-1") == "s3cret-value"


def test_keys_are_asked_for_when_the_keyring_does_not_give_them(endpoint: str) -> None:
    ours_now = Profile("moto", endpoint=endpoint, credentials="keyring", access_key_id="key-1")
    config.add(folders.config_file(), ours_now)
    code, shown = on_a_terminal(["profile", "test", "moto"], {b"Secret access key: ": b"s3cret-value"})
    assert code == 0, shown
    assert b"no keyring" in shown
    assert b"s3cret-value" not in shown


def test_without_a_terminal_nothing_is_asked(typed: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    config.add(folders.config_file(), Profile("typed", credentials="session"))
    assert main(["--profile", "typed", "ls"]) == 1
    assert "one run only" in capsys.readouterr().err


def test_add_without_a_keyring_changes_nothing_and_says_what_else_there_is(
    typed: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.write("s3cret-value\n")
    typed.seek(0)
    assert main(["profile", "add", "ceph", "--access-key-id", "key-1"]) == 1
    said = capsys.readouterr().err
    assert "no keyring" in said
    assert "AWS profile" in said
    assert "s3cret-value" not in said
    assert ours() == ()


def test_add_without_a_secret_changes_nothing(typed: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "add", "ceph", "--access-key-id", "key-1"]) == 2
    assert "both needed" in capsys.readouterr().err
    assert ours() == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x", "--endpoint", "localhost:9000"], "http://"),
        (["x", "--ca-file", "/no/such/file"], "/no/such/file"),
        (["x", "--credentials", "vault:x"], "“anonymous”"),
        (["", "--credentials", "anonymous"], "needs a name"),
    ],
)
def test_add_says_what_is_wrong(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "add", *words]) == 2
    assert said in capsys.readouterr().err
    assert ours() == ()


def test_add_takes_no_secret_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--secret", "--secret-access-key", "--secret-key"):
        with pytest.raises(SystemExit):
            main(["profile", "add", "x", option, "s3cret"])
    assert "unrecognized arguments" in capsys.readouterr().err


def test_options_may_stand_before_the_word_profile(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    assert main(["--config", str(other), "--region", "r", "profile", "add", "x", "--credentials", "anonymous"]) == 0
    assert config.load(other).profiles == (Profile("x", region="r", credentials="anonymous"),)


def test_rm_removes_the_profile_and_its_secret(secret_service: SecretService, typed: io.StringIO) -> None:
    typed.write("s3cret-value\n")
    typed.seek(0)
    assert main(["profile", "add", "ceph", "--access-key-id", "key-1"]) == 0
    assert main(["profile", "rm", "ceph"]) == 0
    assert ours() == ()
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")


def test_rm_of_what_is_not_ours_says_where_to_remove_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "rm", "anonymous"]) == 2
    assert "removed there" in capsys.readouterr().err


def test_test_says_step_by_step_what_works(
    endpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "demo-access-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo-secret-key")
    assert main(["profile", "add", "moto", "--endpoint", endpoint, "--credentials", "env"]) == 0
    assert main(["profile", "test", "moto"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok      Name resolves")
    assert not any(line.startswith("failed") for line in lines)
    assert main(["profile", "test", "moto", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["state"] == "ok"


def test_test_of_what_does_not_work_fails(capsys: pytest.CaptureFixture[str]) -> None:
    config.add(folders.config_file(), Profile("dead", endpoint="http://127.0.0.1:9", credentials="anonymous"))
    assert main(["profile", "test", "dead"]) == 1
    assert "failed  Port answers" in capsys.readouterr().out
    assert main(["profile", "test", "deaf"]) == 2
    assert "Did you mean “dead”?" in capsys.readouterr().err
