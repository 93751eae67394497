"""An object that nobody chose to replace stays, whatever the server makes of If-None-Match."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.s3.client import Connection
from s3tui.transfers import create_only
from s3tui.transfers.failures import AlreadyExists, CannotLook
from tests.transfers.conftest import MIB, content, send, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_an_existing_object_is_not_replaced_unless_chosen(
    connection: Connection, bucket: str, make: Make, size: int
) -> None:
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"mine")
    path = make(size)
    with pytest.raises(AlreadyExists):
        send(connection, path, bucket)
    assert content(connection, bucket) == b"mine"
    assert not unfinished(connection, bucket)
    assert send(connection, path, bucket, overwrite=True).state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def _another_writer(connection: Connection, bucket: str) -> Callable[[], object]:
    return lambda: connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"theirs")


@pytest.mark.parametrize(("size", "writing"), [(10, "PUT"), (6 * MIB, "POST")])
def test_an_object_that_appears_meanwhile_is_not_replaced(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, make: Make, size: int, writing: str
) -> None:
    """The endpoint honours If-None-Match, so even the last moment is covered."""

    def rule(asked: Asked) -> Treatment | None:
        if asked.method == writing and "if-none-match" in asked.headers:
            return Treatment(before=_another_writer(connection, bucket))
        return None

    proxy.once(rule)
    with pytest.raises(AlreadyExists):
        send(through, make(size), bucket)
    assert content(connection, bucket) == b"theirs"
    assert not unfinished(connection, bucket)


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_a_server_that_ignores_if_none_match_is_asked_right_before_writing(
    connection: Connection, through: Connection, proxy: Proxy, bucket: str, make: Make, size: int
) -> None:
    """rclone does: the object that appeared while the parts went up is seen by the last look."""

    def ignore(asked: Asked) -> Treatment | None:
        asked.headers.pop("if-none-match", None)
        return None

    proxy.rules.append(ignore)
    looks = [asked for asked in proxy.asked if asked.method == "HEAD"]

    def appear(asked: Asked) -> Treatment | None:
        if asked.method == "HEAD" and "image.iso" in asked.path:
            looks.append(asked)
            # The first look finds nothing; before the second one somebody writes.
            return Treatment(before=_another_writer(connection, bucket)) if len(looks) == 2 else None
        return None

    proxy.rules.append(appear)
    with pytest.raises(AlreadyExists):
        send(through, make(size), bucket)
    assert content(connection, bucket) == b"theirs"
    assert not unfinished(connection, bucket)


def test_two_uploads_to_one_key_on_a_server_that_ignores_if_none_match(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    first, second = make(10, "first"), make(10, "second")
    refused: list[BaseException] = []

    def meanwhile() -> None:
        try:
            send(through, second, bucket, overwrite=True)
        except AlreadyExists as error:
            refused.append(error)

    proxy.rules.append(lambda asked: asked.headers.pop("if-none-match", None) and None)
    proxy.once(lambda asked: Treatment(before=meanwhile) if asked.method == "PUT" else None)
    assert send(through, first, bucket).state == "verified"
    assert refused and content(connection, bucket) == first.read_bytes()


def test_a_server_that_refuses_if_none_match_is_written_to_without_it(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    def refuse(asked: Asked) -> Treatment | None:
        if "if-none-match" in asked.headers:
            return Treatment(instead=(501, b"<Error><Code>NotImplemented</Code></Error>"))
        return None

    proxy.rules.append(refuse)
    assert send(through, make(10), bucket).state == "verified"
    with pytest.raises(AlreadyExists):
        send(through, make(10), bucket)
    sent = len(proxy.asked)
    assert send(through, make(10), bucket, "other").state == "verified"
    assert not any("if-none-match" in asked.headers for asked in proxy.asked[sent:])
    assert through in create_only._refusing


def _forbid_looking(asked: Asked) -> Treatment | None:
    return Treatment(instead=(403, b"")) if asked.method == "HEAD" else None


def test_who_may_not_look_must_choose_to_overwrite(through: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    proxy.rules.append(_forbid_looking)
    with pytest.raises(CannotLook):
        send(through, make(10), bucket)
    assert not any(asked.method == "PUT" for asked in proxy.asked)
    outcome = send(through, make(10), bucket, overwrite=True)
    assert outcome.state == "verified" and "answered" in outcome.detail
