"""How many parts are on their way at the same time: one where more would not be faster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.transfers import streams
from s3tui.transfers.parts import AT_ONCE
from s3tui.transfers.streams import Streams

PART = 64 << 20
MBIT = 125_000  # bytes a second


@pytest.mark.parametrize(
    ("speed", "count"),
    [
        pytest.param(lambda _: 2 * MBIT, 1, id="a slow line"),
        pytest.param(lambda _: 4000 * MBIT, 1, id="a fast line that one part fills"),
        pytest.param(lambda _: 8000 * MBIT, AT_ONCE, id="a line so fast that nothing is lost"),
        pytest.param(lambda count: 600 * MBIT * count, AT_ONCE, id="a server that gives each connection so much"),
        pytest.param(lambda count: 600 * MBIT * min(count, 2), 2, id="a line that two parts fill"),
        pytest.param(lambda count: 8 * MBIT * count, AT_ONCE, id="a long, lossy line"),
    ],
)
def test_more_at_once_only_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, speed: Callable[[int], float], count: int
) -> None:
    now = [1000.0]
    monkeypatch.setattr(streams, "time", SimpleNamespace(monotonic=lambda: now[0]))
    sending, stop = Streams(), CancelToken()
    for _ in range(60):
        with ExitStack() as turns:
            for _ in range(sending.count):
                turns.enter_context(sending.one(PART, stop))
            now[0] += sending.count * PART / speed(sending.count)
    assert sending.count == count
    assert sending.wanted == count + 1  # the next one is read and hashed meanwhile


def test_a_second_part_waits_for_its_turn_and_a_cancel_wakes_it() -> None:
    sending, stop, ended = Streams(), CancelToken(), threading.Event()

    def second() -> None:
        with pytest.raises(Cancelled), sending.one(PART, stop):
            pass
        ended.set()

    with sending.one(PART, stop):
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        stop.cancel()
        assert ended.wait(10)
    thread.join(10)


def test_a_part_that_failed_gives_its_turn_back() -> None:
    sending, stop = Streams(), CancelToken()
    with pytest.raises(OSError), sending.one(PART, stop):
        raise OSError
    with sending.one(PART, stop):
        assert sending.count == 1
