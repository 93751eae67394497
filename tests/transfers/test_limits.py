"""Limits that were set hold for later runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3tui.cli.moving import Moving
from s3tui.folders import transfers_folder
from s3tui.transfers.failures import LocalFailure
from s3tui.transfers.limits import Limits, remember, remembered
from s3tui.transfers.queue import AT_ONCE


def test_a_command_keeps_to_what_was_set() -> None:
    assert remembered(transfers_folder()) == Limits(AT_ONCE, None)
    remember(transfers_folder(), Limits(7, 1 << 20))
    queue = Moving(as_json=False).queue
    assert (queue.at_once, queue.bandwidth.limit) == (7, 1 << 20)
    remember(transfers_folder(), Limits(2))
    assert remembered(transfers_folder()) == Limits(2, None)
    assert [path.name for path in transfers_folder().iterdir() if "limits" in path.name] == ["limits.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '{"at_once": 0}', '{"at_once": true, "bandwidth": "fast"}', '{"bandwidth": -1}', "\udcff"]
)
def test_a_file_that_makes_no_sense_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "limits.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert remembered(tmp_path) == Limits()


def test_what_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LocalFailure):
        remember(tmp_path / "file", Limits(2))
