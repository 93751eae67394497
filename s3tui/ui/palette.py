"""The command palette: the registry's commands, those that can't run now with their reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from s3tui.display import visible
from s3tui.ui import keymap
from s3tui.ui.commands import COMMANDS, Command
from s3tui.ui.screens.browser import Browser


class CommandProvider(Provider):
    """Finds commands by title; shows their keys and help."""

    def _commands(self) -> Iterator[tuple[Command, str, Callable[[], object]]]:
        if not isinstance(self.screen, Browser):
            return
        for command in COMMANDS:
            if command.where == "lists" or command.id == "palette":
                continue
            reason = command.check(self.screen)
            note = escape(visible(f"Can't run now: {reason}" if reason else command.help))
            yield command, note, partial(self.screen.action_command, command.id)

    def _title(self, command: Command) -> str:
        assert isinstance(self.screen, Browser)
        return f"{command.title}  ({keymap.shown_keys(command, self.screen.keys)})"

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """All commands."""
        for command, note, run in self._commands():
            yield DiscoveryHit(Content(self._title(command)), run, text=command.title, help=note)

    async def search(self, query: str) -> Hits:
        """The commands whose title matches `query`."""
        matcher = self.matcher(query)
        for command, note, run in self._commands():
            title = self._title(command)
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), run, text=command.title, help=note)
