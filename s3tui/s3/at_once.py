"""One question for each of many things, a few at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TypeVar

from s3tui.background import METADATA, CancelToken, Pool

AT_ONCE = 4  # questions; the pool that answers them has others to serve
_LOOK = 0.2  # s; how soon a cancelled wait ends

T = TypeVar("T")
R = TypeVar("R")


def at_once(
    ask: Callable[[T], R], things: Iterable[T], token: CancelToken | None = None, pool: Pool = METADATA
) -> Iterator[R]:
    """`ask(thing)` for each in `pool`, `AT_ONCE` at a time, and the answers in the order in which they come.

    Raises what `ask` raises, and `Cancelled`; then no more are asked, and nobody waits for those that are under way.
    """
    waiting = iter(things)
    asked: set[Future[R]] = set()
    try:
        while True:
            for thing in islice(waiting, AT_ONCE - len(asked)):
                asked.add(pool.submit(ask, thing))
            if not asked:
                return
            answered, asked = wait(asked, _LOOK, FIRST_COMPLETED)
            if token:
                token.check()
            for future in answered:
                yield future.result()
    finally:
        for future in asked:
            if not future.cancel():
                pool.abandon(future)
