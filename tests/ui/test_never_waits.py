"""The event loop never waits for a disk, a name or an answer (DESIGN 3.1): the story is told while we watch it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import textual

import s3tui
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui import connecting, story
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.dialogs.confirm import Confirm
from tests.ui.browsing import browsing
from tests.ui.waiting import settle, until

pytestmark = pytest.mark.long

ROOM = str(Path(s3tui.__file__).parent)
PROGRAM = str(Path(textual.__file__).parent)  # what it reads of its own files is as an import
WAITS = {"open", "os.listdir", "os.scandir", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"}
caught: list[str] = []
_loop_thread: int | None = None  # None: nobody watches


def who_waits() -> str:
    """The place in our code that this thread is in, if it is the event loop's; an import doesn't count."""
    if _loop_thread != threading.get_ident():
        return ""
    frame: FrameType | None = sys._getframe(2)
    place = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if "importlib" in name or name == story.__file__:  # the story's own file to upload is no part of the screen
            return ""
        if not place and name.startswith(ROOM):
            place = f"{Path(name).relative_to(ROOM)}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return place


def hear(event: str, details: tuple[object, ...]) -> None:
    if event in WAITS and not str(details[0]).startswith(PROGRAM) and (place := who_waits()):
        caught.append(f"{event} {details[:1]} in {place}")


sys.addaudithook(hear)  # for good; it hears nothing while nobody watches


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails with every place where the event loop waited."""
    global _loop_thread
    stat = os.stat

    def heard(path: Any, *words: Any, **options: Any) -> os.stat_result:
        hear("open", (path,))
        return stat(path, *words, **options)

    monkeypatch.setattr(os, "stat", heard)
    caught.clear()
    _loop_thread = threading.get_ident()
    try:
        yield
    finally:
        _loop_thread = None
        monkeypatch.setattr(os, "stat", stat)
    assert not caught, "\n".join(sorted(set(caught)))


async def test_the_watch_sees_what_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from s3tui.profiles import config

    file = tmp_path / "config.toml"
    file.write_text("")
    for wait in (lambda: config.load(file), lambda: connecting.shutil.which("aws")):
        with pytest.raises(AssertionError), watched(monkeypatch):
            exec(compile("wait()", f"{ROOM}/ui/anything.py", "exec"), {"wait": wait})


async def test_the_story(
    profile: Profile, connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.call("put_object", Bucket=bucket, Key=story.PREFIX + "metadata.json", Body=b"{}")
    with watched(monkeypatch):
        await story.tell(profile, bucket, lambda _: None)


async def test_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text('theme = "nord"\n')
    app = S3tuiApp(Start(config_path=file))  # before the loop runs
    with watched(monkeypatch):
        async with app.run_test() as pilot:
            await settle(pilot)
    assert app.theme == "nord"


async def test_the_dialogs(
    profile: Profile, connection: Connection, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.call("put_object", Bucket=bucket, Key="a", Body=b"x")
    async with browsing(profile, f"s3://{bucket}/") as (pilot, browser):
        with watched(monkeypatch):
            for opens in ("d", "u", "e", "t", "b", "n", "D", "y", "w", "T", "L", "question_mark", "ctrl+g"):
                await pilot.press(opens)
                await until(pilot, lambda: pilot.app.screen is not browser)
                await settle(pilot)
                await pilot.press("escape")
                await until(pilot, lambda: pilot.app.screen is browser)
            await pilot.press("d")
            await settle(pilot)
            pilot.app.screen.query_one("#folder").value = "~/new"  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda: pilot.app.screen is browser)
            await settle(pilot)


async def test_a_profile_that_names_files(profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with browsing(profile) as (pilot, browser):
        with watched(monkeypatch):
            await pilot.press("P", "a")
            await until(pilot, lambda: pilot.app.screen is not browser)
            form = pilot.app.screen
            for name, value in (("name", "x"), ("source", "dotenv"), ("dotenv_path", str(tmp_path / "none"))):
                form.query_one(f"#{name}").value = value  # type: ignore[attr-defined]
            form.query_one("#ok").press()  # type: ignore[attr-defined]
            await settle(pilot)
            assert "There is no file" in str(form.query_one(".dialog-complaint").content)  # type: ignore[attr-defined]


async def test_an_sso_session_that_has_expired(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3tui.s3 import errors

    monkeypatch.setenv("PATH", "/usr/bin")
    async with browsing(profile) as (pilot, browser):
        with watched(monkeypatch):
            error = errors.sso_login_needed("x")
            browser.start("connect", connecting._offer_sso, replace(profile, credentials="aws:x"), S3Uri("b"), error)
            await settle(pilot)
            assert not isinstance(pilot.app.screen, Confirm)  # no aws program on that path
