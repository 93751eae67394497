"""The command palette: the registry's commands, or those of another screen; what can't run now says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from s3tui.display import visible
from s3tui.ui import keymap
from s3tui.ui.commands import COMMANDS
from s3tui.ui.screens.browser import Browser
from s3tui.ui.screens.keyed import PALETTE, KeyedScreen


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the palette."""

    name: str
    keys: str  # as printed
    note: str
    run: Callable[[], object]

    @property
    def title(self) -> str:
        return f"{self.name}  ({self.keys})"


class CommandProvider(Provider):
    """Finds commands by title; shows their keys and help."""

    def _entries(self) -> Iterator[_Entry]:
        if isinstance(self.screen, Browser):
            return _of_registry(self.screen)
        return _of_screen(self.screen) if isinstance(self.screen, KeyedScreen) else iter(())

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """All commands."""
        for entry in self._entries():
            yield DiscoveryHit(Content(entry.title), entry.run, text=entry.name, help=escape(visible(entry.note)))

    async def search(self, query: str) -> Hits:
        """The commands whose title matches `query`."""
        matcher = self.matcher(query)
        for entry in self._entries():
            if (score := matcher.match(entry.title)) > 0:
                title, help = matcher.highlight(entry.title), escape(visible(entry.note))
                yield Hit(score, title, entry.run, text=entry.name, help=help)


def _of_registry(browser: Browser) -> Iterator[_Entry]:
    for command in COMMANDS:
        if command.where == "lists" or command.id == "palette":
            continue
        reason = command.check(browser)
        note = f"Can't run now: {reason}" if reason else command.help
        keys = keymap.shown_keys(command, browser.keys)
        yield _Entry(command.title, keys, note, partial(browser.action_command, command.id))


def _of_screen(screen: KeyedScreen[object]) -> Iterator[_Entry]:
    for key in screen.keys_here():
        if key.action != PALETTE:
            note = key.help if key.can_run else f"Can't run now. {key.help}"
            yield _Entry(key.title, key.keys, note, key.run)
