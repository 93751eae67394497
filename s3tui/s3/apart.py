"""Reading a listing for the screen: the first pages here, a long rest in a process of its own (see `lister`)."""

from __future__ import annotations

import pickle
import select
import time
from collections.abc import Callable, Iterator
from io import FileIO
from math import inf
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Any, BinaryIO, cast

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3 import listing_child, processes
from s3tui.s3.client import Connection
from s3tui.s3.columns import Columns
from s3tui.s3.lister import Ask, Begin, Ended, Reply, Rows, Stop
from s3tui.s3.listing import Listing, fill
from s3tui.s3.packed import PIECE, Packed
from s3tui.s3.page_source import AskedPage, EndpointPages
from s3tui.s3.reader import Reader, give_back_memory

_LOOK = 0.05  # s until it sees that it is cancelled
_LAST_WORDS = 5.0  # s that a cancelled lister gets to hand over what it has


def read(
    listing: Listing,
    connection: Connection,
    token: CancelToken | None = None,
    on_page: Callable[[Listing], object] | None = None,
) -> None:
    """As `listing.read`, without keeping the interpreter from the event loop."""
    fill(listing, _pages(listing, connection, token or CancelToken()), on_page)


def _pages(listing: Listing, connection: Connection, token: CancelToken) -> Iterator[Columns | Packed]:
    source = EndpointPages(connection, listing.bucket, listing.plan)
    first = Reader(source, listing.plan, token)
    yield from first.first_pages()
    if first.wants_children:
        try:
            apart = _Apart(listing, source, token)
        except OSError:
            pass  # no process can be started: this one reads on
        else:
            yield from apart.pages()
    if not listing.plan.done:
        yield from Reader(source, listing.plan, token).pages()


class _Apart:
    """One lister, seen from the screen's process."""

    def __init__(self, listing: Listing, source: EndpointPages, token: CancelToken) -> None:
        self._listing, self._source, self._token = listing, source, token
        self._failure: Exception | None = None
        self._ended: Ended | None = None
        self._ends = inf  # of what it may still say
        self._process = processes.start("s3tui.s3.lister")

    def pages(self) -> Iterator[Packed]:
        """What it reads. Raises what reading raises; when the lister dies, the plan of `listing` goes on behind it."""
        given, last = 0, b""
        try:
            base = self._listing.columns.key_bytes_count
            self._tell(Begin(self._source.bucket, self._listing.plan, self._source.may_split, base))
            while self._ended is None:
                message = self._message()
                if isinstance(message, Ask):
                    self._tell(Reply(self._asked(message)))
                elif isinstance(message, Ended):
                    self._ended = message
                else:
                    rows = self._taken(message)
                    given, last = given + len(rows), rows.last_key
                    yield rows
        except (EOFError, OSError):
            pass  # it was killed, or hangs
        finally:
            self._listing.waiting = None
            processes.end(self._process)
            if self._ended:
                self._listing.plan = self._ended.plan
            else:
                self._listing.plan.pass_over(given, last)
            give_back_memory()
        self._token.check()
        if failure := self._failure or (self._ended and self._ended.broken):
            raise failure

    def _tell(self, message: object) -> None:
        listing_child.write(cast(BinaryIO, self._process.stdin), message)

    def _message(self) -> Any:
        return pickle.loads(self._read(listing_child.LENGTH.unpack(self._read(listing_child.LENGTH.size))[0]))

    def _read(self, size: int) -> bytearray:
        """So many bytes from it. A cancelled one is told so, and gets some time to hand over its plan."""
        data = bytearray(size)
        self._fill(memoryview(data))
        return data

    def _fill(self, rest: memoryview) -> None:
        pipe = cast(FileIO, self._process.stdout)
        poll = select.poll()  # `select.select` knows no descriptors above 1023
        poll.register(pipe, select.POLLIN)
        while rest:
            if self._token.cancelled and self._ends == inf:
                self._ends = time.monotonic() + _LAST_WORDS
                self._tell(Stop())
            if poll.poll(_LOOK * 1000):
                count = pipe.readinto(rest[:PIECE])
                if not count:
                    raise EOFError
                rest = rest[count:]
            elif time.monotonic() > self._ends:
                raise EOFError

    def _asked(self, question: Ask) -> AskedPage | None:
        """None when it won't come: then the lister ends, and why is told afterwards."""
        try:
            self._token.check()
            return self._source.page(question.words, question.wants_way)
        except (S3tuiError, Cancelled) as error:
            self._failure = error
            return None

    def _taken(self, rows: Rows) -> Packed:
        for request in rows.logged:
            self._source.log(request)
        self._listing.waiting = rows.waiting
        # Here they stay. The memory itself comes while the pipe is read, without the interpreter.
        data = memoryview(mmap(-1, rows.size, MAP_PRIVATE | MAP_ANONYMOUS))
        self._fill(data)
        return Packed(data)
