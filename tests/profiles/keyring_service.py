"""A real Secret Service (GNOME Keyring on a D-Bus of its own), without a screen, gone after the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL = "apt-get install --no-install-recommends gnome-keyring dbus"
BACKEND = "keyring.backends.SecretService.Keyring"
# Without the line end, which would be part of the password. The `cat` keeps the bus until its input is closed.
_SCRIPT = """
printf %s test-password | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
"""


@dataclass
class SecretService:
    """A running service; `address` is that of its bus."""

    address: str
    daemon: int  # process id of gnome-keyring-daemon

    def lock(self) -> None:
        """Lock the collection. No dialog can be shown here, so it stays locked."""
        import secretstorage

        bus = secretstorage.dbus_init()
        secretstorage.get_default_collection(bus).lock()
        bus.close()

    def freeze(self) -> None:
        """Let it take requests and never answer."""
        os.kill(self.daemon, signal.SIGSTOP)


def must_be_installed() -> None:
    """Fail with what to install, unless S3TUI_WITHOUT_KEYRING=1 says that this machine has none."""
    if shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session"):
        return
    if os.environ.get("S3TUI_WITHOUT_KEYRING") == "1":
        pytest.skip("not run: S3TUI_WITHOUT_KEYRING=1 and no gnome-keyring-daemon here")
    pytest.fail(f"This test needs a Secret Service: {INSTALL} (or set S3TUI_WITHOUT_KEYRING=1)")


@contextmanager
def running(folder: Path) -> Iterator[SecretService]:
    """A service whose keyring lies in `folder`, unlocked and empty."""
    must_be_installed()
    places = {name: folder / name.lower() for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    for place in places.values():
        place.mkdir(mode=0o700, parents=True)
    # Sockets are in here: where their paths have just the length that some fit and others don't, it never starts.
    places["XDG_RUNTIME_DIR"] = Path(tempfile.mkdtemp(prefix="s3tui-"))
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNOME_KEYRING_CONTROL")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    session = subprocess.Popen(
        ["dbus-run-session", "--", "sh", "-c", _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | {name: str(place) for name, place in places.items()},
        text=True,
    )
    assert session.stdout is not None and session.stdin is not None
    daemon = 0
    try:
        address = session.stdout.readline().strip()
        daemon = _owner_of_secrets(address)
        yield SecretService(address, daemon)
    finally:
        session.stdin.close()
        session.wait(10)
        session.stdout.close()
        if daemon:
            with suppress(ProcessLookupError):  # it goes with its bus, unless the test froze it
                os.kill(daemon, signal.SIGKILL)
        shutil.rmtree(places["XDG_RUNTIME_DIR"], ignore_errors=True)


@contextmanager
def in_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A service of this test alone, with keyring, here and in child processes, pointed at it."""
    from keyring import core

    with running(folder) as service:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", BACKEND)
        core.init_backend()
        yield service
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        core.init_backend()


def _owner_of_secrets(address: str) -> int:
    """The process id of the service on that bus, as soon as it is there."""
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection
    from jeepney.low_level import MessageType

    bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    with open_dbus_connection(address) as connection:
        for _ in range(1800):
            asked = new_method_call(bus, "GetConnectionUnixProcessID", "s", ("org.freedesktop.secrets",))
            answer = connection.send_and_get_reply(asked)
            if answer.header.message_type is MessageType.method_return:
                return int(answer.body[0])
            time.sleep(0.05)
    pytest.fail("gnome-keyring-daemon did not start within 90 s")
