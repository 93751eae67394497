"""Export: what the table shows, or what is selected in it, in a file that says whether it is all."""

from __future__ import annotations

import csv
import json
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select, Static

from s3tui.background import CancelToken
from s3tui.profiles.model import Profile
from s3tui.s3 import export, filters, search
from s3tui.s3.client import Connection
from s3tui.s3.listing import COMPLETE, MORE, Completeness, Listing
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.export import Choice, ExportForm, Written
from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.browsing import browsing, said
from tests.ui.hosting import complaint, press, showing, text_of
from tests.ui.waiting import idle, settle, until


def listing(count: int, completeness: Completeness = COMPLETE) -> Listing:
    made = Listing("data", "logs/")
    for number in range(count):
        made.columns.append(f"logs/{number:05}", number, None, "", "STANDARD")
    made.completeness = completeness
    return made


def form(rows: Listing, *choices: tuple[str, Sequence[int]]) -> ExportForm:
    chosen = choices or (("all", range(len(rows.columns))),)
    made = [
        Choice("" if label == "all" else label, rows, lambda numbers=numbers: numbers, lambda: rows.completeness)  # type: ignore[misc]
        for label, numbers in chosen
    ]
    return ExportForm("Export s3://data/logs/", made, "data-logs")


def state(screen: ExportForm) -> str:
    return str(screen.query_one("#state", Static).content)


def path_in(screen: ExportForm) -> Input:
    return screen.query_one("#path", Input)


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "home/Downloads"
    folder.mkdir()
    return folder


async def test_a_file_is_proposed_and_written(downloads: Path) -> None:
    (downloads / "data-logs.csv").write_text("mine")
    screen = form(listing(3))
    async with showing(screen) as (app, pilot):
        assert path_in(screen).value == str(downloads / "data-logs-2.csv")
        assert state(screen) == "The list is complete, and the file says so."
        await press(pilot, "enter")
        (written,) = app.answers
    file = downloads / "data-logs-2.csv"
    assert written == Written(file, 3, file.stat().st_size, COMPLETE)
    *records, end = csv.DictReader(file.read_text().splitlines())
    assert [record["key"] for record in records] == ["logs/00000", "logs/00001", "logs/00002"]
    assert end["completeness"] == "complete"
    assert (downloads / "data-logs.csv").read_text() == "mine"


async def test_selected_rows_in_the_order_that_was_given(downloads: Path) -> None:
    screen = form(listing(5), ("the 2 selected rows", [4, 1]), ("all", range(5)))
    async with showing(screen) as (app, pilot):
        assert "the 2 selected rows" in text_of(app)
        assert state(screen) == "The file says that it holds only the 2 selected rows. The list is complete."
        path_in(screen).value = str(downloads / "some.jsonl")
        await press(pilot, "enter")
        assert app.answers[0].rows == 2
    lines = [json.loads(line) for line in (downloads / "some.jsonl").read_text().splitlines()]
    assert [line.get("key") for line in lines] == ["logs/00004", "logs/00001", None]
    assert lines[-1] == ending("the 2 selected rows; the list: complete", 2)


def ending(part: str, rows: int) -> dict[str, object]:
    return {"kind": "end", "complete": False, "reason": part, "rows": rows}


@pytest.mark.parametrize(("known", "of"), [(COMPLETE, "complete"), (MORE, "more exist")])
async def test_a_part_never_says_that_it_is_all(downloads: Path, known: Completeness, of: str) -> None:
    expected = f"part: the 1 selected row; the list: {of}"
    for format in export.FORMATS:
        screen = form(listing(3, known), ("the 1 selected row", [1]))
        async with showing(screen) as (_, pilot):
            path_in(screen).value = str(downloads / f"part.{format}")
            await press(pilot, "enter")
    assert (downloads / "part.csv").read_text().splitlines()[-1] == f'end,,,,,,,"{expected}"'
    assert json.loads((downloads / "part.jsonl").read_text().splitlines()[-1])["complete"] is False
    said = parquet.read_metadata(downloads / "part.parquet").metadata
    assert said[b"s3tui.complete"] == b"false"
    assert said[b"s3tui.completeness"].decode() == expected


async def test_format_and_ending_go_together(downloads: Path) -> None:
    screen = form(listing(2))
    async with showing(screen) as (app, pilot):
        formats = screen.query_one("#format", Select)
        path_in(screen).value = str(downloads / "a.jsonl")
        await idle(pilot)
        assert formats.value == "jsonl"
        formats.value = "parquet"
        await idle(pilot)
        assert path_in(screen).value == str(downloads / "a.parquet")
        path_in(screen).value = str(downloads / "no-ending")
        await press(pilot, "enter")
        assert app.answers[0].path == downloads / "no-ending"
    assert parquet.read_table(downloads / "no-ending").num_rows == 2


