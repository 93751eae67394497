"""Draws the README's pictures: the demo's own screen, driven by keys, written as SVG beside this file.

`make screenshots` runs it. Two runs show the same but for request ids and what has to do with the clock.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from s3tui import background, folders
from s3tui.cli.demo import profile_of
from s3tui.demo import server
from s3tui.profiles.model import Profile
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.journal import Journal, Whom
from s3tui.transfers.progress import State
from s3tui.transfers.upload import UploadRequest
from s3tui.ui.app import S3tuiApp, Start

HERE = Path(__file__).parent
PATIENCE = 30.0  # s
IMAGE = "s3://r630-switchbot-isos/openshift/4.16/agent.x86_64.iso"

Drive = Callable[[Pilot[None]], Awaitable[None]]

# What the list of profiles shows beside the demo.
CONFIG = """
[profiles.ceph-lab]
endpoint = "https://rgw.example.org:8443"
access_key_id = "LABKEY"

[profiles.archive]
region = "eu-central-1"
credentials = "env"
read_only = true
"""
AWS_CONFIG = """
[profile work]
region = eu-west-1
sso_start_url = https://example.org/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Engineer
"""


@dataclass(frozen=True)
class Picture:
    """A file, the place that is opened for it, and the keys that lead from there to what it shows."""

    name: str
    target: str
    drive: Drive
    size: tuple[int, int] = (120, 34)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing has been under way for a while, and the screen is painted."""
    end, quiet = time.monotonic() + PATIENCE, 0
    while quiet < 10:
        if time.monotonic() > end:
            raise TimeoutError(f"still busy on {pilot.app.screen}")
        await pilot.pause(0.04)
        quiet = 0 if background.busy() else quiet + 1


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys by their names, or type what stands behind `type:`; wait after each."""
    for key in keys:
        await pilot.press(*(key.removeprefix("type:") if key.startswith("type:") else [key]))
        await settle(pilot)


async def browse(pilot: Pilot[None]) -> None:
    """Three files go up, and the tree is open down to them."""
    make_files({"agent-config.yaml": 1_893, "install-config.yaml": 2_604, "rootfs.img": 9_437_184})
    await press(pilot, "u", "type:*", "enter", "ctrl+s")
    await press(pilot, "shift+tab", "right", "down", "right", *["down"] * 5, "enter", "down")


async def look(pilot: Pilot[None]) -> None:
    """What is there when the place has opened."""


def make_files(sizes: dict[str, int]) -> None:
    """Files of these sizes in bytes, in a new working directory."""
    os.chdir(tempfile.mkdtemp(dir=Path.home()))
    for name, size in sizes.items():
        with open(name, "wb") as file:
            file.truncate(size)
        os.utime(name, (0, 0))  # it is pointed out when a file has just been written


async def ask_why(pilot: Pilot[None]) -> None:
    place = "s3://r630-switchbot-private/isos/server-02/agent.x86_64.iso"
    await press(pilot, "w", "ctrl+a", "ctrl+k", f"type:{place}", "enter")


async def upload(pilot: Pilot[None]) -> None:
    make_files({"agent.x86_64.iso": 1_258_291_200, "metadata.json": 412, "agent-config.yaml": 1_893, "SHA256SUMS": 84})
    await press(pilot, "u", "type:*", "enter", *["tab"] * 4, "type:version=4.18 built-by=ci")
    await press(pilot, "tab", "type:retention=60-days")


async def bulk(pilot: Pilot[None]) -> None:
    make_files({"agent.x86_64.iso": 1_258_291_200, "rootfs.img": 9_437_184, "vmlinuz": 14_680_064, "SHA256SUMS": 252})
    await press(pilot, "u", "type:*", "enter", "ctrl+t", "type:{version}/{server_id}-{stem}{ext}")
    await press(
        pilot, "tab", "tab", "type:4.18", "tab", "type:r630-7", "tab", "tab", "type:sha256={sha256} host={server_id}"
    )


async def edit_metadata(pilot: Pilot[None]) -> None:
    new_row = 5 + 4 * 3  # more headers, then name, value and button of four rows
    await press(pilot, "e", "tab", "type:public, max-age=86400", "tab", "type:inline", *["tab"] * new_row)
    await press(pilot, "type:built-by", "tab", "type:ci", "ctrl+s")


async def lifecycle(pilot: Pilot[None]) -> None:
    await press(pilot, "b")


async def search(pilot: Pilot[None]) -> None:
    await press(pilot, "ctrl+f", "type:re:\\.(iso|img)$ size>1K", "down", "down", "enter")


async def transfers(pilot: Pilot[None]) -> None:
    """A job that is half done, one that an earlier run left, and a single file."""
    journal = Journal(folders.transfers_folder())
    whom = Whom("ceph-lab", "https://rgw.example.org:8443", None, "config")
    bucket, isos, size = "r630-switchbot-isos", Path("/srv/isos"), 1_288_490_188
    up = [
        UploadRequest(isos / f"server-{n:02}.iso", S3Uri(bucket, f"isos/2026-11/server-{n:02}.iso"))
        for n in range(1, 9)
    ]
    down = [
        DownloadRequest(S3Uri(bucket, f"logs/{n:04}.zst"), Path(f"/home/ada/logs/{n:04}.zst")) for n in range(2_400)
    ]
    one = [UploadRequest(isos / "agent.x86_64.iso", S3Uri(bucket, "openshift/4.18/agent.x86_64.iso"))]
    there = f"“s3://{bucket}/isos/2026-11/server-04.iso” already exists; nothing was replaced. Choose to overwrite it, or another name."
    became: list[list[tuple[State, int, str]]] = [
        [("verified", size, "")] * 3
        + [("failed", 0, there), ("running", size // 3, ""), ("running", size // 5, "")]
        + [("waiting", 0, "")] * 2,
        [("verified", size // 900, "")] * 1_700
        + [("paused", 0, "Interrupted: s3tui ended while it was running.")] * 700,
        [("verified", size, "Size and ETag agree. It took 21.4 s.")],
    ]
    for requests, states in zip((up, down, one), became, strict=True):
        job, rows = journal.add(whom, requests)
        for row, (state, done, why) in zip(rows, states, strict=True):
            total = size // 900 if requests is down else size
            journal.end(row._replace(state=state, done=done, total=total, why=why, exists=state == "failed"))
        journal.release(job.number)
    journal.close()
    assert isinstance(pilot.app, S3tuiApp)
    await background.run(background.LOCAL, pilot.app.queue.look)
    await press(pilot, "T", "home", *["down"] * 4)


async def size(pilot: Pilot[None]) -> None:
    await press(pilot, "z", "down")


PICTURES = (
    Picture("browser", IMAGE, browse, (132, 32)),
    Picture("narrow", IMAGE, look, (80, 24)),
    Picture("why", IMAGE, ask_why),
    Picture("upload", "s3://r630-switchbot-isos/openshift/4.18/", upload),
    Picture("bulk", "s3://r630-switchbot-isos/openshift/", bulk),
    Picture("metadata", IMAGE, edit_metadata),
    Picture("lifecycle", "s3://r630-switchbot-temp/", lifecycle),
    Picture("search", "s3://r630-switchbot-isos/", search, (160, 32)),
    Picture("transfers", IMAGE, transfers),
    Picture("size", "s3://r630-switchbot-isos/", size),
)


async def draw(picture: Picture, profile: Profile, config: Path) -> None:
    """Make one picture."""
    app = S3tuiApp(Start(target=picture.target, profile=profile, config_path=config))
    async with app.run_test(size=picture.size) as pilot:
        await settle(pilot)
        await picture.drive(pilot)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await settle(pilot)
        (HERE / f"{picture.name}.svg").write_text(app.export_screenshot(), encoding="utf-8")


def empty_machine(home: Path) -> Path:
    """Nobody's own accounts may be in a picture: `home` is empty but for two examples. Returns the config."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "S3_", "INVENIO_", "XDG_"))]:
        del os.environ[name]
    os.environ |= {"HOME": str(home), "AWS_CONFIG_FILE": str(home / "aws"), "COLORTERM": "truecolor"}
    (home / "aws").write_text(AWS_CONFIG, encoding="utf-8")
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    os.chdir(home)
    return home / "config.toml"


def main() -> None:
    with tempfile.TemporaryDirectory() as home, server.start(sample_data=True) as running:
        config = empty_machine(Path(home))
        folders.keep_state_in(running.folder)
        for picture in PICTURES:
            asyncio.run(draw(picture, profile_of(running), config))
            print(f"screenshots/{picture.name}.svg")
        os.chdir(HERE)


if __name__ == "__main__":
    main()
