"""Pools and cancel tokens."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from s3tui import background
from s3tui.background import Cancelled, CancelToken, Pool


def test_answers_and_failures_come_back() -> None:
    pool = Pool("test", 2)
    assert pool.submit(divmod, 7, 2).result(90) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 7, 0).result(90)


def test_a_pool_runs_no_more_than_its_size_and_counts_what_is_unfinished() -> None:
    pool, gate, started = Pool("test", 2), threading.Event(), threading.Semaphore(0)
    running: list[int] = []

    def work(number: int) -> None:
        running.append(number)
        started.release()
        gate.wait(300)

    futures = [pool.submit(work, number) for number in range(5)]
    assert started.acquire(timeout=90)
    assert started.acquire(timeout=90)
    assert (sorted(running), pool.busy) == ([0, 1], 5)
    gate.set()
    for future in futures:
        future.result(90)


def test_one_full_pool_does_not_hold_up_another() -> None:
    slow, quick, gate = Pool("slow", 1), Pool("quick", 1), threading.Event()
    blocked = slow.submit(gate.wait, 300)
    assert quick.submit(lambda: "here").result(90) == "here"
    gate.set()
    assert blocked.result(90)


def test_urgent_work_goes_first() -> None:
    pool, gate, order = Pool("test", 1), threading.Event(), []
    pool.submit(gate.wait, 300)
    futures = [pool.submit(order.append, name, priority=priority) for name, priority in (("late", 5), ("soon", 0))]
    gate.set()
    for future in futures:
        future.result(90)
    assert order == ["soon", "late"]


def test_a_token_stops_work_and_unblocks_a_wait() -> None:
    token, called = CancelToken(), []
    token.on_cancel(lambda: called.append(1))
    token.check()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: called.append(2))
    assert called == [1, 2]
    with pytest.raises(Cancelled):
        token.check()
    with pytest.raises(Cancelled):
        token.wait(30)


async def test_cancelling_the_waiter_cancels_the_token_at_once() -> None:
    pool, token, started, stopped = Pool("test", 1), CancelToken(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        try:
            token.wait(30)
        finally:
            stopped.set()

    task = asyncio.create_task(background.run(pool, work, token=token))
    assert await asyncio.to_thread(started.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(stopped.wait, 5)


def test_running_work_does_not_keep_the_process() -> None:
    program = "import time; from s3tui.background import Pool; Pool('x', 1).submit(time.sleep, 600); time.sleep(0.2)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


async def until(condition: Callable[[], object]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


def threads_of(pool: Pool) -> int:
    return sum(thread.name.startswith(f"{pool.name}-") for thread in threading.enumerate())


async def test_calls_that_nobody_waits_for_hold_up_nobody() -> None:
    """Six requests to a dead endpoint must not keep the next profile waiting until they time out."""
    pool = background.Pool("small", 2)
    go_on = threading.Event()
    abandoned = []
    for _ in range(6):
        began = threading.Event()

        def hang(began: threading.Event = began) -> None:
            began.set()
            go_on.wait(300)

        task = asyncio.create_task(background.run(pool, hang))
        await until(began.is_set)
        task.cancel()
        abandoned.append(task)
        await asyncio.sleep(0)
    assert await asyncio.wait_for(background.run(pool, lambda: "here"), 90) == "here"
    await until(lambda: pool.busy == 6)
    go_on.set()
    await until(lambda: not pool.busy)
    assert await background.run(pool, lambda: "still here") == "still here"
    await until(lambda: threads_of(pool) <= pool.size)


async def test_there_is_an_end_to_the_threads_of_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background.Pool, "MOST_ABANDONED", 2)
    pool = background.Pool("tiny", 1)
    go_on = threading.Event()
    tasks = [asyncio.create_task(background.run(pool, go_on.wait, 20)) for _ in range(4)]
    for task in tasks:
        await asyncio.sleep(0.05)
        task.cancel()
    assert threads_of(pool) <= 3
    go_on.set()
    await until(lambda: not pool.busy)


def test_a_pause_stops_as_a_cancel_does_and_keeps() -> None:
    token, told = CancelToken(), list[str]()
    token.on_cancel(lambda: told.append("stop"))
    token.pause()
    assert token.cancelled and token.keep and told == ["stop"]
    with pytest.raises(Cancelled):
        token.check()
    token.pause()
    assert token.keep
    token.cancel()
    assert not token.keep and told == ["stop"]
    token.pause()
    assert not token.keep


def test_what_is_cancelled_is_not_kept_by_a_later_pause() -> None:
    token = CancelToken()
    token.cancel()
    token.pause()
    assert token.cancelled and not token.keep
