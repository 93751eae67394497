"""Working on many small things at a time: on as few threads as keep the line busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from typing import TypeVar

from s3tui.background import FLOOD, Pool

_FEWEST = 2
_TRIED = 8  # things by which it is found out how many threads pay

T = TypeVar("T")


def together(work: Callable[[T], object], items: Sequence[T], fewest: int = _FEWEST, pool: Pool = FLOOD) -> None:
    """`work(item)` for all of them, by as many threads as make up for the time that one waits for answers.

    More would only hand Python's lock to and fro, which takes as long again as the work. There are `fewest` where it
    is known that the other side takes most of the time.
    """
    idle, busy = [1.0], 1e-6
    for item in items[:_TRIED]:
        started, before = time.perf_counter(), time.thread_time()
        work(item)
        computed = time.thread_time() - before
        busy += computed
        idle.append(time.perf_counter() - started - computed)
    rest = items[_TRIED:]
    count = min(fewest + round(min(idle) / (busy / _TRIED)), pool.size, len(rest))
    shared = iter(rest)  # next() of a list's iterator is one step for all threads
    futures = [pool.submit(_all_of, work, shared) for _ in range(count)]
    wait(futures)
    for future in futures:
        future.result()


def _all_of(work: Callable[[T], object], shared: Iterator[T]) -> None:
    for item in shared:
        work(item)
