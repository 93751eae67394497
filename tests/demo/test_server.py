"""The demo's server leaves nothing behind, however its parent ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

from s3tui.demo import server

pytestmark = pytest.mark.long

SERVE = [sys.executable, "-m", "s3tui", "demo", "--serve-only"]


class Served:
    """`s3tui demo --serve-only` as a process, with what it printed and the server's process id."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(Path(server.__file__).parents[2])}
        self.process = subprocess.Popen(
            SERVE, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline().strip() for _ in range(4)]
        self.settings = dict(line.split("=", 1) for line in lines)
        self.endpoint = self.settings["AWS_ENDPOINT_URL"]
        [self.child] = children_of(self.process.pid)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; returns the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=90)
        return self.process.returncode


def children_of(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(word) for word in text.split()]


def is_gone(process: int) -> bool:
    """Wait until `process` has ended: its pidfd becomes readable then."""
    import select

    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 90)[0])
    finally:
        os.close(handle)


def answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=60).close()
    except URLError:
        return False
    return True


@pytest.fixture
def served(tmp_path: Path) -> Served:
    folder = tmp_path / "of the demo"
    folder.mkdir()
    return Served(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_child_port_or_file_is_left(served: Served, tmp_path: Path, number: signal.Signals) -> None:
    assert answers(served.endpoint)
    assert len(list((tmp_path / "of the demo").iterdir())) == 1
    assert served.settings["AWS_ACCESS_KEY_ID"] == server.ACCESS_KEY_ID
    code = served.end(number)
    assert code == (0 if number in (signal.SIGINT, signal.SIGTERM) else -number)
    assert is_gone(served.child)
    assert not answers(served.endpoint)
    assert list((tmp_path / "of the demo").iterdir()) == []


def test_serving_ends_with_a_word_when_the_server_dies(served: Served, tmp_path: Path) -> None:
    os.kill(served.child, signal.SIGKILL)
    _, errors = served.process.communicate(timeout=90)
    assert list((tmp_path / "of the demo").iterdir()) == []
    assert served.process.returncode == 1
    assert "ended by itself" in errors


def test_the_terminal_closing_leaves_nothing_either(served: Served, tmp_path: Path) -> None:
    """Everything in it gets the hang-up, the server's process too."""
    os.kill(served.child, signal.SIGHUP)
    served.end(signal.SIGHUP)
    assert is_gone(served.child)
    assert list((tmp_path / "of the demo").iterdir()) == []


def test_it_listens_on_loopback_only() -> None:
    with server.start() as running:
        assert running.endpoint.startswith("http://127.0.0.1:")
        sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
        port = f"{int(running.endpoint.rpartition(':')[2]):04X}"
        listening = [line.split()[1] for line in sockets if line.split()[3] == "0A" and line.split()[1].endswith(port)]
        assert listening == [f"0100007F:{port}"]


def test_it_sees_no_account_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody-else")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with server.start(sample_data=True) as running:
        assert answers(running.endpoint)


def test_without_moto_the_user_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "moto.py").write_text("raise ImportError('not installed')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(server.__file__).parents[2]}")
    with pytest.raises(server.DemoUnavailable, match="pip install"):
        server.start()
