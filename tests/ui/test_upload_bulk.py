"""Many files at once from the screen: folders, templates, a manifest, and what becomes of keys that are taken."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import used_templates
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.choose import Choose
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.dialogs.file_picker import FilePicker, FileTable
from s3tui.ui.dialogs.upload import UploadForm
from s3tui.ui.screens.browser import Browser
from s3tui.ui.screens.plan import PlanScreen
from s3tui.ui.widgets.move_list import MoveList
from tests.transfers import proxy as proxies
from tests.ui.browsing import browsing, shown
from tests.ui.hosting import Host, complaint, press, showing, text_of
from tests.ui.waiting import idle, settle, until

BEFORE = 1_700_000_000  # what has just been written is pointed out


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "docs" / "deep").mkdir(parents=True)
    for name in ("agent.iso", "boot.iso", "rescue.iso", "docs/a.txt", "docs/deep/b.txt"):
        (folder / name).write_bytes(name.encode() * 10)
        os.utime(folder / name, (BEFORE, BEFORE))
    return folder


def rows(app: Host) -> list[tuple[str, str]]:
    return [(move.name, move.target) for move in app.screen.query_one(MoveList).moves]


async def fill(pilot: Pilot[None], **fields: str) -> None:
    for name, text in fields.items():
        pilot.app.screen.query_one(f"#{name}", Input).value = text
    await idle(pilot)


async def test_isos_and_a_folder_go_up_by_a_template_and_one_conflict_is_asked(
    connection: Connection, bucket: str, files: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, by keys alone."""
    monkeypatch.setattr(UploadForm, "_folder", files)
    connection.call("put_object", Bucket=bucket, Key="r7/boot-4.18.iso", Body=b"another one")
    async with browsing(profile, f"s3://{bucket}/", (80, 24)) as (pilot, browser):
        await pilot.press("u")
        await settle(pilot)
        await press(pilot, "ctrl+o")
        await press(pilot, *["space"] * 4, "tab", "enter")
        assert isinstance(pilot.app.screen, UploadForm)
        await press(pilot, "ctrl+t")
        await fill(pilot, key="{server_id}/{stem}-{version}{ext}", metadata="sum={sha256}")
        await press(pilot, "tab", "tab", *"r7", "tab", *"4.18", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await settle(pilot)
        assert "4 new · 1 to decide" in shown(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, "o", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Browser) and not browser.queue.running)
        await settle(pilot)
        views = browser.queue.snapshot()
    assert [view.state for view in views] == ["verified"] * 5
    for name in ("agent.iso", "boot.iso", "rescue.iso", "docs/a.txt", "docs/deep/b.txt"):
        path = files / name
        stored = connection.call("get_object", Bucket=bucket, Key=f"r7/{path.stem}-4.18{path.suffix}")
        assert stored["Body"].read() == path.read_bytes()
        assert stored["Metadata"] == {"sum": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert used_templates.used() == ["{server_id}/{stem}-{version}{ext}"]


async def test_a_folder_is_listed_with_all_that_is_below(connection: Connection, bucket: str, files: Path) -> None:
    async with showing(UploadForm(connection, S3Uri(bucket, "in/"), [files / "boot.iso", files / "docs"])) as (
        app,
        pilot,
    ):
        assert rows(app) == [
            ("boot.iso", "in/boot.iso"),
            ("docs/a.txt", "in/docs/a.txt"),
            ("docs/deep/b.txt", "in/docs/deep/b.txt"),
        ]
        app.screen.query_one(MoveList).focus()
        await press(pilot, "down", "x")
        assert [name for name, _ in rows(app)] == ["boot.iso", "docs/deep/b.txt"]
        await press(pilot, "X")
        assert [name for name, _ in rows(app)] == ["boot.iso"]


async def test_a_folder_is_marked_or_typed(connection: Connection, bucket: str, files: Path) -> None:
    async with showing(UploadForm(connection, S3Uri(bucket))) as (app, pilot):
        await fill(pilot, path=str(files / "docs"))
        await press(pilot, "enter")
        assert rows(app) == [("a.txt", "a.txt"), ("deep/b.txt", "deep/b.txt")]
        await fill(pilot, path=f"{files}/")
        await press(pilot, "enter")
        assert isinstance(app.screen, FilePicker)
        await press(pilot, "space", "space")
        assert list(app.screen.query_one(FileTable).marked) == [files / "docs", files / "agent.iso"]
        assert "1 file and 1 folder marked, 90 B" in text_of(app)


async def test_keys_are_shown_while_the_template_is_typed(connection: Connection, bucket: str, files: Path) -> None:
    async with showing(UploadForm(connection, S3Uri(bucket, "in/"), [files / "boot.iso"])) as (app, pilot):
        assert "Key below that" not in text_of(app)
        await press(pilot, "ctrl+t", *"{sha256}-{w}")
        assert rows(app) == [("boot.iso", "in/{sha256}-{w}")]
        await fill(pilot, **{"own-w": "me"})
        assert rows(app) == [("boot.iso", "in/{sha256}-me")]
        await press(pilot, *"{")
        assert rows(app) == [("boot.iso", "in/{sha256}-me")]
        await press(pilot, "ctrl+s")
        assert "without its other half" in complaint(app.screen) and not app.answers


async def test_a_field_without_a_value_is_asked_for(connection: Connection, bucket: str, files: Path) -> None:
    """Also where it was named in the metadata of a plain upload."""
    async with showing(UploadForm(connection, S3Uri(bucket), [files / "boot.iso"])) as (app, pilot):
        await fill(pilot, metadata="host={hostname}")
        await press(pilot, "ctrl+s")
        assert "“hostname” has no value yet." in complaint(app.screen) and app.focused.id == "own-hostname"
        await press(pilot, *"r630", "ctrl+s")
        assert isinstance(app.screen, PlanScreen)
        await press(pilot, "ctrl+s")
        [[request]] = app.answers
    assert request.metadata == {"host": "r630"}


async def test_templates_are_offered_again(connection: Connection, bucket: str, files: Path) -> None:
    used_templates.remember("mine/{name}")
    async with showing(UploadForm(connection, S3Uri(bucket), [files / "boot.iso"])) as (app, pilot):
        await press(pilot, "ctrl+t", "down")
        assert isinstance(app.screen, Choose) and "{uuid4}   (example)" in text_of(app)
        await press(pilot, "enter")
        assert rows(app) == [("boot.iso", "mine/boot.iso")]


async def test_a_manifest_says_what_goes_where(connection: Connection, bucket: str, files: Path) -> None:
    listed = files / "list.csv"
    listed.write_text("path,key,metadata:who\nboot.iso,kernel/boot.iso,me\nnothing.iso,kernel/nothing.iso,\n")
    async with showing(UploadForm(connection, S3Uri(bucket, "in/"))) as (app, pilot):
        await press(pilot, "ctrl+t")
        await fill(pilot, manifest=str(listed))
        await press(pilot, "ctrl+s")
        assert "Line 3: " in complaint(app.screen) and not app.answers
        await fill(pilot, prefix="other/")
        assert rows(app)[0][1] == "other/kernel/boot.iso"
        listed.write_text("path,key,metadata:who\nboot.iso,kernel/boot.iso,me\n")
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, PlanScreen) and "1 new" in text_of(app)
        await press(pilot, "ctrl+s")
        [[request]] = app.answers
    assert (request.target.key, request.metadata) == ("other/kernel/boot.iso", {"who": "me"})


