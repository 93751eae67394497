"""Secrets are on no screen, in no file, log, argument list or clipboard, whatever happens."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from s3tui.profiles import credentials
from s3tui.profiles.credentials import Keys
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.ui.dialogs.goto import Goto
from s3tui.ui.dialogs.profile_form import ProfileForm
from s3tui.ui.dialogs.profile_test import ProfileTest
from s3tui.ui.dialogs.secret import AskSecret
from s3tui.ui.screens.bucket_settings import BucketSettings
from s3tui.ui.screens.request_log import RequestLogScreen
from s3tui.ui.screens.transfers import TransfersScreen
from s3tui.ui.screens.why import Why
from tests.profiles import keyring_service
from tests.terminal import Terminal
from tests.ui.browsing import browsing, shown
from tests.ui.waiting import settle

pytestmark = pytest.mark.long

ROOT = str(Path(__file__).parents[1])
PROGRAM = [sys.executable, "-m", "s3tui"]
SECRET, TOKEN, TYPED, SIGNATURE, URL_TOKEN, PASSWORD, SHARED = SECRETS = tuple(
    f"CONFIDENTIAL{word}" for word in ("key", "token", "typed", "signature", "urltoken", "password", "shared")
)
SIGNED = (
    "http://s3.example.org/{bucket}/isos/agent.iso?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIASIGNED%2F"
    f"20260102%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Security-Token={URL_TOKEN}&X-Amz-Signature={SIGNATURE}"
)


@pytest.fixture
def home(endpoint: str, bucket: str, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose every source of credentials holds a secret. What was not put there may hold none at the end."""
    connection.call("put_object", Bucket=bucket, Key="isos/agent.iso", Body=b"content")
    home = Path(os.environ["HOME"])
    (home / ".aws").mkdir()
    given = [home / ".aws/credentials", home / ".env"]
    given[0].write_text(
        f"[shared]\naws_access_key_id = AKIASHARED\naws_secret_access_key = {SHARED}\nendpoint_url = {endpoint}\n"
        f"[login]\naws_access_key_id = AKIALOGIN\naws_secret_access_key = {SHARED}\n"
        f"endpoint_url = http://user:{PASSWORD}@127.0.0.1:1\n"
    )
    given[1].write_text(f"S3_ENDPOINT=http://user:{PASSWORD}@127.0.0.1:1\nS3_ACCESS_KEY=AKIA\nS3_SECRET_KEY={SHARED}\n")
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "PYTHONPATH": ROOT,
        "TMPDIR": str(home),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home)
    yield home
    for file in home.rglob("*"):
        if file.is_file() and file not in given:
            holds_none(file.read_bytes(), str(file))
    assert (home / ".aws/credentials").is_file()


def holds_none(found: bytes | str, where: str) -> None:
    """Fail when a secret is in `found`, as it is or in one of the ways in which texts are written down."""
    text = found.decode("utf-8", "replace") if isinstance(found, bytes) else found
    bare = re.sub(r"\x1b\[[0-?]*[@-~]|\s|[│▌]", "", text)  # also where it was wrapped or coloured
    for secret in SECRETS:
        for form in (secret, base64.b64encode(secret.encode()).decode()[:-4], secret.encode().hex()):
            assert form not in text and form not in bare, f"{secret} is in {where}"


def no_process_tells(root: int) -> None:
    """No argument of the process `root` or of what it started holds a secret."""
    family = {root}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            arguments = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
        if int(folder.name) in family or parent in family:
            family.add(int(folder.name))
            holds_none(arguments, f"the arguments of {arguments!r}")


class Watched(Terminal):
    """After each step, neither the screen nor a process tells."""

    def step(self, *keys: str, see: str) -> None:
        self.press(*keys)
        self.wait_for(see)
        holds_none(self.text, f"the screen after {keys}")
        no_process_tells(self.pid)

    def paste(self, text: str, see: str) -> None:
        self.step(f"\x1b[200~{text}\x1b[201~", see=see)

    def nothing_was_told(self) -> None:
        """Nor does anything that was ever written, or copied."""
        holds_none(bytes(self.raw), "what was written")
        for copied in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", bytes(self.raw)):
            holds_none(base64.b64decode(copied), "the clipboard")


