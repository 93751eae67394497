"""Only the object that was seen when somebody chose to replace it is replaced, whatever the server makes of If-Match."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers import seen
from s3tui.transfers.bulk import Form, LocalFile
from s3tui.transfers.failures import ChangedSinceSeen
from s3tui.transfers.preflight import preflight
from s3tui.transfers.queue import Queue
from s3tui.transfers.stored import bare
from s3tui.transfers.upload import UploadRequest
from tests.transfers.conftest import MIB, content, send, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]


@pytest.fixture
def etag(connection: Connection, bucket: str) -> str:
    """Of the object that was seen at `image.iso`."""
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"seen")
    return bare(head(connection, S3Uri(bucket, "image.iso")).etag)


def _theirs(connection: Connection, bucket: str, body: bytes = b"theirs") -> Callable[[], object]:
    return lambda: connection.call("put_object", Bucket=bucket, Key="image.iso", Body=body)


def _ignore(asked: Asked) -> None:
    asked.headers.pop("if-match", None)


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_what_was_seen_is_replaced_and_nothing_else(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str, make: Make, size: int
) -> None:
    path = make(size)
    assert send(through, path, bucket, overwrite=True, replaces=etag).state == "verified"
    assert any(asked.headers.get("if-match") == f'"{etag}"' for asked in proxy.asked)
    _theirs(connection, bucket)()
    asked_before = len(proxy.asked)
    with pytest.raises(ChangedSinceSeen) as refused:
        send(through, path, bucket, overwrite=True, replaces=etag)
    assert "changed since you looked" in str(refused.value)
    assert {asked.method for asked in proxy.asked[asked_before:]} == {"HEAD"}  # before a byte was sent
    assert content(connection, bucket) == b"theirs"


@pytest.mark.parametrize(("size", "answer"), [(10, None), (6 * MIB, (412, b""))])
def test_what_comes_in_the_last_moment_stays(
    connection: Connection,
    through: Connection,
    proxy: Proxy,
    bucket: str,
    etag: str,
    make: Make,
    size: int,
    answer: tuple[int, bytes] | None,
) -> None:
    """moto ignores the header of CompleteMultipartUpload, so the proxy answers there as AWS does."""

    def appear(asked: Asked) -> Treatment | None:
        if asked.method in ("PUT", "POST") and "if-match" in asked.headers:
            return Treatment(before=_theirs(connection, bucket), instead=answer)
        return None

    proxy.once(appear)
    with pytest.raises(ChangedSinceSeen):
        send(through, make(size), bucket, overwrite=True, replaces=etag)
    assert content(connection, bucket) == b"theirs" and not unfinished(connection, bucket)


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_a_server_that_ignores_if_match_is_asked_right_before_writing(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str, make: Make, size: int
) -> None:
    looks = 0

    def rule(asked: Asked) -> Treatment | None:
        nonlocal looks
        _ignore(asked)
        if asked.method != "HEAD" or "image.iso" not in asked.path:
            return None
        looks += 1
        # Two looks before anything is sent; before the last one somebody writes.
        return Treatment(before=_theirs(connection, bucket)) if looks == 3 else None

    proxy.rules.append(rule)
    with pytest.raises(ChangedSinceSeen):
        send(through, make(size), bucket, overwrite=True, replaces=etag)
    assert content(connection, bucket) == b"theirs" and not unfinished(connection, bucket)


def test_a_server_that_refuses_if_match_is_written_to_without_it(
    through: Connection, proxy: Proxy, bucket: str, etag: str, make: Make
) -> None:
    def refuse(asked: Asked) -> Treatment | None:
        if "if-match" in asked.headers:
            return Treatment(instead=(501, b"<Error><Code>NotImplemented</Code></Error>"))
        return None

    proxy.rules.append(refuse)
    assert send(through, make(10), bucket, overwrite=True, replaces=etag).state == "verified"
    with pytest.raises(ChangedSinceSeen):
        send(through, make(10), bucket, overwrite=True, replaces=etag)


def test_what_was_seen_is_gone_or_came_since(
    connection: Connection, bucket: str, etag: str, make: Make, through: Connection, proxy: Proxy
) -> None:
    connection.call("delete_object", Bucket=bucket, Key="image.iso")
    assert send(through, make(10), bucket, overwrite=True, replaces=etag).state == "verified"
    assert any("if-none-match" in asked.headers for asked in proxy.asked)
    with pytest.raises(ChangedSinceSeen):  # nothing had been there
        send(through, make(11), bucket, overwrite=True, replaces="")


def test_a_lost_answer_is_not_taken_for_somebody_elses_write(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str, make: Make
) -> None:
    path = make(10)
    proxy.once(lambda asked: Treatment(lose=True) if asked.method == "PUT" else None)
    assert send(through, path, bucket, overwrite=True, replaces=etag).state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def test_in_a_queue_it_fails_and_goes_once_somebody_has_said_so(
    connection: Connection, bucket: str, etag: str, make: Make
) -> None:
    queue = Queue()
    path = make(10)
    _theirs(connection, bucket)()
    request = UploadRequest(path, S3Uri(bucket, "image.iso"), overwrite=True, replaces=etag)
    transfer = queue.submit(connection, request)
    transfer.future.result(30)
    view = queue.view(transfer)
    assert (view.state, view.exists) == ("failed", True) and "since you looked" in view.why
    assert queue.retry((view.number,)) == 1  # to try again is not to agree
    transfer.future.result(30)
    assert content(connection, bucket) == b"theirs"
    occupied = queue.occupied(view.number)
    assert occupied and occupied.there[0].startswith(f"s3://{bucket}/image.iso: 6 B, written 2")
    _theirs(connection, bucket, b"newest")()
    assert queue.replace(view.number, occupied) == 1  # what came after the question stays, too
    transfer.future.result(30)
    assert queue.view(transfer).exists and content(connection, bucket) == b"newest"
    occupied = queue.occupied(view.number)
    assert occupied and queue.replace(view.number, occupied) == 1
    transfer.future.result(30)
    assert queue.view(transfer).state == "verified" and content(connection, bucket) == path.read_bytes()


@pytest.mark.parametrize("choice", ["overwrite", "different"])
def test_a_plan_says_what_was_seen(connection: Connection, bucket: str, etag: str, make: Make, choice: Any) -> None:
    form = Form(S3Uri(bucket), key="image.iso", if_exists=choice)
    path = make(10)
    plan = preflight(connection, [LocalFile(path, "x")], form, CancelToken(), lambda *_: None)
    [request] = plan.requests()
    assert isinstance(request, UploadRequest) and (request.overwrite, request.replaces) == (True, etag)


@pytest.mark.parametrize("ignores", [False, True])
def test_many_at_a_time(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, tmp_path: Path, ignores: bool
) -> None:
    """On a server that ignores the header each goes by itself, with a look before."""
    if ignores:
        proxy.rules.append(lambda asked: _ignore(asked))
    requests = []
    for number in range(20):  # enough, whichever run by themselves already
        (tmp_path / f"{number}").write_text(f"new {number}")
        put = connection.call("put_object", Bucket=bucket, Key=f"{number}", Body=b"seen")
        target = S3Uri(bucket, f"{number}")
        requests.append(UploadRequest(tmp_path / f"{number}", target, overwrite=True, replaces=bare(put["ETag"])))
    connection.call("put_object", Bucket=bucket, Key="4", Body=b"theirs")
    connection.call("delete_object", Bucket=bucket, Key="5")
    queue = Queue()
    transfers = queue.submit_all(through, requests)
    for transfer in transfers:
        transfer.future.result(60)
    states = [queue.view(each).state for each in transfers]
    assert states == ["verified"] * 4 + ["failed"] + ["verified"] * 15
    assert content(connection, bucket, "4") == b"theirs"
    assert seen.is_honoured(through, bucket) is not ignores
