"""Secrets on a real Secret Service, and what is said when there is none, or not one that may be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from keyring import core
from keyring.backend import KeyringBackend
from keyring.backends import chainer, null

from s3tui.errors import BadInput
from s3tui.profiles import secrets
from tests.profiles.keyring_service import SecretService


@pytest.fixture
def use_backend(monkeypatch: pytest.MonkeyPatch) -> Callable[[KeyringBackend], None]:
    def use(backend: KeyringBackend) -> None:
        monkeypatch.setattr(core, "_keyring_backend", backend)

    return use


def test_a_secret_is_saved_read_replaced_and_deleted(secret_service: SecretService) -> None:
    secrets.save("ceph", "key-1", "first secret ü")
    assert secrets.read("ceph", "key-1") == "first secret ü"
    secrets.save("ceph", "key-1", "second")
    assert secrets.read("ceph", "key-1") == "second"
    secrets.delete("ceph", "key-1")
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")
    with pytest.raises(secrets.SecretNotFound):
        secrets.delete("ceph", "key-1")


def test_each_profile_and_access_key_has_its_own_entry(secret_service: SecretService) -> None:
    secrets.save("a", "key", "of a")
    secrets.save("b", "key", "of b")
    secrets.save("a", "other key", "other of a")
    secrets.delete("b", "key")
    assert secrets.read("a", "key") == "of a"
    assert secrets.read("a", "other key") == "other of a"


def test_the_entry_is_found_under_its_documented_name(secret_service: SecretService) -> None:
    import secretstorage

    secrets.save("ceph", "key-1", "s3cret")
    bus = secretstorage.dbus_init()
    items = list(secretstorage.search_items(bus, {"service": "s3tui/ceph", "username": "key-1"}))
    assert [item.get_secret() for item in items] == [b"s3cret"]
    bus.close()


def test_a_locked_keyring_is_not_an_empty_one(secret_service: SecretService) -> None:
    secrets.save("ceph", "key-1", "s3cret")
    secret_service.lock()
    for ask in (
        lambda: secrets.read("ceph", "key-1"),
        lambda: secrets.save("ceph", "key-1", "new"),
        lambda: secrets.delete("ceph", "key-1"),
    ):
        with pytest.raises(secrets.KeyringLocked, match=r"locked.*this run only"):
            ask()


def test_a_keyring_that_never_answers_is_said_to_be_slow(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.save("ceph", "key-1", "s3cret")
    monkeypatch.setattr(secrets, "SECONDS", 0.3)
    secret_service.freeze()
    with pytest.raises(secrets.KeyringSlow, match=r"no answer in 0\.3 seconds"):
        secrets.read("ceph", "key-1")


def test_a_keyring_that_died_is_said_to_be_missing(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    with pytest.raises(secrets.KeyringMissing, match="not running"):
        secrets.read("ceph", "key-1")


def test_a_machine_without_dbus_has_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
    core.init_backend()
    for ask in (
        lambda: secrets.read("ceph", "key-1"),
        lambda: secrets.save("ceph", "key-1", "s3cret"),
        lambda: secrets.delete("ceph", "key-1"),
    ):
        with pytest.raises(secrets.KeyringMissing, match="no keyring"):
            ask()


def test_a_null_keyring_is_refused(use_backend: Callable[[KeyringBackend], None]) -> None:
    use_backend(null.Keyring())
    with pytest.raises(secrets.KeyringMissing, match=r"keyring\.backends\.null\.Keyring"):
        secrets.save("ceph", "key-1", "s3cret")


class PlaintextKeyring(KeyringBackend):
    """A store that writes what it is given into a file, as some packages bring along."""

    priority = 0.5  # type: ignore[assignment]

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def get_password(self, service: str, username: str) -> str | None:
        return self.path.read_text() if self.path.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.path.write_text(password)

    def delete_password(self, service: str, username: str) -> None:
        self.path.unlink()


def test_a_plain_text_keyring_is_refused(tmp_path: Path, use_backend: Callable[[KeyringBackend], None]) -> None:
    use_backend(PlaintextKeyring(tmp_path / "passwords"))
    with pytest.raises(secrets.KeyringMissing, match="PlaintextKeyring"):
        secrets.save("ceph", "key-1", "s3cret")
    assert not (tmp_path / "passwords").exists()


@pytest.mark.parametrize("with_plain_text", [True, False])
def test_a_chain_is_used_only_when_all_its_keyrings_may_be(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    use_backend: Callable[[KeyringBackend], None],
    secret_service: SecretService,
    with_plain_text: bool,
) -> None:
    members = [core.get_keyring()] + [PlaintextKeyring(tmp_path / "passwords")] * with_plain_text
    monkeypatch.setattr(chainer.ChainerBackend, "backends", members)
    use_backend(chainer.ChainerBackend())
    if with_plain_text:
        with pytest.raises(secrets.KeyringMissing, match="PlaintextKeyring"):
            secrets.save("ceph", "key-1", "s3cret")
    else:
        secrets.save("ceph", "key-1", "s3cret")
        assert secrets.read("ceph", "key-1") == "s3cret"


@pytest.mark.parametrize(("key_id", "secret"), [("", "s3cret"), ("key-1", "")])
def test_half_a_pair_is_refused_before_the_keyring_is_asked(key_id: str, secret: str) -> None:
    with pytest.raises(BadInput):
        secrets.save("ceph", key_id, secret)