def test_a_session_on_screen(home: Path, bucket: str, endpoint: str) -> None:
    with Watched([*PROGRAM, f"s3://{bucket}/isos/"], os.environ) as screen:
        screen.step(see="agent.iso")
        screen.step("y", "Enter", see="Copied")
        screen.step("L", see="newest at the bottom")
        screen.step("y", see="Copied.")
        screen.step("Escape", "Ctrl+G", see="Go to")
        screen.paste(SIGNED.format(bucket=bucket), see=f"example.org/{bucket}/isos/agent.iso")
        screen.step("Enter", see="Size")
        screen.step("w", see="Which object?")
        screen.step("Ctrl+U", see="Which object?")
        screen.paste(f"{SIGNED.format(bucket='elsewhere')}&versionId=v1", see="versionId=v1")
        screen.step("Enter", see="Evidence")
        screen.step("y", "s", see="Save the report")
        screen.step("Enter", see="Saved as")
        screen.step("Escape", "P", "G", see="anonymous")
        screen.step("Up", "Enter", see="can't be used")
        screen.step("c", see="Certificate")
        screen.step("Escape", "Ctrl+Q", see="")
        assert screen.wait_for_exit() == 0
        screen.nothing_was_told()
    assert list(home.glob("s3tui-why-*.txt"))


