"""The keyring of these tests: a real Secret Service, started for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.profiles import keyring_service
from tests.profiles.keyring_service import SecretService


@pytest.fixture
def secret_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A Secret Service of this test alone, and keyring pointed at it."""
    from keyring import core

    with keyring_service.running(tmp_path / "keyring") as service:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", keyring_service.BACKEND)
        core.init_backend()
        yield service
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        core.init_backend()
