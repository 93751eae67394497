"""A million rows filtered and sorted as the table does it: how long it takes, and how late the loop is meanwhile."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from result import Result, at

from s3tui import background
from s3tui.s3.columns import Columns
from s3tui.s3.filters import parse
from s3tui.ui.widgets.arrangement import Order, arrange

ROWS = 1_000_000
PREFIX = "warehouse/"
ROUNDS = 5
TICK = 0.005  # seconds between the ticks of the probe
IDLE = 2.0  # seconds
# Nothing fits, few do, all do, some do in capitals or not.
NEEDLES = ("nowhere", "7a7a", "json", "PART-00001", "part-00001", "e")
FILTERED, SORTED = 60.0, 200.0  # ms


def run() -> list[Result]:
    """The peer is the plainest Python: a list of names, and a list of sizes with their row."""
    columns = _columns()
    filters = [Order(filter=parse(needle)) for needle in NEEDLES]
    arrange(columns, filters[0], len(PREFIX))  # numpy is imported
    results = [_filtered(columns, filters), _sorted(columns)]
    orders = [*filters, Order("size"), Order("modified", True)]
    return results + asyncio.run(_lateness(columns, orders))


def _columns() -> Columns:
    chance = random.Random(1)
    columns = Columns()
    for first in range(0, ROWS, 1000):
        numbers = range(first, first + 1000)
        columns.append_objects(
            [b"%sevents/part-%07d-%08x.json.gz" % (PREFIX.encode(), n, chance.getrandbits(32)) for n in numbers],
            [chance.getrandbits(30) for _ in numbers],
            [1_700_000_000_000 + chance.getrandbits(36) for _ in numbers],
            [""] * 1000,
            ["STANDARD"] * 1000,
        )
    return columns


def _took(work: Callable[[], object]) -> float:
    """The median of some rounds, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _filtered(columns: Columns, orders: list[Order]) -> Result:
    ours = {order.filter.text: _took(partial(arrange, columns, order, len(PREFIX))) for order in orders}
    worst = max(ours, key=ours.__getitem__)
    names = [columns.key(row)[len(PREFIX) :] for row in range(len(columns))]
    theirs = _took(lambda: [row for row, name in enumerate(names) if worst in name.lower()])
    what = f"filter {ROWS:,} rows by the worst of {len(NEEDLES)} substrings"
    return Result(what, ours[worst], "ms", "a list of str", theirs, f"≤ {FILTERED:.0f} ms", ours[worst] <= FILTERED)


def _sorted(columns: Columns) -> Result:
    ours = _took(lambda: arrange(columns, Order("size"), len(PREFIX)))
    theirs = _took(lambda: sorted(range(len(columns)), key=columns.size))
    return Result(f"sort {ROWS:,} rows by size", ours, "ms", "sorted()", theirs, f"≤ {SORTED:.0f} ms", ours <= SORTED)


async def _lateness(columns: Columns, orders: list[Order]) -> list[Result]:
    """Of a loop whose ticks are due every few milliseconds, while a pool thread filters and sorts."""
    idle: list[float] = []
    busy: list[float] = []
    await _ticking(asyncio.sleep(IDLE), idle)
    for _ in range(ROUNDS):
        for order in orders:
            await _ticking(background.run(background.ROWS, arrange, columns, order, len(PREFIX)), busy)
    what = "lateness of the loop meanwhile"
    late, usual = at(0.95, busy) * 1000, at(0.95, idle) * 1000
    return [
        Result(f"{what}, p95", late, "ms", "idle", usual),
        Result(f"{what}, worst", max(busy) * 1000, "ms", "idle", max(idle) * 1000),
    ]


async def _ticking(work: Coroutine[Any, Any, object], late: list[float]) -> None:
    """Await `work`, and note how late each tick is until it is done."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    while not task.done():
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        late.append(loop.time() - due)
    await task
