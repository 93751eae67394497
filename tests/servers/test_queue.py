"""The queue on real servers: an upload and a download that were paused in the middle go on in another run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.s3 import uploads
from s3tui.transfers import movers, parts
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest
from tests.servers.conftest import Place

MIB = 1 << 20


def reached(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("never happened")


def pause_and_resume(place: Place, request: Request, folder: Path) -> None:
    first = Queue(journal=Journal(folder))
    first.bandwidth.limit = 1  # it stands still after what it had in hand
    transfer = first.submit(place.connection, request)
    reached(lambda: first.view(transfer).done > 0)
    assert first.pause_all(60) and transfer.state == "paused"
    first.journal.close()
    second = Queue(journal=Journal(folder), connect=lambda _: place.connection)
    assert second.load() == 1 == second.resume()
    resumed = second.rows()[-1]
    resumed.future.result(60)
    assert (resumed.state, resumed.row.left) == ("verified", False), resumed.why
    second.journal.close()


@pytest.mark.capability("multipart")
def test_what_was_paused_in_the_middle_goes_on_in_another_run(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)
    path, back = tmp_path / "large.iso", tmp_path / "back.iso"
    path.write_bytes(os.urandom(11 * MIB + 7))
    for request in (UploadRequest(path, place.at("large.iso")), DownloadRequest(place.at("large.iso"), back)):
        pause_and_resume(place, request, tmp_path / "transfers")
    assert back.read_bytes() == path.read_bytes()
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()


@pytest.mark.capability("multipart")
def test_a_mover_that_was_killed_loses_nothing(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movers, "PROGRAM", "tests.transfers.hasty_mover")
    path, back = tmp_path / "large.iso", tmp_path / "back.iso"
    path.write_bytes(os.urandom(11 * MIB + 7))
    queue = Queue(places=apart)
    for request in (UploadRequest(path, place.at("large.iso")), DownloadRequest(place.at("large.iso"), back)):
        queue.bandwidth.limit = 1
        transfer = queue.submit(place.connection, request)
        reached(lambda: queue.view(transfer).done > 0)  # noqa: B023
        queue.close()
        transfer.future.result(60)
        assert transfer.state == "paused" and "killed" in transfer.why
        queue.bandwidth.limit = None
        assert queue.resume() == 1
        transfer.future.result(60)
        assert (transfer.state, transfer.row.left) == ("verified", False), transfer.why
    queue.close()
    assert back.read_bytes() == path.read_bytes()
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()
