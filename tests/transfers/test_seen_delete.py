"""What was seen before it was to be deleted goes only while it is still that object (`sync --delete`)."""

from __future__ import annotations

import re

import pytest

from s3tui.background import CancelToken
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import removing
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import find
from tests.transfers.conftest import content
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import put

KEYS = ("a", "b", "c")
SEEN = (4, "d5b4a9a5a6b50466e8837c3cd98c3442")  # of b"seen"
REFUSED = b"<DeleteResult><Error><Key>b</Key><Code>PreconditionFailed</Code></Error></DeleteResult>"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "PAUSES", (0.01, 0.01))


@pytest.fixture(autouse=True)
def filled(connection: Connection, bucket: str) -> None:
    for key in KEYS:
        put(connection, bucket, key, Body=b"seen")


def delete(connection: Connection, bucket: str) -> Outcome:
    request = DeleteRequest(bucket, KEYS, expected=len(KEYS), seen=(SEEN,) * len(KEYS))
    return request.run(connection, Progress(), CancelToken(), Notes())


def there(connection: Connection, bucket: str) -> str:
    return "".join(key for key in KEYS if find(connection, S3Uri(bucket, key)))


def is_batch(asked: Asked) -> bool:
    return asked.method == "POST" and "delete" in asked.path


def test_the_endpoint_is_told_what_was_seen(through: Connection, proxy: Proxy, bucket: str) -> None:
    assert delete(through, bucket).state == "verified" and not there(through, bucket)
    [document] = [asked.body for asked in proxy.asked if is_batch(asked)]
    assert re.findall(rb"<ETag>&quot;(\w+)&quot;</ETag>", document) == [SEEN[1].encode()] * len(KEYS)


def test_what_changes_in_the_last_moment_stays(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str
) -> None:
    """moto ignores the ETag, so the proxy asks it for the others and answers as AWS does."""

    def appear(asked: Asked) -> Treatment | None:
        if not is_batch(asked):
            return None
        asked.body = re.sub(rb"<Object><Key>b</Key>.*?</Object>", b"", asked.body)
        asked.headers["content-length"] = str(len(asked.body))
        asked.headers.pop("content-md5", None)
        refused = REFUSED.removeprefix(b"<DeleteResult>")
        return Treatment(
            before=lambda: put(connection, bucket, "b", Body=b"theirs"),
            change=lambda answer: answer.replace(b"</DeleteResult>", refused),
        )

    proxy.once(appear)
    outcome = delete(through, bucket)
    assert outcome.state == "done in part" and "“b” has changed since it was looked at" in outcome.detail
    assert there(connection, bucket) == "b" and content(connection, bucket, "b") == b"theirs"


@pytest.mark.parametrize("knows_batches", [True, False])
def test_where_the_condition_is_refused_each_is_looked_at_right_before(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, knows_batches: bool
) -> None:
    """An endpoint that wants the ETag otherwise, or knows no condition, still deletes; but not what has changed."""
    refused = b"".join(b"<Error><Key>%b</Key><Code>PreconditionFailed</Code></Error>" % key.encode() for key in KEYS)

    def refuse(asked: Asked) -> Treatment | None:
        if is_batch(asked) and not knows_batches:
            return Treatment(instead=(501, b"<Error><Code>NotImplemented</Code></Error>"))
        if is_batch(asked) and b"ETag" in asked.body:
            return Treatment(
                before=lambda: put(connection, bucket, "c", Body=b"theirs"),
                instead=(200, b"<DeleteResult>" + refused + b"</DeleteResult>"),
            )
        if asked.method == "DELETE" and "if-match" in asked.headers:
            changes = asked.path.partition("?")[0].endswith("/c")
            return Treatment(
                before=lambda: put(connection, bucket, "c", Body=b"theirs") if changes else None,
                instead=(501, b"<Error><Code>NotImplemented</Code></Error>"),
            )
        return None

    proxy.rules.append(refuse)
    outcome = delete(through, bucket)
    assert outcome.state == "done in part" and "“c” has changed" in outcome.detail
    assert there(connection, bucket) == "c" and content(connection, bucket, "c") == b"theirs"


def test_a_lost_answer_is_settled_by_looking(through: Connection, proxy: Proxy, bucket: str) -> None:
    proxy.once(lambda asked: Treatment(lose=True) if is_batch(asked) else None)
    outcome = delete(through, bucket)
    assert outcome.state == "verified" and not there(through, bucket)
    assert len(list(filter(is_batch, proxy.asked))) == 1


def test_an_original_that_changes_where_conditions_are_refused_stays(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str
) -> None:
    def refuse(asked: Asked) -> Treatment | None:
        if asked.method == "DELETE" and "if-match" in asked.headers:
            return Treatment(
                before=lambda: put(connection, bucket, "a", Body=b"newer"),
                instead=(501, b"<Error><Code>NotImplemented</Code></Error>"),
            )
        return None

    proxy.rules.append(refuse)
    request = MoveRequest(S3Uri(bucket, "a"), S3Uri(bucket, "moved"))
    outcome = request.run(through, Progress(), CancelToken(), Notes())
    assert outcome.state == "sent but not verified" and "changed meanwhile" in outcome.detail
    assert content(connection, bucket, "a") == b"newer" and content(connection, bucket, "moved") == b"seen"
