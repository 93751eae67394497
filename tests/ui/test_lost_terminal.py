"""What is written to a terminal that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from textual.drivers._writer_thread import WriterThread

from s3tui.ui import lost_terminal

pytestmark = pytest.mark.long


def test_a_closed_terminal_holds_nobody() -> None:
    lost_terminal.survive()
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        os.close(master)
        writer = WriterThread(terminal)
        writer.start()

        def write_and_stop() -> None:
            for _ in range(100):  # more than its queue takes
                writer.write("x" * 10_000)
            writer.stop()

        program = threading.Thread(target=write_and_stop, daemon=True)
        program.start()
        program.join(90)
        assert not program.is_alive()
        assert not writer.is_alive()


def test_without_a_signal_it_ends_too(tmp_path: Path) -> None:
    """The terminal doesn't control the program, so nobody tells it that it is closed."""
    master, slave = os.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    program = subprocess.Popen(
        [sys.executable, "-m", "s3tui"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
    )
    os.close(slave)
    try:
        painted = b""
        while b"Choose a profile" not in painted:
            painted += os.read(master, 65_536)
        os.close(master)
        assert program.wait(90) in (1, 120)  # 120: Python had something left to write to it at the very end
    finally:
        program.kill()
        program.wait()
