"""Many small transfers at once, as the queue runs them: what is given back goes the ordinary way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import S3tuiError
from s3tui.s3.client import Connection
from s3tui.transfers import together
from s3tui.transfers.flood import End, Item


def ends_of(
    move_all: Callable[..., object], connection: Connection, requests: Sequence[Any], token: CancelToken | None = None
) -> list[End]:
    """How each of `requests` ended; `move_all` is `upload_all` or `download_all`."""
    items = [Item(number, request, token=token or CancelToken()) for number, request in enumerate(requests)]
    told: list[tuple[int, End | None]] = []
    move_all(connection, items, lambda number, end: told.append((number, end)))
    assert sorted(number for number, _ in told) == list(range(len(items)))
    ends = dict(told)
    return [ends[item.number] or _ordinary(connection, item) for item in items]


def few_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all of so few are sent at once."""
    for most in ("_CLOSE_BY", "_FAR"):
        monkeypatch.setattr(together, most, 2)


def _ordinary(connection: Connection, item: Item[Any]) -> End:
    try:
        outcome: End = item.request.run(connection, item.progress, item.token, item.notes)
        return outcome
    except (S3tuiError, Cancelled) as error:
        return error
