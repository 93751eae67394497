"""Child processes let the screen go first: in sessions of their own, which are nice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3tui.s3 import processes, standing_back
from tests.s3.processes import eventually


@pytest.mark.parametrize("module", ["s3tui.s3.lister", "s3tui.s3.listing_child", "s3tui.transfers.mover"])
def test_a_child_is_alone_in_a_session_that_is_nice(module: str) -> None:
    process = processes.start(module)
    try:
        assert os.getsid(process.pid) == process.pid
        here = os.getpriority(os.PRIO_PROCESS, 0)
        eventually(lambda: os.getpriority(os.PRIO_PROCESS, process.pid) > here)
        group = Path(f"/proc/{process.pid}/autogroup")
        if group.exists() and group.read_text():  # empty where sessions don't count
            eventually(lambda: group.read_text().endswith("nice 10\n"))
    finally:
        processes.end(process)


@pytest.mark.parametrize(
    ("refusals", "written"),
    [
        ([], 1),
        ([BlockingIOError(), BlockingIOError()], 3),
        ([BlockingIOError() for _ in range(100)], standing_back._TRIES),
        ([FileNotFoundError()], 1),
        ([PermissionError()], 1),
    ],
)
def test_it_is_tried_again_only_when_another_process_was_first(
    refusals: list[OSError], written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def write(path: Path, text: str) -> int:
        tried.append(f"{path} {text}")
        if refusals:
            raise refusals.pop(0)
        return len(text)

    monkeypatch.setattr(Path, "write_text", write)
    monkeypatch.setattr("time.sleep", lambda _: None)
    standing_back._let_session_stand_back()
    assert tried == ["/proc/self/autogroup 10"] * written
