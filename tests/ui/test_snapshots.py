"""What the main screens look like, pinned as pictures. `pytest --snapshot-update` takes new ones after a look.

Each shows fixed data: the demo's, whose times never change, or a server that always answers the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from s3tui.cli.demo import profile_of
from s3tui.demo import server as demo_server
from s3tui.demo.server import DemoServer
from s3tui.folders import config_file, transfers_folder
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, Row, Whom
from s3tui.transfers.plan import DOES, Action, Plan, Step
from s3tui.transfers.queue import Queue
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.app import S3tuiApp, Start
from s3tui.ui.dialogs.upload import UploadForm
from s3tui.ui.screens import unfinished_uploads
from s3tui.ui.screens.plan import PlanScreen
from s3tui.ui.screens.transfers import TransfersScreen
from tests.s3.stub_server import Answer, Asked, stub
from tests.ui.hosting import Host
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


def test_what_would_be_deleted(snap_compare: Compare, demo_profile: Profile) -> None:
    app = screen_of(demo_profile, "s3://r630-switchbot-isos/openshift/")
    assert snap_compare(app, terminal_size=NARROW, run_before=drive("down", "space", "down", "space", "D"))


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


def transfers() -> Queue:
    """Transfers of an earlier run, one in each state that people meet."""
    journal = Journal(transfers_folder())
    bucket, folder = "r630-switchbot-isos", Path("/srv/isos")
    up = [UploadRequest(folder / f"server-{n}.iso", S3Uri(bucket, f"isos/server-{n}.iso")) for n in range(6)]
    down = DownloadRequest(S3Uri(bucket, "openshift/4.16/agent.x86_64.iso"), folder / "agent.x86_64.iso")
    job, rows = journal.add(Whom("lab", "https://rgw.example.org", None, "config"), [*up, down])
    size = 1_288_490_188
    became: list[dict[str, object]] = [
        {"state": "verified", "why": "The ETag is that of what was sent. It took 21.4 s.", "done": size},
        {"state": "running", "done": size // 3},
        {"state": "paused", "why": "Interrupted: s3tui ended while it was running.", "done": size // 2},
        {"state": "failed", "why": f"“s3://{bucket}/isos/server-3.iso” already exists.", "exists": True},
        {"state": "outcome unknown", "why": "The endpoint never answered: the connection was cut."},
        {"state": "cancelled", "why": "Cancelled; nothing was left behind."},
        {"state": "received but not verified", "why": "The endpoint gave no checksum.", "done": size},
    ]
    for row, fields in zip(rows, became, strict=True):
        journal.end(Row(**{**row._asdict(), "total": size, **fields}))  # type: ignore[arg-type]
    journal.request(rows[2].number)[1].set(upload_id="U")
    journal.release(job.number)
    queue = Queue(journal=journal)
    queue.load()
    return queue


def planned() -> Plan:
    """One step of each action."""
    made: list[tuple[Action, str, str]] = [
        ("new", "agent.x86_64.iso", ""),
        ("replace", "boot.iso", "The object has 5 bytes, the file 9."),
        ("rename", "rescue.iso", "An object of 259 B is there."),
        ("ask", "rhel-9.4.iso", "An object of 12.0 KiB is there."),
        ("same", "debian.iso", "Size and ETag agree."),
        ("skip", "fedora.iso", "An object of 1.0 GiB is there."),
        ("delete", "old.iso", "It is gone here."),
        ("extra", "other.iso", "It is only there."),
        ("refuse", "secret.iso", "“/srv/isos/secret.iso” can't be read: permission denied."),
    ]
    steps = []
    for action, name, why in made:
        request = UploadRequest(Path("/srv/isos") / name, S3Uri("lab", f"isos/{name}")) if action in DOES else None
        step = Step(action, f"/srv/isos/{name}", f"s3://lab/isos/{name}", 1_288_490_188, why, request)
        steps.append(replace(step, decide=lambda _, step=step: step) if action == "ask" else step)
    return Plan(steps, ["2 unfinished uploads (“isos/a.iso”, “isos/b.iso”) of these keys: none is touched by this."])


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_plan(snap_compare: Compare, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Host(PlanScreen(planned(), "Upload to s3://lab/isos/", "Upload"))
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=size, run_before=drive())


def test_many_uploads(snap_compare: Compare, demo_profile: Profile, tmp_path: Path) -> None:
    for name in ("agent.x86_64.iso", "rescue.iso", "vmlinuz"):
        (tmp_path / name).write_bytes(bytes(10_000))
    typed = drive("ctrl+t", *"{id}-{name}", "tab", "tab", "r", "7")
    form = UploadForm(Connection(demo_profile), S3Uri("lab", "isos/"), sorted(tmp_path.glob("*.*")))
    app = Host(form)
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=NARROW, run_before=typed)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_transfers(snap_compare: Compare, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Host(TransfersScreen(transfers()))
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=size, run_before=drive("down"))


def test_unfinished_uploads(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    class Now(datetime):
        """Ages count from here."""

        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2026, 11, 28, 16, 0, tzinfo=UTC)

    monkeypatch.setattr(unfinished_uploads, "datetime", Now)
    rows = [("isos/agent.iso", "2026-11-20", "a"), ("isos/odd\u202e[b].iso", "2026-11-27", "b")]
    uploads = "".join(
        f"<Upload><Key>{key}</Key><UploadId>{identity}</UploadId><Initiated>{day}T09:30:00.000Z</Initiated>"
        "<StorageClass>STANDARD</StorageClass><Initiator><ID>builder</ID></Initiator></Upload>"
        for key, day, identity in rows
    )
    parts = "".join(f"<Part><PartNumber>{each}</PartNumber><Size>8388608</Size></Part>" for each in range(1, 4))

    def answer(asked: Asked) -> Answer:
        if "uploadId=b" in asked.path:
            return Answer(403, b"<Error><Code>AccessDenied</Code><RequestId>REQUEST1</RequestId></Error>")
        if "uploadId=a" in asked.path:
            return Answer(200, f"<ListPartsResult>{parts}</ListPartsResult>".encode())
        if "uploads" in asked.path:
            return Answer(200, f"<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>".encode())
        return Answer(200, b"<ListBucketResult></ListBucketResult>")

    with stub(answer) as running:
        app = screen_of(running.profile, "s3://backups/")
        assert snap_compare(app, terminal_size=NARROW, run_before=drive("M", "space"))
