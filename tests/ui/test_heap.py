"""What is loaded once is not looked at by the garbage collector again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from s3tui.ui import heap


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether the collector was at work at each freeze. Nothing is really frozen: other tests' garbage is about."""
    seen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: seen.append(gc.isenabled()))
    monkeypatch.setattr(heap, "_done", set())
    yield seen
    gc.enable()


def test_the_collector_rests_while_much_is_loaded_and_only_the_first_time(frozen: list[bool]) -> None:
    app = SimpleNamespace(is_headless=False)
    with pytest.raises(ValueError, match="broken"), heap.loading(app, "boto3"):  # type: ignore[arg-type]
        assert not gc.isenabled()
        raise ValueError("broken")
    assert gc.isenabled()
    with heap.loading(app, "boto3"):  # type: ignore[arg-type]
        assert gc.isenabled()
    assert frozen == [True]


def test_without_a_screen_nothing_is_kept(frozen: list[bool]) -> None:
    with heap.loading(SimpleNamespace(is_headless=True), "boto3"):  # type: ignore[arg-type]
        assert gc.isenabled()
    assert frozen == []


@pytest.mark.parametrize("is_headless", [True, False])
def test_with_a_screen_frames_don_t_start_the_collector(is_headless: bool) -> None:
    before = gc.get_threshold()
    gc.set_threshold(700)
    try:
        heap.look_seldom(SimpleNamespace(is_headless=is_headless))  # type: ignore[arg-type]
        assert (gc.get_threshold()[0] > 10_000) == (not is_headless)
    finally:
        gc.set_threshold(*before)
