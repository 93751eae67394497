"""One transfer for each target at a time, in this process and among all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.reservations import reserved
from s3tui.transfers.run_lock import RunLock, lives

ROOT = Path(__file__).parents[2]
HOLD = """
from s3tui.transfers.reservations import reserved
with reserved(("endpoint", "bucket", "key\\udcff"), "x"):
    print("held", flush=True)
    input()
"""


def test_a_second_one_is_refused() -> None:
    with reserved("a", "a"):
        with pytest.raises(AlreadyExists, match="Another transfer"), reserved("a", "a"):
            raise AssertionError
        with reserved("b", "b"):
            pass
    with reserved("a", "a"):
        pass


def test_one_of_another_process_is_refused_until_it_ends() -> None:
    target = ("endpoint", "bucket", "key\udcff")
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        with pytest.raises(AlreadyExists), reserved(target, "x"):
            raise AssertionError
        with reserved("another", "y"):
            pass
        process.kill()
        process.wait()
    with reserved(target, "x"):
        pass


def test_without_a_folder_this_process_still_keeps_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with reserved("a", "a"), pytest.raises(AlreadyExists), reserved("a", "a"):
        raise AssertionError


def test_files_of_runs_that_have_ended_are_removed(tmp_path: Path) -> None:
    (tmp_path / "run-1-dead.lock").touch()
    first = RunLock(tmp_path)
    second = RunLock(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*run-*")) == sorted(
        f"run-{each.name}.lock" for each in (first, second)
    )
    assert lives(tmp_path, first.name) and not lives(tmp_path, "1-dead")
    second.release()
    assert not lives(tmp_path, second.name)
    first.release()
