"""The screen of unfinished uploads."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.abort_rule import AbortRule
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.dialogs.file_picker import FilePicker
from s3tui.ui.screens import unfinished_uploads
from s3tui.ui.screens.bucket_settings import BucketSettings
from s3tui.ui.screens.unfinished_uploads import UnfinishedUploads
from tests.s3.stub_server import Answer, Asked, stub
from tests.transfers import proxy as proxies
from tests.transfers.conftest import content, unfinished
from tests.ui.browsing import browsing, said
from tests.ui.hosting import Host, complaint, press, showing, text_of
from tests.ui.waiting import idle, settle, until


def begin(connection: Connection, bucket: str, key: str, *sizes: int) -> str:
    name = {"Bucket": bucket, "Key": key}
    identity = str(connection.call("create_multipart_upload", **name)["UploadId"])
    for number, size in enumerate(sizes, 1):
        connection.call("upload_part", **name, UploadId=identity, PartNumber=number, Body=b"x" * size)
    return identity


@pytest.fixture
def held(connection: Connection, bucket: str) -> str:
    begin(connection, bucket, "iso/a.iso", 10, 20)
    begin(connection, bucket, "iso/b.iso", 4096)
    begin(connection, bucket, "iso/c.iso")
    begin(connection, bucket, "other", 1)
    return bucket


def screen_of(connection: Connection, bucket: str, key: str = "", queue: Queue | None = None) -> UnfinishedUploads:
    return UnfinishedUploads(connection, S3Uri(bucket, key), queue or Queue())


def rows(screen: UnfinishedUploads) -> list[str]:
    table = screen.table
    width = table.scrollable_content_region.width
    return [" ".join(table.paint_row(position, width).text.split()) for position in range(table.row_count)]


def text(screen: UnfinishedUploads, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def keys(screen: UnfinishedUploads) -> list[str]:
    return [upload.key for upload in screen.table.uploads]


async def test_parts_and_bytes_are_filled_in(connection: Connection, held: str) -> None:
    screen = screen_of(connection, held, "iso/")
    async with showing(screen) as (_, pilot):
        assert keys(screen) == ["iso/a.iso", "iso/b.iso", "iso/c.iso"]
        first, second, third = rows(screen)
        assert first.endswith("ago 2 30 B") and second.endswith("1 4.0 KiB") and third.endswith("0 0 B")
        assert text(screen, "#known") == "complete · 3 unfinished uploads, 4.0 KiB"
        assert "iso/a.iso" in text(screen, "#about") and "2 parts" in text(screen, "#about")
        await press(pilot, "s")
        assert keys(screen) == ["iso/b.iso", "iso/a.iso", "iso/c.iso"]
        assert screen.table.current is not None and screen.table.current.key == "iso/a.iso"


async def test_abort_asks_what_goes_and_starts_on_no(connection: Connection, held: str) -> None:
    screen = screen_of(connection, held, "iso/")
    async with showing(screen) as (app, pilot):
        await press(pilot, "space", "space", "D")
        assert isinstance(app.screen, Confirm)
        assert "Abort 2 unfinished uploads?" in text_of(app) and "3 parts, 4.0 KiB" in text_of(app)
        await press(pilot, "enter")
        assert len(unfinished(connection, held)) == 4
        await press(pilot, "D", "tab", "enter")
        assert unfinished(connection, held) == ["iso/c.iso", "other"]
        assert keys(screen) == ["iso/c.iso"] and "2 aborted" in said(pilot)


async def test_all_are_selected_at_once(connection: Connection, held: str) -> None:
    screen = screen_of(connection, held)
    async with showing(screen) as (_, pilot):
        await press(pilot, "asterisk", "D", "tab", "enter")
        assert unfinished(connection, held) == []
        assert "There are none." in text_of(pilot.app) and "complete · 0 unfinished uploads" in text(screen, "#known")


async def test_without_a_selection_the_one_under_the_cursor_goes(connection: Connection, held: str) -> None:
    screen = screen_of(connection, held, "iso/")
    async with showing(screen) as (_, pilot):
        await press(pilot, "j", "D", "tab", "enter")
        assert "iso/b.iso" not in unfinished(connection, held) and len(unfinished(connection, held)) == 3


async def test_what_is_being_sent_from_here_is_marked_and_left_alone(
    connection: Connection, profile: Profile, endpoint: str, held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3tui.transfers import parts

    monkeypatch.setattr(parts, "PART_SIZE", 5 << 20)
    large = tmp_path / "large.iso"
    large.write_bytes(bytes(6 << 20))
    held_back, queue = threading.Event(), Queue()
    with proxies.running(endpoint) as proxy:
        wait = proxies.Treatment(before=lambda: held_back.wait(20))
        proxy.rules.append(lambda asked: wait if "partNumber" in asked.path else None)
        slow = Connection(replace(profile, endpoint=proxy.endpoint))
        transfer = queue.submit(slow, UploadRequest(large, S3Uri(held, "iso/z.iso")))
        screen = screen_of(connection, held, "iso/", queue)
        try:
            async with Host(screen).run_test(size=(80, 24)) as pilot:
                await until(pilot, lambda: "iso/z.iso" in unfinished(connection, held))
                await pilot.press("r")
                await until(pilot, lambda: len(keys(screen)) == 4 and not screen.doing)
                assert rows(screen)[3].startswith("▲ iso/z.iso")
                await pilot.press("G", "space", "D")
                await pilot.pause()
                assert pilot.app.screen is screen and "T cancels it" in said(pilot)
                await pilot.press("asterisk", "D")
                await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
                assert "Abort 3 unfinished uploads?" in text_of(pilot.app)
                await pilot.press("tab", "enter")
                await until(pilot, lambda: keys(screen) == ["iso/z.iso"])
        finally:
            held_back.set()
        assert transfer.future is not None
        transfer.future.result(90)
    assert transfer.state == "verified"


async def test_a_failure_stays_in_its_row(connection: Connection, profile: Profile, held: str, endpoint: str) -> None:
    denied = (403, b"<Error><Code>AccessDenied</Code></Error>")
    with proxies.running(endpoint) as proxy:
        proxy.rules.append(
            lambda asked: (
                proxies.Treatment(instead=denied) if asked.method == "DELETE" and "b.iso" in asked.path else None
            )
        )
        screen = screen_of(Connection(replace(profile, endpoint=proxy.endpoint)), held, "iso/")
        async with showing(screen) as (_, pilot):
            await press(pilot, "asterisk", "D", "tab", "enter")
            assert keys(screen) == ["iso/b.iso"]
            assert "2 aborted, 1 failed" in said(pilot) and "may not do this" in text(screen, "#about")


async def test_parts_that_cannot_be_read_are_not_called_none(held: str, profile: Profile, endpoint: str) -> None:
    denied = (403, b"<Error><Code>AccessDenied</Code></Error>")
    with proxies.running(endpoint) as proxy:
        proxy.rules.append(
            lambda asked: (
                proxies.Treatment(instead=denied) if "uploadId" in asked.path and "a.iso" in asked.path else None
            )
        )
        screen = screen_of(Connection(replace(profile, endpoint=proxy.endpoint)), held, "iso/")
        async with showing(screen) as (app, pilot):
            assert rows(screen)[0].endswith("? ?") and "at least 4.0 KiB" in text(screen, "#known")
            await press(pilot, "asterisk", "D")
            assert "at least 1 part" in text_of(app) and "1 upload of them hold is not known" in text_of(app)


async def test_only_so_many_are_asked_for_by_themselves(
    connection: Connection, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished_uploads, "_MOST_COUNTED", 2)
    screen = screen_of(connection, held, "iso/")
    async with showing(screen) as (_, pilot):
        assert rows(screen)[2].endswith("… …") and "1 were not asked for: c asks" in text(screen, "#known")
        await press(pilot, "c")
        assert rows(screen)[2].endswith("0 0 B") and "c asks" not in text(screen, "#known")


async def test_a_rule_is_put_beside_those_that_are_set(connection: Connection, held: str) -> None:
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 3}}
    connection.call("put_bucket_lifecycle_configuration", Bucket=held, LifecycleConfiguration={"Rules": [rule]})
    screen = screen_of(connection, held, "iso/")
    async with showing(screen, size=(120, 40)) as (app, pilot):
        await press(pilot, "b")
        dialog = app.screen
        assert isinstance(dialog, AbortRule)
        field = dialog.query_one("#days", Input)
        for wrong in ("", "0", "7.5", "-1", "٣", "9999999"):
            field.value = wrong
            await press(pilot, "enter")
            assert "number of days" in complaint(dialog)
        field.value = "14"
        await press(pilot, "enter")
        settings = app.screen
        assert isinstance(settings, BucketSettings)
        await until(pilot, lambda: settings.pane.modified)
        await settle(pilot)
        assert "abort-unfinished-uploads-under-iso/" in settings.pane.editor.text
        await press(pilot, "ctrl+s")
        assert "added" in text_of(app) and "14 days" in text_of(app)
        await press(pilot, "tab", "enter")
        await settle(pilot)
    written = connection.call("get_bucket_lifecycle_configuration", Bucket=held)["Rules"]
    assert [each["ID"] for each in written] == ["r", "abort-unfinished-uploads-under-iso/"]
    assert written[1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 14}


async def test_read_only_only_looks(connection: Connection, held: str) -> None:
    connection.read_only = True
    screen = screen_of(connection, held)
    async with showing(screen) as (app, pilot):
        await press(pilot, "asterisk", "D", "b")
        assert app.screen is screen and len(keys(screen)) == 4


async def test_an_endpoint_that_lists_no_uploads_says_so() -> None:
    with stub(lambda _: Answer(200, b"<ListBucketResult></ListBucketResult>")) as running:
        screen = screen_of(Connection(running.profile), "bucket")
        async with showing(screen) as (app, _):
            assert "does not know ?uploads" in text(screen, "#known") and "Nothing is known." in text_of(app)


async def test_names_are_data(connection: Connection, bucket: str) -> None:
    begin(connection, bucket, "a[/b]\u202e[red]")
    screen = screen_of(connection, bucket)
    async with showing(screen, size=(120, 30)) as (app, _):
        assert "a[/b]\\u{202e}[red]" in text_of(app)
        assert "a[/b]\\u{202e}[red]" in text(screen, "#about")


async def test_escape_stops_first_and_leaves_then() -> None:
    release = threading.Event()

    def answer(asked: Asked) -> Answer:
        if "max-uploads" not in asked.path:
            release.wait(20)
        return Answer(200, b"<ListMultipartUploadsResult></ListMultipartUploadsResult>")

    with stub(answer) as running:
        screen = screen_of(Connection(running.profile), "bucket")
        app = Host(screen)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: len(running.asked) == 2)
            assert "Listing" in text(screen, "#known")
            await pilot.press("escape")
            await pilot.pause()
            assert "incomplete" in text(screen, "#known") and app.screen is screen
            await pilot.press("escape")
            await until(pilot, lambda: app.answers)
            release.set()
            await idle(pilot)


async def test_it_opens_from_the_browser(profile: Profile, connection: Connection, held: str) -> None:
    connection.call("put_object", Bucket=held, Key="iso/there", Body=b"")
    async with browsing(profile, f"s3://{held}/iso/there") as (pilot, _):
        await pilot.press("M")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, UnfinishedUploads) and keys(screen) == ["iso/a.iso", "iso/b.iso", "iso/c.iso"]
        await pilot.press("M")
        await settle(pilot)
        assert pilot.app.screen is not screen


async def test_an_upload_is_gone_on_with_from_a_local_file(
    connection: Connection, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its only part is what the file begins with: it is not sent again."""
    data = b"x" * (5 << 20) + b"the end"
    (tmp_path / "isos").mkdir()
    (tmp_path / "isos/a.iso").write_bytes(data)
    monkeypatch.chdir(tmp_path / "isos")
    upload_id = begin(connection, bucket, "iso/a.iso", 5 << 20)
    queue = Queue()
    screen = screen_of(connection, bucket, queue=queue)
    async with showing(screen, queue=queue) as (app, pilot):
        await until(pilot, lambda: screen.table.current)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, FilePicker) and app.screen.table.rows)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "the upload is aborted" in app.screen.consequence
        await pilot.press("enter")  # starts on No
        await until(pilot, lambda: app.screen is screen)
        assert not queue.rows() and unfinished(connection, bucket) == ["iso/a.iso"]
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, FilePicker) and app.screen.table.rows)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.click("#yes")
        await until(pilot, lambda: queue.counts == {"verified": 1})
    request, _ = queue.journal.request(1)
    assert isinstance(request, UploadRequest) and request.adopt == upload_id
    assert content(connection, bucket, "iso/a.iso") == data and not unfinished(connection, bucket)
