"""The dialogs of transfers, driven by keys on a real server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import seen_at
from s3tui.ui.dialogs.download import DownloadForm
from s3tui.ui.dialogs.file_picker import FilePicker, FileTable
from s3tui.ui.dialogs.overwrite import Overwrite
from s3tui.ui.dialogs.upload import UploadForm
from s3tui.ui.widgets.move_list import MoveList
from tests.ui.hosting import complaint, press, showing, text_of
from tests.ui.waiting import idle, until


@pytest.fixture
def isos(tmp_path: Path) -> Path:
    folder = tmp_path / "isos"
    (folder / "old").mkdir(parents=True)
    for name in ("agent.iso", "boot.iso", "notes.txt", ".hidden", "odd [red]\x1b[31m.bin"):
        (folder / name).write_bytes(name.encode() * 10)
    (folder / "old" / "agent.iso").write_bytes(b"older")
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))  # what has just been written is pointed out
    return folder


# ---- choosing files


async def test_files_are_marked_and_chosen(isos: Path) -> None:
    async with showing(FilePicker(isos)) as (app, pilot):
        table = app.screen.query_one(FileTable)
        assert [entry.name for entry in table.rows][:3] == ["old", "agent.iso", "boot.iso"]
        await press(pilot, "down", "space", "space")
        await pilot.click("#ok")
        assert app.answers == [[isos / "agent.iso", isos / "boot.iso"]]


async def test_folders_are_walked(isos: Path) -> None:
    async with showing(FilePicker(isos / "old")) as (app, pilot):
        await press(pilot, "backspace")
        table = app.screen.query_one(FileTable)
        assert table.folder == isos
        await press(pilot, "enter", "enter")
        assert app.answers == [[isos / "old" / "agent.iso"]]


async def test_a_pattern_marks_what_fits(isos: Path) -> None:
    async with showing(FilePicker(isos)) as (app, pilot):
        await press(pilot, "slash", *"*.iso", "enter")
        assert sorted(path.name for path in app.screen.query_one(FileTable).marked) == ["agent.iso", "boot.iso"]


async def test_letters_narrow_the_list_and_hidden_files_can_be_shown(isos: Path) -> None:
    async with showing(FilePicker(isos)) as (app, pilot):
        table = app.screen.query_one(FileTable)
        await press(pilot, "slash", *"NOTE", "enter")
        assert [entry.name for entry in table.rows] == ["notes.txt"] and table.has_focus
        await press(pilot, "slash", *(["backspace"] * 4), "enter", "full_stop")
        assert ".hidden" in [entry.name for entry in table.rows]


async def test_a_typed_path_is_gone_to(isos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(isos))
    async with showing(FilePicker(Path("/"))) as (app, pilot):
        await press(pilot, "slash", *"~/old", "enter")
        assert app.screen.query_one(FileTable).folder == isos / "old"
        await press(pilot, "slash", *"~/nothing", "enter")
        assert "no file" in complaint(app.screen)


async def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    async with showing(FilePicker(tmp_path / "gone")) as (app, _):
        assert "no such file" in complaint(app.screen)


async def test_the_mouse_reaches_everything(isos: Path) -> None:
    async with showing(FilePicker(isos)) as (app, pilot):
        await pilot.click(FileTable, offset=(4, 1), times=2)
        await until(pilot, lambda: app.screen.query_one(FileTable).folder == isos / "old")
        await pilot.click(FileTable, offset=(4, 1), times=2)
        await until(pilot, lambda: app.answers)
        assert app.answers == [[isos / "old" / "agent.iso"]]


async def test_odd_file_names_are_shown_not_obeyed(isos: Path) -> None:
    async with showing(FilePicker(isos)) as (app, _):
        assert "odd [red]␛[31m.bin" in text_of(app)


# ---- uploading


async def fill(pilot: Pilot[None], field: str, text: str) -> None:
    pilot.app.screen.query_one(f"#{field}", Input).value = text
    await idle(pilot)


async def test_the_form_becomes_requests(connection: Connection, bucket: str, isos: Path) -> None:
    os.chdir(isos)
    form = UploadForm(connection, S3Uri(bucket, "openshift/"), [isos / "agent.iso"])
    async with showing(form) as (app, pilot):
        await press(pilot, *"notes.*", "enter")
        await fill(pilot, "storage_class", "STANDARD_IA")
        await fill(pilot, "metadata", 'machine=r630 note="two words"')
        await fill(pilot, "tags", "team=lab")
        await press(pilot, "ctrl+s")
        [requests] = app.answers
    assert [(request.path.name, request.target.key) for request in requests] == [
        ("agent.iso", "openshift/agent.iso"),
        ("notes.txt", "openshift/notes.txt"),
    ]
    for request in requests:
        assert request.metadata == {"machine": "r630", "note": "two words"} and request.tags == {"team": "lab"}
        assert request.storage_class == "STANDARD_IA" and not request.overwrite and request.content_type is None


async def test_what_is_only_typed_is_sent_as_well(connection: Connection, bucket: str, isos: Path) -> None:
    os.chdir(isos)
    async with showing(UploadForm(connection, S3Uri(bucket))) as (app, pilot):
        await press(pilot, *"agen", "ctrl+s")
        assert "agen" in text_of(app) and not app.answers
        await press(pilot, *"t.iso", "ctrl+s")
        assert [request.path.name for request in app.answers[0]] == ["agent.iso"]


async def test_the_check_of_checksum_files_can_be_turned_off(connection: Connection, bucket: str, isos: Path) -> None:
    form = UploadForm(connection, S3Uri(bucket), [isos / "agent.iso"])
    async with showing(form) as (app, pilot):
        assert "Refuse what a checksum file beside it contradicts" in text_of(app)
        assert form.fields.form().check_sums == "beside"
        form.query_one("#check_sums").focus()
        await press(pilot, "space", "ctrl+s")
        assert [request.check_sums for request in app.answers[0]] == ["no"]


async def test_browsing_adds_to_the_form(connection: Connection, bucket: str, isos: Path) -> None:
    os.chdir(isos)
    async with showing(UploadForm(connection, S3Uri(bucket)), (120, 40)) as (app, pilot):
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, FilePicker)
        await press(pilot, "down", "enter")
        assert [move.name for move in app.screen.query_one(MoveList).moves] == ["agent.iso"]
        assert "x-iso9660" in text_of(app)


async def test_a_file_can_be_taken_off_again(connection: Connection, bucket: str, isos: Path) -> None:
    form = UploadForm(connection, S3Uri(bucket), [isos / "agent.iso", isos / "boot.iso"])
    async with showing(form) as (app, pilot):
        moves = app.screen.query_one(MoveList)
        moves.focus()
        await press(pilot, "delete")
        assert [move.name for move in moves.moves] == ["boot.iso"]


BREAKS: list[tuple[str, str, str]] = [  # the field, what is typed, what is said
    ("metadata", "novalue", "not name=value"),
    ("metadata", 'a="b', "not closed"),
    ("metadata", "a=1 a=2", "twice"),
    ("metadata", "sp@ce\x07=1", "can't be a name"),
    ("tags", "aws:x=1", "aws:"),
    ("content_type", "text/ü", "ASCII"),
    ("prefix", "x" * 1025, "1,024"),
]


async def test_what_breaks_a_rule_is_said_and_nothing_is_sent(connection: Connection, bucket: str, isos: Path) -> None:
    form = UploadForm(connection, S3Uri(bucket), [isos / "agent.iso"])
    async with showing(form) as (app, pilot):
        for field, text, said in BREAKS:
            form.complain("")
            await fill(pilot, field, text)
            await press(pilot, "ctrl+s")
            assert said in complaint(form) and not app.answers, text
            await fill(pilot, field, "")


async def test_two_files_for_one_key_are_refused(connection: Connection, bucket: str, isos: Path) -> None:
    form = UploadForm(connection, S3Uri(bucket), [isos / "agent.iso", isos / "old" / "agent.iso"])
    async with showing(form) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert "would both become “agent.iso”" in complaint(app.screen) and not app.answers


@pytest.mark.parametrize(
    ("button", "keys"),
    [
        ("skip", [("boot.iso", False)]),
        ("rename", [("agent (3).iso", False), ("boot.iso", False)]),
        ("overwrite", [("agent.iso", True), ("boot.iso", False)]),
    ],
)
async def test_existing_keys_are_asked_about_before_sending(
    connection: Connection, bucket: str, isos: Path, button: str, keys: list[tuple[str, bool]]
) -> None:
    for key in ("agent.iso", "agent (2).iso"):
        connection.call("put_object", Bucket=bucket, Key=key, Body=b"there")
    form = UploadForm(connection, S3Uri(bucket), [isos / "agent.iso", isos / "boot.iso"])
    async with showing(form) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, Overwrite) and f"s3://{bucket}/agent.iso" in text_of(app)
        await pilot.click(f"#{button}")
        await idle(pilot)
        [requests] = app.answers
    assert [(request.target.key, request.overwrite) for request in requests] == keys


async def test_going_back_from_the_question_keeps_the_form(connection: Connection, bucket: str, isos: Path) -> None:
    connection.call("put_object", Bucket=bucket, Key="agent.iso", Body=b"there")
    async with showing(UploadForm(connection, S3Uri(bucket), [isos / "agent.iso"])) as (app, pilot):
        await press(pilot, "ctrl+s")
        await press(pilot, "escape")
        assert isinstance(app.screen, UploadForm) and not app.answers
        await press(pilot, "escape")
        assert app.answers == [None]


async def test_a_read_only_connection_says_so_at_once(connection: Connection, bucket: str, isos: Path) -> None:
    connection.read_only = True
    async with showing(UploadForm(connection, S3Uri(bucket), [isos / "agent.iso"])) as (app, pilot):
        assert "read-only" in complaint(app.screen)
        await press(pilot, "ctrl+s")
        assert not app.answers


async def test_an_endpoint_that_is_gone_is_a_complaint(connection: Connection, bucket: str, isos: Path) -> None:
    from dataclasses import replace

    gone = Connection(replace(connection.profile, endpoint="http://127.0.0.1:9"))
    async with showing(UploadForm(gone, S3Uri(bucket), [isos / "agent.iso"])) as (app, pilot):
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: "port" in complaint(app.screen))
        assert not app.answers


# ---- downloading


async def test_names_are_shown_as_they_will_be(connection: Connection, bucket: str, tmp_path: Path) -> None:
    keys = ["logs/../../etc/passwd", "logs/a:b.txt", "logs/ok.iso"]
    uris = [S3Uri(bucket, key) for key in keys]
    async with showing(DownloadForm(connection, uris, [1, 2, 3]), (120, 40)) as (app, pilot):
        await fill(pilot, "folder", str(tmp_path / "new"))
        text = text_of(app)
        assert "%2E%2E/%2E%2E/etc/passwd" in text and "a%3Ab.txt" in text
        made = app.screen.query_one("#made", Static)
        assert str(made.content) == f"The folder “{tmp_path / 'new'}” is not there: it will be made." and made.display
        await fill(pilot, "folder", str(tmp_path))
        assert not made.display and not (tmp_path / "new").exists()
        await fill(pilot, "folder", str(tmp_path / "new"))
        await press(pilot, "enter")
        [requests] = app.answers
    assert [request.path for request in requests] == [
        tmp_path / "new" / "%2E%2E" / "%2E%2E" / "etc" / "passwd",
        tmp_path / "new" / "a%3Ab.txt",
        tmp_path / "new" / "ok.iso",
    ]
    assert all(request.root == tmp_path / "new" and not request.overwrite for request in requests)
    assert [request.size for request in requests] == [1, 2, 3]


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("skip", [("b", False)]),
        ("rename", [("b", False), ("a-3", False)]),
        ("overwrite", [("a", True), ("b", False)]),
    ],
)
async def test_existing_files_are_asked_about(
    connection: Connection, bucket: str, tmp_path: Path, button: str, expected: list[tuple[str, bool]]
) -> None:
    for name in ("a", "a-2"):
        (tmp_path / name).write_bytes(b"mine")
    form = DownloadForm(connection, [S3Uri(bucket, "x/a"), S3Uri(bucket, "x/b")], [1, 1])
    async with showing(form) as (app, pilot):
        await fill(pilot, "folder", str(tmp_path))
        await press(pilot, "enter")
        await pilot.click(f"#{button}")
        await idle(pilot)
        [requests] = app.answers
    assert [(request.path.name, request.overwrite) for request in requests] == expected
    assert all(request.replaces == (seen_at(request.path) if request.overwrite else None) for request in requests)


async def test_a_disk_that_is_too_small_is_said_before(connection: Connection, bucket: str, tmp_path: Path) -> None:
    async with showing(DownloadForm(connection, [S3Uri(bucket, "a")], [1 << 60])) as (app, pilot):
        await fill(pilot, "folder", str(tmp_path))
        await press(pilot, "enter")
        assert "1024.0 PiB" in complaint(app.screen) and not app.answers


async def test_a_file_is_no_folder(connection: Connection, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    async with showing(DownloadForm(connection, [S3Uri(bucket, "a")], [1])) as (app, pilot):
        await fill(pilot, "folder", str(tmp_path / "file"))
        await press(pilot, "enter")
        assert "is a file" in complaint(app.screen) and not app.answers
