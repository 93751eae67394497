"""The dialogs of profiles: the form, its test, typed keys, the MFA code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input, Select, Static

import s3tui.ui.app
from s3tui import background
from s3tui.demo import server as demo_server
from s3tui.profiles import config, credentials, secrets, store
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.profiles.secrets import KeyringLocked, SecretNotFound
from s3tui.ui.app import S3tuiApp
from s3tui.ui.dialogs.base import Dialog
from s3tui.ui.dialogs.mfa import AskMfa
from s3tui.ui.dialogs.profile_form import ProfileDraft, ProfileForm
from s3tui.ui.dialogs.profile_test import ProfileTest
from s3tui.ui.dialogs.secret import AskSecret
from tests.profiles import keyring_service
from tests.profiles.keyring_service import SecretService

STYLES = Path(s3tui.ui.app.__file__).parent / "styles"
CEPH = Profile(
    "ceph", endpoint="https://ceph.example:8443", credentials="keyring", access_key_id="key-1", buckets=("a", "b")
)
NOTHING = object()


class Host(S3tuiApp):
    """The app with an empty first screen, and one dialog on it."""

    CSS_PATH = [STYLES / "browser.tcss", STYLES / "dialogs.tcss"]

    def __init__(self, dialog: Dialog[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.answer: Any = NOTHING

    def get_default_screen(self) -> Screen[Any]:  # type: ignore[override]
        return Screen()

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self._answered)

    def _answered(self, answer: Any) -> None:
        self.answer = answer


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_session", {})


@pytest.fixture
def secret_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    with keyring_service.in_use(tmp_path / "keyring", monkeypatch) as service:
        yield service


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is under way."""
    await pilot.pause()
    while background.busy() or any(not worker.is_finished for worker in pilot.app.workers):
        await pilot.pause(0.01)
    await pilot.pause()


async def fill(pilot: Pilot[None], **fields: str) -> None:
    """Fill inputs and choose in selects, by their ids."""
    for name, value in fields.items():
        field = pilot.app.screen.query_one(f"#{name}")
        assert isinstance(field, Input | Select)
        field.focus()
        field.value = value
    await pilot.pause()


async def press(pilot: Pilot[None], identity: str) -> None:
    button = pilot.app.screen.query_one(f"#{identity}", Button)
    while button.has_class("-active"):  # it takes no key for a moment after it was pressed
        await pilot.pause(0.01)
    button.focus()
    await pilot.press("enter")
    await settle(pilot)


def complaint(host: Host) -> str:
    return str(host.dialog.query_one(".dialog-complaint", Static).content)


def shown_rows(host: Host) -> set[str]:
    return {str(row.id).removeprefix("row-") for row in host.dialog.query("FormRow") if row.display}


SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 50)])


@SIZES
async def test_a_new_profile_is_typed_with_the_keyboard_alone(size: tuple[int, int]) -> None:
    host = Host(ProfileForm(None, set()))
    async with host.run_test(size=size) as pilot:
        await pilot.press(*"ceph", "tab", *"http://h:1", "tab", *"north", "enter", "tab")
        await pilot.press(*"key-1", "tab", *"s3cret", "tab", *"one, two")
        await pilot.press("tab", "enter", "down", "enter")  # addressing: path
        await pilot.press("tab", "enter", "down", "down", "enter")  # certificate: not checked
        await pilot.press("tab", "tab", "enter", "down", "enter")  # read-only: yes
        await pilot.press("tab", "tab", "enter")  # long lists stay; save
        await settle(pilot)
    assert host.answer == ProfileDraft(
        Profile(
            "ceph",
            endpoint="http://h:1",
            region="north",
            addressing="path",
            verify_tls=False,
            read_only=True,
            credentials="keyring",
            access_key_id="key-1",
            buckets=("one", "two"),
        ),
        Keys("key-1", "s3cret"),
    )