@pytest.mark.parametrize(
    ("known", "said", "told"),
    [
        (MORE, "More exist.", "more exist"),
        (Completeness("stopped", "You may not."), "You may not.", "stopped: You may not."),
        (Completeness("stopped", "cancelled"), "You stopped it.", "stopped: cancelled"),
    ],
)
async def test_a_list_that_is_not_all_is_said_to_be_so(
    downloads: Path, known: Completeness, said: str, told: str
) -> None:
    screen = form(listing(2, known))
    async with showing(screen) as (app, pilot):
        assert state(screen) == f"⚠ The list is not complete, and the file says so. {said}"
        await press(pilot, "enter")
        assert app.answers[0].completeness == known
    assert (downloads / "data-logs.csv").read_text().splitlines()[-1] == f'end,,,,,,,"{told}"'


async def test_a_list_that_ended_meanwhile_is_complete(downloads: Path) -> None:
    rows = listing(2, MORE)
    screen = form(rows)
    async with showing(screen) as (app, pilot):
        rows.completeness = COMPLETE
        await press(pilot, "enter")
        assert app.answers[0].completeness == COMPLETE


async def test_a_file_that_is_there_is_never_replaced(downloads: Path) -> None:
    first = downloads / "a.csv"
    first.write_text("mine")
    screen = form(listing(2))
    async with showing(screen) as (app, pilot):
        path_in(screen).value = str(first)
        await press(pilot, "enter")
        assert "is there already" in complaint(screen)
        assert not screen.query_one("#ok", Button).disabled
        await press(pilot, "x")
        assert complaint(screen) == ""
        await press(pilot, "enter")
        assert app.answers[0].path.name == "a.csvx"
    assert first.read_text() == "mine"


async def test_what_is_no_place_for_a_file_is_said(downloads: Path) -> None:
    screen = form(listing(2))
    async with showing(screen) as (app, pilot):
        for typed in ("", "/proc/nothing/here.csv", "~nobody-of-that-name/a.csv", "a\x00b"):
            path_in(screen).value = typed
            await idle(pilot)
            assert complaint(screen) == "", typed
            await press(pilot, "enter")
            assert complaint(screen), typed
            assert app.answers == [], typed


async def test_progress_is_shown_and_escape_stops_it(downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    write = export.Writer.write

    def slow(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        begun.set()
        go_on.wait(20)

    monkeypatch.setattr(export.Writer, "write", slow)
    screen = form(listing(3000))
    async with showing(screen) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, begun.is_set)
        await until(pilot, lambda: "Writing: " in state(screen) and "of 3,000 rows" in state(screen))
        assert screen.query_one("#ok", Button).disabled
        await pilot.press("escape")
        await until(pilot, lambda: app.answers == [None])
        go_on.set()
        await idle(pilot)
    assert os.listdir(downloads) == []


async def test_names_are_data(downloads: Path) -> None:
    rows = listing(1, Completeness("stopped", "No [b]key[/b] \x1b[31m."))
    screen = ExportForm(
        "Export s3://data/[red]\x1b[2J/", [Choice("", rows, lambda: [0], lambda: rows.completeness)], "x"
    )
    async with showing(screen) as (app, _):
        assert "[red]␛[2J/" in text_of(app)
        assert "[b]key[/b] ␛[31m." in text_of(app)


# ---- from the table


@pytest.fixture
def filled(connection: Connection, bucket: str) -> str:
    for number, key in enumerate(("logs/a.gz", "logs/b.gz", "logs/c.txt", "logs/old/1", "x")):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"x" * (10 - number))
    return bucket


async def exported(pilot: Pilot[None], to: Path, part: str = "") -> list[str]:
    """Press x, and export to this file what is proposed; the keys in it, which says that it is this part."""
    await written_to(pilot, to)
    return keys_of(to, part)


async def written_to(pilot: Pilot[None], to: Path) -> None:
    await pilot.press("x")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ExportForm)
    path_in(screen).value = str(to)
    await press(pilot, "enter")
    await settle(pilot)


def keys_of(file: Path, part: str = "") -> list[str]:
    *lines, end = map(json.loads, file.read_text().splitlines())
    whole: dict[str, object] = {"kind": "end", "complete": True, "reason": "", "rows": len(lines)}
    assert end == (ending(f"{part}; the list: complete", len(lines)) if part else whole)
    return [line["key"] for line in lines]


async def test_the_table_as_it_is_shown(profile: Profile, filled: str, tmp_path: Path) -> None:
    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, browser):
        assert await exported(pilot, tmp_path / "1.jsonl") == ["logs/old/", "logs/a.gz", "logs/b.gz", "logs/c.txt"]
        browser.objects.table.sort_by("size")
        browser.objects.table.filter(".gz")
        await settle(pilot)
        part = "the rows that fit “.gz”"
        assert await exported(pilot, tmp_path / "2.jsonl", part) == ["logs/b.gz", "logs/a.gz"]
        assert "2 rows, " in said(pilot)
        assert said(pilot).endswith(f"2.jsonl. The file says that it holds only {part}. The list is complete.")


