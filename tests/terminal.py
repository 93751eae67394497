"""The program in a pseudo terminal: what it writes is kept raw and drawn on an emulated screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

PATIENCE = 90.0  # s; only a test that fails waits so long
REACTION = 1.0  # s in which a key shows, or changes nothing that can be seen
QUIET = 0.12  # s without output: what a key led to has been painted; a blinking cursor is slower than that
MOST = 1.5  # s for a key; a progress that is painted again and again is never quiet
# Escape as terminals send it that have the protocol which Textual asks for: the bare byte would be Alt together with
# the next key, when both are read at once.
KEYS = {
    "Enter": "\r", "Escape": "\x1b[27u", "Tab": "\t", "Shift+Tab": "\x1b[Z", "Backspace": "\x7f",
    "Down": "\x1b[B", "Up": "\x1b[A", "Right": "\x1b[C", "Left": "\x1b[D", "PageDown": "\x1b[6~", "End": "\x1b[F",
    "Ctrl+C": "\x03", "Ctrl+G": "\x07", "Ctrl+L": "\x0c", "Ctrl+O": "\x0f", "Ctrl+P": "\x10", "Ctrl+Q": "\x11",
    "Ctrl+S": "\x13", "Ctrl+U": "\x15", "Ctrl+X": "\x18", "F2": "\x1bOQ",
}  # fmt: skip


class Terminal:
    """A program running in a pty of `columns` x `rows`."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 120, rows: int = 40
    ) -> None:
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # COLUMNS and LINES, which pytest-xdist sets, would be believed before the terminal.
            clean = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
            os.execvpe(command[0], list(command), {**clean, "TERM": "xterm-256color"})

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def text(self) -> str:
        """The screen as it stands."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def read(self, seconds: float) -> bool:
        """Take in what the program writes for up to `seconds`; False when it has closed the terminal."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                break
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.raw += data
            self._stream.feed(data)
        return True

    def wait_for(self, text: str) -> None:
        """Wait until `text` stands on the screen, and nothing moves any more."""
        self.wait_until(lambda: text in self.text, f"“{text}”")
        self._until_quiet(0)

    def wait_until(self, condition: Callable[[], object], what: str = "What was waited for") -> None:
        """Wait until `condition()` holds. Fails when the program ends before."""
        end = time.monotonic() + PATIENCE
        is_open = True
        while not condition():
            if time.monotonic() > end or not is_open:
                raise AssertionError(f"{what} never came. The screen:\n{self.text}")
            is_open = self.read(0.1)  # what it wrote last counts, too

    def press(self, *keys: str) -> None:
        """Type keys by name (`Enter`, `Ctrl+G`) or as text, each when the program has shown what the last one did."""
        for key in keys:
            self.send(key)
            self._until_quiet(REACTION)

    def _until_quiet(self, reaction: float) -> None:
        """Read until something was written, for up to `reaction` seconds, and then nothing for a moment."""
        begun = changed = time.monotonic()
        before = length = len(self.raw)
        while self.read(QUIET / 2):
            now = time.monotonic()
            if len(self.raw) != length:
                length, changed = len(self.raw), now
            patience = QUIET if length > before else max(reaction, QUIET)
            if now - changed > patience or now - begun > MOST:
                return

    def send(self, key: str) -> None:
        """Type a key or a text, and don't wait for what comes of it."""
        os.write(self._master, KEYS.get(key, key).encode())

    def wait_for_exit(self) -> int:
        """The exit code."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                self.read(1)  # what it wrote last
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"Still running after {PATIENCE} s. The screen:\n{self.text}")

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self._master)
