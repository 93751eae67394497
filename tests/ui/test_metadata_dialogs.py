"""The dialogs for metadata and tags, driven by keyboard on a real server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Input, Static

from s3tui.s3 import copying, objects, tags
from s3tui.s3.client import Connection
from s3tui.s3.metadata import Metadata
from s3tui.s3.objects import ObjectInfo
from s3tui.s3.uri import S3Uri
from s3tui.ui.control_filter import CONTROL_FILTER
from s3tui.ui.dialogs.edit import EditDialog
from s3tui.ui.dialogs.edit_metadata import EditMetadata
from s3tui.ui.dialogs.edit_tags import EditTags
from s3tui.ui.widgets.pairs_editor import PairRow, PairsEditor
from tests.s3.tampering import Exchange, Proxy, proxy
from tests.ui.waiting import idle

HOSTILE = "\x1b]0;x\x07[red]a[/b]\u202e"


class Host(App[None]):
    """An app that only shows one dialog."""

    CSS_PATH = [
        os.path.join(os.path.dirname(__file__), "../../s3tui/ui/styles/dialogs.tcss"),
    ]
    answers: list[Any]

    def get_line_filters(self) -> Any:
        return [*super().get_line_filters(), CONTROL_FILTER]


@asynccontextmanager
async def showing(dialog: EditDialog[Any], size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[Any]]:
    app = Host()
    app.answers = []
    async with app.run_test(size=size) as pilot:
        app.push_screen(dialog, app.answers.append)
        await idle(pilot)
        yield pilot


def put(connection: Connection, bucket: str, **parameters: Any) -> ObjectInfo:
    connection.call("put_object", **({"Bucket": bucket, "Key": "a/k.txt", "Body": b"hello"} | parameters))
    return objects.head(connection, S3Uri(bucket, "a/k.txt"))


def text(screen: Screen[Any], selector: str) -> str:
    return str(screen.query_one(selector, Static).render())


def complaint(dialog: Screen[Any]) -> str:
    return text(dialog, ".dialog-complaint")


@pytest.fixture
def faulty(endpoint: str) -> Iterator[Proxy]:
    with proxy(endpoint) as running:
        yield running


async def test_edit_review_write_by_keyboard(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, ContentType="text/plain", Metadata={"who": "me", "old": "1"})
    dialog = EditMetadata(connection, info)
    async with showing(dialog) as pilot:
        assert dialog.focused is dialog.query_one("#content_type")
        await pilot.press("ctrl+u", *"text/html", "enter", *"no-store")
        first = dialog.query(PairRow).first()
        first.name_input.focus()
        await pilot.press("ctrl+u", *"former")
        last = dialog.query(PairRow).last()
        last.name_input.focus()
        await pilot.press(*"new", "enter", *"2")
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert dialog.reviewing
        difference = text(dialog, "#difference")
        assert "~ Content-Type: text/plain → text/html" in difference
        assert "+ Cache-Control: no-store" in difference
        assert "- old: 1" in difference and "+ former: 1" in difference
        assert "+ new: 2" in difference
        assert objects.head(connection, info.uri) == info
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert isinstance(pilot.app, Host)
        (written,) = pilot.app.answers
    assert written.metadata == Metadata("text/html", "no-store", user=(("former", "1"), ("new", "2"), ("who", "me")))
    assert written == objects.head(connection, info.uri)


async def test_what_is_not_touched_stays_in_its_encoding(connection: Connection, bucket: str) -> None:
    encoded = "=?UTF-8?Q?Z=C3=BCrich?="
    dialog = EditMetadata(connection, put(connection, bucket, Metadata={"place": encoded}))
    async with showing(dialog) as pilot:
        assert dialog.query(PairRow).first().value_input.value == "Zürich"
        dialog.query_one("#cache_control", Input).value = "no-store"
        await pilot.press("ctrl+s")
        await idle(pilot)
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers[0].metadata.user == (("place", encoded),)


async def test_rows_are_added_and_removed(connection: Connection, bucket: str) -> None:
    dialog = EditMetadata(connection, put(connection, bucket, Metadata={"a": "1", "b": "2"}))
    async with showing(dialog) as pilot:
        assert len(dialog.query(PairRow)) == 3
        await pilot.click(dialog.query(PairRow).first().query_one(Button))
        await pilot.pause()
        assert dialog.query_one(PairsEditor).pairs == [("b", "2")]
        await pilot.click(dialog.query(PairRow).last().query_one(Button))
        await pilot.pause()
        assert len(dialog.query(PairRow)) == 2
        dialog.query(PairRow).last().value_input.value = "x"
        await pilot.pause()
        assert len(dialog.query(PairRow)) == 3
        assert dialog.query_one(PairsEditor).pairs == [("b", "2"), ("", "x")]
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "empty" in complaint(dialog)
        assert not dialog.reviewing


async def test_complaints_and_back(connection: Connection, bucket: str) -> None:
    dialog = EditMetadata(connection, put(connection, bucket))
    async with showing(dialog) as pilot:
        await pilot.press("ctrl+s")
        assert "Nothing is different" in complaint(dialog)
        dialog.query_one("#expires", Input).value = "tomorrow"
        await pilot.press("ctrl+s")
        assert "not a date" in complaint(dialog)
        dialog.query_one("#expires", Input).value = "2027-01-01"
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert dialog.reviewing
        await pilot.click("#back")
        await idle(pilot)
        assert not dialog.reviewing
        await pilot.press("escape")
        await idle(pilot)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers == [None]


async def test_a_versioned_bucket_is_said(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    dialog = EditMetadata(connection, put(connection, bucket))
    async with showing(dialog) as pilot:
        dialog.query_one("#cache_control", Input).value = "no-store"
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "makes a new one" in text(dialog, "#notes")


@pytest.mark.parametrize("kind", [EditMetadata, EditTags])
async def test_read_only_says_why(connection: Connection, bucket: str, kind: Any) -> None:
    info = put(connection, bucket)
    connection.read_only = True
    dialog = kind(connection, info)
    async with showing(dialog) as pilot:
        assert "read-only" in complaint(dialog)
        assert dialog.query_one("#ok", Button).disabled
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert not dialog.reviewing


async def test_an_archived_object_says_why(connection: Connection, bucket: str) -> None:
    dialog = EditMetadata(connection, put(connection, bucket, StorageClass="GLACIER"))
    async with showing(dialog):
        assert "archive" in complaint(dialog)
        assert dialog.query_one("#ok", Button).disabled


async def test_changed_meanwhile_keeps_what_was_typed(connection: Connection, bucket: str) -> None:
    dialog = EditMetadata(connection, put(connection, bucket))
    async with showing(dialog) as pilot:
        dialog.query_one("#cache_control", Input).value = "mine"
        await pilot.press("ctrl+s")
        await idle(pilot)
        put(connection, bucket, CacheControl="theirs")
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "changed by someone else" in complaint(dialog)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers == []
        assert dialog.query_one("#cache_control", Input).value == "mine"
    assert objects.head(connection, S3Uri(bucket, "a/k.txt")).metadata.cache_control == "theirs"


async def test_a_risk_must_be_accepted(faulty: Proxy, bucket: str) -> None:
    info = put(faulty.connection, bucket)

    def deny(exchange: Exchange) -> None:
        if exchange.path.endswith("?acl"):
            exchange.refuse(403, "AccessDenied")

    faulty.before.append(deny)
    dialog = EditMetadata(faulty.connection, info)
    async with showing(dialog) as pilot:
        dialog.query_one("#cache_control", Input).value = "no-store"
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "may become private" in text(dialog, "#risks Static")
        assert dialog.query_one("#ok", Button).disabled
        assert dialog.focused is dialog.query_one(Checkbox)
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert not faulty.sent("PUT")[1:]
        await pilot.press("space")
        await pilot.pause()
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers[0].metadata.cache_control == "no-store"


async def test_escape_cancels_a_long_copy(faulty: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_LIMIT", 10)
    monkeypatch.setattr(copying, "PART_SIZE", 5 * 1024 * 1024)
    info = put(faulty.connection, bucket, Body=bytes(12 * 1024 * 1024))
    dialog = EditMetadata(faulty.connection, info)

    def cancel(exchange: Exchange) -> None:
        if "partNumber=1" in exchange.path:
            dialog.app.call_from_thread(dialog.action_cancel)

    faulty.after.append(cancel)
    async with showing(dialog) as pilot:
        dialog.query_one("#cache_control", Input).value = "no-store"
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "in parts" in text(dialog, "#notes")
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert "Cancelled: nothing was written" in complaint(dialog)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers == []
    assert not faulty.connection.call("list_multipart_uploads", Bucket=bucket).get("Uploads")
    assert objects.head(faulty.connection, info.uri) == info


async def test_hostile_names_and_values(connection: Connection, bucket: str) -> None:
    key = "x/" + HOSTILE.replace("/", "")
    connection.call("put_object", Bucket=bucket, Key=key, Body=b"")
    info = objects.head(connection, S3Uri(bucket, key))
    info = replace(info, metadata=replace(info.metadata, user=(("a[/b]", "[red]=?x"), ("n", HOSTILE))))
    dialog = EditMetadata(connection, info)
    async with showing(dialog):
        assert "[red]a[b]" in text(dialog, ".dialog-heading")
        assert dialog.query_one(PairsEditor).pairs == [("a[/b]", "[red]=?x"), ("n", HOSTILE)]
        assert dialog.differences() == []
        assert "\x1b" not in dialog.query(PairRow)[1].value_input.value


async def test_tags_by_keyboard(connection: Connection, bucket: str) -> None:
    info = put(connection, bucket, Tagging="team=storage")
    dialog = EditTags(connection, info)
    async with showing(dialog) as pilot:
        assert dialog.query_one(PairsEditor).pairs == [("team", "storage")]
        dialog.query(PairRow).last().name_input.focus()
        await pilot.press(*"env", "enter", *"test")
        assert "2 of at most 10" in text(dialog, "#count")
        await pilot.press("ctrl+s")
        await idle(pilot)
        assert text(dialog, "#difference") == "+ env: test"
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(pilot.app, Host)
        assert pilot.app.answers == [{"team": "storage", "env": "test"}]
    assert tags.read(connection, info.uri) == {"team": "storage", "env": "test"}


async def test_tags_break_a_rule(connection: Connection, bucket: str) -> None:
    dialog = EditTags(connection, put(connection, bucket))
    async with showing(dialog) as pilot:
        await pilot.press(*"aws:x")
        await pilot.press("ctrl+s")
        assert "belong to AWS" in complaint(dialog)


async def test_tags_where_there_are_none(faulty: Proxy, connection: Connection, bucket: str) -> None:
    info = put(connection, bucket)

    def ignore_subresource(exchange: Exchange) -> None:
        exchange.path = exchange.path.replace("?tagging", "")

    faulty.before.append(ignore_subresource)
    dialog = EditTags(faulty.connection, info)
    async with showing(dialog):
        assert "does not know ?tagging" in complaint(dialog)
        assert dialog.query_one("#ok", Button).disabled
    assert {exchange.method for exchange in faulty.seen} == {"GET"}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_buttons_and_complaints_stay_on_screen(
    connection: Connection, bucket: str, size: tuple[int, int]
) -> None:
    many = {f"name-{number}": "x" * 20 for number in range(20)}
    dialog = EditMetadata(connection, put(connection, bucket, Metadata=many))
    async with showing(dialog, size) as pilot:
        for name in ("expires", "website_redirect", "cache_control"):
            dialog.query_one(f"#{name}", Input).value = "é"
        await pilot.press("ctrl+s")
        await pilot.pause()
        screen = dialog.region
        for button in ("#ok", "#cancel"):
            assert screen.contains_region(dialog.query_one(button).region)
        assert screen.contains_region(dialog.query_one(".dialog-complaint").region)
        assert complaint(dialog).count("\n") == 2
