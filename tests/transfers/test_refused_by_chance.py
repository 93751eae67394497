"""Refusals that are the line's fault, or pass: what was cut on the way is sent again, whatever the server calls that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui import folders
from s3tui.background import CancelToken
from s3tui.s3 import errors, session
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import patience
from s3tui.transfers.delete import DeleteRequest, delete
from s3tui.transfers.journal import Journal
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from tests.s3.processes import eventually
from tests.transfers.conftest import MIB, content, send, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

pytestmark = pytest.mark.long

Make = Callable[..., Path]
PASSES = [
    (400, "IncompleteBody"),
    (400, "RequestTimeout"),
    (408, ""),
    (400, "BadDigest"),
    (400, "XAmzContentSHA256Mismatch"),
    (429, ""),
    (429, "TooManyRequests"),
    (400, "ThrottlingException"),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "AGAIN_SECONDS", 0.0)


def refusal(status: int, code: str) -> Treatment:
    body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode() if code else b""
    return Treatment(instead=(status, body))


def refuse(proxy: Proxy, times: int, treatment: Treatment, fits: Callable[[Asked], bool]) -> None:
    for _ in range(times):
        proxy.once(lambda asked: treatment if fits(asked) else None)


def puts(asked: Asked) -> bool:
    return asked.method == "PUT"


@pytest.mark.parametrize(("status", "code"), PASSES)
def test_a_small_file_is_sent_again(
    through: Connection, proxy: Proxy, bucket: str, make: Make, status: int, code: str
) -> None:
    path = make(100)
    refuse(proxy, 2, refusal(status, code), puts)
    assert send(through, path, bucket).state == "verified"
    assert content(through, bucket) == path.read_bytes()


@pytest.mark.parametrize(("status", "code"), [PASSES[0], PASSES[3]])
def test_a_part_is_sent_again_and_again(
    through: Connection, proxy: Proxy, bucket: str, make: Make, status: int, code: str
) -> None:
    path = make(11 * MIB)
    refuse(proxy, 5, refusal(status, code), lambda asked: puts(asked) and "partNumber=2" in asked.path)
    assert send(through, path, bucket).state == "verified"
    assert content(through, bucket) == path.read_bytes() and not unfinished(through, bucket)


def test_of_many_small_ones_none_fails(through: Connection, proxy: Proxy, bucket: str, tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(24)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    refuse(proxy, 2, refusal(400, "IncompleteBody"), lambda asked: puts(asked) and asked.path.endswith("/15"))
    queue = Queue()
    queue.submit_all(through, [UploadRequest(tmp_path / name, S3Uri(bucket, name)) for name in names])
    assert queue._wait_for_all(60) and queue.counts == {"verified": 24}
    assert [content(through, bucket, name) for name in names] == [name.encode() for name in names]


def test_a_delete_is_asked_for_again(through: Connection, proxy: Proxy, bucket: str) -> None:
    through.call("put_object", Bucket=bucket, Key="a", Body=b"a")
    refuse(proxy, 2, refusal(400, "IncompleteBody"), lambda asked: asked.method == "POST")
    outcome = delete(through, DeleteRequest(bucket, ("a",)), Progress(), CancelToken(), Notes())
    assert outcome.state == "verified", outcome.detail
    assert not through.call("list_objects_v2", Bucket=bucket).get("Contents")


@pytest.mark.parametrize("many", [1, 12])
def test_as_long_as_it_lasts_the_queue_waits(
    through: Connection, proxy: Proxy, bucket: str, make: Make, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(patience, "_PAUSES", (1,))
    queue = Queue(None, Journal(folders.transfers_folder()))
    queue.patience = 90.0
    through.call("head_bucket", Bucket=bucket)
    proxy.rules.append(lambda asked: refusal(400, "IncompleteBody") if puts(asked) else None)
    paths = [make(100, f"{number}.iso") for number in range(many)]
    queue.submit_all(through, [UploadRequest(path, S3Uri(bucket, path.name)) for path in paths])
    eventually(lambda: any("busy, next try in" in view.stage for view in queue.moving()))
    proxy.rules.clear()
    assert queue._wait_for_all(60) and queue.counts == {"verified": many}
    queue.journal.close()


@pytest.mark.parametrize(
    ("code", "kind", "times"), [("InvalidArgument", errors.Refused, 1), ("BadDigest", errors.Damaged, session.ATTEMPTS)]
)
def test_how_often_it_is_asked_for(
    through: Connection, proxy: Proxy, bucket: str, code: str, kind: type[errors.S3Error], times: int
) -> None:
    proxy.rules.append(lambda asked: refusal(400, code) if puts(asked) else None)
    with pytest.raises(kind):
        through.call("put_object", Bucket=bucket, Key="a", Body=b"a")
    assert sum(map(puts, proxy.asked)) == times
