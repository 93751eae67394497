"""Cutting an object into parts, and working on a few of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TypeVar

from s3tui.background import PARTS, CancelToken, Pool
from s3tui.errors import BadInput

MIB = 1 << 20
PART_SIZE = 64 * MIB  # up to this size an object goes in one request
AT_ONCE = 4  # parts of one object
CHUNK = 2 * MIB  # bytes in memory for each part that moves
# “Amazon S3 multipart upload limits”
MOST_PARTS = 10_000
LARGEST_PART = 5 << 30

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an object. `number` counts from 1."""

    number: int
    offset: int
    length: int


def part_size(size: int) -> int:
    """How long the parts of an object of `size` bytes are: `PART_SIZE`, or more where 10,000 of them would not be
    enough. Raises `BadInput` when it is more than S3 takes."""
    each = PART_SIZE if size <= PART_SIZE * MOST_PARTS else -(-size // (MOST_PARTS * MIB)) * MIB
    if each > LARGEST_PART:
        raise BadInput("This file is larger than S3 takes: 10,000 parts of 5 GiB.")
    return each


def cut(size: int, each: int) -> list[Part]:
    """The parts of an object of `size` bytes, `each` bytes long but for the last."""
    return [Part(number + 1, at, min(each, size - at)) for number, at in enumerate(range(0, size, each))]


def each_part(
    work: Callable[[Part, CancelToken], R],
    parts: Sequence[Part],
    token: CancelToken,
    pool: Pool = PARTS,
    at_once: Callable[[], int] = lambda: AT_ONCE,
) -> list[R]:
    """`work(part, token)` for every part, `at_once()` at a time; the results in the order of `parts`.

    When one fails, or `token` is cancelled, or the waiting thread is interrupted, the others are stopped and
    waited for before the failure is raised: nothing of this object moves after this returns.
    """
    stop = CancelToken()
    token.on_cancel(stop.cancel)
    futures: list[Future[R]] = []
    running: set[Future[R]] = set()
    try:
        for part in parts:
            stop.check()
            futures.append(pool.submit(work, part, stop))
            running.add(futures[-1])
            while len(running) >= at_once():
                running = _wait(running)
        while running:
            running = _wait(running)
    except BaseException:
        stop.cancel()
        for future in futures:
            future.cancel()
        wait(futures)
        raise
    return [future.result() for future in futures]


def _wait(running: set[Future[R]]) -> set[Future[R]]:
    done, rest = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return rest
