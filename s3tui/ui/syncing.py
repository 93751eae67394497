"""Carrying out syncs from the screen: what brings something first, and deletes only when all of that went well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s3tui import background
from s3tui.display import counted
from s3tui.transfers import sync
from s3tui.transfers.progress import FINISHED, WENT_WELL
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
    brings: list[Transfer]
    deletes: list[Transfer]
    count: int  # files and objects
    is_told: bool = False


class Syncs:
    """Those that were begun in this run: the queue lets their deletes follow; here is said what becomes of them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._waiting: list[_Waiting] = []
        self._is_due = False
        self.given_up: Sync | None = None  # the last one whose deletes were, for another plan

    @property
    def goes_on(self) -> bool:
        """Whether deletes follow by themselves, or are just given to the queue."""
        is_giving = any(worker.group == "syncing" and worker.is_running for worker in self._browser.workers)
        return is_giving or any(
            not each.is_told and all(transfer.state != "paused" for transfer in each.brings) for each in self._waiting
        )

    async def carry_out(self, asked: Sync, requests: list[Request]) -> None:
        """Give them to the queue in their turn."""
        brings, deletes = sync.in_turn(requests)
        self.given_up = None
        turns = (_bringing(asked), brings), (_deleting(asked), deletes)
        transfers = await background.run(background.LOCAL, self._browser.queue.submit_in_turn, *turns)
        if brings and deletes:
            count = sum(len(getattr(each, "keys", ()) or getattr(each, "files", ())) for each in deletes)
            self._waiting.append(_Waiting(asked, transfers[: len(brings)], transfers[len(brings) :], count))
            self._look()

    def changed(self) -> None:
        """Some transfer has ended."""
        if self._waiting and not self._is_due:
            self._is_due = True
            self._browser.set_timer(_DELAY, self._look)

    def _look(self) -> None:
        self._is_due = False
        for each in list(self._waiting):
            states = {transfer.state for transfer in each.brings}
            if any(delete.state != "paused" for delete in each.deletes):
                self._waiting.remove(each)
                if not states <= WENT_WELL:
                    self._say_given_up(each)
            elif states <= FINISHED and not states <= WENT_WELL and not each.is_told:
                each.is_told = True
                self._browser.say(
                    f"Not everything was brought, so {counted(each.count, 'delete')} of the sync will wait: "
                    "try again in T what failed, and they follow. Cancel it, and nothing is deleted."
                )

    def _say_given_up(self, waiting: _Waiting) -> None:
        self.given_up = waiting.asked
        self._browser.say("Not everything was brought, so the sync has deleted nothing. Sync proposes the same again.")


def _bringing(asked: Sync) -> Connection:
    """What reads objects is the source's connection; a folder has none."""
    side = asked.target if isinstance(asked.source, Path) else asked.source
    assert isinstance(side, Prefix)
    return side.connection


def _deleting(asked: Sync) -> Connection:
    side = asked.source if isinstance(asked.target, Path) else asked.target
    assert isinstance(side, Prefix)
    return side.connection
