"""A profile and its secret are kept, renamed and discarded together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.errors import BadInput
from s3tui.profiles import config, credentials, secrets, store
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.profiles.store import ProfileDraft
from tests.profiles.keyring_service import SecretService

CEPH = Profile("ceph", endpoint="http://localhost:1", credentials="keyring", access_key_id="key-1")
KEYS = Keys("key-1", "s3cret-value")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_session", {})


def test_a_new_profile_puts_its_secret_into_the_keyring_only(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    assert credentials.keys_of(CEPH) == KEYS
    assert config.load(path).profiles == (CEPH,)
    files = [one for one in path.parent.iterdir() if one.is_file()]
    assert files
    assert not any(b"s3cret-value" in one.read_bytes() for one in files)


def test_editing_keeps_the_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    new = store.keep(path, ProfileDraft(replace(CEPH, region="north")), replaces=CEPH)
    assert credentials.keys_of(new) == KEYS


def test_renaming_moves_the_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    new = store.keep(path, ProfileDraft(replace(CEPH, name="new name")), replaces=CEPH)
    assert credentials.keys_of(new) == KEYS
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")


def test_a_duplicate_gets_the_secret_too(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    copy = store.keep(path, ProfileDraft(replace(CEPH, name="ceph-2")), copies=CEPH)
    assert credentials.keys_of(copy) == credentials.keys_of(CEPH) == KEYS
    other = store.keep(path, ProfileDraft(replace(CEPH, name="ceph-3", access_key_id="key-2")), copies=CEPH)
    with pytest.raises(secrets.SecretNotFound):
        credentials.keys_of(other)


def test_a_secret_that_is_no_longer_used_is_removed(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    store.keep(path, ProfileDraft(replace(CEPH, credentials="env", access_key_id=None)), replaces=CEPH)
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")


def test_another_access_key_does_not_get_the_old_ones_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    new = store.keep(path, ProfileDraft(replace(CEPH, name="n", access_key_id="key-2")), replaces=CEPH)
    with pytest.raises(secrets.SecretNotFound):
        credentials.keys_of(new)


def test_a_taken_name_does_not_touch_the_other_profiles_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    with pytest.raises(BadInput, match="already is a profile"):
        store.keep(path, ProfileDraft(CEPH, Keys("key-1", "other")))
    assert credentials.keys_of(CEPH) == KEYS


def test_a_locked_keyring_changes_nothing(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    secret_service.lock()
    for change in (
        lambda: store.keep(path, ProfileDraft(replace(CEPH, name="new"), KEYS)),
        lambda: store.keep(path, ProfileDraft(replace(CEPH, name="new")), replaces=CEPH),
        lambda: store.discard(path, CEPH),
    ):
        with pytest.raises(secrets.KeyringLocked):
            change()
    assert config.load(path).profiles == (CEPH,)


def test_a_config_that_cannot_be_written_leaves_no_secret_behind(path: Path, secret_service: SecretService) -> None:
    path.write_text("not TOML")
    with pytest.raises(config.ConfigNotWritten):
        store.keep(path, ProfileDraft(CEPH, KEYS))
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")


def test_discarding_removes_profile_and_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    store.discard(path, CEPH)
    assert config.load(path).profiles == ()
    with pytest.raises(secrets.SecretNotFound):
        secrets.read("ceph", "key-1")


def test_a_profile_that_cannot_be_removed_keeps_its_secret(path: Path, secret_service: SecretService) -> None:
    store.keep(path, ProfileDraft(CEPH, KEYS))
    path.write_text("not TOML")
    with pytest.raises(config.ConfigNotWritten):
        store.discard(path, CEPH)
    assert credentials.keys_of(CEPH) == KEYS


def test_a_machine_without_a_keyring_can_still_discard(path: Path) -> None:
    config.add(path, CEPH)
    store.discard(path, CEPH)
    assert config.load(path).profiles == ()


def test_keys_for_this_run_are_remembered_moved_and_forgotten(path: Path) -> None:
    typed = Profile("typed", credentials="session")
    store.keep(path, ProfileDraft(typed, KEYS))
    assert credentials.keys_of(typed) == KEYS
    changed = store.keep(path, ProfileDraft(replace(typed, region="r")), replaces=typed)
    assert credentials.keys_of(changed) == KEYS
    renamed = store.keep(path, ProfileDraft(replace(typed, name="renamed")), replaces=changed)
    assert credentials.keys_of(renamed) == KEYS
    with pytest.raises(secrets.SecretNotFound, match="one run only"):
        credentials.keys_of(typed)
    store.discard(path, renamed)
    with pytest.raises(secrets.SecretNotFound):
        credentials.keys_of(renamed)


def test_keys_typed_for_this_run_stand_in_for_a_keyring_that_fails() -> None:
    with pytest.raises(secrets.KeyringMissing):
        credentials.keys_of(CEPH)
    credentials.remember("ceph", KEYS)
    assert credentials.keys_of(CEPH) == KEYS


@pytest.mark.parametrize("kind", ["env", "aws:ceph", "anonymous"])
def test_keys_typed_for_one_profile_never_go_to_another_of_the_same_name(kind: str) -> None:
    credentials.remember("ceph", KEYS)
    assert credentials.keys_of(Profile("ceph", credentials=kind, origin="~/.aws")) is None


def test_keys_come_from_a_dotenv_file(tmp_path: Path) -> None:
    file = tmp_path / "app.env"
    file.write_text("S3_ACCESS_KEY=k\nS3_SECRET_KEY=s\n")
    profile = Profile("app", credentials=f"dotenv:{file}")
    assert credentials.keys_of(profile) == Keys("k", "s")
    file.write_text("")
    with pytest.raises(BadInput, match="no keys"):
        credentials.keys_of(profile)


def test_a_keyring_profile_without_an_access_key_id_says_so() -> None:
    with pytest.raises(BadInput, match="no access key id"):
        credentials.keys_of(Profile("ceph", credentials="keyring"))


def test_keys_never_show_their_secret() -> None:
    assert "s3cret-value" not in repr(Keys("key-1", "s3cret-value", "s3cret-value"))
