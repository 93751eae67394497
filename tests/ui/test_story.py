"""The story without a terminal, as `s3tui demo </dev/null` tells it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.demo import server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.ui import story

pytestmark = pytest.mark.long

STEPS = (
    "picked the profile; the server holds 10 buckets",
    "walked to s3://r630-switchbot-isos/openshift/4.14/; the table shows 2 rows",
    "read metadata.json; the server says",
    "uploaded story.x86_64.iso, verified; the server holds 3.0 MiB (3,145,728 bytes), application/x-iso9660-image",
    "edited its metadata; the server holds Cache-Control max-age=3600, application/x-iso9660-image",
    "applied lifecycle; the server holds [{",
    "applied CORS; the server holds [{",
    "Metadata.json is missing: near_miss: ",
    "saved the last screen as s3tui-demo.svg",
)


def test_it_is_told_and_leaves_only_its_picture(tmp_path: Path) -> None:
    here, temporary, home = tmp_path / "here", tmp_path / "temporary", tmp_path / "home"
    here.mkdir()
    temporary.mkdir()
    source = Path(story.__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-m", "s3tui", "demo"],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert len(lines) == len(STEPS)
    for line, step in zip(lines, STEPS, strict=True):
        assert step in line
    assert [file.name for file in here.iterdir()] == [story.PICTURE]
    assert server.SECRET_ACCESS_KEY not in (here / story.PICTURE).read_text() + told.stdout
    assert "Why&#160;is&#160;it&#160;missing?" in (here / story.PICTURE).read_text()
    assert [*temporary.iterdir(), *home.iterdir()] == []
    assert processes_with(str(temporary)) == []


def processes_with(value: str) -> list[str]:
    """The processes that were started with `value` in their environment: the demo's child would be one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if value.encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:  # it has ended, or is another user's
            continue
    return found


def test_a_read_only_profile_stops_it_at_the_upload(
    connection: Connection, profile: Profile, bucket: str, capfd: pytest.CaptureFixture[str]
) -> None:
    connection.call("put_object", Bucket=bucket, Key="openshift/4.14/metadata.json", Body=b"{}")
    remember("locked", Keys(server.ACCESS_KEY_ID, server.SECRET_ACCESS_KEY))
    assert story.run(replace(profile, name="locked", read_only=True), bucket) == 1
    told = capfd.readouterr()
    assert told.err.startswith("Step 4, upload: ")
    assert "read-only" in told.err
    assert "read metadata.json; the server says 2 bytes" in told.out
    assert not Path(story.PICTURE).exists()


def test_a_server_that_is_not_there_stops_it_at_once(profile: Profile, capfd: pytest.CaptureFixture[str]) -> None:
    assert story.run(replace(profile, name="gone", endpoint="http://127.0.0.1:9", credentials="anonymous")) == 1
    assert "Step 1, pick profile: " in (told := capfd.readouterr().err)
    assert "Nothing listens at the endpoint's port." in told
