"""Transfers in processes of their own, and those processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3tui import folders
from s3tui.transfers import movers
from s3tui.transfers.journal import Journal
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue, Transfer
from tests.s3.processes import eventually
from tests.transfers.proxy import Asked, Proxy


def children(of: int) -> list[int]:
    """Movers that live."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended
        if int(parent) == of and b"_mover" in command.replace(b".mover", b"_mover") and state != "Z":
            found.append(int(process.name))
    return found


def kill_mover() -> None:
    [child] = children(os.getpid())
    os.kill(child, signal.SIGKILL)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setattr(movers, "PROGRAM", "tests.transfers.hasty_mover")
    queue = Queue(None, Journal(folders.transfers_folder()), places=apart)
    yield queue
    queue.close()
    eventually(lambda: not children(os.getpid()))


def ended(transfer: Transfer) -> str:
    transfer.future.result(60)
    return transfer.state


def part(number: int) -> Callable[[Asked], bool]:
    return lambda asked: f"partNumber={number}&" in f"{asked.path}&" and asked.method == "PUT"


def gets(proxy: Proxy) -> list[Asked]:
    return [asked for asked in proxy.asked if asked.method == "GET" and "image.iso" in asked.path]
