"""From one endpoint to another: the bytes pass through here, and are compared at both ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import connections, errors, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.connections import connect
from s3tui.s3.uri import S3Uri
from s3tui.transfers import copy_across
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.failures import AlreadyExists, Differs, SameObject
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.queue import Queue
from s3tui.transfers.reconnect import profile_of
from tests.transfers import proxy as proxies
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import is_copy, put, put_in_parts

OTHER = "there/image.iso"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_across, "PART_SIZE", 5 * MIB)
    monkeypatch.setattr(copy_across, "PAUSES", (0.01, 0.01))


@pytest.fixture
def far(endpoint: str) -> Iterator[Proxy]:
    with proxies.running(endpoint) as proxy:
        yield proxy


@pytest.fixture
def archive(far: Proxy, profile: Profile) -> Iterator[str]:
    """A profile of another endpoint, to which this process is connected."""
    remember("archive", Keys("demo-access-key", "demo-secret-key"))
    connect(replace(profile, name="archive", endpoint=far.endpoint))
    yield "archive"
    connections.forget("archive")


def run(connection: Connection, source: S3Uri, to: str, token: CancelToken | None = None, **more: Any) -> Outcome:
    request = CopyRequest(source, S3Uri(source.bucket, OTHER), to_profile=to, **more)
    return request.run(connection, Progress(), token or CancelToken(), Notes())


def test_a_small_object_with_what_belongs_to_it(connection: Connection, far: Proxy, bucket: str, archive: str) -> None:
    source = put(
        connection,
        bucket,
        Metadata={"a": "=?UTF-8?B?Wm/Dqw==?="},
        Tagging="a=1&b=2",
        StorageClass="STANDARD_IA",
    )
    outcome = run(connection, source, archive)
    assert outcome.state == "verified", outcome.detail
    after = objects.head(connection, S3Uri(bucket, OTHER))
    assert after.metadata == objects.head(connection, source).metadata and after.storage_class == "STANDARD_IA"
    assert tags.read(connection, after.uri) == {"a": "1", "b": "2"}
    assert content(connection, bucket, OTHER) == b"hello"
    assert not any(map(is_copy, far.asked))


@pytest.mark.parametrize("size", [0, 5 * MIB, 5 * MIB + 1, 12 * MIB])
def test_every_size(connection: Connection, bucket: str, archive: str, size: int) -> None:
    source = put(connection, bucket, Body=os.urandom(size))
    outcome = run(connection, source, archive)
    assert outcome.state == "verified", outcome.detail
    assert content(connection, bucket, OTHER) == content(connection, bucket)


def test_parts_stay_the_parts_they_were(connection: Connection, bucket: str, archive: str) -> None:
    source = put_in_parts(connection, bucket, 11 * MIB, ACL="private")
    outcome = run(connection, source, archive)
    assert outcome.state == "verified" and outcome.etag == objects.head(connection, source).etag


def test_what_the_other_endpoint_cannot_know_is_said(connection: Connection, bucket: str, archive: str) -> None:
    source = put(connection, bucket, ACL="public-read", ServerSideEncryption="aws:kms", SSEKMSKeyId="key-1")
    outcome = run(connection, source, archive)
    assert outcome.state == "sent but not verified"
    assert "access list (ACL) was not carried" in outcome.detail and "encryption was not carried" in outcome.detail


@pytest.mark.parametrize("size", [5, 12 * MIB])
def test_a_source_that_changes_while_it_is_read_is_refused(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, archive: str, size: int
) -> None:
    source = put(connection, bucket, Body=os.urandom(size), ACL="public-read")

    def change() -> None:
        put(connection, bucket, Body=os.urandom(size), ACL="public-read")

    last = f"bytes={10 * MIB}-"

    def rule(asked: Asked) -> Treatment | None:
        reads = asked.method == "GET" and "if-match" in asked.headers
        asked.headers.pop("if-match", None)  # a server that ignores it
        if reads and (size == 5 or asked.headers.get("range", "").startswith(last)):
            return Treatment(before=change)
        return None

    proxy.rules.append(rule)
    with pytest.raises(errors.Changed):
        run(through, source, archive)
    assert not unfinished(connection, bucket)
    with pytest.raises(errors.NoSuchKey):
        objects.head(connection, S3Uri(bucket, OTHER))


def test_bytes_damaged_on_the_way_are_never_written(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, archive: str
) -> None:
    source = put(connection, bucket, ChecksumAlgorithm="SHA256")
    etag = objects.head(connection, source).quoted_etag

    def damage(asked: Asked) -> Treatment | None:
        if asked.method == "GET" and "if-match" in asked.headers:
            return Treatment(instead=(200, b"jello"), headers={"ETag": etag})
        return None

    proxy.rules.append(damage)
    with pytest.raises(Differs):
        run(through, source, archive)
    with pytest.raises(errors.NoSuchKey):
        objects.head(connection, S3Uri(bucket, OTHER))


def test_a_line_that_is_cut_is_taken_up_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, archive: str
) -> None:
    source = put(connection, bucket, Body=os.urandom(12 * MIB))
    for first in (5 * MIB, 10 * MIB):
        proxy.once(
            lambda asked, first=first: (
                Treatment(cut_after=MIB + 3) if asked.headers.get("range", "").startswith(f"bytes={first}-") else None
            )
        )
    assert run(through, source, archive).state == "verified"
    assert content(connection, bucket, OTHER) == content(connection, bucket)
    resumed = [asked.headers["range"] for asked in proxy.asked if "range" in asked.headers and asked.method == "GET"]
    assert f"bytes={6 * MIB + 3}-{10 * MIB - 1}" in resumed


@pytest.mark.parametrize(("size", "method"), [(5, "PUT"), (6 * MIB, "POST")])
def test_lost_answers_are_settled_by_looking(
    connection: Connection, far: Proxy, bucket: str, archive: str, size: int, method: str
) -> None:
    source = put(connection, bucket, Body=os.urandom(size))

    def lose(asked: Asked) -> Treatment | None:
        decisive = asked.method == method and "uploads" not in asked.path and "partNumber" not in asked.path
        return Treatment(lose=True) if decisive else None

    far.rules.append(lose)
    assert run(connection, source, archive).state == "verified"
    assert not unfinished(connection, bucket)


def test_an_object_that_appears_meanwhile_stays(connection: Connection, far: Proxy, bucket: str, archive: str) -> None:
    source = put(connection, bucket)

    def appear(asked: Asked) -> Treatment | None:
        if asked.method == "PUT":
            return Treatment(before=lambda: put(connection, bucket, OTHER, Body=b"theirs"))
        return None

    far.once(appear)
    with pytest.raises(AlreadyExists):
        run(connection, source, archive)
    assert content(connection, bucket, OTHER) == b"theirs"


def test_a_cancel_leaves_no_parts(
    through: Connection, connection: Connection, far: Proxy, bucket: str, archive: str
) -> None:
    source, token = put(connection, bucket, Body=os.urandom(12 * MIB)), CancelToken()
    far.once(lambda asked: Treatment(before=token.cancel) if "partNumber=2" in asked.path else None)
    with pytest.raises(Cancelled):
        run(connection, source, archive, token=token)
    assert not unfinished(connection, bucket)


def test_a_read_only_target_is_refused(connection: Connection, far: Proxy, bucket: str, archive: str) -> None:
    source = put(connection, bucket)
    there = connections.connected(archive, far.endpoint)
    assert there is not None
    there.read_only = True
    with pytest.raises(errors.ReadOnly):
        run(connection, source, archive)
    assert not far.asked


def test_a_profile_without_a_connection_is_said(connection: Connection, bucket: str) -> None:
    with pytest.raises(BadInput, match="no connection"):
        run(connection, put(connection, bucket), "nowhere")


@pytest.mark.parametrize("kind", [CopyRequest, MoveRequest])
def test_what_waits_never_follows_its_profile_to_another_endpoint(
    kind: type[CopyRequest | MoveRequest],
    connection: Connection,
    far: Proxy,
    profile: Profile,
    bucket: str,
    archive: str,
) -> None:
    """The profile is edited while the second waits for the first."""
    running, edited = threading.Event(), threading.Event()

    def hold() -> None:
        running.set()
        edited.wait(60)

    far.once(lambda asked: Treatment(before=hold) if asked.method == "PUT" else None)
    asked_for = [
        kind(put(connection, bucket, key), S3Uri(bucket, f"there/{key}"), to_profile=archive, to_endpoint=far.endpoint)
        for key in "ab"
    ]
    queue = Queue()
    queue.at_once = 1
    with proxies.running(far.upstream) as other:
        first, second = queue.submit_all(connection, asked_for)
        assert running.wait(60)
        connections.forget(archive)
        connect(replace(profile, name=archive, endpoint=other.endpoint))
        edited.set()
        assert queue._wait_for_all(60)
        assert not other.asked
    assert [first.state, second.state] == ["verified", "failed"]
    assert f"“archive” at {far.endpoint}" in second.why
    assert content(connection, bucket, "b") == b"hello"


def test_of_two_endpoints_under_one_name_it_goes_to_the_one_it_was_for(
    connection: Connection, far: Proxy, profile: Profile, bucket: str, archive: str
) -> None:
    with proxies.running(far.upstream) as other:
        connect(replace(profile, name=archive, endpoint=other.endpoint))
        outcome = run(connection, put(connection, bucket), archive, to_endpoint=far.endpoint)
        assert outcome.state == "verified" and far.asked and not other.asked


def test_what_an_edited_profile_was_sent_before_is_not_looked_for_at_its_new_endpoint(
    connection: Connection, bucket: str, archive: str
) -> None:
    elsewhere = "https://elsewhere.example.org"
    request = CopyRequest(S3Uri(bucket, "a"), S3Uri(bucket, OTHER), to_profile=archive, to_endpoint=elsewhere)
    notes = Notes({"upload_id": "1"})
    with pytest.raises(BadInput, match=f"at {elsewhere}"):
        request.discard(connection, notes)
    assert not notes.empty


def test_one_object_seen_through_two_endpoints(connection: Connection, bucket: str, archive: str) -> None:
    source = put(connection, bucket)
    request = CopyRequest(source, source, overwrite=True, to_profile=archive)
    with pytest.raises(SameObject):
        request.run(connection, Progress(), CancelToken(), Notes())


@pytest.fixture
def second(through: Connection) -> Iterator[str]:
    """Another profile of the endpoint of `through`."""
    remember("second", Keys("second-access-key", "demo-secret-key"))
    connect(replace(through.profile, name="second"))
    yield "second"
    connections.forget("second")


def test_two_profiles_of_one_endpoint_let_it_copy_by_itself(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, second: str
) -> None:
    assert run(through, put(connection, bucket), second).state == "verified"
    assert any(map(is_copy, proxy.asked))


def test_what_the_second_profile_may_not_read_passes_through_here(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, second: str
) -> None:
    def refuse(asked: Asked) -> Treatment | None:
        reads = asked.method == "HEAD" and OTHER not in asked.path
        return (
            Treatment(instead=(403, b"")) if reads and "second-access-key" in asked.headers["authorization"] else None
        )

    proxy.rules.append(refuse)
    assert run(through, put(connection, bucket), second).state == "verified"
    assert not any(map(is_copy, proxy.asked))


# ---- in another process


def left_behind(connection: Connection, folder: Path, bucket: str, to_endpoint: str | None) -> None:
    """A copy to the profile `archive` that an earlier process never began."""
    source = put(connection, bucket)
    journal, here = Journal(folder), connection.profile
    request = CopyRequest(source, S3Uri(bucket, OTHER), to_profile="archive", to_endpoint=to_endpoint)
    journal.add(Whom(here.name, here.endpoint, here.region, here.origin), [request])
    journal.close()


def test_a_later_run_connects_both_ends_again(
    connection: Connection, far: Proxy, bucket: str, profile: Profile, tmp_path: Path
) -> None:
    left_behind(connection, tmp_path, bucket, far.endpoint)
    remember("archive", Keys("demo-access-key", "demo-secret-key"))
    connect(replace(profile, name="archive", endpoint="http://127.0.0.1:1"))  # is of no use to it
    asked = []

    def reached(whom: Whom) -> Connection:
        asked.append(whom.profile)
        return connect(replace(profile, name=whom.profile, endpoint=whom.endpoint))

    queue = Queue(journal=Journal(tmp_path), connect=reached)
    assert queue.load() == 1 and queue.resume() == 1
    assert queue._wait_for_all(30)
    [view] = queue.snapshot()
    assert view.state == "verified", view.why
    assert asked == [profile.name, "archive"] and content(connection, bucket, OTHER) == b"hello"
    queue.journal.close()
    connections.forget("archive")


def test_a_later_run_that_reaches_another_endpoint_by_that_name_sends_nothing(
    connection: Connection, far: Proxy, profile: Profile, bucket: str, archive: str, tmp_path: Path
) -> None:
    left_behind(connection, tmp_path, bucket, "https://elsewhere.example.org")
    profiles = [profile, replace(profile, name=archive, endpoint=far.endpoint)]
    queue = Queue(journal=Journal(tmp_path), connect=lambda whom: connect(profile_of(whom, profiles)))
    assert queue.load() == 1
    with pytest.raises(BadInput, match="the transfer was for https://elsewhere"):
        queue.resume()
    assert [view.state for view in queue.snapshot()] == ["paused"] and not far.asked
    queue.journal.close()
