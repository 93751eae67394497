"""Starting a foreign program as a daemon of the tests: its own folder, its own ports, and it never outlives us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

PATIENCE = 90.0  # seconds until a server counts as not starting
_TIDY = 10.0  # seconds that a program may take to end
_PR_SET_PDEATHSIG = 1


class NotStarted(Exception):
    """The program ended, or was not ready in time; says what it printed last."""


def program(name: str) -> str | None:
    """The path of `name` beside this Python (installed by pip) or on the search path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on, nor ten thousand above, where some programs put their gRPC."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20000, 30000)
        if port not in found and _is_free(port) and _is_free(port + 10000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


class Daemon:
    """A program in `folder`, which can be stopped and started in the middle; what it prints goes to `folder/name.log`."""

    def __init__(self, folder: Path, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command, self.log = command, folder / f"{name}.log"
        self._folder = folder
        clean = {
            variable: value
            for variable, value in os.environ.items()
            if not variable.startswith("AWS_") and not variable.lower().endswith("_proxy")
        }
        self._environment = {**clean, "HOME": str(folder), **environment}
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )

    def stop(self) -> None:
        """Let it end as whoever looks after it would: of a gateway that is killed, Ceph waits half a minute for a word."""
        self._process.terminate()
        try:
            self._process.wait(_TIDY)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It goes on taking connections, since the kernel does that, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None


@contextlib.contextmanager
def daemon(folder: Path, name: str, *command: str, **environment: str) -> Iterator[Daemon]:
    """Run `command` in `folder` until the block ends."""
    made = Daemon(folder, name, command, environment)
    try:
        yield made
    finally:
        made.kill()  # nothing of it is worth a tidy end


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], process: Daemon) -> None:
    """Ask `ready` until it says yes. Raises `NotStarted` when `process` ends or `PATIENCE` is over."""
    end = time.monotonic() + PATIENCE
    while not ready():
        if process.has_ended or time.monotonic() > end:
            said = process.log.read_text(errors="replace")[-800:]
            raise NotStarted(f"{process.command!r} is not ready:\n{said}")
        time.sleep(0.2)


def listens(port: int) -> bool:
    """Whether someone answers on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
