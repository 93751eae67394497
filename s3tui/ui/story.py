"""The story of the browser, told without a terminal: the same screen, driven by key presses.

It picks a profile, walks a bucket, reads an object, uploads an ISO image, edits its metadata, applies a
lifecycle and a CORS configuration, and asks why an object is missing. After each step it prints what the
server then holds, asked over a connection of its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.widgets import Static

from s3tui import background
from s3tui.display import exact_size, visible
from s3tui.errors import S3tuiError
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.screens.browser import Browser
from s3tui.ui.widgets.clickable_rows import ClickableRows

PATIENCE = 60.0  # s for one step
PREFIX = "openshift/4.14/"
IMAGE = "story.x86_64.iso"
IMAGE_SIZE = 3 * 1024 * 1024
PICTURE = "s3tui-demo.svg"


class StoryFailed(S3tuiError):
    """A step did not happen as told."""


class Story:
    """The steps. `bucket` must hold an object `openshift/4.14/metadata.json`."""

    def __init__(
        self, pilot: Pilot[None], browser: Browser, server: Connection, bucket: str, tell: Callable[[str], object]
    ) -> None:
        self.pilot, self.browser, self.server, self.bucket, self.tell = pilot, browser, server, bucket, tell
        self._said_before: set[str] = set()

    # ---- how a step is done

    async def press(self, *keys: str) -> None:
        """Press keys by name; a text that begins with `paste:` is pasted, as a terminal does it."""
        for key in keys:
            kind, colon, text = key.partition(":")
            if kind == "paste" and colon:
                self.pilot.app.screen.post_message(events.Paste(text))
                await self.pilot.pause()
            else:
                await self.pilot.press(key)

    async def until(self, what: str, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds and nothing is under way. Raises `StoryFailed`, at once when the program
        complains instead."""
        end = time.monotonic() + PATIENCE
        while not _holds(condition) or background.busy():
            if complaint := self._complaint():
                raise StoryFailed(f"“{what}” did not happen.", complaint)
            if time.monotonic() > end:
                raise StoryFailed(f"“{what}” did not happen within {PATIENCE:.0f} s.")
            await asyncio.sleep(0.02)
            await self.pilot.pause()
        await self.pilot.pause()

    def begin_step(self) -> None:
        """What was said until now is not about this step."""
        self._said_before = {note.identity for note in self.pilot.app._notifications}

    def _complaint(self) -> str:
        """What the program says is wrong: in the detail, in the place of the table, or in a message."""
        objects, overview = self.browser.objects, self.browser.detail.text("overview")
        if overview.startswith("✗"):
            return " ".join(overview.split())
        if objects.has_class("-stated") and objects.query("#state.-failed, #state.-denied"):
            return " ".join(str(objects.query_one("#state", Static).content).split())
        said = [note for note in self.pilot.app._notifications if note.identity not in self._said_before]
        return " ".join(str(note.message) for note in said if note.severity != "information")

    @property
    def screen(self) -> str:
        """The name of the screen or dialog on top."""
        return type(self.pilot.app.screen).__name__

    async def ask(self, operation: str, **parameters: str) -> dict[str, Any]:
        """What the server holds, over the story's own connection."""
        return await background.run(background.METADATA, partial(self.server.call, operation, **parameters))

    # ---- the steps

    async def pick_profile(self) -> None:
        tree = self.browser.bucket_tree
        await self.until(
            "the profile is there", lambda: self.browser.profiles.profiles and self._bucket_line() is not None
        )
        await self.press("P")
        await self.until("the profiles have the focus", lambda: self.browser.profiles.has_focus)
        await self.press("enter")
        await self.until("the buckets are listed", lambda: self._bucket_line() is not None)
        names = [bucket["Name"] for bucket in (await self.ask("list_buckets"))["Buckets"]]
        self.tell(
            f"picked the profile; the server holds {len(names)} buckets, the tree shows {len(tree.root.children)}"
        )

    def _bucket_line(self) -> int | None:
        nodes = self.browser.bucket_tree.root.children
        places = [node.line for node in nodes if getattr(node.data, "bucket", "") == self.bucket]
        return places[0] if places and places[0] >= 0 else None

    async def walk(self) -> None:
        tree = self.browser.bucket_tree
        line = self._bucket_line() or 0
        await self.until("the tree has the focus", lambda: tree.has_focus)
        while tree.cursor_line != line:
            await self.press("down" if tree.cursor_line < line else "up")
        await self.press("enter")
        await self.until("the bucket is listed", lambda: self._lists(""))
        for place in ("openshift/", PREFIX):
            await self.put_cursor_on(place)
            await self.press("enter")
            await self.until(f"{place} is listed", partial(self._lists, place))
        self.tell(f"walked to {self.browser.place}; the table shows {self.browser.objects.table.shown} rows")

    def _lists(self, prefix: str) -> bool:
        place, listing = self.browser.place, self.browser.objects.listing
        return place is not None and place.key == prefix and listing is not None and listing.completeness.is_complete

    async def put_cursor_on(self, key: str) -> None:
        """Find a row with the filter."""
        table = self.browser.objects.table
        name = key.rstrip("/").rsplit("/", 1)[-1]
        await self.press("slash", f"paste:{name}", "enter")
        await self.until(f"{key} is found", lambda: table.cursor_row is not None and table.cursor_row.key == key)

    async def read_object(self) -> None:
        await self.put_cursor_on(PREFIX + "metadata.json")
        await self.press("enter")
        detail = self.browser.detail
        await self.until("the overview is there", lambda: "bytes" in detail.text("overview"))
        head = await self.ask("head_object", Bucket=self.bucket, Key=PREFIX + "metadata.json")
        self.tell(f"read metadata.json; the server says {head['ContentLength']} bytes, {head['ContentType']}")
        self.browser.remove_class("-detail")
        self.browser.objects.table.focus()
        await self.press("escape")

    async def upload(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / IMAGE
            with image.open("wb") as file:
                file.write(b"\0" * 32768 + b"\x01CD001\x01")
                file.truncate(IMAGE_SIZE)
            os.utime(image, (0, 0))  # it is pointed out when a file has just been written
            await self.press("u")
            await self.until("the form is there", lambda: self.screen == "UploadForm")
            await self.press(f"paste:{image}", "enter")
            await self.until(
                "the file is on the list", lambda: self.pilot.app.screen.query_one("MoveList", ClickableRows).row_count
            )
            await self.press("ctrl+s")
            await self.until("the upload is verified", lambda: self.browser.queue.snapshot()[-1].state == "verified")
        head = await self.ask("head_object", Bucket=self.bucket, Key=PREFIX + IMAGE)
        size = exact_size(head["ContentLength"])
        self.tell(f"uploaded {IMAGE}, verified; the server holds {size}, {head['ContentType']}, ETag {head['ETag']}")
        await self.until("the row is there", lambda: self._lists(PREFIX) and self._has_row(PREFIX + IMAGE))

    def _has_row(self, key: str) -> bool:
        listing = self.browser.objects.listing
        return listing is not None and any(row.key == key for row in listing.columns)

    async def edit_metadata(self) -> None:
        await self.put_cursor_on(PREFIX + IMAGE)
        await self.press("e")
        await self.until("the fields can be edited", lambda: self._button("ok") == "Review")
        await self.press("tab", "paste:max-age=3600", "ctrl+s")
        await self.until("the difference is shown", lambda: self._button("ok") == "Write")
        await self.press("ctrl+s")
        await self.until("the dialog is closed", lambda: self.screen == "Browser" and self._lists(PREFIX))
        head = await self.ask("head_object", Bucket=self.bucket, Key=PREFIX + IMAGE)
        if head.get("CacheControl") != "max-age=3600":
            raise StoryFailed(f"The server holds Cache-Control {head.get('CacheControl')}.")
        self.tell(f"edited its metadata; the server holds Cache-Control {head['CacheControl']}, {head['ContentType']}")

    def _button(self, identity: str) -> str:
        button = self.pilot.app.screen.query_one(f"#{identity}")
        return "" if button.disabled else str(getattr(button, "label", ""))

    async def apply_rules(self, kind: str) -> None:
        """Load the first template of the tab and write it."""
        await self.until("the settings are read", lambda: self.screen == "BucketSettings")
        await self.press("ctrl+t")
        await self.until("the templates are shown", lambda: self.screen == "LoadDocument")
        await self.press("enter")
        await self.until("the text is filled", lambda: self.screen == "BucketSettings")
        await self.press("ctrl+s")
        await self.until("the difference is shown", lambda: self.screen == "DocumentDiff")
        await self.press("tab", "enter")
        await self.until("it is written", lambda: self.screen == "BucketSettings")
        self.tell(f"applied {kind}; the server holds {await self._rules(kind)}")

    async def _rules(self, kind: str) -> object:
        operation, root = {
            "lifecycle": ("get_bucket_lifecycle_configuration", "Rules"),
            "CORS": ("get_bucket_cors", "CORSRules"),
        }[kind]
        try:
            return (await self.ask(operation, Bucket=self.bucket))[root]
        except errors.NotSet as error:
            raise StoryFailed(f"The {kind} rules did not arrive.", error.evidence) from error

    async def settings(self) -> None:
        await self.press("b")
        await self.apply_rules("lifecycle")
        await self.press("f2")
        await self.apply_rules("CORS")
        await self.press("escape")
        await self.until("the browser is back", lambda: self.screen == "Browser")

    async def why(self) -> None:
        asked = f"s3://{self.bucket}/{PREFIX}Metadata.json"
        await self.press("w")
        await self.until("the question is asked", lambda: self.screen == "WhichObject")
        await self.press("ctrl+a", "ctrl+k", f"paste:{asked}", "enter")
        await self.until("the verdict is there", lambda: self.screen == "Why" and self._diagnosis() is not None)
        self.tell(f"asked why {asked} is missing: {self._diagnosis()}")

    def _diagnosis(self) -> str | None:
        diagnosis = getattr(self.pilot.app.screen, "diagnosis", None)
        return f"{diagnosis.verdict}: {diagnosis.summary}" if diagnosis else None

    def steps(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """The steps in their order."""
        for step in (
            self.pick_profile,
            self.walk,
            self.read_object,
            self.upload,
            self.edit_metadata,
            self.settings,
            self.why,
        ):
            yield step.__name__.replace("_", " "), step


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except (ScreenStackError, LookupError, NoMatches):  # between two screens, or before the second one
        return False


async def tell(profile: Profile, bucket: str, say: Callable[[str], object], size: tuple[int, int] = (120, 36)) -> str:
    """Tell the story on `bucket` and return the last screen as SVG. Raises `S3tuiError` where it goes wrong."""
    app = S3tuiApp(Start(profile=profile))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.browser is not None
        story = Story(pilot, app.browser, Connection(profile), bucket, say)
        for number, (name, step) in enumerate(story.steps(), 1):
            story.begin_step()
            try:
                await step()  # type: ignore[misc]
            except S3tuiError as error:
                raise StoryFailed(f"Step {number}, {name}: {error.sentence}", error.advice) from error
        return app.export_screenshot()


def run(profile: Profile, bucket: str = "r630-switchbot-isos") -> int:
    """Tell the story on the demo, print each step, save a picture. Returns the exit code."""

    def say(text: str) -> None:
        sys.stdout.write(visible(f"- {text}") + "\n")
        sys.stdout.flush()

    try:
        picture = asyncio.run(tell(profile, bucket, say))
    except S3tuiError as error:
        sys.stderr.write(visible(str(error)) + "\n")
        return 1
    try:
        Path(PICTURE).write_text(picture, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"{PICTURE} can't be written here: {error.strerror}.\n")
        return 1
    say(f"saved the last screen as {PICTURE}")
    return 0
