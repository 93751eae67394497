"""The screen that says why an object is missing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input, OptionList, Static

import s3tui.ui
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.goto import WhichObject
from s3tui.ui.screens.why import Why
from tests.ui.waiting import idle


class Host(App[None]):
    CSS_PATH = Path(s3tui.ui.__file__).parent / "styles" / "dialogs.tcss"

    def __init__(self, connection: Connection, uri: S3Uri) -> None:
        super().__init__()
        self.why = Why(connection, uri)
        self.answers: list[S3Uri | None] = []
        self.copied = ""

    def on_mount(self) -> None:
        self.push_screen(self.why, self.answers.append)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text


def text_of(screen: Why, selector: str) -> str:
    return "\n".join(str(widget.content) for widget in screen.query(selector).results(Static))


async def test_the_verdict_comes_first_and_a_candidate_is_one_key_away(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="a/Disk.iso", Body=b"x")
    app = Host(connection, S3Uri(bucket, "a/disk.iso"))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "a near miss is" in text_of(app.why, "#verdict")
        assert "a/Disk.iso" in text_of(app.why, "#verdict")
        assert "HeadObject" in text_of(app.why, "#evidence > Static")
        assert app.why.query_one(OptionList).has_focus
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [S3Uri(bucket, "a/Disk.iso")]


async def test_names_are_shown_as_data(connection: Connection, bucket: str) -> None:
    key = "a[/b]\x1b[31m\u202e[@click=app.quit]x"
    connection.call("put_object", Bucket=bucket, Key=key.upper(), Body=b"x")
    app = Host(connection, S3Uri(bucket, key))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        shown = text_of(app.why, "Static")
    assert "a[/b]␛[31m\\u{202e}[@click=app.quit]x" in shown
    assert "\x1b" not in shown


async def test_the_report_is_copied_and_saved_but_never_over_a_file(
    connection: Connection, bucket: str, tmp_path: Path
) -> None:
    taken = tmp_path / "taken.txt"
    taken.write_text("mine")
    app = Host(connection, S3Uri(bucket, "nothing"))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("y", "s")
        await idle(pilot)
        app.screen.query_one(Input).value = str(taken)
        await pilot.press("enter")
        await idle(pilot)
        assert "there already" in str(app.screen.query_one(".dialog-complaint", Static).content)
        app.screen.query_one(Input).value = str(tmp_path / "ticket.txt")
        await pilot.press("enter")
        await idle(pilot)
        assert app.screen is app.why
    assert taken.read_text() == "mine"
    assert (tmp_path / "ticket.txt").read_text(encoding="utf-8") == app.copied
    assert app.copied.startswith("Not here, and no trace of it: There is no “nothing”")


async def test_escape_stops_the_looking_then_goes_back(connection: Connection, bucket: str) -> None:
    held, go_on = threading.Event(), threading.Event()

    class Slow(Connection):
        def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
            if operation == "list_objects_v2":
                held.set()
                go_on.wait(30)
            return super().call(operation, **parameters)

    app = Host(Slow(connection.profile), S3Uri(bucket, "nothing"))
    async with app.run_test(size=(80, 24)) as pilot:
        while not held.is_set():
            await pilot.pause(0.01)
        await pilot.press("escape")
        assert "Stopped" in text_of(app.why, "#verdict")
        go_on.set()
        await idle(pilot)
        assert app.why.diagnosis is None
        assert "Stopped" in text_of(app.why, "#verdict")
        await pilot.press("escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_asking_again_starts_over(connection: Connection, bucket: str) -> None:
    app = Host(connection, S3Uri(bucket, "late"))
    async with app.run_test(size=(120, 40)) as pilot:
        await idle(pilot)
        connection.call("put_object", Bucket=bucket, Key="late", Body=b"x")
        await pilot.press("r")
        await idle(pilot)
        assert text_of(app.why, "#verdict").startswith("It exists")
        assert "1. The bucket is there" in text_of(app.why, "#evidence > Static")
        assert text_of(app.why, "#evidence > Static").count("The bucket is there") == 1
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [S3Uri(bucket, "late")]


async def test_a_bucket_alone_is_no_object(connection: Connection, bucket: str) -> None:
    app = Host(connection, S3Uri(bucket))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "names a bucket, not an object" in text_of(app.why, "#verdict")
        await pilot.press("escape")
        await pilot.pause()
    assert app.answers == [None]


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("artifacts/config/r630.yaml", "s3://here/artifacts/config/r630.yaml"),
        ("Disk.iso", "s3://here/Disk.iso"),
        ("there/a/b", "s3://there/a/b"),
        ("s3://gone/a", "s3://gone/a"),
        ("arn:aws:s3:::gone/a", "s3://gone/a"),
    ],
)
def test_a_key_alone_is_one_of_the_bucket_that_is_open(typed: str, place: str) -> None:
    assert str(WhichObject(None, None, "here", {"here", "there"}).read(typed)) == place
