"""What is shown before anything is done, and what can be chosen there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual.widgets import Button, Input, OptionList

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.plan import Conflict, Plan, Step
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.dialogs.choose import Choose
from s3tui.ui.dialogs.confirm import Confirm
from s3tui.ui.screens.plan import PlanScreen
from s3tui.ui.widgets.plan_table import PlanTable
from tests.ui.hosting import Host, press, showing, text_of
from tests.ui.waiting import until


def upload(name: str) -> UploadRequest:
    return UploadRequest(Path("/srv/isos") / name, S3Uri("lab", f"isos/{name}"))


def new(name: str) -> Step:
    request = upload(name)
    return Step("new", *request.ends, 1000, request=request)


def asks(name: str) -> Step:
    """Something is there under this name."""
    request = upload(name)

    def decide(choice: Conflict) -> Step:
        if choice == "skip":
            return Step("skip", *request.ends, 1000, "It is there.")
        if choice == "rename":
            other = replace(request, target=S3Uri("lab", f"isos/2-{name}"))
            return Step("rename", *other.ends, 1000, "Its own name is taken.", other)
        if choice == "different":
            return Step("same", *request.ends, 1000, "Size and checksum are the same.")
        return Step("replace", *request.ends, 1000, "It differs.", replace(request, overwrite=True))

    return Step("ask", *request.ends, 1000, "There is another object.", decide=decide)


def delete(key: str) -> Step:
    return Step("delete", "", f"s3://lab/isos/{key}", 2048, "gone here", DeleteRequest("lab", keys=(f"isos/{key}",)))


def screen(*steps: Step, remarks: tuple[str, ...] = (), typed: str = "") -> PlanScreen:
    return PlanScreen(Plan(list(steps), list(remarks)), "Upload to s3://lab/isos/", "Upload", typed=typed)


def said(app: Host) -> str:
    return " ".join(text_of(app).split())


async def test_what_is_planned_is_said_and_given_to_the_queue() -> None:
    refused = Step("refuse", "/srv/isos/x", "s3://lab/isos/x", None, "It can't be read.")
    async with showing(screen(new("a.iso"), new("b.iso"), refused, remarks=("One upload is unfinished.",))) as (
        app,
        pilot,
    ):
        text = said(app)
        for words in ("2 new", "1 refused", "Upload 2, 2.0 KiB.", "One upload is unfinished.", "From /srv/isos/"):
            assert words in text
        await press(pilot, "end")
        assert "Why It can't be read." in said(app)
        await press(pilot, "ctrl+s")
        assert app.answers == [[upload("a.iso"), upload("b.iso")]]


async def test_nothing_is_done_when_one_goes_back() -> None:
    async with showing(screen(new("a.iso"))) as (app, pilot):
        await press(pilot, "escape")
        assert app.answers == [None]


async def test_each_that_asks_is_decided_and_the_cursor_goes_on() -> None:
    shown = screen(new("a"), asks("b"), new("c"), asks("d"), asks("e"))
    async with showing(shown) as (app, pilot):
        assert shown.table.current == 1
        await press(pilot, "ctrl+s")
        assert not app.answers and "3 to decide" in said(app)
        await pilot.press("o", "n", "s")
        await press(pilot, "ctrl+s")
        [requests] = app.answers
    assert requests == [
        upload("a"),
        replace(upload("b"), overwrite=True),
        upload("c"),
        replace(upload("d"), target=S3Uri("lab", "isos/2-d")),
    ]


async def test_all_are_decided_at_once_and_one_of_them_otherwise() -> None:
    shown = screen(*map(asks, "abc"))
    async with showing(shown) as (app, pilot):
        await press(pilot, "D")
        assert "3 the same" in said(app) and "There is nothing to do." in said(app)
        assert shown.query_one("#go", Button).disabled
        await press(pilot, "ctrl+s")
        assert not app.answers
        await press(pilot, "down", "o")
        assert "1 to replace" in said(app)
        await press(pilot, "ctrl+s")
        assert app.answers == [[replace(upload("b"), overwrite=True)]]


async def test_the_mouse_chooses_too() -> None:
    async with showing(screen(*map(asks, "abc"))) as (app, pilot):
        await pilot.click(PlanTable, offset=(4, 3), times=2)
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "All 3: Rename" in text_of(app)
        app.screen.query_one(OptionList).highlighted = 7
        await press(pilot, "enter")
        assert "3 under another name" in said(app)
        await pilot.click("#go")
        await until(pilot, lambda: app.answers)
        assert [request.target.key for request in app.answers[0]] == ["isos/2-a", "isos/2-b", "isos/2-c"]


async def test_only_one_action_is_shown() -> None:
    shown = screen(new("a"), asks("b"), new("c"), asks("d"))
    async with showing(shown) as (app, pilot):
        await press(pilot, "f")
        await press(pilot, "down", "down", "enter")
        assert list(shown.table.numbers) == [1, 3]
        await press(pilot, "s", "s")
        assert "Nothing." in text_of(app) and "2 skipped" in said(app)


async def test_deleting_is_asked_with_how_many_and_how_much() -> None:
    async with showing(screen(new("a"), delete("x"), delete("y"), typed="lab")) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, Confirm)
        assert "Delete 2 objects, 4.0 KiB?" in text_of(app) and "Delete 2 " in text_of(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, PlanScreen) and not app.answers
        await press(pilot, "ctrl+s")
        app.screen.query_one(Input).value = "lab"
        await pilot.click("#yes")
        await until(pilot, lambda: app.answers)
        assert [request.kind for request in app.answers[0]] == ["upload", "delete", "delete"]


async def test_a_step_that_cannot_be_decided_stays_as_it_was() -> None:
    def fail(_: Conflict) -> Step:
        raise BadInput("No free name was found.")

    shown = screen(replace(asks("a"), decide=fail))
    app = Host(shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        assert [str(error) for error in app.errors] == ["No free name was found."]
        assert "1 to decide" in said(app)


async def test_odd_names_are_shown_not_obeyed() -> None:
    async with showing(screen(new("odd [red]\x1b[31m\u202e.bin"), remarks=("a[/b]\x07",))) as (app, _):
        assert "odd [red]␛[31m\\u{202e}.bin" in text_of(app) and "a[/b]␇" in text_of(app)


async def test_very_many_steps_are_not_all_drawn() -> None:
    shown = screen(*(asks(f"{n:06}") for n in range(5_000)))
    async with showing(shown, (200, 50)) as (app, pilot):
        await press(pilot, "end")
        assert "004999" in text_of(app) and "000000 " not in text_of(app)
        await press(pilot, "S")
        assert "5,000 skipped" in said(app)
