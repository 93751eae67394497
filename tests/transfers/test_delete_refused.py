"""What an endpoint refuses to delete, and answers that are lost: nothing is called deleted that nobody said is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.transfers import removing
from s3tui.transfers.delete import DeleteRequest, delete
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.removing import Removed
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_delete import (
    answer_of,
    batches,
    deleted,
    do,
    is_batch,
    keep_versions,
    keys_in,
    put,
    put_many,
    refused,
    result_of,
    singles,
    versions_in,
)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "PAUSES", (0.01, 0.01))


def test_refusals_of_single_keys_are_told(through: Connection, proxy: Proxy, bucket: str) -> None:
    body = answer_of(
        deleted("a"),
        refused("b", "AccessDenied", "Access Denied"),
        refused("c", "AccessDenied", "Access Denied because object protected by object lock."),
        refused("d", "AccessDenied", "Mfa Authentication must be used for this request"),
        deleted("e"),
    )
    proxy.rules.append(lambda asked: Treatment(instead=(200, body)) if is_batch(asked) else None)
    told: list[Removed] = []
    request = DeleteRequest(bucket, keys=tuple("abcde"))
    outcome = delete(through, request, Progress(), CancelToken(), Notes(), told.append)
    assert outcome.state == "done in part"
    assert "2 deleted" in outcome.detail and "3 not deleted" in outcome.detail
    assert [gone.key for gone in told[0].deleted] == ["a", "e"]
    sentences = {failure.doomed.key: failure.error.sentence for failure in told[0].failures}
    assert "You may not" in sentences["b"] and "Object Lock" in sentences["c"] and "MFA" in sentences["d"]
    assert {failure.error.request.code for failure in told[0].failures} == {"AccessDenied"}


def test_a_locked_version_is_told_as_that(connection: Connection, bucket: str) -> None:
    locked = f"{bucket}-locked"
    connection.call("create_bucket", Bucket=locked, ObjectLockEnabledForBucket=True)
    put(connection, locked, ["a", "b"])
    version = connection.call("head_object", Bucket=locked, Key="a")["VersionId"]
    until = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(hours=1)}
    connection.call("put_object_retention", Bucket=locked, Key="a", VersionId=version, Retention=until)
    outcome = do(connection, locked, prefixes=("",), all_versions=True)
    assert outcome.state == "done in part" and "“a” is locked" in outcome.detail and "1 deleted" in outcome.detail
    assert versions_in(connection, locked) == (["a"], [])


def test_an_inner_failure_of_one_key_is_asked_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put(connection, bucket, ["b"])
    body = answer_of(deleted("a"), refused("b", "InternalError", "We encountered an internal error."))
    proxy.once(lambda asked: Treatment(instead=(200, body)) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "verified"
    assert [asked.body.count(b"<Key>") for asked in batches(proxy)] == [2, 1]
    assert keys_in(connection, bucket) == []


def test_all_denied_is_a_failure(through: Connection, proxy: Proxy, bucket: str) -> None:
    body = answer_of(*(refused(key, "AccessDenied", "Access Denied") for key in "ab"))
    proxy.rules.append(lambda asked: Treatment(instead=(200, body)) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "failed"


def test_denied_as_a_whole_is_raised(through: Connection, proxy: Proxy, bucket: str) -> None:
    denied = b"<Error><Code>AccessDenied</Code></Error>"
    proxy.rules.append(lambda asked: Treatment(instead=(403, denied)) if is_batch(asked) else None)
    with pytest.raises(errors.AccessDenied):
        do(through, bucket, keys=("a", "b"))


@pytest.mark.parametrize("left", [[], ["b"]])
def test_what_the_answer_does_not_name_is_not_called_deleted(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, left: list[str]
) -> None:
    """Each such key is asked for once more, alone."""
    put(connection, bucket, left)
    proxy.rules.append(lambda asked: Treatment(instead=(200, answer_of(deleted("a")))) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "verified"
    assert [asked.path.rpartition("/")[2] for asked in singles(proxy)] == ["b"] and keys_in(connection, bucket) == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (501, b"<Error><Code>NotImplemented</Code></Error>"),
        (405, b"<Error><Code>MethodNotAllowed</Code></Error>"),
        (200, b"<ListBucketResult><Name>x</Name></ListBucketResult>"),
        (200, b"<html>welcome<br></html>"),
        (200, b""),
    ],
)
def test_without_deleteobjects_each_key_is_deleted_alone(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, status: int, body: bytes
) -> None:
    keys = [f"p/{n}" for n in range(30)]
    put(connection, bucket, [*keys, "p/../q"])
    proxy.rules.append(lambda asked: Treatment(instead=(status, body)) if is_batch(asked) else None)
    result = result_of(through, bucket, keys=(*keys, "p/../q", "."))
    assert (result.deleted, result.failed) == (30, 2)
    assert all(isinstance(failure.error, errors.Unsafe) for failure in result.failures)
    assert len(batches(proxy)) == 1 and len(singles(proxy)) == 30
    assert connection.call("head_bucket", Bucket=bucket)


def test_a_refused_document_is_no_reason_to_give_up(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put(connection, bucket, ["a", "b"])
    malformed = b"<Error><Code>MalformedXML</Code></Error>"
    proxy.rules.append(lambda asked: Treatment(instead=(400, malformed)) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "verified" and keys_in(connection, bucket) == []


def test_an_error_in_a_good_status_is_an_error(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    put(connection, bucket, ["a"])
    body = b"<Error><Code>InternalError</Code><Message>Oops</Message></Error>"
    proxy.once(lambda asked: Treatment(instead=(200, body)) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a",)).state == "verified" and keys_in(connection, bucket) == []


LOSSES = [Treatment(lose=True), Treatment(cut_after=0), Treatment(cut_after=40), Treatment(cut_after=150)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_answer_is_asked_for_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, loss: Treatment
) -> None:
    put(connection, bucket, ["a", "b"])
    proxy.once(lambda asked: loss if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "verified"
    assert keys_in(connection, bucket) == [] and len(batches(proxy) + singles(proxy)) > 1


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_answer_puts_no_second_marker(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, loss: Treatment
) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["a", "b", " c"])
    proxy.once(lambda asked: loss if is_batch(asked) else None)
    proxy.once(lambda asked: Treatment(lose=True) if asked.method == "DELETE" else None)
    outcome = do(through, bucket, keys=("a", "b", " c"))
    assert outcome.state == "verified" and "3 deleted" in outcome.detail
    assert sorted(versions_in(connection, bucket)[1]) == [" c", "a", "b"]


def test_a_request_that_never_arrived_is_sent_again(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["a", "b"])
    proxy.once(lambda asked: Treatment(instead=(502, b"")) if is_batch(asked) else None)
    assert do(through, bucket, keys=("a", "b")).state == "verified"
    assert sorted(versions_in(connection, bucket)[1]) == ["a", "b"]


@pytest.mark.parametrize("versioned", [False, True])
def test_when_no_answer_comes_the_outcome_is_unknown(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, versioned: bool
) -> None:
    if versioned:
        keep_versions(connection, bucket)
    put(connection, bucket, ["a", "b"])
    proxy.rules.append(lambda asked: Treatment(instead=(500, b"")) if is_batch(asked) else None)
    outcome = do(through, bucket, keys=("a", "b"))
    assert outcome.state == "outcome unknown" and "Of 2 more it is not known" in outcome.detail
    assert keys_in(connection, bucket) == ["a", "b"]


def test_asked_to_slow_down_nothing_was_done(through: Connection, proxy: Proxy, bucket: str) -> None:
    slow = b"<Error><Code>SlowDown</Code></Error>"
    proxy.rules.append(lambda asked: Treatment(instead=(503, slow)) if is_batch(asked) else None)
    with pytest.raises(errors.Throttled):
        do(through, bucket, keys=("a",))


def test_gone_on_with_after_a_kill_it_puts_no_second_marker(connection: Connection, bucket: str) -> None:
    keep_versions(connection, bucket)
    put(connection, bucket, ["a", "b"])
    do(connection, bucket, keys=("a",))
    request = DeleteRequest(bucket, keys=("a", "b"))
    outcome = delete(connection, request, Progress(), CancelToken(), Notes({"begun": True}))
    assert outcome.state == "verified"
    assert sorted(versions_in(connection, bucket)[1]) == ["a", "b"]


def test_a_list_that_breaks_off_is_a_part(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3tui.transfers.delete.LARGEST", 50)
    put_many(connection, bucket, 60)
    denied = b"<Error><Code>AccessDenied</Code></Error>"

    def rule(asked: Asked) -> Treatment | None:
        asked.path = asked.path.replace("max-keys=1000", "max-keys=50")
        return Treatment(instead=(403, denied)) if "continuation-token" in asked.path else None

    proxy.rules.append(rule)
    outcome = do(through, bucket, prefixes=("many/",))
    assert outcome.state == "done in part"
    assert "50 deleted" in outcome.detail and "stopped early: You may not" in outcome.detail
    assert len(keys_in(connection, bucket)) == 10


def test_cancelled_it_says_how_far_it_came(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3tui.transfers.delete.LARGEST", 50)
    put_many(connection, bucket, 110)
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if is_batch(asked) else None)
    outcome = delete(through, DeleteRequest(bucket, prefixes=("many/",)), Progress(), token, Notes())
    assert outcome.state == "cancelled"
    left = len(keys_in(connection, bucket))
    assert left < 110
    assert f"{110 - left:,} deleted" in outcome.detail


def test_cancelled_while_an_answer_is_lost_it_is_unknown(
    through: Connection, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "PAUSES", (30.0,))
    token = CancelToken()
    proxy.rules.append(lambda asked: Treatment(instead=(500, b""), before=token.cancel) if is_batch(asked) else None)
    outcome = delete(through, DeleteRequest(bucket, keys=("a",)), Progress(), token, Notes())
    assert outcome.state == "outcome unknown"
