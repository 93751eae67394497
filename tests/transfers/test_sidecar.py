"""The JSON beside an object: what it says, when it goes, and what happens when it can't."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.bulk import Form, LocalFile
from s3tui.transfers.failures import AlreadyExists, ChangedSinceSeen, Differs, TransferError
from s3tui.transfers.journal import Journal
from s3tui.transfers.preflight import preflight
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from s3tui.transfers.stored import bare
from s3tui.transfers.upload import UploadRequest, upload
from tests.transfers.conftest import content
from tests.transfers.killed import KeptNotes
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]
MIB = 1 << 20
METADATA = {"Server_ID": "01", "hostname": "Zoë's", "md5": "d41d8cd98f00b204e9800998ecf8427e"}
KEY, BESIDE = "openshift/4.18/agent.x86_64.iso", "openshift/4.18/metadata.json"


def request(path: Path, bucket: str, **more: Any) -> UploadRequest:
    return UploadRequest(path, S3Uri(bucket, KEY), metadata=METADATA, sidecar=BESIDE, **more)


def send(connection: Connection, request: UploadRequest, notes: KeptNotes) -> Outcome:
    return upload(connection, request, Progress(), CancelToken(), notes)


def puts(proxy: Proxy, key: str) -> list[Asked]:
    return [asked for asked in proxy.asked if asked.method == "PUT" and key in asked.path]


@pytest.mark.parametrize("size", [10, 11 * MIB])
def test_it_says_what_the_object_says_and_comes_after_it(
    through: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes, size: int
) -> None:
    outcome = send(through, request(make(size), bucket), notes)
    assert outcome.state == "verified" and "“openshift/4.18/metadata.json”, read back" in outcome.detail
    assert json.loads(content(through, bucket, BESIDE)) == METADATA
    assert through.call("head_object", Bucket=bucket, Key=BESIDE)["ContentType"] == "application/json"
    places = [
        asked.path.partition("?")[0].rpartition("/")[2] for asked in proxy.asked if asked.method in ("PUT", "POST")
    ]
    assert places[-1] == "metadata.json" and places.count("metadata.json") == 1


def test_a_recorded_sha256_is_in_it(connection: Connection, bucket: str, make: Make, notes: KeptNotes) -> None:
    path = make(10)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("SHA256SUMS").write_text(f"{digest}  {path.name}\n")
    send(connection, request(path, bucket), notes)
    assert json.loads(content(connection, bucket, BESIDE)) == METADATA | {"sha256": digest}


def test_where_one_is_there_nothing_is_sent_and_it_is_replaced_only_when_told(
    connection: Connection, bucket: str, make: Make, notes: KeptNotes
) -> None:
    connection.call("put_object", Bucket=bucket, Key=BESIDE, Body=b"somebody's")
    with pytest.raises(AlreadyExists, match=r"metadata\.json"):
        send(connection, request(make(10), bucket), notes)
    assert [item["Key"] for item in connection.call("list_objects_v2", Bucket=bucket)["Contents"]] == [BESIDE]
    assert send(connection, request(make(10), bucket, overwrite=True), notes).state == "verified"
    assert json.loads(content(connection, bucket, BESIDE)) == METADATA


def test_one_that_came_meanwhile_is_kept(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str, make: Make, notes: KeptNotes
) -> None:
    def came() -> None:
        connection.call("put_object", Bucket=bucket, Key=BESIDE, Body=b"somebody's")

    proxy.once(
        lambda asked: Treatment(before=came) if asked.method == "PUT" and "metadata.json" in asked.path else None
    )
    with pytest.raises(AlreadyExists, match=r"agent.x86_64.iso” itself was sent"):
        send(through, request(make(10), bucket), notes)
    assert content(connection, bucket, BESIDE) == b"somebody's"


def test_a_lost_answer_is_settled(through: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes) -> None:
    proxy.once(lambda asked: Treatment(lose=True) if asked.method == "PUT" and "metadata.json" in asked.path else None)
    assert send(through, request(make(10), bucket), notes).state == "verified"
    assert json.loads(content(through, bucket, BESIDE)) == METADATA


@pytest.mark.parametrize("size", [10, 11 * MIB])
def test_one_that_failed_is_sent_by_a_retry_without_the_object(
    through: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes, size: int
) -> None:
    broken = Treatment(instead=(400, b"<Error><Code>InvalidRequest</Code></Error>"))
    proxy.rules.append(lambda asked: broken if asked.method == "PUT" and "metadata.json" in asked.path else None)
    path = make(size)
    with pytest.raises(TransferError, match="was sent, but its sidecar"):
        send(through, request(path, bucket), notes)
    proxy.rules.clear()
    sent = len(puts(proxy, "agent"))
    assert send(through, request(path, bucket), notes).state == "verified"
    assert len(puts(proxy, "agent")) == sent and json.loads(content(through, bucket, BESIDE)) == METADATA


def test_when_the_object_is_somebody_elses_by_now_there_is_none(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str, make: Make, notes: KeptNotes
) -> None:
    heads = []

    def other(asked: Asked) -> Treatment | None:
        if asked.method == "HEAD" and "agent" in asked.path and puts(proxy, "agent"):
            heads.append(asked)
            if len(heads) == 2:  # the first one has verified it
                connection.call("put_object", Bucket=bucket, Key=KEY, Body=b"somebody's")
        return None

    proxy.rules.append(other)
    with pytest.raises(Differs, match="by someone else meanwhile"):
        send(through, request(make(10), bucket), notes)
    assert not puts(proxy, "metadata.json")


def test_who_may_only_write_has_one_too(
    through: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    denied = Treatment(instead=(403, b""))
    proxy.rules.append(lambda asked: denied if asked.method in ("GET", "HEAD") else None)
    outcome = send(through, request(make(10), bucket, overwrite=True), notes)
    assert "can't be read back" in outcome.detail and len(puts(proxy, "metadata.json")) == 1


def test_the_journal_keeps_it(connection: Connection, bucket: str, make: Make, tmp_path: Path) -> None:
    path = make(10)
    queue = Queue(journal=Journal(tmp_path / "transfers"))
    wanted = request(path, bucket, is_of_content=True, seen=(10, path.stat().st_mtime_ns, path.stat().st_ino))
    transfer = queue.submit(connection, wanted)
    assert queue.journal.request(transfer.number)[0] == wanted
    transfer.future.result(30)
    queue.journal.close()
    assert json.loads(content(connection, bucket, BESIDE)) == METADATA


@pytest.mark.parametrize("seen", [b"seen", None])
def test_only_the_sidecar_that_was_seen_is_replaced(
    connection: Connection, bucket: str, make: Make, notes: KeptNotes, seen: bytes | None
) -> None:
    path, etags = make(10), {}
    for key in (KEY, BESIDE) if seen else (KEY,):
        etags[key] = bare(connection.call("put_object", Bucket=bucket, Key=key, Body=b"seen")["ETag"])
    form = Form(S3Uri(bucket), key=KEY, if_exists="overwrite", sidecar="metadata.json")
    plan = preflight(connection, [LocalFile(path, "x")], form, CancelToken(), lambda *_: None)
    [planned] = plan.requests()
    assert isinstance(planned, UploadRequest)
    assert (planned.replaces, planned.sidecar_replaces) == (etags[KEY], etags.get(BESIDE, ""))
    connection.call("put_object", Bucket=bucket, Key=BESIDE, Body=b"theirs")
    with pytest.raises(ChangedSinceSeen, match="metadata"):
        send(connection, planned, notes)
    assert content(connection, bucket, BESIDE) == b"theirs" and content(connection, bucket, KEY) == b"seen"
    if seen:
        connection.call("put_object", Bucket=bucket, Key=BESIDE, Body=seen)
    else:
        connection.call("delete_object", Bucket=bucket, Key=BESIDE)
    assert send(connection, planned, notes).state == "verified"
    assert send(connection, planned, notes).state == "verified"  # an earlier run had sent both
    assert content(connection, bucket, BESIDE) != b"seen"


def test_a_sidecar_that_comes_in_the_last_moment_stays(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, make: Make, notes: KeptNotes
) -> None:
    for key in (KEY, BESIDE):
        etag = bare(connection.call("put_object", Bucket=bucket, Key=key, Body=b"seen")["ETag"])

    def appear(asked: Asked) -> Treatment | None:
        put = partial(connection.call, "put_object", Bucket=bucket, Key=BESIDE, Body=b"theirs")
        return Treatment(before=put) if asked.method == "PUT" and BESIDE in asked.path else None

    proxy.once(appear)
    wanted = request(make(10), bucket, overwrite=True, replaces=etag, sidecar_replaces=etag)
    with pytest.raises(ChangedSinceSeen, match="itself was sent"):
        send(through, wanted, notes)
    assert content(connection, bucket, BESIDE) == b"theirs"
