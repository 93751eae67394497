"""Listings that are read for the screen in a process of their own: the same rows, whatever becomes of that process."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.s3 import apart, errors, lister, listing, listing_child
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.deleted import WithDeleted
from s3tui.s3.fan_out import Plan
from s3tui.s3.lister import Ended, Lister
from s3tui.s3.listing import Listing
from s3tui.s3.packed import Packed, pack
from tests.s3.listing_server import FOREVER, Bucket, denied, listing_server, slow
from tests.s3.processes import children_of, eventually
from tests.s3.stub_server import Stub

KEYS = [f"logs/{number:06}.gz" for number in range(40_000)]
SECRET = "a-very-secret-key-of-the-test"
SLOWLY = ((range(1, FOREVER), slow(0.02)),)


def keys_of(read: Listing) -> list[str]:
    return [read.columns.key(row) for row in range(len(read.columns))]


class Run:
    """A listing that is read in a thread of its own."""

    def __init__(self, server: Stub, read: Listing | None = None) -> None:
        self.connection = Connection(server.profile)
        self.listing = read or Listing("bucket", "", "")
        self.token = CancelToken()
        self.outcome: BaseException | None = None
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        try:
            apart.read(self.listing, self.connection, self.token)
        except BaseException as error:
            self.outcome = error

    def begin(self) -> int:
        """Start it, and wait until its process hands over rows; its number."""
        self.thread.start()
        eventually(lambda: len(self.listing.columns) > 5000)
        # A process that is about to become a child of the lister has the lister's arguments for a moment.
        eventually(lambda: len(children_of(os.getpid(), "lister")) == 1)
        return children_of(os.getpid(), "lister")[0]

    def end(self) -> None:
        self.thread.join(60)
        assert not self.thread.is_alive()
        assert children_of(os.getpid(), "lister") == []
        assert self.listing.listed == len(self.listing.columns) + self.listing.plan.rows_waiting


@pytest.fixture
def server() -> Iterator[Stub]:
    with listing_server(Bucket(KEYS, faults=SLOWLY)) as running:
        yield running


def test_a_long_list_is_whole_and_each_request_of_it_is_logged(server: Stub) -> None:
    run = Run(server)
    run.begin()
    run.end()
    assert run.outcome is None
    assert keys_of(run.listing) == KEYS
    assert run.listing.completeness.is_complete
    log = run.connection.log.newest()
    assert len(KEYS) / 1000 <= len(log) <= len(server.asked)
    assert {(entry.operation, entry.bucket, entry.status) for entry in log} == {("ListObjectsV2", "bucket", 200)}


def test_more_pages_than_go_at_once_go_in_several_messages() -> None:
    with listing_server(Bucket(KEYS[:3000])) as running:
        whole = Listing("bucket", "", "")
        listing.read(whole, Connection(running.profile))
    out, got, sizes, listed = io.BytesIO(), Columns(), [], []
    sender = Lister(io.BytesIO(), out)
    sender._plan, sender._base = whole.plan, 0
    sender._pages = [whole.columns.part(row, row + 25) for row in range(0, 3000, 25)]
    sender.send_rows()
    out.seek(0)
    while out.tell() < len(out.getvalue()):
        message = listing_child.read(out)
        rows = Packed(memoryview(out.read(message.size)))
        sizes.append(len(rows))
        rows.add_to(got)
        listed.append(len(got) + message.waiting)
    assert sizes == [1250, 1250, 500]
    assert listed == [3000, 3000, 3000]
    assert [got.key(row) for row in range(len(got))] == KEYS[:3000]


def test_a_short_list_starts_no_process() -> None:
    with listing_server(Bucket(KEYS[:4500])) as running:
        read, children = Listing("bucket", "", ""), list[int]()
        apart.read(read, Connection(running.profile), on_page=lambda _: children.extend(children_of(os.getpid(), "")))
    assert children == []
    assert keys_of(read) == KEYS[:4500]


def test_deleted_keys_and_prefixes_come_over_the_same_way() -> None:
    folders = [f"f{number:05}/x" for number in range(20_000)]
    history = dict.fromkeys(folders[::7], ("marker", "version"))
    with listing_server(Bucket(folders, history=history)) as running:
        level, deleted = Listing("bucket", "", "/"), WithDeleted("bucket", "", "")
        apart.read(level, Connection(running.profile))
        apart.read(deleted, Connection(running.profile))
    assert keys_of(level) == [key[:-1] for key in folders if key not in history]
    assert keys_of(deleted) == folders
    assert deleted.deleted_count == len(history)


def test_a_lister_that_is_killed_takes_nothing_with_it(server: Stub) -> None:
    run = Run(server)
    os.kill(run.begin(), signal.SIGKILL)
    run.end()
    assert run.outcome is None
    assert keys_of(run.listing) == KEYS
    assert run.listing.completeness.is_complete


def test_where_no_process_can_be_started_the_list_is_read_all_the_same(
    server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    read = Listing("bucket", "logs/01", "")
    apart.read(read, Connection(server.profile))
    assert keys_of(read) == [key for key in KEYS if key.startswith("logs/01")]


def test_a_lister_that_dies_at_once_is_done_without(
    server: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    read = Listing("bucket", "logs/01", "")
    apart.read(read, Connection(server.profile))
    assert keys_of(read) == [key for key in KEYS if key.startswith("logs/01")]


def test_cancelling_ends_it_and_the_list_goes_on_where_it_stopped(server: Stub) -> None:
    run = Run(server)
    run.begin()
    run.token.cancel()
    run.end()
    assert isinstance(run.outcome, Cancelled)
    assert str(run.listing.completeness) == "stopped: cancelled"
    had, taken, asked = keys_of(run.listing), run.listing.plan.rows, len(server.asked)
    assert had == KEYS[: len(had)]
    apart.read(run.listing, run.connection)
    assert keys_of(run.listing) == KEYS
    assert run.listing.completeness.is_complete
    assert len(server.asked) - asked < (len(KEYS) - taken) / 1000 * 1.5 + 48  # not from the start again


def test_what_was_fetched_ahead_of_a_cancelled_list_is_kept() -> None:
    """Pages that came over a pipe lie where they came, which no other process can be sent."""
    plan = Plan(b"")
    with listing_server(Bucket(KEYS[:5000])) as running:
        whole = Listing("bucket", "", "")
        listing.read(whole, Connection(running.profile))
    page = Packed(memoryview(b"".join(pack(whole.columns.part(0, 1000))))).columns
    segment = plan.next_work(1)
    assert segment
    plan.take(segment, page, True, {"continuation-token": "next"})
    arrived = pickle.loads(pickle.dumps(Ended(plan))).plan
    assert arrived.rows_waiting == 1000
    assert [page.keys() for page in arrived.ready()] == [KEYS[:1000]]


def test_one_that_hangs_is_not_waited_for_when_it_is_cancelled(server: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_LAST_WORDS", 0.2)
    run = Run(server)
    os.kill(run.begin(), signal.SIGSTOP)
    run.token.cancel()
    run.end()
    assert isinstance(run.outcome, Cancelled)
    listing.read(run.listing, run.connection)
    assert keys_of(run.listing) == KEYS


def test_a_failure_in_the_middle_is_this_process_s_own() -> None:
    with listing_server(Bucket(KEYS, faults=((range(20, FOREVER), denied),))) as server:
        read = Listing("bucket", "", "")
        with pytest.raises(errors.AccessDenied):
            apart.read(read, Connection(server.profile))
    assert read.completeness.state == "stopped"
    had = keys_of(read)
    assert len(had) >= 5000
    assert had == KEYS[: len(had)]


def test_it_finds_keys_neither_in_its_arguments_nor_in_its_environment(
    server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    remember("stub", Keys("AKIATEST", SECRET))
    run = Run(server)
    lister = run.begin()
    for process in (lister, *children_of(lister)):
        for file in ("cmdline", "environ"):
            assert SECRET.encode() not in Path(f"/proc/{process}/{file}").read_bytes()
    run.end()
    assert run.outcome is None


def test_it_ends_with_a_parent_that_is_killed(server: Stub) -> None:
    program = textwrap.dedent(
        f"""
        from s3tui.profiles.credentials import Keys, remember
        from s3tui.profiles.model import Profile
        from s3tui.s3 import apart, listing
        from s3tui.s3.client import Connection

        remember("stub", Keys("id", "secret"))
        profile = Profile("stub", endpoint={server.endpoint!r}, region="us-east-1", credentials="session")
        for _ in range(100):
            apart.read(listing.Listing("bucket", "", ""), Connection(profile))
        """
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        eventually(lambda: len(children_of(parent.pid)) == lister._CHILDREN)
        orphans = children_of(parent.pid, "s3tui.s3")
        assert len(orphans) == 1 + lister._CHILDREN
        parent.kill()
        parent.wait()
    eventually(lambda: not any(Path(f"/proc/{orphan}").exists() for orphan in orphans))
