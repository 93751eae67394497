"""The command line as a whole: what is a command, exit codes, what is imported."""

from __future__ import annotations

import errno
import importlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from s3tui import __version__
from s3tui.cli.main import COMMANDS, FAILED, USAGE, main
from s3tui.demo import server as demo_server


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "s3tui", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_the_version() -> None:
    assert run("--version").stdout == f"s3tui {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: s3tui {name}" in capsys.readouterr().out


def test_options_may_stand_before_the_command_and_between_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--profile", "ls", "ls", "--help"])
    assert "usage: s3tui ls" in capsys.readouterr().out
    assert main(["--region", "x", "put", "no-such-file", "--tag", "a=b", "s3://bucket/"]) == FAILED
    assert "no-such-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("transfers", "--config", "c.toml", "list"), ("transfers", "list", "--config", "c.toml")]
)
def test_options_may_stand_on_either_side_of_a_sub_command(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr("s3tui.cli.transfers._list", lambda arguments, _: seen.append(arguments.config) or 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert main([*words]) == 0
    assert seen == ["c.toml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--profile", "nobody", "ls"], "no profile “nobody”"),
        (["ls", "ftp://host/"], "not a place in S3"),
        (["--env-file", "nothing.env", "ls"], "nothing.env"),
        (["--endpoint-url", "no-url", "ls"], "no-url"),
        (["stat", "s3:///key"], "bucket's name is missing"),
    ],
)
def test_wrong_usage_is_said_and_exits_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == USAGE
    assert said in capsys.readouterr().err


def test_without_a_terminal_the_screen_is_not_opened() -> None:
    done = run("s3://bucket/")
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "needs a terminal" in done.stderr


def test_help_imports_nothing_heavy() -> None:
    program = "import sys; from s3tui.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    program += "print([name for name in ('textual', 'boto3', 'botocore', 'keyring', 'platformdirs') if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.strip() in ("[]", "['platformdirs']")


class _FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_behind_the_output_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], endpoint: str, bucket: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", demo_server.SECRET_ACCESS_KEY)
    monkeypatch.setattr(sys, "stdout", _FullDisk())
    assert main(["ls", "--endpoint-url", endpoint, "--region", demo_server.REGION]) == FAILED
    said = capsys.readouterr().err
    assert "no room left" in said and "Traceback" not in said


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "130 ended by Ctrl-C" in capsys.readouterr().out


def test_ctrl_c_while_a_command_is_imported_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupted)
    assert main(["ls"]) == 130
    assert capsys.readouterr().err == ""
