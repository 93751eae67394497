"""Servers that stop or freeze, bad lines, ends that change in the middle, a full disk, two processes at once.

Whatever happens: nothing is lost, nothing is mixed, and nothing stays behind that the journal doesn't know.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.s3 import errors, objects, session, uploads
from s3tui.s3.client import Connection
from s3tui.transfers import completing, multipart, parts, ranges
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.request import Request
from s3tui.transfers.upload import UploadRequest
from tests.servers.conftest import Place
from tests.servers.launch import OWNER
from tests.servers.test_queue import reached
from tests.transfers import proxy as proxies
from tests.transfers.proxy import Asked, Treatment

MIB = 1 << 20
SIZE = 22 * MIB + 7
# Seconds; for the short form a server may be silent for less than usual. make test-servers FROZEN=60 is the long one.
FROZEN = float(os.environ.get("S3TUI_FROZEN") or 3)


class Story:
    """A file, the place where it goes, the file that comes back, and the queue that moves them."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder = place, folder
        self.path, self.back = folder / "sent" / "image.iso", folder / "received" / "image.iso"
        for path in (self.path, self.back):
            path.parent.mkdir()
        self.path.write_bytes(os.urandom(SIZE))
        self.uri = place.at("isos/image.iso")
        self.queue = Queue(journal=Journal(folder / "transfers"))
        self.connection = place.server.connection()  # a new one: no socket of it is open yet

    @property
    def requests(self) -> tuple[UploadRequest, DownloadRequest]:
        return UploadRequest(self.path, self.uri), DownloadRequest(self.uri, self.back)

    def halfway(
        self, *requests: Request, happens: Callable[[], object] = lambda: None, connection: Connection | None = None
    ) -> list[Transfer]:
        """Submit them, have something happen when some of each has moved, and wait until all have ended."""
        self.queue.bandwidth.limit = 1  # they stand still after what they had in hand
        transfers = [self.queue.submit(connection or self.connection, request) for request in requests]
        reached(lambda: all(view.done > 0 or view.finished for view in map(self.queue.view, transfers)))
        happens()
        self.queue.bandwidth.limit = None
        for transfer in transfers:
            transfer.future.result(120)
        return transfers

    def verified(self, transfers: list[Transfer]) -> None:
        """They have ended well, or do so when they are tried again."""
        for transfer in transfers:
            if transfer.state == "failed":
                assert self.queue.retry([transfer.number]) == 1
                transfer.future.result(120)
            assert transfer.state == "verified", transfer.why

    def is_tidy(self, arrived: bool = True) -> None:
        """Both ends hold what they should, and nothing else."""
        assert uploads.unfinished(self.place.connection, self.place.bucket).uploads == ()
        assert [path.name for path in self.path.parent.iterdir()] == [self.path.name]
        assert [path.name for path in self.back.parent.iterdir()] == ([self.back.name] if arrived else [])
        if arrived:
            assert self.back.read_bytes() == self.path.read_bytes()
        assert not any(row.row.left for row in self.queue.rows())


@pytest.fixture
def story(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """With small parts, and as little patience as the server's fault is short."""
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)
    for module, name in ((multipart, "PART_PAUSES"), (ranges, "PAUSES"), (completing, "SETTLE_PAUSES")):
        monkeypatch.setattr(module, name, (0.1, 0.2, 0.5, 1.0, 2.0))
    if FROZEN < session.READ_SECONDS:
        monkeypatch.setattr(session, "READ_SECONDS", 2)
    made = Story(place, tmp_path)
    yield made
    made.queue.journal.close()


@pytest.mark.capability("faults on the way")
@pytest.mark.needs("restarts")
def test_a_server_that_is_stopped_and_started_in_the_middle(story: Story) -> None:
    upload, download = story.requests
    story.verified(story.halfway(upload))
    again = replace(upload, target=story.place.at("isos/again.iso"))
    story.verified(story.halfway(again, download, happens=story.place.server.restart))
    story.is_tidy()
    assert story.place.read("isos/again.iso") == story.path.read_bytes()


