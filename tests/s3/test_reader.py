"""The child processes of a long listing: what they know, how they end, and that nothing is lost when they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import listing, page_source
from s3tui.s3.client import Connection
from s3tui.s3.listing import Listing
from tests.s3.listing_server import FOREVER, Bucket, listing_server, slow, slow_down
from tests.s3.processes import children_of, eventually
from tests.s3.stub_server import Stub

KEYS = [f"logs/{number:06}.gz" for number in range(40_000)]
SECRET = "a-very-secret-key-of-the-test"
SLOWLY = ((range(1, FOREVER), slow(0.02)),)


def keys_of(read: Listing) -> list[str]:
    return [read.columns.key(row) for row in range(len(read.columns))]


class Run:
    """A listing that is read in a thread of its own."""

    def __init__(self, server: Stub, prefix: str = "") -> None:
        self.connection = Connection(server.profile)
        self.listing = Listing("bucket", prefix, "")
        self.token = CancelToken()
        self.outcome: BaseException | None = None
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        try:
            listing.read(self.listing, self.connection, self.token)
        except BaseException as error:
            self.outcome = error

    def begin(self) -> list[int]:
        """Start it, and wait until its children are at work."""
        self.thread = threading.Thread(target=self._read, daemon=True)
        before = self.listing.plan.requests
        self.thread.start()
        eventually(lambda: len(children_of(os.getpid())) == 2 and self.listing.plan.requests > before + 8)
        return children_of(os.getpid())

    def end(self) -> None:
        self.thread.join(60)
        assert not self.thread.is_alive()


@pytest.fixture
def server() -> Iterator[Stub]:
    with listing_server(Bucket(KEYS, faults=SLOWLY)) as running:
        yield running


def test_a_short_list_starts_no_process() -> None:
    with listing_server(Bucket(KEYS[:4500])) as running:
        run = Run(running)
        children: list[int] = []
        listing.read(run.listing, run.connection, on_page=lambda _: children.extend(children_of(os.getpid())))
    assert children == []
    assert keys_of(run.listing) == KEYS[:4500]


def test_children_find_keys_neither_in_their_arguments_nor_in_their_environment(
    server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("S3TUI_TEST_PASSWORD", SECRET)
    remember("stub", Keys("AKIATEST", SECRET))
    run = Run(server)
    for child in run.begin():
        for file in ("cmdline", "environ"):
            held = Path(f"/proc/{child}/{file}").read_bytes()
            assert SECRET.encode() not in held
            assert b"AKIATEST" not in held
    run.end()
    assert run.outcome is None
    assert keys_of(run.listing) == KEYS


def test_when_the_list_is_read_no_child_is_left(server: Stub) -> None:
    run = Run(server)
    run.begin()
    run.end()
    assert children_of(os.getpid()) == []


def test_a_child_that_is_killed_takes_nothing_with_it(server: Stub) -> None:
    run = Run(server)
    os.kill(run.begin()[0], signal.SIGKILL)
    run.end()
    assert run.outcome is None
    assert keys_of(run.listing) == KEYS


def test_without_any_child_the_list_is_read_all_the_same(server: Stub) -> None:
    run = Run(server)
    for child in run.begin():
        os.kill(child, signal.SIGKILL)
    run.end()
    assert run.outcome is None
    assert keys_of(run.listing) == KEYS


def test_where_no_process_can_be_started_the_list_is_read_all_the_same(
    server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    read = Listing("bucket", "logs/01", "")
    listing.read(read, Connection(server.profile))
    assert keys_of(read) == [key for key in KEYS if key.startswith("logs/01")]


def test_cancelling_ends_the_children_and_the_list_goes_on_where_it_stopped(server: Stub) -> None:
    run = Run(server)
    run.begin()
    run.token.cancel()
    run.end()
    assert isinstance(run.outcome, Cancelled)
    assert children_of(os.getpid()) == []
    assert str(run.listing.completeness) == "stopped: cancelled"
    had, asked = keys_of(run.listing), len(server.asked)
    assert had == KEYS[: len(had)]
    taken = run.listing.plan.rows
    assert taken < len(KEYS)
    run.token, run.outcome = CancelToken(), None
    listing.read(run.listing, run.connection)
    assert keys_of(run.listing) == KEYS
    assert run.listing.completeness.is_complete
    # Not from the start again: what had come was kept.
    assert len(server.asked) - asked < (len(KEYS) - taken) / 1000 * 1.5 + 2 * page_source.MOST_STREAMS


def test_children_end_with_a_parent_that_is_killed(server: Stub) -> None:
    program = textwrap.dedent(
        f"""
        from s3tui.profiles.credentials import Keys, remember
        from s3tui.profiles.model import Profile
        from s3tui.s3 import listing
        from s3tui.s3.client import Connection

        remember("stub", Keys("id", "secret"))
        profile = Profile("stub", endpoint={server.endpoint!r}, region="us-east-1", credentials="session")
        for _ in range(100):
            listing.read(listing.Listing("bucket", "", ""), Connection(profile))
        """
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        eventually(lambda: len(children_of(parent.pid)) == 2)
        orphans = children_of(parent.pid)
        parent.kill()
        parent.wait()
    eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in orphans))


def test_asked_to_slow_down_it_goes_on_in_one_stream() -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def counted(page: object) -> object:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return page.answer()  # type: ignore[attr-defined]

    keys = [f"logs/{number:06}.gz" for number in range(100_000)]
    hearing = (range(33, 60), slow(0.1))  # on a busy machine it takes a while until the refusals are heard
    faults = ((range(1, 30), slow(0.02)), (range(30, 33), slow_down), hearing, (range(60, FOREVER), counted))
    with listing_server(Bucket(keys, faults=faults)) as running:  # type: ignore[arg-type]
        run = Run(running)
        listing.read(run.listing, run.connection)
    assert keys_of(run.listing) == keys
    assert most == 1


def test_a_profile_can_ask_for_one_page_at_a_time(server: Stub) -> None:
    profile = Profile(
        "stub", endpoint=server.endpoint, region="us-east-1", credentials="session", parallel_listing=False
    )
    read = Listing("bucket", "", "")
    listing.read(read, Connection(profile))
    assert keys_of(read) == KEYS
    assert len(server.asked) == len(KEYS) / 1000
    assert not any("start-after" in asked.path for asked in server.asked)


def test_s3_express_is_asked_for_one_page_at_a_time(server: Stub) -> None:
    """It knows no StartAfter, and its sessions are botocore's."""
    read = Listing("bucket--use1-az5--x-s3", "", "")
    listing.read(read, Connection(server.profile))
    assert keys_of(read) == KEYS
    begins, *pages = server.asked
    assert "?session" in begins.path
    assert len(pages) == len(KEYS) / 1000
    assert not any("start-after" in asked.path for asked in pages)
    assert all("/s3express/" in asked.headers["authorization"] for asked in pages)


def test_every_page_is_in_the_request_log(server: Stub) -> None:
    connection = Connection(server.profile)
    assert sum(map(len, listing.stream(connection, "bucket"))) == len(KEYS)
    log = connection.log.newest()
    assert len(log) <= len(server.asked)  # what was on its way when the list was whole isn't there
    assert len(log) >= len(KEYS) / 1000
    assert {entry.operation for entry in log} == {"ListObjectsV2"}


def test_versions_come_over_many_streams_too() -> None:
    keys = [f"k{number:05}" for number in range(30_000)]
    history = dict.fromkeys(keys[::7], ("marker", "version", "version"))
    with listing_server(Bucket(keys, history=history, faults=SLOWLY)) as running:
        found = [
            (page.key(row), page.kind(row))
            for page in listing.stream(Connection(running.profile), "bucket", versions=True)
            for row in range(len(page))
        ]
    assert len(found) == 30_000 + 2 * len(history)
    assert [key for key, _ in found] == sorted(key for key, _ in found)
    assert sum(kind == 3 for _, kind in found) == len(history)
