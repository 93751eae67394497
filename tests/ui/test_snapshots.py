"""What the main screens look like, pinned as pictures. `pytest --snapshot-update` takes new ones after a look.

Each shows fixed data: the demo's, whose times never change, or a server that always answers the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from s3tui.cli.demo import profile_of
from s3tui.demo import server as demo_server
from s3tui.demo.server import DemoServer
from s3tui.folders import config_file
from s3tui.profiles.model import Profile
from s3tui.ui.app import S3tuiApp, Start
from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.waiting import settle

IMAGE = "s3://r630-switchbot-isos/openshift/4.16/agent.x86_64.iso"
WIDE, NARROW = (132, 34), (80, 24)

Compare = Callable[..., bool]


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    """The demo's data, and nothing else that tests may have left on the shared server."""
    with demo_server.start(sample_data=True) as running:
        yield running


@pytest.fixture
def demo_profile(demo: DemoServer, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.delenv("NO_COLOR", raising=False)
    return profile_of(demo)


def screen_of(profile: Profile, target: str = "") -> S3tuiApp:
    """The browser at `target`, without anything that moves."""
    app = S3tuiApp(Start(target=target, profile=profile))
    app.animation_level = "none"
    return app


def drive(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Wait for the first list, press `keys`, and stop the cursor's blinking."""

    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        await settle(pilot)

    return run


def test_an_object_and_its_metadata(snap_compare: Compare, demo_profile: Profile) -> None:
    # To the detail pane and there to its second tab: the first tells how long ago the object was changed.
    assert snap_compare(screen_of(demo_profile, IMAGE), terminal_size=WIDE, run_before=drive("tab", "right"))


def test_prefixes_in_80x24(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://r630-switchbot-isos/openshift/")
    assert snap_compare(app, terminal_size=NARROW, run_before=drive("down", "space", "down", "space"))


def test_rows_filtered(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://cubicweb-files/")
    assert snap_compare(app, terminal_size=NARROW, run_before=drive("slash", *"a1", "enter", "G"))


def test_odd_names(snap_compare: Compare, demo_profile: Profile) -> None:
    assert snap_compare(screen_of(demo_profile, "s3://odd-names/"), terminal_size=WIDE, run_before=drive())


def test_help(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://r630-switchbot-isos/openshift/")
    assert snap_compare(app, terminal_size=WIDE, run_before=drive("question_mark"))


def test_a_question_before_harm(snap_compare: Compare, demo_profile: Profile) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text('[profiles.lab]\nendpoint = "https://rgw.example.org"\naccess_key_id = "LABKEY"\n')
    assert snap_compare(screen_of(demo_profile), terminal_size=NARROW, run_before=drive("P", "down", "D"))


def test_copying_a_prefix(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://r630-switchbot-isos/openshift/")
    assert snap_compare(app, terminal_size=NARROW, run_before=drive("c", "backspace", "-", "o", "l", "d", "slash"))


def test_empty(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://r630-switchbot-isos/nothing/here/")
    assert snap_compare(app, terminal_size=NARROW, run_before=drive())


def test_denied(snap_compare: Compare) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>REQUEST1</RequestId></Error>"

    def refuse(_: Asked) -> Answer:
        return Answer(403, body, {"x-amz-request-id": "REQUEST1"})

    with stub(refuse) as running:
        app = screen_of(running.profile, "s3://backups/2026/")
        assert snap_compare(app, terminal_size=NARROW, run_before=drive())


def test_failed(snap_compare: Compare) -> None:
    nowhere = Profile("nowhere", endpoint="http://127.0.0.1:9", region="us-east-1", credentials="anonymous")
    assert snap_compare(screen_of(nowhere), terminal_size=NARROW, run_before=drive())
