"""A copy or a move replaces only the object that was seen when somebody chose to replace it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3 import copying, errors
from s3tui.s3.client import Connection
from s3tui.s3.objects import head
from s3tui.s3.uri import S3Uri
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.failures import ChangedSinceSeen
from s3tui.transfers.flood_copy import copy_all
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import bare
from tests.floods import ends_of
from tests.transfers.conftest import MIB, content, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment
from tests.transfers.test_copy import is_copy, put, put_in_parts

TAKEN = "taken"
PRECONDITION = b"<Error><Code>PreconditionFailed</Code></Error>"


@pytest.fixture
def etag(connection: Connection, bucket: str) -> str:
    """Of the object that was seen at `TAKEN`."""
    return bare(head(connection, put(connection, bucket, TAKEN, Body=b"seen")).etag)


def theirs(connection: Connection, bucket: str, key: str = TAKEN) -> Callable[[], object]:
    return lambda: put(connection, bucket, key, Body=b"theirs")


def run(connection: Connection, source: S3Uri, etag: str, kind: Any = CopyRequest, **more: Any) -> Outcome:
    request = kind(source, replace(source, key=TAKEN), overwrite=True, replaces=etag)
    outcome = request.run(connection, Progress(), CancelToken(), more.get("notes") or Notes())
    assert isinstance(outcome, Outcome)
    return outcome


def decides(asked: Asked) -> bool:
    """CopyObject, or what puts parts together."""
    return (is_copy(asked) and "uploadId" not in asked.path) or (asked.method == "POST" and "uploadId" in asked.path)


@pytest.mark.parametrize("kind", [CopyRequest, MoveRequest])
def test_what_was_seen_is_replaced_and_nothing_else(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str, kind: Any
) -> None:
    source = put(connection, bucket)
    assert run(through, source, etag, kind).state == "verified"
    assert [asked.headers["if-match"] for asked in proxy.asked if is_copy(asked)] == [f'"{etag}"']
    theirs(connection, bucket)()
    source, before = put(connection, bucket), len(proxy.asked)
    with pytest.raises(ChangedSinceSeen):
        run(through, source, etag, kind)
    assert {asked.method for asked in proxy.asked[before:]} == {"HEAD"}
    assert content(connection, bucket, TAKEN) == b"theirs" and content(connection, bucket) == b"hello"


@pytest.mark.parametrize("in_parts", [False, True])
def test_what_comes_in_the_last_moment_stays(
    connection: Connection,
    through: Connection,
    proxy: Proxy,
    bucket: str,
    etag: str,
    in_parts: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """moto ignores the header, so the proxy answers as AWS does."""
    if in_parts:
        monkeypatch.setattr(copying, "COPY_LIMIT", MIB)
    source = put_in_parts(connection, bucket, 6 * MIB) if in_parts else put(connection, bucket)

    def appear(asked: Asked) -> Treatment | None:
        if decides(asked) and "if-match" in asked.headers:
            return Treatment(before=theirs(connection, bucket), instead=(412, PRECONDITION))
        return None

    proxy.once(appear)
    with pytest.raises(ChangedSinceSeen):
        run(through, source, etag, MoveRequest)
    assert content(connection, bucket, TAKEN) == b"theirs" and not unfinished(connection, bucket)
    assert head(connection, source).size


@pytest.mark.parametrize("instead", [(501, b"<Error><Code>NotImplemented</Code></Error>"), (412, PRECONDITION)])
def test_a_server_that_refuses_the_header_or_its_quotes_is_looked_at_right_before(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str, instead: tuple[int, bytes]
) -> None:
    """Ceph RGW 16 knows an ETag without its quotes only."""

    def refuse(asked: Asked) -> Treatment | None:
        quoted = asked.headers.get("if-match", "").startswith('"')
        return Treatment(instead=instead) if is_copy(asked) and quoted else None

    proxy.rules.append(refuse)
    assert run(through, put(connection, bucket), etag).state == "verified"
    assert content(connection, bucket, TAKEN) == b"hello"
    with pytest.raises(ChangedSinceSeen):
        run(through, put(connection, bucket, Body=b"more"), etag)
    assert content(connection, bucket, TAKEN) == b"hello"


def test_a_source_that_changes_is_not_blamed_on_the_target(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str
) -> None:
    source = put(connection, bucket)
    change = Treatment(before=theirs(connection, bucket, source.key), instead=(412, PRECONDITION))
    proxy.once(lambda asked: change if is_copy(asked) else None)
    with pytest.raises(errors.Changed) as refused:
        run(through, source, etag)
    assert source.key in str(refused.value) and content(connection, bucket, TAKEN) == b"seen"


def test_a_copy_whose_first_answer_was_lost_is_ours(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str
) -> None:
    """boto3 asks once more, and the second attempt meets the first one's object."""
    source = put(connection, bucket)
    tries: list[Asked] = []

    def lose(asked: Asked) -> Treatment | None:
        if not is_copy(asked):
            return None
        tries.append(asked)
        return Treatment(lose=True) if len(tries) == 1 else Treatment(instead=(412, PRECONDITION))

    proxy.rules.append(lose)
    assert run(through, source, etag).state == "verified"
    assert content(connection, bucket, TAKEN) == b"hello"


