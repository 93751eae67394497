"""The process that reads a long listing for the screen: its pages are taken in here, with children of its own.

A thread of the screen's process that takes in a million rows would hold the interpreter a quarter of the time, and
the screen would stutter. What needs a client (the first page, and whatever children can't fetch) is asked of the
screen's process; everything comes over standard input, nothing over arguments or the environment.
"""

from __future__ import annotations

import os
import queue
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from s3tui.background import LISTING, Cancelled, CancelToken
from s3tui.s3.columns import Columns
from s3tui.s3.fan_out import CHILDREN, Plan, PlanBroken
from s3tui.s3.listing_child import read, write
from s3tui.s3.packed import pack, pieces
from s3tui.s3.page_source import AskedPage
from s3tui.s3.reader import Reader
from s3tui.s3.requests import LoggedRequest
from s3tui.s3.standing_back import stand_back

_EVERY = 0.5  # s; a screen shows what came no oftener
_MOST = 50  # pages that are sent at once: fresh memory for more would take the screen's process longer than the rows
_CHILDREN = min(CHILDREN, max(1, (os.cpu_count() or 1) - 1))  # a core is left to the screen


@dataclass(frozen=True, slots=True)
class Begin:
    """To the lister: read what `plan` lacks."""

    bucket: str
    plan: Plan
    may_split: bool
    base: int  # bytes of the keys that the screen has


@dataclass(frozen=True, slots=True)
class Reply:
    """To the lister: the page it asked for, or none, which ends it."""

    page: AskedPage | None


@dataclass(frozen=True, slots=True)
class Stop:
    """To the lister: it is cancelled."""


@dataclass(frozen=True, slots=True)
class Ask:
    """From the lister: the page that these query words name."""

    words: dict[str, str]
    wants_way: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """From the lister: how many bytes of packed rows follow, how many rows wait for rows before them, and what
    children asked for."""

    size: int
    waiting: int
    logged: list[LoggedRequest]


@dataclass(frozen=True, slots=True)
class Ended:
    """From the lister, last: what has become of the plan. `broken` when it can't be gone on with."""

    plan: Plan
    broken: PlanBroken | None = None


class _Refused(Exception):
    """The page that was asked for won't come."""


class _AskedOfScreen:
    """Pages that the screen's process gets; see `page_source.Pages`."""

    def __init__(self, begin: Begin, lister: Lister) -> None:
        self.bucket, self.may_split = begin.bucket, begin.may_split
        self.log = lister.logged.append
        self._lister = lister

    def page(self, words: dict[str, str], wants_way: bool) -> AskedPage:
        self._lister.send_rows()
        page = self._lister.ask(Ask(words, wants_way))
        if page is None:
            raise _Refused
        return page


class Lister:
    """One listing, from the first message to the last."""

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self.logged: list[LoggedRequest] = []
        self._source, self._out = source, out
        self._token = CancelToken()
        self._replies: queue.SimpleQueue[AskedPage | None] = queue.SimpleQueue()
        self._pages: list[Columns] = []
        self._sent_at = 0.0  # what comes first is sent at once

    def run(self) -> None:
        """Read it all. Raises `OSError` and `EOFError` when the screen's process is gone."""
        begin: Begin = read(self._source)
        self._plan, self._base = begin.plan, begin.base
        LISTING.submit(self._obey)
        broken = None
        try:
            for pages in Reader(_AskedOfScreen(begin, self), begin.plan, self._token, children=_CHILDREN).rounds():
                self._pages += pages
                if self._pages and time.monotonic() - self._sent_at > _EVERY:
                    self.send_rows()
        except PlanBroken as error:
            broken = error
        except (Cancelled, _Refused):
            pass
        self.send_rows()
        write(self._out, Ended(begin.plan, broken))

    def ask(self, question: Ask) -> AskedPage | None:
        """What the screen's process gets for `question`."""
        write(self._out, question)
        return self._replies.get()

    def send_rows(self) -> None:
        """Send what there is."""
        while self._pages:
            rows = Columns()
            for page in self._pages[:_MOST]:
                rows.extend(page)
            del self._pages[:_MOST]
            self._send(rows)
            self._sent_at = time.monotonic()

    def _send(self, rows: Columns) -> None:
        packed = list(pack(rows, self._base))
        waiting = self._plan.rows_waiting + sum(map(len, self._pages))
        write(self._out, Rows(sum(map(len, packed)), waiting, self.logged[:]))
        for text in packed:
            for piece in pieces(text):
                self._out.write(piece)
        self._out.flush()
        self._base += rows.key_bytes_count
        self.logged.clear()

    def _obey(self) -> None:
        """In a thread: the screen's process may cancel, or end, while pages are waited for."""
        with suppress(EOFError, OSError):
            while True:
                message = read(self._source)
                if isinstance(message, Reply):
                    self._replies.put(message.page)
                else:
                    self._token.cancel()
        os._exit(0)


def main() -> None:
    """Until the listing has ended, or standard input is closed."""
    stand_back()
    with suppress(EOFError, OSError):
        Lister(sys.stdin.buffer, sys.stdout.buffer).run()
    os._exit(0)


if __name__ == "__main__":
    main()
