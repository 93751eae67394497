from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3tui.transfers.places import Here, Places


def test_only_large_numbers_begin_another_process() -> None:
    one, other = Here(), Here()
    both = Places(one, (one, other))
    with both.free(500) as first:
        assert first is one
    with ThreadPoolExecutor(1) as pool, both.free(8) as few:
        assert few is one
        has_asked = threading.Event()

        def ask() -> Here:
            has_asked.set()
            with both.free(8) as place:
                assert isinstance(place, Here)
                return place

        waiting = pool.submit(ask)
        has_asked.wait()
        with both.free(500) as many:
            assert many is other
        # It is there now, so it is used.
        assert waiting.result(timeout=10) is other


def test_only_for_large_numbers_others_get_ready() -> None:
    class Asked(Here):
        times = 0

        def get_ready(self) -> None:
            self.times += 1

    first, second = Asked(), Asked()
    places = Places(first, (first, second))
    places.get_ready(299)
    assert (first.times, second.times) == (0, 0)
    places.get_ready(300)
    assert (first.times, second.times) == (1, 1)


@pytest.mark.parametrize("waiting", [8, 99, 100, 550, 999, 1000, 5000, 100_000])
@pytest.mark.parametrize("count", [1, 2])
def test_all_places_end_at_about_the_same_time(waiting: int, count: int) -> None:
    place = Here()
    places = Places(place, [place] * count)
    done, lots = [0] * count, 0
    while waiting:
        taken = min(places.share(waiting), waiting)
        assert 0 < taken < 1000
        done[done.index(min(done))] += taken
        waiting -= taken
        lots += 1
    assert max(done) - min(done) <= 100
    assert lots <= 6 + sum(done) * count / 999
