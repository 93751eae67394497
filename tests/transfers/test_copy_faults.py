"""Copies on bad lines and by odd servers: lost answers are settled, and what was left out is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from s3tui.s3 import errors, tags
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import AlreadyExists, Differs
from s3tui.transfers.notes import Notes
from tests.transfers.conftest import content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import OTHER, is_copy, put, run


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_lost_answer_is_settled_by_looking(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, overwrite: bool
) -> None:
    source = put(connection, bucket, Metadata={"version": "4.14"})
    proxy.rules.append(lambda asked: Treatment(lose=True) if is_copy(asked) else None)
    assert run(through, source, overwrite=overwrite).state == "verified"
    assert content(connection, bucket, OTHER) == b"hello"


def test_when_looking_fails_too_the_outcome_is_unknown(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    proxy.rules.append(lambda asked: Treatment(lose=True) if is_copy(asked) else None)

    def refuse_looks(asked: Asked) -> Treatment | None:
        sent = any(map(is_copy, proxy.asked))
        return Treatment(instead=(503, b"")) if asked.method == "HEAD" and sent else None

    proxy.rules.append(refuse_looks)
    assert run(through, source).state == "outcome unknown"


def test_a_refusal_by_a_broken_server_is_no_lost_answer(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    proxy.rules.append(lambda asked: Treatment(instead=(500, b"")) if is_copy(asked) else None)
    with pytest.raises(errors.ServerFault):
        run(through, source)


def test_after_a_kill_our_own_copy_is_taken_for_ours(connection: Connection, bucket: str) -> None:
    source, notes = put(connection, bucket), Notes()
    assert run(connection, source, notes=notes).state == "verified"
    assert run(connection, source, notes=notes).state == "verified"  # the same journal, once more
    with pytest.raises(AlreadyExists):
        run(connection, source)


def test_after_a_kill_the_parts_of_then_are_removed(connection: Connection, bucket: str) -> None:
    source, notes = put(connection, bucket), Notes()
    upload = connection.call("create_multipart_upload", Bucket=bucket, Key=OTHER)["UploadId"]
    notes.set(upload_id=upload)
    assert run(connection, source, notes=notes).state == "verified"
    assert not unfinished(connection, bucket) and notes.get("upload_id") is None


def _without(name: str) -> Callable[[Asked], Treatment | None]:
    """The copy's description lacks a header, as if the server had dropped it."""
    header = name if name == "cache-control" else f"x-amz-meta-{name}"
    return lambda asked: Treatment(headers={header: ""}) if asked.method == "HEAD" and "there/" in asked.path else None


@pytest.mark.parametrize("name", ["version", "cache-control"])
def test_what_the_server_dropped_is_said(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, name: str
) -> None:
    source = put(connection, bucket, Metadata={"version": "4.14"}, CacheControl="no-store")

    def rule(asked: Asked) -> Treatment | None:
        return _without(name)(asked) if any(map(is_copy, proxy.asked)) else None

    proxy.rules.append(rule)
    outcome = run(through, source)
    assert outcome.state == "sent but not verified" and name in outcome.detail.lower()


def test_dropped_tags_are_set_again(through: Connection, connection: Connection, proxy: Proxy, bucket: str) -> None:
    """Ceph RGW drops them."""
    source = put(connection, bucket, Tagging="a=1")

    def forget() -> None:
        connection.call("delete_object_tagging", Bucket=bucket, Key=OTHER)

    def rule(asked: Asked) -> Treatment | None:
        return Treatment(before=forget) if asked.method == "HEAD" and any(map(is_copy, proxy.asked)) else None

    proxy.once(rule)
    assert run(through, source).state == "verified"
    assert tags.read(connection, S3Uri(bucket, OTHER)) == {"a": "1"}


def test_other_bytes_are_no_copy(through: Connection, connection: Connection, proxy: Proxy, bucket: str) -> None:
    source = put(connection, bucket)

    def damage() -> None:
        put(connection, bucket, OTHER, Body=b"jello")

    def rule(asked: Asked) -> Treatment | None:
        return Treatment(before=damage) if asked.method == "HEAD" and any(map(is_copy, proxy.asked)) else None

    proxy.once(rule)
    with pytest.raises(Differs):
        run(through, source)


def test_an_access_list_that_cannot_be_read_is_said(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if "?acl" in asked.path else None)
    outcome = run(through, source)
    assert outcome.state == "sent but not verified" and "access list (ACL) can't be read" in outcome.detail
