"""Processes that transfer, or their parent, end in the middle: nothing is lost, and nothing goes on unseen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.cli.main import FAILED
from s3tui.cli.moving import Moving
from s3tui.demo import server as demo_server
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import places
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.places import apart
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from tests.s3.processes import eventually
from tests.transfers.apart import children, ended, gets, kill_mover, part, queue
from tests.transfers.conftest import MIB, content
from tests.transfers.proxy import Proxy, Treatment

__all__ = ["queue"]  # a fixture
pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]


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
    before = len(gets(proxy))
    proxy.once(lambda asked: killed if asked.method == "GET" and len(gets(proxy)) > before + 1 else None)
    down = queue.submit(through, DownloadRequest(S3Uri(bucket, "image.iso"), target))
    assert ended(down) == "paused"
    assert not target.exists()
    assert queue.resume() == 1
    assert ended(down) == "verified"
    assert target.read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob(".*.part"))


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


def test_a_mover_that_is_gone_is_told_nothing_any_more(
    queue: Queue, connection: Connection, bucket: str, make: Callable[..., Path]
) -> None:
    path = make(100)
    for key in ("a", "b"):
        assert ended(queue.submit(connection, UploadRequest(path, S3Uri(bucket, key)))) == "verified"
        kill_mover()
        eventually(lambda: not children(os.getpid()) and not connection._hearing)


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