async def test_editing_without_a_change_gives_the_same_profile_back(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    for profile in (
        CEPH,
        Profile("x", credentials="aws:work", read_only=True, ca_file=str(ca_file)),
        Profile("x", credentials=f"dotenv:{ca_file}", verify_tls=False, addressing="virtual"),
        Profile("x", credentials="session", access_key_id="key-1"),
        Profile("x", credentials="env", region="r", checksums="when_required"),
        Profile("x", credentials="anonymous"),
    ):
        host = Host(ProfileForm(profile, {"other"}))
        async with host.run_test(size=(80, 24)) as pilot:
            await press(pilot, "ok")
        assert host.answer == ProfileDraft(profile, None)


async def test_only_the_fields_of_the_chosen_source_are_shown() -> None:
    fields_of = {
        "session": {"access_key_id", "secret"},
        "keyring": {"access_key_id", "secret"},
        "aws": {"aws_name"},
        "dotenv": {"dotenv_path"},
        "env": set(),
        "anonymous": set(),
    }
    host = Host(ProfileForm(None, set()))
    async with host.run_test(size=(80, 24)) as pilot:
        usual = host.dialog.query_one("#tls", Select).value
        for source, fields in fields_of.items():
            await fill(pilot, source=source, tls=usual)
            shown = shown_rows(host)
            assert shown & {"access_key_id", "secret", "aws_name", "dotenv_path"} == fields, source
            assert "ca_file" not in shown, source
            await fill(pilot, tls="file")
            assert "ca_file" in shown_rows(host), source


WRONG: list[tuple[dict[str, str], str, str]] = [  # what is typed, what is said, where the cursor goes
    ({"name": ""}, "needs a name", "name"),
    ({"name": "taken"}, "already is a profile “taken”", "name"),
    ({"endpoint": "localhost:9000"}, "http://", "endpoint"),
    ({"access_key_id": ""}, "access key id", "access_key_id"),
    ({"access_key_id": "key-2"}, "secret of this access key", "secret"),
    ({"source": "dotenv", "dotenv_path": "/no/such/file"}, "no file “/no/such/file”", "dotenv_path"),
    ({"source": "aws"}, "aws:NAME", "aws_name"),
    ({"tls": "file", "ca_file": "/no/such/file"}, "no file “/no/such/file”", "ca_file"),
    ({"source": "session", "access_key_id": "", "secret": "s"}, "Which access key id", "access_key_id"),
]


async def test_what_is_wrong_is_said_and_has_the_cursor() -> None:
    host = Host(ProfileForm(CEPH, {"taken"}))
    async with host.run_test(size=(80, 24)) as pilot:
        right = {str(field.id): field.value for field in host.dialog.query("Input, Select").results(Input | Select)}
        for fields, said, focused in WRONG:
            host.dialog.complain("")
            await fill(pilot, **fields)
            await press(pilot, "ok")
            assert said in complaint(host), fields
            assert host.focused is not None, fields
            assert host.focused.id == focused, fields
            assert host.answer is NOTHING, fields
            await fill(pilot, **{name: right[name] for name in fields})


async def test_escape_gives_nothing_back() -> None:
    host = Host(ProfileForm(CEPH, set()))
    async with host.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await settle(pilot)
    assert host.answer is None


async def test_the_buttons_are_on_screen_with_the_longest_form_and_complaint(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()

    def fail(_: ProfileDraft) -> None:
        raise KeyringLocked("The keyring is locked. " * 8, "Unlock it. " * 8)

    host = Host(ProfileForm(Profile("x", ca_file=str(ca_file), credentials="session"), set(), fail))
    async with host.run_test(size=(80, 24)) as pilot:
        await press(pilot, "ok")
        assert "The keyring is locked" in complaint(host)
        for button in ("ok", "test", "cancel"):
            region = host.dialog.query_one(f"#{button}").region
            assert host.screen.region.contains_region(region)
            assert region.height == 3


async def test_a_draft_that_cannot_be_kept_stays_in_the_form(tmp_path: Path, secret_service: SecretService) -> None:
    path = tmp_path / "config.toml"
    secrets.save("other", "key", "so that there is a keyring")
    secret_service.lock()
    host = Host(ProfileForm(CEPH, set(), keep=lambda draft: store.keep(path, draft)))
    async with host.run_test(size=(80, 24)) as pilot:
        await fill(pilot, secret="s3cret-value")
        await press(pilot, "ok")
        assert "locked" in complaint(host)
        assert host.answer is NOTHING
        assert not path.exists()
        await fill(pilot, source="session")
        await press(pilot, "ok")
    assert host.answer.profile.credentials == "session"
    assert config.load(path).profiles == (host.answer.profile,)
    assert credentials.keys_of(host.answer.profile) == Keys("key-1", "s3cret-value")


async def test_the_secret_is_nowhere_on_screen_or_in_the_clipboard() -> None:
    for dialog in (ProfileForm(CEPH, set()), AskSecret(CEPH)):
        host = Host(dialog)
        async with host.run_test(size=(80, 24)) as pilot:
            await fill(pilot, secret="s3cret-value")
            host.dialog.query_one("#secret", Input).select_all()
            await pilot.press("ctrl+c", "ctrl+x")
            assert host.dialog.query_one("#secret", Input).value == ""
            await fill(pilot, secret="s3cret-value")
            assert "s3cret-value" not in host.export_screenshot()
            assert host.clipboard == ""


async def test_a_profile_is_tested_step_by_step(endpoint: str, profile: Profile) -> None:
    credentials.remember("moto", Keys(demo_server.ACCESS_KEY_ID, demo_server.SECRET_ACCESS_KEY))
    host = Host(ProfileTest(profile))
    async with host.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lines = _texts(host, "#steps Static")
        assert lines[0].startswith("✓ Name resolves")
        assert lines[1].startswith("✓ Port answers")
        assert not any(line.startswith("✗") for line in lines)
        assert _texts(host, "#state") == ["It works."]
        await press(pilot, "again")
        assert [line[:6] for line in _texts(host, "#steps Static")] == [line[:6] for line in lines]


async def test_a_failed_step_says_what_to_do_and_the_rest_is_not_tried() -> None:
    host = Host(ProfileTest(Profile("x", endpoint="http://127.0.0.1:9", credentials="anonymous")))
    async with host.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lines = _texts(host, "#steps Static")
        assert lines[1].startswith("✗ Port answers")
        assert lines[2] == str(host.dialog.query_one(".advice", Static).content)
        assert lines[3].startswith("– TLS")
        assert _texts(host, "#state") == ["It does not work yet."]


async def test_the_form_tests_what_is_typed_and_keeps_no_secret_of_it(endpoint: str) -> None:
    host = Host(ProfileForm(None, set()))
    async with host.run_test(size=(80, 24)) as pilot:
        await fill(pilot, name="new", endpoint=endpoint, region="us-east-1", access_key_id="k", secret="s3cret-value")
        await press(pilot, "test")
        test = host.screen
        assert isinstance(test, ProfileTest)
        assert str(test.query_one("#state", Static).content) == "It works."
        assert credentials.remembered("new (as typed)") is not None
        await press(pilot, "cancel")
        assert credentials.remembered("new (as typed)") is None
        assert host.screen is host.dialog
        assert host.dialog.query_one("#secret", Input).value == "s3cret-value"


@SIZES
async def test_keys_are_typed_for_this_run_after_a_keyring_failed(size: tuple[int, int]) -> None:
    host = Host(AskSecret(CEPH, KeyringLocked("The keyring is locked.")))
    async with host.run_test(size=size) as pilot:
        assert _texts(host, ".reason") == ["The keyring is locked."]
        assert host.dialog.query_one("#access_key_id", Input).disabled
        assert host.dialog.query_one("#keep", Select).value == "run"
        await fill(pilot, secret="s3cret-value")
        await pilot.press("enter")
        await settle(pilot)
    assert host.answer == Keys("key-1", "s3cret-value")
    assert credentials.keys_of(CEPH) == host.answer


async def test_keys_can_be_kept_in_the_keyring(secret_service: SecretService) -> None:
    host = Host(AskSecret(CEPH, SecretNotFound("The keyring has no secret.")))
    async with host.run_test(size=(80, 24)) as pilot:
        assert host.dialog.query_one("#keep", Select).value == "keyring"
        await fill(pilot, secret="s3cret-value")
        await press(pilot, "ok")
    assert host.answer == Keys("key-1", "s3cret-value")
    assert secrets.read("ceph", "key-1") == "s3cret-value"


async def test_a_keyring_that_fails_leaves_the_other_way_open() -> None:
    host = Host(AskSecret(CEPH))
    async with host.run_test(size=(80, 24)) as pilot:
        await fill(pilot, secret="s3cret-value")
        await press(pilot, "ok")
        assert "no keyring" in complaint(host)
        assert "this run only" in complaint(host)
        assert host.answer is NOTHING
        await fill(pilot, keep="run")
        await press(pilot, "ok")
    assert host.answer == Keys("key-1", "s3cret-value")


async def test_temporary_keys_are_not_kept_in_the_keyring() -> None:
    host = Host(AskSecret(CEPH))
    async with host.run_test(size=(80, 24)) as pilot:
        await fill(pilot, secret="s", session_token="t")
        await press(pilot, "ok")
        assert "soon expire" in complaint(host)
        await fill(pilot, keep="run")
        await press(pilot, "ok")
    assert host.answer == Keys("key-1", "s", "t")


async def test_a_profile_of_one_run_asks_for_both_and_offers_no_keyring() -> None:
    host = Host(AskSecret(Profile("typed", credentials="session")))
    async with host.run_test(size=(80, 24)) as pilot:
        assert "keep" not in shown_rows(host)
        await press(pilot, "ok")
        assert "both needed" in complaint(host)
        await fill(pilot, access_key_id="k", secret="s")
        await press(pilot, "ok")
    assert host.answer == Keys("k", "s")


@pytest.mark.parametrize("confirm", [lambda pilot: pilot.press("enter"), lambda pilot: press(pilot, "ok")])
async def test_an_mfa_code_is_six_digits(confirm: Callable[[Pilot[None]], Any]) -> None:
    host = Host(AskMfa("arn:aws:iam::123456789012:mfa/[b]\x1b[31m"))
    async with host.run_test(size=(80, 24)) as pilot:
        assert _texts(host, "#serial") == ["arn:aws:iam::123456789012:mfa/[b]␛[31m"]
        await pilot.press(*"12a345")
        await confirm(pilot)
        assert "six digits" in complaint(host)
        await fill(pilot, code="123456")
        await confirm(pilot)
        await settle(pilot)
    assert host.answer == "123456"


async def test_hostile_names_are_shown_as_they_are() -> None:
    hostile = Profile("[red]x[/b]\x1b]0;t\x07", endpoint="http://127.0.0.1:9/[b]", credentials="anonymous")
    for dialog in (ProfileForm(hostile, set()), ProfileTest(hostile), AskSecret(hostile)):
        host = Host(dialog)
        async with host.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert "[red]x[/b]␛]0;t␇" in _texts(host, ".dialog-heading")[0]
            assert "\x1b" not in host.export_screenshot()


def _texts(host: Host, selector: str) -> list[str]:
    return [str(static.content) for static in host.dialog.query(selector).results(Static)]
