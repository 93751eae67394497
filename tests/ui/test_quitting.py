"""Quitting takes less than two seconds, whatever the endpoint does."""

from __future__ import annotations

import os
import socket
import sys
import time

from tests.terminal import Terminal

LIMIT = 2.0  # s; DESIGN 3.1


def test_quitting_while_the_endpoint_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        port = silent.getsockname()[1]
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }
        with Terminal([sys.executable, "-m", "s3tui", "s3://somewhere/"], environment) as terminal:
            terminal.wait_for("Listing s3://somewhere/")
            silent.settimeout(20)
            connection, _ = silent.accept()  # the request is under way
            terminal.press("q")
            pressed = time.monotonic()
            assert terminal.wait_for_exit(20) == 0
            assert time.monotonic() - pressed < LIMIT
            connection.close()