@pytest.mark.capability("faults on the way")
@pytest.mark.needs("room")
def test_a_server_that_freezes_for_longer_than_one_waits(story: Story) -> None:
    daemon = story.place.server.daemon
    assert daemon

    def freeze() -> None:
        daemon.freeze()
        thaw = threading.Timer(FROZEN, daemon.thaw)
        thaw.daemon = True
        thaw.start()

    for request in story.requests:
        try:
            story.verified(story.halfway(request, happens=freeze))
        finally:
            daemon.thaw()
    story.is_tidy()


@contextmanager
def bad_line(story: Story) -> Iterator[Connection]:
    """A connection on which every other request for a part meets with something else."""
    counted = itertools.count()
    happens = itertools.cycle(
        (
            Treatment(instead=(503, b"")),
            Treatment(lose=True),
            Treatment(cut_after=100_001),
            Treatment(change=lambda body: body[:-70_001]),
            Treatment(before=lambda: threading.Event().wait(2.5)),  # until nobody waits any more
        )
    )

    def rule(asked: Asked) -> Treatment | None:
        moves = "partNumber=" in asked.path or ("range" in asked.headers and asked.headers["range"] != "bytes=0-0")
        return next(happens) if moves and next(counted) % 2 else None

    with proxies.running(story.place.server.endpoint) as proxy:
        proxy.rules.append(rule)
        yield story.place.server.connection(endpoint=proxy.endpoint)


@pytest.mark.capability("faults on the way")
@pytest.mark.needs("room")
def test_a_line_that_cuts_delays_truncates_and_answers_503(story: Story) -> None:
    with bad_line(story) as connection:
        for request in story.requests:
            story.verified(story.halfway(request, connection=connection))
    story.is_tidy()


@pytest.mark.capability("faults on the way")
def test_a_file_that_changes_in_the_middle_is_not_mixed(story: Story) -> None:
    upload, download = story.requests

    def change() -> None:
        with story.path.open("r+b") as file:
            file.seek(SIZE - 10)
            file.write(b"changed")

    [transfer] = story.halfway(upload, happens=change)
    assert transfer.state == "failed" and "changed" in transfer.why
    with pytest.raises(errors.NoSuchKey):
        objects.head(story.place.connection, story.uri)
    story.is_tidy(arrived=False)
    for request in (upload, download):
        story.verified(story.halfway(request))
    story.is_tidy()


@pytest.mark.capability("faults on the way")
def test_an_object_that_changes_in_the_middle_is_not_mixed(story: Story) -> None:
    upload, download = story.requests
    story.verified(story.halfway(upload))
    other = os.urandom(SIZE)
    with proxies.running(story.place.server.endpoint) as proxy:
        change = Treatment(before=lambda: story.place.put(story.uri.key, other))
        proxy.once(lambda asked: change if asked.headers.get("range", "").startswith(f"bytes={10 * MIB}-") else None)
        connection = story.place.server.connection(endpoint=proxy.endpoint)
        [transfer] = story.halfway(download, connection=connection)
    assert transfer.state == "failed" and story.place.read(story.uri.key) == other
    story.is_tidy(arrived=False)
    story.path.write_bytes(other)
    story.verified(story.halfway(download))
    story.is_tidy()


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file gets longer than `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.capability("faults on the way")
def test_a_disk_that_gets_full_keeps_what_came_until_there_is_room(story: Story) -> None:
    upload, download = story.requests
    story.verified(story.halfway(upload))
    with full_disk(8 * MIB):
        [transfer] = story.halfway(download)
    assert transfer.state == "failed" and transfer.row.left and not story.back.exists()
    assert len(list(story.back.parent.iterdir())) == 1  # which the journal knows
    story.verified([transfer])
    story.is_tidy()


@pytest.mark.capability("faults on the way")
@pytest.mark.needs("room")
def test_two_processes_with_one_journal_and_one_target(story: Story) -> None:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": OWNER.access_key_id,
        "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key,
        "AWS_DEFAULT_REGION": story.place.server.region,
    }
    command = [sys.executable, "-m", "s3tui", "--endpoint-url", story.place.server.endpoint]
    for words in (("put", str(story.path), str(story.uri)), ("get", str(story.uri), str(story.back))):
        both = [
            subprocess.Popen([*command, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        said = [process.communicate(timeout=120)[0].decode() for process in both]
        ended = sorted(process.returncode for process in both)
        # The second one is kept away, or comes when the first has ended and finds that it exists.
        assert ended == [0, 1] and sum("verified" in words for words in said) == 1, said
    story.is_tidy()
