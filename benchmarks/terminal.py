"""A program in a pseudo terminal, and the moments at which it paints."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence


class Terminal:
    """Starts `command` in a terminal; times are of `time.perf_counter`, in seconds."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int = 120, rows: int = 40):
        self.started = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    def wait_for(self, text: str, seconds: float = 60) -> float:
        """When `text` was painted. Raises `TimeoutError` with the end of what was written."""
        written = b""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            try:
                written += self._read(0.005)
            except EOFError:
                break
            if text.encode() in written:
                return time.perf_counter()
        raise TimeoutError(f"“{text}” was never painted; the last words were {written[-400:]!r}")

    def quiet(self, seconds: float = 0.3) -> None:
        """Wait until nothing was written for so long."""
        while self._read(seconds):
            pass

    def read_for(self, seconds: float) -> None:
        """Take in what is written, as a terminal does, or the program would wait for that."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def send(self, key: str) -> float:
        """Send a key, and say when."""
        sent = time.perf_counter()
        os.write(self._master, key.encode())
        return sent

    def press(self, key: str, quiet: float = 0.04) -> float:
        """Send a key and return how long it took until the last byte of what it painted.

        What is written after a pause of `quiet` seconds belongs to something else.
        """
        sent = last = self.send(key)
        wait = 1.0
        while self._read(wait):
            last, wait = time.perf_counter(), quiet
        return last - sent

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError as error:
            raise EOFError("the program has ended") from error
