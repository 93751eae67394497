"""Leaving: soon, whatever the endpoint does, and without an unfinished upload that is forgotten."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from s3tui.folders import transfers_folder
from s3tui.s3 import uploads
from s3tui.s3.client import Connection
from s3tui.transfers.journal import Journal
from tests.s3.stub_server import Answer, Asked, stub
from tests.terminal import Terminal

pytestmark = pytest.mark.long

LIMIT = 10.0  # s, also on a machine with much to do; an answer of the endpoint would be waited for twice as long


def environment(endpoint: str) -> dict[str, str]:
    return {**os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": endpoint}


def test_quitting_while_the_endpoint_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Terminal([sys.executable, "-m", "s3tui", "s3://somewhere/"], environment(endpoint)) as terminal:
            terminal.wait_for("Listing s3://somewhere/")
            silent.settimeout(20)
            connection, _ = silent.accept()  # the request is under way
            pressed = time.monotonic()
            terminal.send("q")
            assert terminal.wait_for_exit() == 0
            assert time.monotonic() - pressed < LIMIT
            connection.close()


@pytest.mark.parametrize("way", ["q", "SIGTERM"])
def test_leaving_while_an_upload_hangs(way: str, tmp_path: Path) -> None:
    released = threading.Event()
    (tmp_path / "file.txt").write_text("hello")
    os.utime(tmp_path / "file.txt", (0, 0))  # it is pointed out when a file has just been written
    empty = b"<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"

    def answer(asked: Asked) -> Answer:
        if asked.method == "PUT":
            released.wait(60)
        return Answer(404) if asked.method == "HEAD" else Answer(200, empty)

    with (
        stub(answer) as server,
        Terminal([sys.executable, "-m", "s3tui", "s3://somewhere/"], environment(server.endpoint)) as terminal,
    ):
        terminal.wait_for("This bucket is empty")
        terminal.press("u")
        terminal.wait_for("Nothing yet")
        terminal.press(str(tmp_path / "file.txt"), "Enter")
        terminal.wait_for("5 B")
        terminal.press("\x13")  # Ctrl+S
        terminal.wait_until(lambda: any(asked.method == "HEAD" for asked in server.asked))
        terminal.wait_for("This bucket")
        terminal.wait_until(lambda: any(asked.method == "PUT" for asked in server.asked))
        if way == "q":
            terminal.press("q")
            terminal.wait_for("Transfers are running")
        began = time.monotonic()
        if way == "q":
            terminal.send("Enter")  # keeps it for later
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait_for_exit() == (0 if way == "q" else 1)
        assert time.monotonic() - began < LIMIT
        assert b"Not every transfer ended in time: T shows it next time." in terminal.raw
        released.set()


@pytest.mark.parametrize("way", ["keep", "cancel", "SIGTERM", "SIGHUP"])
def test_leaving_in_the_middle_of_an_upload_forgets_nothing(
    way: str, connection: Connection, bucket: str, tmp_path: Path
) -> None:
    image = tmp_path / "big.iso"
    with image.open("wb") as file:
        file.truncate(2 << 30)
    os.utime(image, (0, 0))
    endpoint = connection.profile.endpoint or ""
    with Terminal([sys.executable, "-m", "s3tui", f"s3://{bucket}/"], environment(endpoint)) as terminal:
        terminal.wait_for("This bucket is empty")
        terminal.press("u")
        terminal.wait_for("Nothing yet")
        terminal.press(str(image), "Enter")
        terminal.wait_for("2.0 GiB")
        terminal.press("\x13")  # Ctrl+S
        terminal.wait_until(lambda: uploads.unfinished(connection, bucket).uploads)
        if way in ("keep", "cancel"):
            terminal.wait_for("This bucket")
            terminal.press("q")
            terminal.wait_for("Transfers are running")
            terminal.press(*(["Tab", "Tab"] if way == "cancel" else []), "Enter")
        else:
            os.kill(terminal.pid, getattr(signal, way))
        terminal.wait_for_exit()
        is_late = b"Not every transfer ended in time" in terminal.raw
    journal = Journal(transfers_folder())
    if is_late:  # on a machine with much to do; the next start sees that nobody runs it, if it has not ended after all
        journal.changes()
    (row,) = journal.since(-1).rows
    left = uploads.unfinished(connection, bucket).uploads
    if way == "cancel" and not (is_late and row.state == "paused"):
        assert row.state == "cancelled" and not left
    else:
        assert row.state == "paused" and row.left == bool(left)
    journal.close()
