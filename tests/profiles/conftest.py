"""The keyring of these tests: a real Secret Service, started for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.profiles import keyring_service
from tests.profiles.keyring_service import SecretService


@pytest.fixture
def secret_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """See `keyring_service.in_use`."""
    with keyring_service.in_use(tmp_path / "keyring", monkeypatch) as service:
        yield service
