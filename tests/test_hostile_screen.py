"""Hostile names, values and messages through every widget: the terminal gets what Textual itself writes, no more."""

from __future__ import annotations

import base64
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import hostile, hostile_machine, hostile_server
from tests.s3.stub_server import stub
from tests.terminal import Terminal

pytestmark = pytest.mark.long

PROGRAM = [sys.executable, "-m", "s3tui"]
Start = Callable[..., "Screen"]
ROOT = str(Path(__file__).parents[1])


class Screen(Terminal):
    """The program on the hostile server."""

    def do(self, *keys: str, see: str = "") -> None:
        """Press keys one by one, and wait until `see` stands on the screen."""
        self.press(*keys)
        if see:
            self.wait_for(see)

    def leave(self) -> list[str]:
        """Quit, and return what was copied. Fails when anything but Textual's own controls was written."""
        self.press("Ctrl+Q")
        assert self.wait_for_exit() == 0, self.text
        found = hostile.controls(bytes(self.raw)) - textuals_own(ROOT)
        copied = {control for control in found if control.startswith("OSC 52;c;")}
        assert found == copied, f"these came from names, not from Textual: {found - copied}"
        return [base64.b64decode(control[9:]).decode("utf-8", "surrogateescape") for control in copied]


@functools.cache
def textuals_own(root: str) -> frozenset[str]:
    """The control sequences of a session in which nothing is hostile."""
    with (
        stub(lambda asked: hostile_server.refusal(404, "NoSuchBucket")) as server,
        Terminal(
            [*PROGRAM, "s3://fine/"], {**os.environ, "PYTHONPATH": root, **hostile_machine.variables(server.endpoint)}
        ) as terminal,
    ):
        terminal.wait_for("NoSuchBucket")
        terminal.press("?")
        terminal.wait_for("Help")
        terminal.press("Escape")
        terminal.press("Ctrl+G")
        terminal.wait_for("Go to")
        terminal.press("Escape")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        return frozenset(hostile.controls(bytes(terminal.raw)))


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts the program once, at a place of the hostile server."""
    home = Path(os.environ["HOME"])
    with ExitStack() as stack:
        server = stack.enter_context(stub(hostile_server.answer))
        environment = hostile_machine.prepare(home, server.endpoint) | {"PYTHONPATH": ROOT}
        monkeypatch.chdir(hostile_machine.work_folder(home))

        def run(*arguments: str, config: bool = False) -> Screen:
            if config:
                hostile_machine.write_config(home, server.endpoint)
            screen = stack.enter_context(Screen([*PROGRAM, *arguments], environment))
            screen.wait_for("/ Filter")
            return screen

        yield run


# After a key that opens something, the next one waits until that is there.


def test_lists(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    screen.do(see="complete")
    screen.do(see="▶ ]0;PWN")  # a bucket whose name is longer than the tree is wide
    screen.do("PageDown", "PageDown", "End", see="ﷺ")
    screen.do("g", "/", "PWN", "Enter", see=" of ")
    screen.do("s", see="Sort by")
    screen.do("Down", "Enter", see="▼")
    screen.do("*", see="selected")
    screen.do("P", "Tab", "End", "Right", see="[@click=app.quit]PWN[/")
    screen.do("g", "Enter", see="no answer")
    screen.leave()


def test_profiles(start: Start) -> None:
    screen = start("a[/b]", config=True)
    screen.do(see="In the config")
    screen.do("P", "g", "Enter", see="can't be used")
    screen.do("c", see="Certificate")
    screen.do("Escape", "j", "D", see="Its entry in the config")
    screen.do("Escape", "e", see="Certificate")
    screen.do("Escape", "t", see="Test of the profile")
    screen.do("Escape", "G", "Up", "Enter", see="can't be used")
    screen.do("Ctrl+P", see="Search")
    screen.do("edit", see="This profile comes from")
    screen.leave()


def test_every_tab_of_an_object(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    find(screen)
    screen.do("Tab", "Right", see="Cache-Control")
    screen.do("Right", see="[@click=app.quit]PWN[/]")
    screen.do("Right", see="delete marker")
    screen.do("Right", see="All of it")
    screen.leave()


def find(screen: Screen) -> None:
    """Put the cursor on one object with a hostile name."""
    screen.do(see="complete")
    screen.do("/", "[2J", "Enter", see="2 of ")
    screen.do("g", see="Storage class")


def test_dialogs(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    find(screen)
    for form in ("URI", "Key"):
        screen.do("y", see="aws command")
        screen.do(*(["Down"] if form == "Key" else []), "Enter", see="Copied: ")
    screen.do("e", see="Metadata of ␛[2J␛[1;1HPWN")
    screen.do("x", "Ctrl+S", "Escape", "t", see="2 of at most 10 tags")
    screen.do("x", "Ctrl+S", see="Tags of ␛[2J␛[1;1HPWN")
    screen.do("Escape", "D", see="gone for good")
    screen.do("Escape", "Shift+Tab", "D", see="It is not empty")
    screen.do("Escape", "Tab", "n", see="Region")
    screen.do("[/b]", see="[/b]")
    screen.do("Escape", "?", see="Anywhere")
    screen.do("Escape", "Ctrl+G", see="Go to")
    screen.do("s3://faulty/PWN/", "Enter", see="failed inside")
    screen.do("L", see="newest at the bottom")
    screen.do("f", "y", see="Copied.")
    copied = screen.leave()
    assert "\x1b[2J\x1b[1;1HPWN" in copied
    assert "s3://hostile/\x1b[2J\x1b[1;1HPWN" in copied


def test_why(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    for place in ("hostile/a+b%20c", "hostile/a[/c]", "denied/PWN"):
        screen.do("w", see="Which object?")
        screen.do(f"s3://{place}", "Enter", see="What to do next")
        screen.do("y", see="clipboard")
        screen.do("s", see="Save the report")
        screen.do("Escape", "Escape", see="/ Filter")
    copied = screen.leave()
    assert len(copied) == 3
    for text in copied:
        assert "Evidence" in text
        hostile.printed(text)


def test_files(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    screen.do("u", see="Upload to")
    screen.do("Ctrl+O", see="Choose files")
    screen.do("*", see="marked")
    screen.do("End", "Tab", "Enter", see="files,")
    screen.do("Ctrl+S", see="to decide")
    screen.do("f", "End", "Enter", see="not valid Unicode")
    screen.do("Escape", see="files,")
    screen.do("Escape", "u", see="0 files")
    screen.do("[!P]*PWN*", "Enter", see="x takes one off")
    screen.do("Ctrl+S", see="already there")
    screen.do("Tab", "Tab", "Enter", see="28 failed")
    screen.do("T", see="From")
    screen.do("Escape", "*", see="79 selected")
    screen.do("d", see="Into the folder")
    screen.do("Tab", "End", "Ctrl+S", see="24 to decide")
    screen.do("S", see="24 skipped")
    screen.do("Ctrl+S", see="29 failed")
    screen.do("T", see="From")
    screen.leave()


def test_bucket_settings(start: Start) -> None:
    screen = start(hostile_machine.TARGET)
    screen.do(see="complete")
    screen.do("b", see="1 rule")
    screen.do("F2", see="AllowedOrigin")
    screen.do("Tab", "x", see="not saved")
    screen.do("Ctrl+Q", see="Lose what you changed?")
    screen.do("Enter", "Backspace", see="1 rule")  # No; back to what is stored
    screen.leave()