async def test_the_selection_comes_first(profile: Profile, filled: str, tmp_path: Path) -> None:
    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, _):
        await pilot.press("j", "space", "j", "space")
        await settle(pilot)
        part = "the 2 selected rows"
        assert await exported(pilot, tmp_path / "1.jsonl", part) == ["logs/a.gz", "logs/c.txt"]


async def test_old_rows_say_how_old_they_are_while_they_are_listed_again(downloads: Path) -> None:
    asked, go_on = 0, threading.Event()

    def answer(to: Asked) -> Answer:
        nonlocal asked
        if "list-type" not in to.path:
            return Answer(200, b"<ListAllMyBucketsResult/>")
        asked += 1
        if asked > 1:
            go_on.wait(20)
        rows = b"<Contents><Key>a</Key><Size>5</Size></Contents><IsTruncated>false</IsTruncated>"
        return Answer(200, b"<ListBucketResult>" + rows + b"</ListBucketResult>")

    with stub(answer) as running:
        async with browsing(running.profile, "s3://bucket/") as (pilot, browser):
            view = browser.places.view
            assert view is not None
            when = f"as of {view.kept.begun.isoformat(timespec='seconds')}"
            await pilot.press("r", "x")
            await until(
                pilot, lambda: isinstance(pilot.app.screen, ExportForm) and bool(pilot.app.screen.query("#path"))
            )
            form = pilot.app.screen
            assert isinstance(form, ExportForm)
            await until(pilot, lambda: state(form) == f"The list is complete {when}, and the file says so.")
            path_in(form).value = str(downloads / "1.csv")
            await pilot.press("enter")
            await until(
                pilot, lambda: said(pilot).endswith(f"1.csv. The list is complete {when}, and the file says so.")
            )
            go_on.set()
            await settle(pilot)
            await written_to(pilot, downloads / "2.csv")
    assert (downloads / "1.csv").read_text().splitlines()[-1] == f'end,,,,,,,"complete: {when}"'
    assert (downloads / "2.csv").read_text().splitlines()[-1] == 'end,,,,,,,"complete"'


async def test_rows_that_were_listed_long_ago_say_so(profile: Profile, filled: str, tmp_path: Path) -> None:
    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, browser):
        assert browser.places.view is not None
        browser.places.view.kept.begun = datetime(2026, 11, 20, 16, 3, 4, tzinfo=UTC)
        await written_to(pilot, tmp_path / "1.jsonl")
    end = json.loads((tmp_path / "1.jsonl").read_text().splitlines()[-1])
    assert end == {"kind": "end", "complete": True, "reason": "as of 2026-11-20T16:03:04+00:00", "rows": 4}


async def test_hits_of_a_search(profile: Profile, connection: Connection, filled: str, tmp_path: Path) -> None:
    hits = search.Hits([S3Uri(filled, "logs/"), S3Uri(filled, "x")], filters.parse("!c"))
    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, browser):
        browser.show_hits(hits, "!c", lambda _, *how: search.read(hits, *how))
        await settle(pilot)
        assert await exported(pilot, tmp_path / "1.jsonl") == ["logs/a.gz", "logs/b.gz", "logs/old/1", "x"]


async def test_hits_of_a_search_that_was_stopped(profile: Profile, filled: str, tmp_path: Path) -> None:
    hits = search.Hits([S3Uri(filled, "logs/")], filters.parse("gz"))

    def until_stopped(_: Listing, connection: Connection, token: CancelToken, on_page: object) -> None:
        search.read(hits, connection, CancelToken(), lambda _: None)
        try:
            while True:
                token.check()
                time.sleep(0.01)
        finally:
            hits.completeness = Completeness("stopped", "cancelled")

    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, browser):
        browser.show_hits(hits, "gz", until_stopped)
        await until(pilot, lambda: len(hits.columns) > 0)
        await pilot.press("escape")
        await settle(pilot)
        await written_to(pilot, tmp_path / "1.csv")
        assert said(pilot).endswith("1.csv. The list is not complete, and the file says so. You stopped it.")
    assert (tmp_path / "1.csv").read_text().endswith('"stopped: cancelled"\n')


async def test_a_name_for_the_file_is_proposed(profile: Profile, filled: str, downloads: Path) -> None:
    async with browsing(profile, f"s3://{filled}/logs/") as (pilot, _):
        await pilot.press("x")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ExportForm)
        assert path_in(pilot.app.screen).value == str(downloads / f"{filled}-logs.csv")
