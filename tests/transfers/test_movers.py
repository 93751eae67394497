"""Transfers in processes of their own: the same ends, whatever becomes of those processes and of their parent."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import s3tui.profiles.secrets
import s3tui.s3.documents
import s3tui.transfers.bulk  # noqa: F401
from s3tui import folders
from s3tui.background import Cancelled
from s3tui.cli.main import FAILED
from s3tui.cli.moving import Moving
from s3tui.demo import server as demo_server
from s3tui.errors import S3tuiError
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import connections, errors, processes
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
from s3tui.s3.uri import S3Uri
from s3tui.transfers import failures, movers, places, reservations
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.mover_words import portable
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue, Transfer
from s3tui.transfers.reservations import reserved
from s3tui.transfers.upload import UploadRequest
from tests.s3.processes import eventually
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


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


def test_a_mover_killed_in_the_middle_of_an_upload_and_of_a_download(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path], tmp_path: Path
) -> None:
    """What they have left is paused, and goes on: no part that had arrived is sent again."""
    path = make(11 * MIB)
    killed = Treatment(before=kill_mover, instead=(503, b""))
    proxy.once(lambda asked: killed if part(2)(asked) else None)
    up = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    assert ended(up) == "paused"
    assert "killed" in up.why and up.view().left
    assert queue.resume() == 1
    assert ended(up) == "verified"
    assert content(through, bucket) == path.read_bytes()
    assert Counter(asked.path for asked in proxy.answered if part(1)(asked)).total() == 1

    target = tmp_path / "there.iso"
    ranges = [asked for asked in proxy.asked if asked.method == "GET" and "image.iso" in asked.path]
    proxy.once(lambda asked: killed if asked.method == "GET" and len(gets(proxy)) > len(ranges) + 1 else None)
    down = queue.submit(through, DownloadRequest(S3Uri(bucket, "image.iso"), target))
    assert ended(down) == "paused"
    assert not target.exists()
    assert queue.resume() == 1
    assert ended(down) == "verified"
    assert target.read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob(".*.part"))


def test_the_processes_start_before_anything_is_submitted(queue: Queue) -> None:
    queue.expect(10)
    assert not children(os.getpid())
    queue.expect(1000)
    assert not queue.rows()
    eventually(lambda: len(children(os.getpid())) == 2)


def gets(proxy: Proxy) -> list[Asked]:
    return [asked for asked in proxy.asked if asked.method == "GET" and "image.iso" in asked.path]


def test_a_mover_killed_among_many(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, tmp_path: Path
) -> None:
    """None is lost, and none is said to be there that isn't."""
    names = [f"{number:02}" for number in range(24)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    proxy.once(lambda asked: Treatment(before=kill_mover) if asked.path.endswith("/15") else None)
    transfers = queue.submit_all(through, [UploadRequest(tmp_path / name, S3Uri(bucket, name)) for name in names])
    states = {each.number: ended(each) for each in transfers}
    assert set(states.values()) <= {"verified", "paused"} and "paused" in states.values()
    queue.resume()
    assert {ended(each) for each in transfers} == {"verified"}
    assert [content(through, bucket, name) for name in names] == [name.encode() for name in names]


def test_a_command_line_says_what_was_interrupted(
    through: Connection,
    proxy: Proxy,
    bucket: str,
    make: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(places, "beside", apart)
    killed = Treatment(before=kill_mover, instead=(503, b""))
    proxy.once(lambda asked: killed if asked.method == "PUT" else None)
    moving = Moving(as_json=False)
    moving.queue.submit(through, UploadRequest(make(100), S3Uri(bucket, "a")))
    assert moving.watch() == FAILED
    assert "paused. Interrupted: the process that moved it was killed." in capsys.readouterr().err


def test_pausing_and_cancelling_reach_the_mover(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path]
) -> None:
    came, go = threading.Event(), threading.Event()

    def hold() -> None:
        came.set()
        go.wait(30)

    proxy.rules.append(lambda asked: Treatment(before=hold, instead=(503, b"")) if part(2)(asked) else None)
    path = make(11 * MIB)
    transfer = queue.submit(through, UploadRequest(path, S3Uri(bucket, "image.iso")))
    assert came.wait(60)
    queue.pause()
    go.set()
    assert ended(transfer) == "paused"
    assert unfinished(through, bucket) == ["image.iso"]
    came.clear()
    go.clear()
    queue.resume()
    assert came.wait(60)
    assert queue.cancel() == 1
    go.set()
    assert ended(transfer) == "cancelled"
    assert unfinished(through, bucket) == []


def test_the_limit_is_of_all_processes_together(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    queue.bandwidth.limit = 1
    counted: list[int] = []
    owed = queue.bandwidth.owed

    def count(more: int) -> float:
        counted.append(more)
        return owed(more)

    queue.bandwidth.owed = count  # type: ignore[method-assign]
    path = make(MIB)
    transfer = queue.submit(connection, UploadRequest(path, S3Uri(bucket, "image.iso")))
    eventually(lambda: sum(counted) >= 1)
    assert transfer.state == "running"
    queue.bandwidth.limit = None
    assert ended(transfer) == "verified"
    assert 0 < sum(counted) <= MIB


def test_read_only_holds_in_the_mover(
    queue: Queue, through: Connection, proxy: Proxy, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    other = Connection(replace(through.profile, read_only=True))
    refused = queue.submit(other, UploadRequest(path, S3Uri(bucket, "a")))
    assert ended(refused) == "failed" and "read-only" in refused.why
    first = queue.submit(through, UploadRequest(path, S3Uri(bucket, "b")))
    assert ended(first) == "verified"
    through.read_only = True
    later = queue.submit(through, UploadRequest(path, S3Uri(bucket, "c")))
    assert ended(later) == "failed" and "read-only" in later.why
    assert {asked.path for asked in proxy.asked if asked.method not in ("GET", "HEAD")} == {f"/{bucket}/b"}
    assert {entry.operation for entry in through.log.newest()} >= {"PutObject", "HeadObject"}


def test_a_mover_that_is_gone_is_told_nothing_any_more(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    for key in ("a", "b"):
        assert ended(queue.submit(connection, UploadRequest(path, S3Uri(bucket, key)))) == "verified"
        kill_mover()
        eventually(lambda: not children(os.getpid()) and not connection._hearing)


def test_no_secret_can_be_seen_from_outside(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    assert ended(queue.submit(connection, UploadRequest(make(100), S3Uri(bucket, "a")))) == "verified"
    [child] = children(os.getpid())
    for name in ("cmdline", "environ"):
        seen = Path(f"/proc/{child}/{name}").read_bytes()
        assert demo_server.SECRET_ACCESS_KEY.encode() not in seen and b"of-the-environment" not in seen


def test_a_file_that_changed_while_it_waited_is_sent_when_it_is_tried_again(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    request = UploadRequest(path, S3Uri(bucket, "image.iso")).noted()
    path.write_bytes(b"another")
    transfer = queue.submit(connection, request)
    assert ended(transfer) == "failed" and "100 bytes" in transfer.why
    assert queue.retry() == 1
    assert ended(transfer) == "verified"
    assert content(connection, bucket) == b"another"


def test_two_processes_never_write_one_target(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    request = UploadRequest(make(100), S3Uri(bucket, "a"))
    with reserved((connection.profile.endpoint, bucket, "a"), "a"):
        transfer = queue.submit(connection, request)
        assert ended(transfer) == "failed" and "right now" in transfer.why
    queue.retry()
    assert ended(transfer) == "verified"


def test_a_copy_to_another_profile_and_a_move_are_done_in_the_mover(
    queue: Queue, connection: Connection, profile: Profile, bucket: str
) -> None:
    """It is lent both connections."""
    other = replace(profile, name="other")
    remember("other", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    assert connect(other).profile == other
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"content")
    copied = queue.submit(
        connection,
        CopyRequest(S3Uri(bucket, "a"), S3Uri(bucket, "b"), to_profile="other", to_endpoint=other.endpoint),
    )
    assert ended(copied) == "verified", copied.why
    assert ended(queue.submit(connection, MoveRequest(S3Uri(bucket, "b"), S3Uri(bucket, "c")))) == "verified"
    assert content(connection, bucket, "c") == b"content"
    assert {entry.operation for entry in connect(other).log.newest()} >= {"CopyObject"}
    assert len(children(os.getpid())) == 1


def test_a_mover_copies_to_the_endpoint_that_was_meant_of_all_that_it_was_lent_under_one_name(
    queue: Queue, connection: Connection, profile: Profile, proxy: Proxy, bucket: str
) -> None:
    """A profile that was edited, back and forth, and removed."""
    remember("other", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    one, other = (replace(profile, name="other", endpoint=url) for url in (profile.endpoint, proxy.endpoint))
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"content")

    def copied(to: Profile, key: str) -> Transfer:
        request = CopyRequest(S3Uri(bucket, "a"), S3Uri(bucket, key), to_profile="other", to_endpoint=to.endpoint)
        return queue.submit(connection, request)

    connect(one)
    connect(other)
    assert ended(copied(one, "b")) == ended(copied(other, "c")) == "verified"
    asked = len(proxy.asked)
    assert asked and ended(copied(one, "d")) == "verified" and len(proxy.asked) == asked
    connections.forget("other")
    connect(other)
    gone = copied(one, "e")
    assert ended(gone) == "failed" and f"“other” at {one.endpoint}" in gone.why
    assert len(proxy.asked) == asked
    assert len(children(os.getpid())) == 1


@pytest.mark.parametrize("lacking", ["processes", "locks"])
def test_without_processes_or_locks_all_runs_here(
    lacking: str,
    queue: Queue,
    connection: Connection,
    bucket: str,
    make: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a disk that can't lock, two processes could write one target."""

    def no_process(_: str) -> None:
        raise OSError(errno.EAGAIN, "no more processes")

    if lacking == "processes":
        monkeypatch.setattr(processes, "start", no_process)
    else:
        monkeypatch.setattr(reservations, "reach_others", lambda: False)
    assert ended(queue.submit(connection, UploadRequest(make(100), S3Uri(bucket, "a")))) == "verified"
    assert not children(os.getpid())


_PARENT = """
import sys
from pathlib import Path
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest

endpoint, path, bucket = sys.argv[1:]
connection = Connection(Profile("env", endpoint=endpoint, region="us-east-1", addressing="path", credentials="env"))
Queue(places=apart).submit(connection, UploadRequest(Path(path), S3Uri(bucket, "image.iso"))).future.result()
"""


def test_a_mover_ends_with_its_parent(proxy: Proxy, bucket: str, make: Callable[..., Path]) -> None:
    came, go = threading.Event(), threading.Event()

    def hold() -> None:
        came.set()
        go.wait(60)

    proxy.rules.append(lambda asked: Treatment(before=hold, instead=(503, b"")) if asked.method == "PUT" else None)
    keys = {"AWS_ACCESS_KEY_ID": demo_server.ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": demo_server.SECRET_ACCESS_KEY}
    command = [sys.executable, "-c", _PARENT, proxy.endpoint, str(make(100)), bucket]
    with subprocess.Popen(command, env={**os.environ, **keys}, cwd=ROOT) as parent:
        assert came.wait(60)
        [child] = children(parent.pid)
        parent.kill()
        parent.wait()
    eventually(lambda: not Path(f"/proc/{child}").exists() or "Z" in state_of(child))
    asked = len(proxy.asked)
    go.set()
    assert len(proxy.asked) == asked


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def kinds(of: type[S3tuiError]) -> Iterator[type[S3tuiError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_failure_says_the_same_in_another_process() -> None:
    """Also those that are made of something else than their sentence."""
    assert {failures.LeftBehind, errors.SsoLoginNeeded, failures.FileChangedWaiting} <= set(kinds(S3tuiError))
    for kind in kinds(S3tuiError):
        error = kind.__new__(kind, "What happened.")
        error.sentence, error.advice = "What happened.", "What to do."
        error.request = errors.Request("PutObject", "bucket", "key", 503, "SlowDown", "m", "id")  # type: ignore[attr-defined]
        error.again = UploadRequest(Path("/a"), S3Uri("bucket", "key"))  # type: ignore[attr-defined]
        there = pickle.loads(pickle.dumps(error))
        assert type(there) is kind and vars(there) == vars(error)
        assert str(there) == "What happened. What to do." and there.evidence == error.evidence
    left = failures.LeftBehind("key", "U-1", failures.Differs("It differs."))
    assert str(pickle.loads(pickle.dumps(left))) == str(left)
    assert isinstance(pickle.loads(pickle.dumps(Cancelled())), Cancelled)


def test_a_fault_that_cant_be_said_is_told_in_words() -> None:
    class Local(Exception):
        pass

    assert str(portable(Local("of this function"))) == "Local: of this function"
