"""A process that is killed in the middle of 200 MiB, again and again, and another that goes on."""

from __future__ import annotations

import filecmp
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import uploads
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.progress import Progress
from s3tui.transfers.upload import UploadRequest
from tests.servers.conftest import Place, note
from tests.servers.launch import OWNER
from tests.transfers import proxy as proxies
from tests.transfers.killed import KeptNotes, run_until_killed
from tests.transfers.proxy import Asked, Proxy

MIB = 1 << 20
PART = 8 * MIB
COUNT = 25
KILLS = (3, 11, 19)  # as these parts are asked for


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """200 MiB in which no two parts are the same."""
    monkeypatch.setattr(parts, "PART_SIZE", PART)
    path = tmp_path / "image.iso"
    path.write_bytes(os.urandom(COUNT * PART))
    yield path
    path.unlink()


def part_of(asked: Asked) -> int:
    """The number of the part that is sent or asked for; 0 for another request."""
    sent = re.search(r"[?&]partNumber=(\d+)", asked.path) if asked.method == "PUT" else None
    ranged = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("range", ""))
    if sent:
        return int(sent[1])
    return int(ranged[1]) // PART + 1 if ranged and ranged[2] != "0" else 0


def move(proxy: Proxy, place: Place, what: str, path: Path, uri: S3Uri) -> list[int]:
    """Kill it three times, then let it end; the numbers of all parts that were asked to move."""
    noted = path.with_suffix(f".{what}")
    for number in KILLS:

        def when(asked: Asked, number: int = number) -> bool:
            return part_of(asked) == number

        run_until_killed(proxy, what, path, uri, noted, when, False, PART, OWNER)
    request = UploadRequest(path, uri) if what == "upload" else DownloadRequest(uri, path)
    connection = place.server.connection(endpoint=proxy.endpoint)
    assert request.run(connection, Progress(), CancelToken(), KeptNotes(noted)).state == "verified"
    moved = [number for asked in proxy.asked if (number := part_of(asked))]
    proxy.asked.clear()
    return moved


@pytest.mark.capability("goes on after a kill")
@pytest.mark.needs("room")
def test_killed_three_times_it_arrives_whole(place: Place, image: Path) -> None:
    uri, back = place.at("isos/image.iso"), image.with_name("back.iso")
    with proxies.running(place.server.endpoint) as proxy:
        sent = move(proxy, place, "upload", image, uri)
        received = move(proxy, place, "download", back, uri)
    assert filecmp.cmp(image, back, shallow=False)
    back.unlink()
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()
    assert not list(image.parent.glob(".*.part"))
    for moved in (sent, received):
        # Only what was in flight when it was killed moves again.
        assert set(moved) == set(range(1, COUNT + 1)) and len(moved) - COUNT <= len(KILLS) * parts.AT_ONCE
    note(
        f"{place.server.name}, killed {len(KILLS)} times in {COUNT} parts: {len(sent) - COUNT} sent again, "
        f"{len(received) - COUNT} received again"
    )