def test_after_a_kill_our_own_copy_is_no_other_object(connection: Connection, bucket: str, etag: str) -> None:
    source, notes = put(connection, bucket), Notes()
    assert run(connection, source, etag, notes=notes).state == "verified"
    assert run(connection, source, etag, notes=notes).state == "verified"
    theirs(connection, bucket)()
    with pytest.raises(ChangedSinceSeen):
        run(connection, source, etag, notes=notes)
    assert content(connection, bucket, TAKEN) == b"theirs"


def test_what_is_gone_meanwhile_is_made_and_replaces_nothing(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, etag: str
) -> None:
    source = put(connection, bucket)
    connection.call("delete_object", Bucket=bucket, Key=TAKEN)
    assert run(through, source, etag).state == "verified"
    assert [asked.headers["if-none-match"] for asked in proxy.asked if is_copy(asked)] == ["*"]
    connection.call("delete_object", Bucket=bucket, Key=TAKEN)

    def appear(asked: Asked) -> Treatment | None:
        if is_copy(asked):
            return Treatment(before=theirs(connection, bucket), instead=(412, PRECONDITION))
        return None

    proxy.once(appear)
    with pytest.raises(ChangedSinceSeen):
        run(through, source, etag)
    assert content(connection, bucket, TAKEN) == b"theirs"


@pytest.mark.parametrize("kind", [CopyRequest, MoveRequest])
def test_of_many_only_those_that_are_as_they_were_seen(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, kind: Any
) -> None:
    """One has changed before, one changes at the last moment, and one is gone."""
    numbers = range(10)
    sources = [put(connection, bucket, f"from/{number}", Body=str(number).encode()) for number in numbers]
    targets = [put(connection, bucket, f"to/{number}", Body=b"seen") for number in numbers]
    seen = bare(head(connection, targets[0]).etag)
    theirs(connection, bucket, "to/3")()
    connection.call("delete_object", Bucket=bucket, Key="to/7")

    def appear(asked: Asked) -> Treatment | None:
        last = is_copy(asked) and asked.path.endswith("/to/8")
        return Treatment(before=theirs(connection, bucket, "to/8"), instead=(412, PRECONDITION)) if last else None

    proxy.rules.append(appear)
    requests = [
        kind(source, target, overwrite=True, replaces=seen) for source, target in zip(sources, targets, strict=True)
    ]
    ends = dict(enumerate(ends_of(copy_all, through, requests)))
    for number in numbers:
        changed = number in (3, 8)
        assert isinstance(ends[number], ChangedSinceSeen if changed else Outcome), ends[number]
        assert content(connection, bucket, f"to/{number}") == (b"theirs" if changed else str(number).encode())
    assert content(connection, bucket, "from/3") == b"3" and content(connection, bucket, "from/8") == b"8"
