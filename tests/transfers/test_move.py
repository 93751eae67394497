"""A move never loses anything: only what was copied, compared and is still the same is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import errors, objects
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.s3.versions import versions_of
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.failures import AlreadyExists, SameObject
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import is_copy, put

OTHER = "moved/image.iso"


def run(
    connection: Connection,
    source: S3Uri,
    key: str = OTHER,
    token: CancelToken | None = None,
    notes: Notes | None = None,
    **more: Any,
) -> Outcome:
    request = MoveRequest(source, replace(source, key=key, version_id=None), **more)
    return request.run(connection, Progress(), token or CancelToken(), notes or Notes())


def exists(connection: Connection, uri: S3Uri) -> bool:
    try:
        objects.head(connection, uri)
    except errors.NoSuchKey:
        return False
    return True


def deletes(asked: Asked) -> bool:
    return asked.method == "DELETE"


def test_the_original_goes_when_the_copy_is_verified(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    outcome = run(through, source)
    assert outcome.state == "verified" and outcome.detail.endswith("The original is deleted.")
    assert content(connection, bucket, OTHER) == b"hello" and not exists(connection, source)
    [deletion] = filter(deletes, proxy.asked)
    assert deletion.headers["if-match"] == '"5d41402abc4b2a76b9719d911017c592"'


def test_versions_stay_beneath_a_delete_marker(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    source = put(connection, bucket)
    outcome = run(connection, source)
    assert outcome.state == "verified" and "its versions stay" in outcome.detail
    assert not exists(connection, source)
    assert [version.is_delete_marker for version in versions_of(connection, source).versions] == [True, False]


def test_a_version_that_is_named_goes_itself(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"old")["VersionId"]
    put(connection, bucket, Body=b"new")
    assert run(connection, S3Uri(bucket, "image.iso", old)).state == "verified"
    assert content(connection, bucket, OTHER) == b"old" and content(connection, bucket) == b"new"
    assert not exists(connection, S3Uri(bucket, "image.iso", old))


def test_not_onto_itself(connection: Connection, bucket: str) -> None:
    source = put(connection, bucket)
    with pytest.raises(SameObject):
        run(connection, source, source.key, overwrite=True)
    assert exists(connection, source)


def test_a_server_that_has_two_names_for_one_object_loses_nothing(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    """SeaweedFS takes `/a` for `a`: the copy would be the original."""
    source = put(connection, bucket)

    def same(asked: Asked) -> None:
        asked.path = asked.path.replace(f"/{bucket}//image.iso", f"/{bucket}/image.iso")

    proxy.rules.append(same)
    with pytest.raises(AlreadyExists):
        run(through, source, "/image.iso")
    with pytest.raises(SameObject):
        run(through, source, "/image.iso", overwrite=True)
    assert content(connection, bucket) == b"hello"


@pytest.mark.parametrize("refused", ["?acl", "?tagging"])
def test_a_copy_that_is_not_verified_deletes_nothing(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, refused: str
) -> None:
    source = put(connection, bucket)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if refused in asked.path else None)
    outcome = run(through, source)
    assert outcome.state == "sent but not verified" and outcome.detail.endswith("The original was not deleted.")
    assert exists(connection, source) and exists(connection, S3Uri(bucket, OTHER))
    assert not any(map(deletes, proxy.asked))


def test_a_source_that_changed_before_the_deletion_stays(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)

    def change(asked: Asked) -> Treatment | None:
        copied = any(map(is_copy, proxy.asked))
        if copied and asked.method == "HEAD" and OTHER not in asked.path:
            return Treatment(before=lambda: put(connection, bucket, Body=b"newer"))
        return None

    proxy.rules.append(change)
    outcome = run(through, source)
    assert outcome.state == "sent but not verified" and "changed meanwhile" in outcome.detail
    assert content(connection, bucket) == b"newer" and not any(map(deletes, proxy.asked))


@pytest.mark.parametrize(("status", "code"), [(412, "PreconditionFailed"), (403, "AccessDenied")])
def test_a_refused_deletion_leaves_both(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, status: int, code: str
) -> None:
    source = put(connection, bucket)
    refusal = f"<Error><Code>{code}</Code></Error>".encode()
    proxy.rules.append(lambda asked: Treatment(instead=(status, refusal)) if deletes(asked) else None)
    outcome = run(through, source)
    assert outcome.state == "sent but not verified" and "and the original is too" in outcome.detail
    assert exists(connection, source) and exists(connection, S3Uri(bucket, OTHER))


def test_a_server_that_refuses_conditions_on_deleting_is_asked_without(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    refusal = b"<Error><Code>NotImplemented</Code></Error>"
    proxy.rules.append(
        lambda asked: Treatment(instead=(501, refusal)) if deletes(asked) and "if-match" in asked.headers else None
    )
    assert run(through, source).state == "verified"
    assert not exists(connection, source)


def test_a_lost_answer_to_the_deletion_is_settled_by_looking(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source = put(connection, bucket)
    proxy.rules.append(lambda asked: Treatment(lose=True) if deletes(asked) else None)
    assert run(through, source).state == "verified"
    assert not exists(connection, source)


def test_a_cancel_after_the_copy_keeps_both(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str
) -> None:
    source, token = put(connection, bucket), CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if is_copy(asked) else None)
    outcome = run(through, source, token=token)
    assert outcome.state == "sent but not verified" and "cancelled before" in outcome.detail
    assert exists(connection, source) and exists(connection, S3Uri(bucket, OTHER))


def test_after_a_kill_between_copy_and_deletion_the_move_is_finished(connection: Connection, bucket: str) -> None:
    source, notes = put(connection, bucket), Notes()
    CopyRequest(source, S3Uri(bucket, OTHER)).run(connection, Progress(), CancelToken(), notes)
    assert run(connection, source, notes=notes).state == "verified"
    assert not exists(connection, source)


def test_after_a_kill_behind_the_deletion_nothing_is_left_to_do(connection: Connection, bucket: str) -> None:
    source, notes = put(connection, bucket), Notes()
    assert run(connection, source, notes=notes).state == "verified"
    assert run(connection, source, notes=notes).state == "verified"
    connection.call("delete_object", Bucket=bucket, Key=OTHER)
    with pytest.raises(errors.NoSuchKey):
        run(connection, source, notes=notes)


def test_a_read_only_profile_asks_nothing(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str
) -> None:
    source = put(connection, bucket)
    through.read_only = True
    with pytest.raises(errors.ReadOnly):
        run(through, source)
    assert not proxy.asked and exists(connection, source)
