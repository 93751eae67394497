"""Working on many small things at the same time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import wait
from typing import TypeVar

from s3tui.background import FLOOD
from s3tui.s3.underway import Underway

_AHEAD = 16  # requests that one thread sends before it waits for the answer to the first
_MOST = 4  # threads
_TRIED = 4  # things by which it is found out whether more than one pays
_NEAR = 0.001  # s that an answer takes when one thread can keep the line busy

T = TypeVar("T")
Work = Generator[Underway, None, None]


def in_flight(work: Callable[[T], Work], items: Sequence[T]) -> None:
    """`work(item)` for all of them. It yields where it waits for an answer; meanwhile others send.

    One thread is quickest where answers come at once: more would only hand Python's lock to and fro. Where they take
    long, several connect and send at the same time.
    """
    waited = [1.0]
    for item in items[:_TRIED]:
        started, before = time.perf_counter(), time.thread_time()
        _ahead(work, (item,))
        waited.append(time.perf_counter() - started - (time.thread_time() - before))
    shared = iter(items[_TRIED:])  # next() of a list's iterator is one step for all threads
    if min(waited) < _NEAR:
        _ahead(work, shared)
    else:
        _on_threads(_MOST, lambda: _ahead(work, shared))


def together(work: Callable[[T], object], items: Sequence[T]) -> None:
    """`work(item)` for all of them, on several threads, for what isn't as quick as that."""
    shared = iter(items)
    _on_threads(min(_AHEAD, len(items)), lambda: deque(map(work, shared), maxlen=0))


def _on_threads(count: int, work: Callable[[], object]) -> None:
    futures = [FLOOD.submit(work) for _ in range(count)]
    wait(futures)
    for future in futures:
        future.result()


def _ahead(work: Callable[[T], Work], items: Iterable[T]) -> None:
    waiting: deque[tuple[Work, Underway]] = deque()
    for item in items:
        _go_on(work(item), waiting)
        while waiting and (len(waiting) == _AHEAD or waiting[0][1].is_answered):
            _go_on(waiting.popleft()[0], waiting)
    while waiting:
        _go_on(waiting.popleft()[0], waiting)


def _go_on(working: Work, waiting: deque[tuple[Work, Underway]]) -> None:
    underway = next(working, None)
    if underway:
        waiting.append((working, underway))
