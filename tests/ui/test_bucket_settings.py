"""A bucket's settings: lifecycle and CORS read, edited, checked, written and removed by keyboard."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, Static

from s3tui import background
from s3tui.s3 import documents
from s3tui.s3.client import Connection
from s3tui.s3.document_kinds import KindName, Rule
from s3tui.ui.control_filter import CONTROL_FILTER
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.dialogs.document_diff import DocumentDiff
from s3tui.ui.dialogs.load_document import LoadDocument
from s3tui.ui.failures import TellsFailures
from s3tui.ui.screens.bucket_settings import BucketSettings
from s3tui.ui.widgets import document_pane, json_editor
from s3tui.ui.widgets.document_pane import DocumentPane
from tests.s3.stub_server import Answer, stub
from tests.ui.waiting import settle, until

LOGS: Rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
TEMPORARY: Rule = {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}


class Host(TellsFailures, App[None]):
    """Shows the settings of one bucket."""

    CSS_PATH = ["../../s3tui/ui/styles/dialogs.tcss"]

    def __init__(self, connection: Connection, bucket: str) -> None:
        super().__init__()
        self.settings = BucketSettings(connection, bucket)

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), CONTROL_FILTER]

    def show_error(self, error: BaseException) -> None:
        raise error

    async def on_mount(self) -> None:
        await self.push_screen(self.settings)

    @property
    def pane(self) -> DocumentPane:
        return self.settings.pane

    @property
    def said(self) -> str:
        return str(self.pane.query_one(".state", Static).visual)


@asynccontextmanager
async def settings(
    connection: Connection, bucket: str, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    app = Host(connection, bucket)
    async with app.run_test(size=size) as pilot:
        await read(pilot)
        yield app, pilot


@pytest.fixture(autouse=True)
def quick_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_pane, "TYPING_PAUSE", 0.0)


async def read(pilot: Pilot[None]) -> None:
    """Wait until nothing is read or written, and stayed so while the screen was painted a few times."""
    assert isinstance(pilot.app, Host)
    host = pilot.app
    quiet = 0
    while quiet < 4:
        await pilot.pause(0.02)
        await until(pilot, lambda: not background.busy() and host.pane.state not in ("loading", "writing"))
        quiet += 1


def lines_of(options: OptionList) -> list[str]:
    return [str(option.prompt) for option in options.options]


def held(connection: Connection, bucket: str, kind: KindName = "lifecycle") -> list[Rule]:
    document = documents.get(connection, bucket, kind)
    return list(document.rules) if document else []


def json_of(*rules: Rule) -> str:
    return documents.text_of("lifecycle", rules)


async def test_a_template_is_written_after_its_difference_was_shown(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        assert app.said == "Nothing is set. Press ctrl+t for a template."
        await pilot.press("ctrl+t")
        await read(pilot)
        assert isinstance(app.screen, LoadDocument)
        app.screen.query_one("#prefix", Input).value = "workflows/"
        await pilot.press("down", "down", "enter")
        await read(pilot)
        assert "not saved yet" in app.said
        assert held(connection, bucket) == []
        await pilot.press("ctrl+s")
        await read(pilot)
        assert isinstance(app.screen, DocumentDiff)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        assert "delete-temporary" in str(app.screen.query(".difference").first(Static).visual)
        await pilot.press("tab", "enter")
        await read(pilot)
        assert app.said == "Written, read back, and the same in meaning."
        assert not app.pane.modified
    assert [rule["Filter"] for rule in held(connection, bucket)] == [{"Prefix": "workflows/"}]


async def test_no_writes_nothing(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        app.pane.editor.text = json_of(LOGS)
        await read(pilot)
        for key in ("enter", "escape"):
            await pilot.press("ctrl+s")
            await read(pilot)
            assert isinstance(app.screen, DocumentDiff)
            await pilot.press(key)
            await read(pilot)
            assert app.screen is app.settings
    assert held(connection, bucket) == []


async def test_rules_are_shown_in_words_and_lead_to_their_lines(connection: Connection, bucket: str) -> None:
    documents.put(connection, bucket, "lifecycle", [LOGS, TEMPORARY], None)
    async with settings(connection, bucket) as (app, pilot):
        assert lines_of(app.pane.rules) == [
            "logs\nObjects under “logs/” are deleted 30 days after they were created.",
            "tmp\nObjects under “tmp/” are deleted 1 day after they were created.",
        ]
        assert app.focused is app.pane.rules
        await pilot.press("down", "down", "enter")
        await read(pilot)
        assert app.focused is app.pane.editor
        row, _ = app.pane.editor.cursor_location
        assert app.pane.editor.document.get_line(row + 1).strip() == '"ID": "tmp",'


async def test_each_complaint_leads_to_its_line_and_errors_stop_the_save(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        app.pane.editor.text = json_of(LOGS).replace("30", "0").replace("Enabled", "On")
        await read(pilot)
        assert lines_of(app.pane.complaints) == [
            "Line 5: Status must be “Enabled” or “Disabled”, not “On”.",
            "Line 10: Days must be at least 1, not 0.",
        ]
        assert app.said == "2 errors to mend before this can be saved."
        app.pane.complaints.focus()
        await pilot.press("end", "enter")
        await read(pilot)
        assert app.pane.editor.cursor_location == (9, 0)
        await pilot.press("ctrl+s")
        await read(pilot)
        assert app.screen is app.settings
    assert held(connection, bucket) == []


async def test_what_mc_prints_can_be_pasted_tidied_and_saved(connection: Connection, bucket: str) -> None:
    exported = {
        "config": {"Rules": [{**TEMPORARY, "Expiration": None, "Transition": {"Days": 9, "StorageClass": "T"}}]}
    }
    async with settings(connection, bucket) as (app, pilot):
        app.pane.editor.text = json.dumps(exported)
        await read(pilot)
        await pilot.press("ctrl+l")
        await read(pilot)
        assert json.loads(app.pane.editor.text)["Rules"][0]["Transitions"] == [{"Days": 9, "StorageClass": "T"}]
        await pilot.press("ctrl+s")
        await read(pilot)
        await pilot.press("tab", "enter")
        await read(pilot)
    assert held(connection, bucket)[0]["Transitions"] == [{"Days": 9, "StorageClass": "T"}]


async def test_cors_has_its_own_tab(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("f2")
        await read(pilot)
        assert app.pane.kind == "cors"
        await pilot.press("ctrl+t")
        await read(pilot)
        assert not app.screen.query("#prefix")
        await pilot.press("enter")
        await read(pilot)
        await pilot.press("ctrl+s")
        await read(pilot)
        await pilot.press("tab", "enter")
        await read(pilot)
        assert lines_of(app.pane.rules) == [
            "file-preview\nPages from any site may use GET without headers of their own."
        ]
    assert held(connection, bucket, "cors") == [
        {"ID": "file-preview", "AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    ]


async def test_removed_rules_can_be_loaded_again(connection: Connection, bucket: str) -> None:
    documents.put(connection, bucket, "lifecycle", [LOGS], None)
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("f8")
        await read(pilot)
        assert isinstance(app.screen, DocumentDiff)
        await pilot.press("tab", "enter")
        await read(pilot)
        assert app.said.startswith("Removed. The old ones are saved in ")
        assert held(connection, bucket) == []
        await pilot.press("ctrl+t")
        await read(pilot)
        await pilot.press("end", "enter")
        await read(pilot)
        assert json.loads(app.pane.editor.text) == {"Rules": [LOGS]}
        assert app.pane.modified


async def test_a_template_replaces_the_rule_with_its_id_and_keeps_the_others(
    connection: Connection, bucket: str
) -> None:
    documents.put(connection, bucket, "lifecycle", [LOGS, {**TEMPORARY, "ID": "archive-isos"}], None)
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("ctrl+t")
        await read(pilot)
        await pilot.press("enter")
        await read(pilot)
        assert [rule["ID"] for rule in app.pane.reading.rules] == ["logs", "archive-isos"]
        assert "Transitions" in app.pane.reading.rules[1]
        await pilot.press("ctrl+z")
        await read(pilot)
        assert not app.pane.modified


async def test_rules_that_changed_meanwhile_are_not_overwritten(connection: Connection, bucket: str) -> None:
    seen = documents.put(connection, bucket, "lifecycle", [LOGS], None)
    async with settings(connection, bucket) as (app, pilot):
        documents.put(connection, bucket, "lifecycle", [TEMPORARY], seen)
        mine = json_of({**LOGS, "ID": "mine"})
        app.pane.editor.text = mine
        await read(pilot)
        await pilot.press("ctrl+s")
        await read(pilot)
        await pilot.press("tab", "enter")
        await read(pilot)
        assert "no longer the ones you saw" in app.said
        assert app.pane.editor.text == mine
    assert held(connection, bucket) == [TEMPORARY]


async def test_a_condition_that_the_server_drops_is_told_and_the_text_stays(
    connection: Connection, bucket: str
) -> None:
    async with settings(connection, bucket) as (app, pilot):
        app.pane.editor.text = json_of({**LOGS, "Filter": {"ObjectSizeGreaterThan": 5}})
        await read(pilot)
        await pilot.press("ctrl+s")
        await read(pilot)
        await pilot.press("tab", "enter")
        await read(pilot)
        assert "ObjectSizeGreaterThan: 5 → not set" in app.said
        assert app.pane.modified
    assert held(connection, bucket) == []


async def test_read_only_dims_what_writes_and_sends_nothing(connection: Connection, bucket: str) -> None:
    documents.put(connection, bucket, "lifecycle", [LOGS], None)
    connection.read_only = True
    async with settings(connection, bucket) as (app, pilot):
        assert app.said == "1 rule. Read-only: nothing can be written."
        assert app.settings.check_action("save", ()) is None
        assert app.settings.check_action("remove", ()) is None
        assert app.settings.check_action("read_again", ()) is True
        app.pane.editor.text = json_of(TEMPORARY)
        await read(pilot)
        await pilot.press("ctrl+s", "f8")
        await read(pilot)
        assert app.screen is app.settings
    assert held(connection, bucket) == [LOGS]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(200, b"<ListBucketResult/>"), "This endpoint does not know ?lifecycle: it answered with <ListBucketResult>"),
        (Answer(501, b"<Error><Code>NotImplemented</Code></Error>"), "it answered HTTP 501 NotImplemented"),
        (Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), "You may not read ?lifecycle here"),
        (Answer(404, b"<Error><Code>NoSuchBucket</Code></Error>"), "There is no bucket “bucket” here."),
    ],
)  # fmt: skip
async def test_a_server_that_cannot_is_told_and_left_alone(answer: Answer, reason: str) -> None:
    with stub(lambda asked: answer) as server:
        async with settings(Connection(server.profile), "bucket") as (app, pilot):
            assert reason in app.said
            for action in ("save", "remove", "load", "tidy", "edit_outside"):
                assert app.settings.check_action(action, ()) is None
            await pilot.press("ctrl+s", "f8", "ctrl+t", "ctrl+l", "f4")
            await read(pilot)
            assert app.screen is app.settings
        assert {asked.method for asked in server.asked} == {"GET"}


@pytest.mark.parametrize("key", ["escape", "ctrl+r"])
async def test_unsaved_text_is_not_lost_without_a_question(connection: Connection, bucket: str, key: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("[")
        await read(pilot)
        await pilot.press(key)
        await read(pilot)
        assert isinstance(app.screen, Confirm)
        await pilot.press("enter")
        await read(pilot)
        assert app.pane.editor.text == "["
        await pilot.press(key)
        await read(pilot)
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert app.screen is not app.settings if key == "escape" else app.pane.editor.text == ""


async def test_the_screen_stays_until_the_outcome_of_a_write_is_known(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        app.pane.state = "writing"
        await pilot.press("escape", "ctrl+r", "ctrl+s", "f8")
        await settle(pilot)
        assert app.screen is app.settings
        assert app.pane.state == "writing"
        app.pane.state = "ready"
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is not app.settings


async def test_nothing_unsaved_closes_at_once(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is not app.settings


async def test_enter_keeps_the_indentation(connection: Connection, bucket: str) -> None:
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("{", "enter", "x", "enter", "y")
        assert app.pane.editor.text == "{\n  x\n  y"


async def test_large_texts_are_plain_and_larger_ones_are_for_another_editor(
    connection: Connection, bucket: str
) -> None:
    async with settings(connection, bucket) as (app, pilot):
        editor = app.pane.editor
        assert editor.language == "json"
        editor.load("[" + " " * json_editor.HIGHLIGHTED + "]")
        assert editor.language is None
        assert not editor.read_only
        editor.load("[" + " " * json_editor.LARGEST + "]")
        assert editor.read_only
        editor.load("[]")
        assert editor.language == "json"
        assert not editor.read_only
        await settle(pilot)


async def test_an_editor_that_is_not_there_leaves_the_text(
    connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with settings(connection, bucket) as (app, pilot):
        await pilot.press("[", "f4")
        await read(pilot)
        assert [notice.message for notice in app._notifications] == [
            "No editor is set. Set EDITOR, for example to “vi”."
        ]
        assert app.pane.editor.text == "["


HOSTILE = "a[/b][red]x\u202ey\u200b"


async def test_hostile_names_are_shown_and_never_obeyed(connection: Connection, bucket: str) -> None:
    documents.put(connection, bucket, "lifecycle", [{**LOGS, "ID": HOSTILE, "Filter": {"Prefix": HOSTILE}}], None)
    async with settings(connection, bucket, (200, 50)) as (app, pilot):
        name = "a[/b][red]x\\u{202e}y\\u{200b}"
        assert lines_of(app.pane.rules)[0].startswith(f"{name}\nObjects whose key starts with “{name}”")
        assert HOSTILE not in app.pane.editor.text
        app.pane.editor.text = json_of(LOGS)
        await read(pilot)
        await pilot.press("ctrl+s")
        await read(pilot)
        assert name in str(app.screen.query(".difference").first(Static).visual)
        picture: Any = app.export_screenshot()
        assert "\u202e" not in picture
        await pilot.press("escape")
        await read(pilot)
