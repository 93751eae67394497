"""The application: what it starts with, and what happens to failures nobody else handled."""

from __future__ import annotations

import asyncio
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import App, SystemCommand
from textual.command import Provider
from textual.events import Event, Key, MouseDown, MouseUp, Paste
from textual.filter import LineFilter
from textual.screen import Screen

from s3tui import background, folders
from s3tui.background import Cancelled
from s3tui.display import visible, visible_lines
from s3tui.errors import BadInput, S3tuiError
from s3tui.profiles import config
from s3tui.profiles.model import Profile
from s3tui.s3.uri import parse
from s3tui.transfers import limits, places
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.queue import Queue, TransferView
from s3tui.ui import heap, lost_terminal, punctual
from s3tui.ui.control_filter import CONTROL_FILTER
from s3tui.ui.endings import Endings, Untold, written_by
from s3tui.ui.failures import TellsFailures
from s3tui.ui.in_order import Turns

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from s3tui.s3.client import Connection
    from s3tui.ui.screens.browser import Browser

TOGETHER = 0.5  # s between two looks whether transfers have ended, which are told in one message
OTHERS = 2.0  # s between two looks at what other processes are running
LAST_SECONDS = 5.0  # that running transfers get to abort what they began, when the program is ended


def _commands() -> type[Provider]:
    from s3tui.ui.palette import CommandProvider

    return CommandProvider


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line asked for. `profile` is given by the demo, and found by `profile_name` otherwise."""

    target: str = ""  # s3://bucket/prefix/, an https URL, an ARN, or a profile's name
    profile: Profile | None = None
    profile_name: str | None = None
    endpoint: str | None = None
    region: str | None = None
    read_only: bool = False
    env_file: Path | None = None
    config_path: Path = field(default_factory=folders.config_file)


class S3tuiApp(TellsFailures, App[None]):
    """The s3tui screen. It holds no S3 logic."""

    TITLE = "s3tui"
    CSS_PATH = ["styles/browser.tcss", "styles/dialogs.tcss"]
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {_commands}
    COMMAND_PALETTE_BINDING = "ctrl+backslash"  # the registry binds the keys that open it

    def __init__(self, start: Start | None = None) -> None:
        super().__init__()
        lost_terminal.survive()
        punctual.wake_early()
        self.start = start or Start()
        self._turns = Turns(self, super().on_event)
        self.config_path = self.start.config_path
        self.queue = Queue(
            Endings(self.call_later, self._transfer_ended).add,
            Journal(folders.transfers_folder()),
            self._connect_again,
            places.apart,
        )
        self.browser: Browser | None = None
        self._ended = Untold()
        self._will_tell = False
        # Now, because later the event loop would have to wait for the disk.
        self._settings = config.load(self.config_path)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the one that keeps control characters from the terminal."""
        return [*super().get_line_filters(), CONTROL_FILTER]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Of Textual's own commands, those that the registry doesn't have."""
        return (command for command in super().get_system_commands(screen) if command.title in ("Theme", "Screenshot"))

    def get_default_screen(self) -> Browser:
        from s3tui.ui import keymap
        from s3tui.ui.screens.browser import Browser

        settings = self._settings
        wrong = keymap.problems(settings.keys)
        self.browser = Browser({name: keys for name, keys in settings.keys.items() if name not in wrong}, self.queue)
        self._complaints = [*map(str, settings.complaints), *(f"keys.{name}: {why}" for name, why in wrong.items())]
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        elif settings.theme:
            self._complaints.append(f"theme: there is no theme “{settings.theme}”.")
        return self.browser

    def browser_ready(self) -> None:
        """The first screen stands: say what is wrong with the config, read the profiles, go to the target."""
        for complaint in self._complaints:
            self.notify(visible(complaint), title="In the config", severity="warning", markup=False, timeout=15)
        heap.look_seldom(self)
        self.load_profiles(first=True)
        self.load_transfers()
        self.set_interval(OTHERS, self._look_at_others)
        for name in ("SIGTERM", "SIGHUP"):
            with suppress(AttributeError, NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(getattr(signal, name), self.ended_from_outside)

    @work(group="end", exit_on_error=False)
    async def ended_from_outside(self) -> None:
        """The terminal was closed, or the process is asked to end: keep for later what can be kept."""
        stop = self.queue.pause_all if self.queue.is_kept else self.queue.cancel_all
        ended = await background.run(background.LOCAL, stop, LAST_SECONDS)
        self.exit(return_code=1, message=None if ended else not_ended(self.queue))

    def on_unmount(self) -> None:
        """The screen is gone."""
        self.queue.close()

    @work(group="profiles", exclusive=True, exit_on_error=False)
    async def load_profiles(self, first: bool = False) -> None:
        """Read the profiles again; the first time also go where the command line said."""
        browser, start = self.browser, self.start
        assert browser is not None
        if first and start.profile is not None:
            browser.profiles.show([start.profile], start.profile)
            browser.use(start.profile, parse(start.target, start.profile.endpoint) if start.target else None)
        with heap.loading(self, "profiles"):
            profiles = await background.run(background.LOCAL, _all_profiles, self.config_path, start.env_file)
        if start.profile is not None:
            profiles.insert(0, start.profile)
        browser.profiles.show(profiles, browser.connection.profile if browser.connection else None)
        if first and start.profile is None:
            self._begin(browser, profiles)

    def _begin(self, browser: Browser, profiles: list[Profile]) -> None:
        """Connect to what the command line named; without a name wait for a choice."""
        from s3tui.profiles import sources

        start = self.start
        name, target = start.profile_name, start.target
        if target and "/" not in target and any(profile.name == target for profile in profiles):
            name, target = target, ""
        named_by_environment = any(
            profile.origin == sources.ENVIRONMENT and not profile.problem for profile in profiles
        )
        if not (name or target or start.endpoint or start.env_file or named_by_environment):
            browser.profiles.focus()
            return
        try:
            profile = sources.choose(
                profiles,
                name=name,
                endpoint=start.endpoint,
                region=start.region,
                dotenv=start.env_file,
            )
            place = parse(target, profile.endpoint) if target else None
        except BadInput as error:
            browser.objects.say("failed", error.sentence, error.advice)
            browser.profiles.focus()
            return
        browser.use(profile, place)

    def _transfer_ended(self, view: TransferView) -> None:
        if self.browser is not None and self.browser.syncs:
            self.browser.syncs.changed()
        if view.state != "cancelled":
            self._ended.add(view)
            if not self._will_tell:
                self._will_tell = True
                self.set_timer(TOGETHER, self._tell_ended)
        elif view.kind in ("upload", "download"):
            return  # nothing was made
        if self.browser is not None and view.kind == "delete":
            self._deleted(self.browser, view)
        elif self.browser is not None:
            for uri in written_by(view):
                self.browser.written(uri)

    @work(group="deleted", exit_on_error=False)
    async def _deleted(self, browser: Browser, view: TransferView) -> None:
        """A delete has ended, whatever came of it: the lists follow."""
        with suppress(BadInput):  # it was cleared from the list of transfers
            request, _ = await background.run(background.LOCAL, self.queue.journal.request, view.number)
            browser.deleted(request)

    def _tell_ended(self) -> None:
        """One message for a job of several items when it is done, and one for the others; until then the line tells."""
        for batch in self._ended.take(self.queue):
            severity: SeverityLevel = "information" if batch.good else "warning"
            self.notify(batch.text, title=batch.title, severity=severity, markup=False)
        self._will_tell = bool(self._ended)
        if self._will_tell:
            self.set_timer(TOGETHER, self._tell_ended)

    @work(group="transfers", exit_on_error=False)
    async def load_transfers(self) -> None:
        """Say what earlier runs have left, and whether it can be remembered at all."""
        known = await background.run(background.LOCAL, limits.remembered, folders.transfers_folder())
        await background.run(background.LOCAL, known.apply, self.queue)
        paused = await background.run(background.LOCAL, self.queue.load)
        if problem := self.queue.journal.problem:
            self.notify(visible(problem), title="Transfers", severity="warning", markup=False, timeout=15)
        elif paused:
            of = "1 transfer of an earlier run is" if paused == 1 else f"{paused:,} transfers of an earlier run are"
            self.notify(f"{of} paused: T shows them.", title="Transfers", markup=False)

    def _look_at_others(self) -> None:
        """What another process was running may have ended; the screen of transfers looks for what is new, too."""
        if not self.is_headless and lost_terminal.is_lost():
            self.ended_from_outside()
        if any(view.process for view in self.queue.moving()):
            background.LOCAL.submit(self.queue.look)

    def _connect_again(self, whom: Whom) -> Connection:
        """For what an earlier run asked for. In a pool thread; raises `S3tuiError`."""
        from s3tui.profiles.credentials import keys_of
        from s3tui.s3.connections import connect
        from s3tui.transfers import reconnect

        here = self.browser.connection if self.browser else None
        if here and here.profile.name == whom.profile:
            reconnect.check_same(whom, here.profile)
            return here
        profiles = _all_profiles(self.config_path, self.start.env_file)
        profile = reconnect.profile_of(whom, profiles)
        keys_of(profile)  # those that were typed for one run are gone
        if self.start.read_only:
            profile = replace(profile, read_only=True)
        return connect(profile, mfa_code=self.ask_mfa)

    async def action_quit(self) -> None:
        """Ctrl+Q, which Textual gives to the app before any screen or dialog hears of it: as `q`."""
        from s3tui.ui.actions import view

        if self.browser is None:
            self.exit()
        else:
            view.leave(self.browser)

    def ask_mfa(self, serial: str) -> str:
        """Ask for the code of the MFA device `serial`. Called from a worker thread, which waits."""
        ask: Callable[[str], str | Awaitable[str]] = self._ask_mfa
        return self.call_from_thread(ask, serial)

    async def _ask_mfa(self, serial: str) -> str:
        from s3tui.ui.dialogs.mfa import AskMfa

        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self.push_screen(AskMfa(serial), answer.set_result)
        code = await answer
        if code is None:
            raise Cancelled
        return code

    async def on_event(self, event: Event) -> None:
        """Keys, pastes and clicks are worked one behind the other."""
        if isinstance(event, Key | Paste | MouseDown | MouseUp) and not event.is_forwarded:
            await self._turns.take(event)
        else:
            await super().on_event(event)

    def copy_to_clipboard(self, text: str) -> None:
        """See `App.copy_to_clipboard`. Raises `BadInput` for what is no text."""
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadInput("This name is not valid UTF-8, so it can't be copied.", "Copy the URL instead.") from error
        super().copy_to_clipboard(text)

    def _fatal_error(self) -> None:
        """A fault ends the program. Textual would also print all local variables, secrets among them."""
        self.bell()
        error = sys.exc_info()[1] or self._exception
        self._exit_renderables.append(Text(visible_lines("".join(traceback.format_exception(error)))))
        self._close_messages_no_wait()

    def show_error(self, error: BaseException) -> None:
        """Tell the user about a failure. Cancelled work is no failure."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, S3tuiError):
            self.notify(visible(str(error)), severity="error", markup=False, timeout=10)
        else:
            text = visible(f"{type(error).__name__}: {error}")
            self.notify(text, title="A fault in s3tui", severity="error", markup=False, timeout=15)


def not_ended(queue: Queue) -> str:
    """What is said in the terminal, where it stays to be read, when transfers could not be stopped in time."""
    late = "T shows it next time." if queue.is_kept else "unfinished uploads may remain."
    return f"Not every transfer ended in time: {late}"


def _all_profiles(path: Path, env_file: Path | None) -> list[Profile]:
    from s3tui.profiles import sources

    return sources.all_profiles(config.load(path), env_file)
