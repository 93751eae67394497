"""Where the transfers of these screens run."""

from __future__ import annotations

import pytest

from s3tui.transfers import places


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child would take longer to start than most of these tests; stories and `test_movers.py` are about children."""
    monkeypatch.setattr(places, "apart", lambda _: places.Places())
