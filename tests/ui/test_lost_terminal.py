"""What is written to a terminal that is gone."""

from __future__ import annotations

import os
import threading

from textual.drivers._writer_thread import WriterThread

from s3tui.ui import lost_terminal


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