async def test_what_becomes_of_taken_keys_can_be_said_before(connection: Connection, bucket: str, files: Path) -> None:
    connection.call("put_object", Bucket=bucket, Key="boot.iso", Body=(files / "boot.iso").read_bytes())
    connection.call("put_object", Bucket=bucket, Key="agent.iso", Body=b"another one")
    form = UploadForm(connection, S3Uri(bucket), [files / "agent.iso", files / "boot.iso"])
    async with showing(form) as (app, pilot):
        form.query_one("#if_exists", Select).value = "different"
        await press(pilot, "ctrl+s")
        assert "1 to replace · 1 the same" in text_of(app)
        await press(pilot, "ctrl+s")
        [[request]] = app.answers
    assert request.target.key == "agent.iso" and request.overwrite


async def test_what_an_earlier_run_has_left_paused_is_said(
    connection: Connection, bucket: str, files: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "transfers")
    profile = connection.profile
    whom = Whom(profile.name, profile.endpoint, profile.region, profile.origin)
    job, [row] = journal.add(whom, [UploadRequest(files / "boot.iso", S3Uri(bucket, "boot.iso"))])
    journal.end(row._replace(state="paused"))
    journal.release(job.number)
    form = UploadForm(connection, S3Uri(bucket), [files / "boot.iso"], journal)
    async with showing(form) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, Confirm) and "can be resumed instead" in " ".join(text_of(app).split())


async def test_one_file_that_has_just_been_written_is_a_question(
    connection: Connection, bucket: str, files: Path
) -> None:
    os.utime(files / "boot.iso", (2**32, 2**32))  # as new as can be, however slow the machine is
    async with showing(UploadForm(connection, S3Uri(bucket), [files / "boot.iso"])) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, Confirm) and "within the last 5 seconds" in " ".join(text_of(app).split())
        await press(pilot, "enter")  # no
        assert isinstance(app.screen, UploadForm) and not app.answers
        await press(pilot, "ctrl+s")
        await pilot.click("#yes")
        await until(pilot, lambda: app.answers)
        [[request]] = app.answers
    assert request.target.key == "boot.iso"


async def test_going_back_from_the_plan_keeps_the_form(connection: Connection, bucket: str, files: Path) -> None:
    async with showing(UploadForm(connection, S3Uri(bucket), [files / "docs"])) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, PlanScreen)
        await press(pilot, "escape")
        assert isinstance(app.screen, UploadForm) and len(rows(app)) == 2 and not app.answers


async def test_escape_stops_the_looking_and_not_the_form(
    connection: Connection, endpoint: str, bucket: str, files: Path
) -> None:
    """An endpoint that doesn't answer holds nobody up."""
    go = threading.Event()
    with proxies.running(endpoint) as proxy:
        proxy.rules.append(lambda asked: proxies.Treatment(before=lambda: go.wait(20)))
        slow = Connection(replace(connection.profile, endpoint=proxy.endpoint))
        app = Host(UploadForm(slow, S3Uri(bucket), [files / "boot.iso"]))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: rows(app))
            await pilot.press("ctrl+s")
            await until(pilot, lambda: "Escape stops" in text_of(app))
            await pilot.press("escape")
            await until(pilot, lambda: "1 file, 80 B" in text_of(app))
            assert isinstance(app.screen, UploadForm) and not app.answers
            go.set()
            await pilot.press("escape")
            await until(pilot, lambda: app.answers == [None])