def test_a_secret_kept_in_the_keyring(
    home: Path, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keyring_service.in_use(home / "keyring", monkeypatch):
        with Watched(PROGRAM, os.environ, rows=50) as screen:
            screen.step(see="Choose a bucket")
            screen.step("P", "a", see="A new profile")
            screen.step("mine", "Tab", endpoint, "Tab", "us-east-1", "Tab", "Tab", "AKIATYPED", "Tab", see="AKIATYPED")
            screen.step(TYPED, see="•••••")
            screen.step("Ctrl+C", "Ctrl+X", "Ctrl+U", TYPED, see="•••••")
            screen.step(*["Tab"] * 8, "Enter", see="It works")
            screen.step("Escape", "Shift+Tab", "Enter", see="is stored")
            screen.step("P", "g", "t", see="It works")
            screen.step("Escape", "e", see="empty: as it is now")
            screen.step("Escape", "Enter", see="─ mine ─")
            screen.step("Ctrl+Q", see="")
            assert screen.wait_for_exit() == 0
            screen.nothing_was_told()
        said = subprocess.run([*PROGRAM, "ls", "--profile", "mine"], capture_output=True, check=True)
        holds_none(said.stdout + said.stderr, "ls")
        subprocess.run([*PROGRAM, "profile", "rm", "mine"], check=True)


FAULT = """
import sys
from s3tui.profiles.credentials import Keys
import s3tui.s3.objects, s3tui.s3.buckets
from s3tui.ui.panes.tree import BucketTree

def broken(*_):
    import os
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    keys = Keys("AKIA", secret, secret)
    everything = dict(os.environ)
    raise RuntimeError(f"a fault beside {keys}")

{where} = broken
from s3tui.cli.main import main
sys.exit(main())
"""


@pytest.mark.parametrize("where", ["s3tui.s3.objects.head", "BucketTree.render_label", "s3tui.s3.buckets.region_of"])
def test_a_fault_on_screen(home: Path, bucket: str, where: str) -> None:
    (home / "faulty.py").write_text(FAULT.replace("{where}", where))
    with Watched([sys.executable, "faulty.py", f"s3://{bucket}/isos/agent.iso"], os.environ) as screen:
        if where == "BucketTree.render_label":
            assert screen.wait_for_exit() == 1
        else:
            screen.wait_for("agent.iso")
            if where == "s3tui.s3.objects.head":
                screen.wait_for("RuntimeError")
            screen.press("Ctrl+Q")
            assert screen.wait_for_exit() == 0
        screen.nothing_was_told()
        if where != "s3tui.s3.buckets.region_of":
            assert b"RuntimeError" in screen.raw


def test_a_fault_of_a_command(home: Path, bucket: str) -> None:
    (home / "faulty.py").write_text(FAULT.replace("{where}", "s3tui.s3.objects.head"))
    done = subprocess.run(
        [sys.executable, "faulty.py", "stat", f"s3://{bucket}/isos/agent.iso"], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"RuntimeError" in done.stderr
    holds_none(done.stdout + done.stderr, "a traceback")


COMMANDS = [
    ["ls"],
    ["ls", "--json", "-r", "s3://{bucket}"],
    ["ls", "s3://no-such-bucket-here"],
    ["ls", "--endpoint-url", "http://user:CONFIDENTIALpassword@127.0.0.1:1"],
    ["ls", "--endpoint-url", "user:CONFIDENTIALpassword@[x"],
    ["stat", "--json", "s3://{bucket}/isos/agent.iso"],
    ["why", "--json", SIGNED],
    ["why", SIGNED.replace("http://", "")],
    ["why", SIGNED.replace("?", "%3F")],
    ["stat", SIGNED.replace("http://s3.example.org/", "s3://")],
    ["ls", SIGNED.replace("http://", "htp://")],
    ["get", SIGNED, "here/"],
    ["put", "file.txt", "s3://{bucket}/up/", "--json"],
    ["meta", "set", "s3://{bucket}/isos/agent.iso", "note=x"],
    ["bucket", "cors", "get", "{bucket}"],
    ["profile", "list"],
    ["profile", "list", "--json"],
    ["profile", "test", "shared"],
    ["profile", "test", "login"],
    ["ls", "--profile", "login"],
    ["ls", "--env-file", ".env"],
]

# One process for all of them: to start one costs more than most of them do. What each says follows a line of its own.
ONE_AFTER_THE_OTHER = """
import json, sys, traceback
from s3tui.cli.main import main
for words in json.load(sys.stdin):
    print("~~~", flush=True)
    print("~~~", file=sys.stderr, flush=True)
    try:
        main(words)
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
"""


def test_commands(home: Path, bucket: str) -> None:
    (home / "file.txt").write_text("content")
    given = [[word.replace("{bucket}", bucket) for word in words] for words in COMMANDS]
    command = [sys.executable, "-c", ONE_AFTER_THE_OTHER]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True, timeout=300)
    said = zip(COMMANDS, done.stdout.split("~~~\n")[1:], done.stderr.split("~~~\n")[1:], strict=True)
    for words, output, messages in said:
        holds_none(output + messages, " ".join(words))
        assert "Traceback" not in messages, words
        assert output or messages, words


def test_credentials_that_no_header_can_hold(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_SESSION_TOKEN", f"{TOKEN}\n"), ("AWS_ACCESS_KEY_ID", f"AKIA\n{SECRET}")):
        monkeypatch.setenv(name, value)
        done = subprocess.run([*PROGRAM, "ls"], capture_output=True, check=False, timeout=60)
        assert done.returncode == 1
        holds_none(done.stdout + done.stderr, name)
        assert b"line end" in done.stderr


def test_a_profile_added_from_standard_input(home: Path, endpoint: str) -> None:
    """Without a keyring nothing is kept anywhere."""
    add = [*PROGRAM, "profile", "add", "mine", "--endpoint", endpoint, "--access-key-id", "AKIATYPED"]
    done = subprocess.run(add, input=f"{TYPED}\n".encode(), capture_output=True, check=False)
    assert done.returncode == 1
    holds_none(done.stdout + done.stderr, "profile add")


def test_secrets_in_the_config_are_refused_without_repeating_them(home: Path) -> None:
    config = home / ".config/s3tui/config.toml"
    config.parent.mkdir(parents=True)
    for text in (
        f'[profiles.a]\nsecret_access_key = "{SECRET}"\nendpoint = "http://u:{PASSWORD}@h"\n',
        f"[profiles.a]\nsecret_access_key = {SECRET}\n",
        f'[profiles.a\nsecret_access_key = "{SECRET}"\n',
        f'[profiles.a]\nsecret_access_key = "{SECRET}\n',
    ):
        config.write_text(text)
        done = subprocess.run([*PROGRAM, "profile", "list"], capture_output=True, check=False)
        assert b"config.toml" in done.stderr
        holds_none(done.stdout + done.stderr, "profile list")
    config.unlink()


async def test_no_picture_of_any_screen_tells(profile: Profile, connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="isos/agent.iso", Body=b"content")
    credentials.remember(profile.name, Keys("AKIA", SECRET, TOKEN))
    uri = S3Uri(bucket, "isos/agent.iso")
    asked = Profile("asked", credentials="keyring", access_key_id="AKIA", endpoint=profile.endpoint)
    screens: list[tuple[Screen[object], dict[str, str]]] = [
        (ProfileForm(asked, ()), {"secret": TYPED}),
        (AskSecret(asked), {"secret": TYPED, "session_token": TOKEN}),
        (ProfileTest(profile), {}),
        (Goto(uri, profile.endpoint), {}),
        (Why(connection, uri), {}),
        (RequestLogScreen(connection), {}),
        (BucketSettings(connection, bucket), {}),
    ]
    async with browsing(profile, str(uri)) as (pilot, browser):
        holds_none(pilot.app.export_screenshot(), "the browser")
        for screen, typed in [*screens, (TransfersScreen(browser.queue), {})]:
            await pilot.app.push_screen(screen)
            await settle(pilot)
            for identity, text in typed.items():
                screen.query_one(f"#{identity}", Input).value = text
                await _copy(pilot, screen.query_one(f"#{identity}", Input))
            holds_none(pilot.app.export_screenshot(), type(screen).__name__)
            holds_none(shown(pilot), type(screen).__name__)
            holds_none(repr(screen) + repr(list(screen.query("*"))), type(screen).__name__)
            holds_none(json.dumps(pilot.app.clipboard), "the clipboard")
            await pilot.app.pop_screen()


async def _copy(pilot: Pilot[None], field: Input) -> None:
    """Every way to copy what is in a field."""
    field.focus()
    for key in ("ctrl+a", "ctrl+c", "ctrl+shift+c", "super+c", "shift+home", "ctrl+c"):
        await pilot.press(key)
