"""Carrying out syncs from the screen: what brings something first, and deletes only when all of that went well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.display import counted
from s3tui.transfers import sync
from s3tui.transfers.progress import FINISHED
from s3tui.transfers.sync import Prefix, Sync

if TYPE_CHECKING:
    from s3tui.s3.client import Connection
    from s3tui.transfers.queue import Transfer
    from s3tui.transfers.request import Request
    from s3tui.ui.screens.browser import Browser

_DELAY = 0.2  # s; transfers that end close together are looked at once


@dataclass(eq=False)
class _Waiting:
    """Deletes that wait for everything that brings something."""

    asked: Sync
    transfers: list[Transfer]
    deletes: list[Request]
    is_told: bool = False

    @property
    def count(self) -> int:
        return sum(len(getattr(each, "keys", ()) or getattr(each, "files", ())) for each in self.deletes)


class Syncs:
    """Those that were begun in this run. Deletes wait as long as s3tui runs; each looks again at what it deletes."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._waiting: list[_Waiting] = []
        self._is_due = False
        self.given_up: Sync | None = None  # the last one whose deletes were, for another plan

    @property
    def lost_by_leaving(self) -> str:
        """What is, in a sentence; empty when nothing is."""
        count = sum(each.count for each in self._waiting)
        return f"{counted(count, 'delete')} of a sync won't happen: only a new sync plans them again." if count else ""

    @property
    def goes_on(self) -> bool:
        """Whether deletes follow by themselves, or are just given to the queue."""
        is_giving = any(worker.group == "syncing" and worker.is_running for worker in self._browser.workers)
        return is_giving or any(not each.is_told for each in self._waiting)

    async def carry_out(self, asked: Sync, requests: list[Request]) -> None:
        """Give them to the queue in their turn."""
        brings, deletes = sync.in_turn(requests)
        queue = self._browser.queue
        self.given_up = None
        transfers = await background.run(background.LOCAL, queue.submit_all, _bringing(asked), brings)
        if deletes:
            self._waiting.append(_Waiting(asked, transfers, deletes))
            self._look()

    def changed(self) -> None:
        """Some transfer has ended."""
        if self._waiting and not self._is_due:
            self._is_due = True
            self._browser.set_timer(_DELAY, self._look)

    def _look(self) -> None:
        self._is_due = False
        for each in list(self._waiting):
            states = {transfer.state for transfer in each.transfers}
            if states <= sync.WENT_WELL:
                self._waiting.remove(each)
                self._browser.run_worker(self._delete(each), group="syncing", exit_on_error=False)
            elif "cancelled" in states or self._is_cleared(each):
                self._waiting.remove(each)
                self.given_up = each.asked
                self._browser.say(
                    "Not everything was brought, so the sync has deleted nothing. Sync proposes the same again."
                )
            elif states <= FINISHED and not each.is_told:
                each.is_told = True
                self._browser.say(
                    f"Not everything was brought, so {counted(each.count, 'delete')} of the sync will wait: "
                    "try again in T what failed, and they follow. Cancel it, and nothing is deleted."
                )

    async def _delete(self, waiting: _Waiting) -> None:
        queue = self._browser.queue
        await background.run(background.LOCAL, queue.submit_all, _deleting(waiting.asked), waiting.deletes)

    def _is_cleared(self, waiting: _Waiting) -> bool:
        """Whether something that didn't go well isn't in the list of transfers any more."""
        bad = [each for each in waiting.transfers if each.state in FINISHED - sync.WENT_WELL]
        return bool(bad) and not set(bad) <= set(self._browser.queue.items(bad[0].submission))


def _bringing(asked: Sync) -> Connection:
    """What reads objects is the source's connection; a folder has none."""
    side = asked.target if isinstance(asked.source, Path) else asked.source
    assert isinstance(side, Prefix)
    return side.connection


def _deleting(asked: Sync) -> Connection:
    side = asked.source if isinstance(asked.target, Path) else asked.target
    assert isinstance(side, Prefix)
    return side.connection
