"""A real terminal: the program in a tmux session of its own, driven by keys."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

PATIENCE = 90.0  # s; only a test that fails waits so long
REACTION = 1.0  # s in which a key shows, or changes nothing that can be seen
MOST = 1.5  # s for a key
_LOOK = 0.1


def must_be_installed() -> None:
    """Fail with what to install, unless S3TUI_WITHOUT_TMUX=1 says that this machine has none."""
    if shutil.which("tmux"):
        return
    if os.environ.get("S3TUI_WITHOUT_TMUX") == "1":
        pytest.skip("not run: S3TUI_WITHOUT_TMUX=1 and no tmux here")
    pytest.fail("This test needs tmux: apt-get install tmux (or set S3TUI_WITHOUT_TMUX=1)")


class Tmux:
    """`command` in a terminal of 80x24, with a tmux server whose socket lies in `folder`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        must_be_installed()
        self._socket = str(folder / "tmux.socket")
        line = f"{shlex.join(command)}; echo ended with $?; sleep 60"
        self._run("-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", "80", "-y", "24", line, **environment)

    def _run(self, *words: str, **environment: str) -> str:
        clean = {name: value for name, value in os.environ.items() if name != "TMUX"}
        command = ("tmux", "-S", self._socket, *words)
        return subprocess.run(
            command, env={**clean, **environment}, capture_output=True, text=True, check=True, timeout=90
        ).stdout

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")

    @property
    def text(self) -> str:
        """The screen as it stands."""
        return self._run("capture-pane", "-t", "s", "-p")

    def wait_for(self, *words: str) -> None:
        """Wait until all of `words` stand on the screen, each on one line of it, and nothing moves any more."""
        end = time.monotonic() + PATIENCE
        before = ""
        while not all(word in before for word in words) or before != self.text:
            if time.monotonic() > end:
                raise AssertionError(f"{words} never came. The screen:\n{self.text}")
            before = self.text
            time.sleep(0.2)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them: `Enter`, `C-s`, `F2`; each when what the last one did is shown."""
        for key in keys:
            before, sent = self.text, time.monotonic()
            self._run("send-keys", "-t", "s", key)
            self._until_still(before, sent)

    def _until_still(self, before: str, sent: float) -> None:
        """Wait until the screen is another one than `before`, and then stays as it is."""
        seen = before
        while (now := time.monotonic()) < sent + MOST:
            time.sleep(_LOOK)
            last, seen = seen, self.text
            if seen == last and (seen != before or now > sent + REACTION):
                return

    def type(self, text: str) -> None:
        """Type `text` letter by letter."""
        self._run("send-keys", "-t", "s", "-l", text)
