"""The program itself, killed at random moments of an upload and of a download, and told to go on each time.

In the matrix a small object and few kills; `make test-servers KILLS=20 KILLED_SIZE=2048` is the long form.
"""

from __future__ import annotations

import filecmp
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s3tui.s3 import uploads
from tests.servers.conftest import Place, note
from tests.servers.launch import OWNER
from tests.servers.meter import Meter, metered

MIB = 1 << 20
KILLS = int(os.environ.get("S3TUI_KILLS") or 3)
SIZE = int(os.environ.get("S3TUI_KILLED_SIZE") or 96)  # MiB
PART = 64 if SIZE >= 1024 else 16  # MiB
_PATIENCE = 300.0  # s
S3TUI = (
    "from s3tui.transfers import parts; parts.PART_SIZE = {}; from s3tui.cli.main import main; raise SystemExit(main())"
)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """A file in which no two MiB are the same."""
    path = tmp_path / "image.iso"
    noise = os.urandom(MIB - 8)
    with path.open("wb") as file:
        for number in range(SIZE):
            file.write(number.to_bytes(8, "big") + noise)
    yield path
    path.unlink()


class Story:
    """One transfer by the command line, through a meter."""

    def __init__(self, place: Place, endpoint: str, meter: Meter) -> None:
        self._meter = meter
        self._command = [sys.executable, "-c", S3TUI.format(PART * MIB), "--endpoint-url", endpoint]
        self._environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": OWNER.access_key_id,
            "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key,
            "AWS_DEFAULT_REGION": place.server.region,
        }

    def killed(self, after: int, *words: str) -> None:
        """Run until so many bytes more have moved."""
        with self._running(*words) as process:
            moved = self._meter.wait_for(self._meter.up + self._meter.down + after, _PATIENCE)
            early = process.poll()
            process.kill()
            said = process.communicate()[0]
        assert moved and early is None, said

    def ends(self, *words: str) -> None:
        with self._running(*words) as process:
            said = process.communicate(timeout=_PATIENCE)[0]
        assert process.returncode == 0 and b"verified" in said, said

    @contextmanager
    def _running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [*self._command, *words], env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def moments(seed: str) -> list[int]:
    """How many bytes move until each kill: all of them before the end, and another series for each `seed`."""
    chance = random.Random(seed)
    most = SIZE * MIB // (KILLS + 1)
    return [chance.randrange(most // 10, most) for _ in range(KILLS)]


@pytest.mark.capability("goes on after a kill")
@pytest.mark.needs("room")
def test_killed_at_random_moments_it_arrives_and_no_more_than_a_part_is_lost_each_time(
    place: Place, image: Path
) -> None:
    target, back = f"s3://{place.bucket}/isos/image.iso", image.with_name("back.iso")
    lost = []
    with metered(place.server.endpoint) as (endpoint, meter):
        story = Story(place, endpoint, meter)
        for words in (("put", str(image), target), ("get", target, str(back))):
            before = meter.up + meter.down
            for number, after in enumerate(moments(f"{place.server.name} {words[0]}")):
                story.killed(after, *(words if not number else ("transfers", "resume")))
            story.ends("transfers", "resume")
            lost.append(meter.up + meter.down - before - SIZE * MIB)
    assert filecmp.cmp(image, back, shallow=False)
    back.unlink()
    assert sorted(path.name for path in image.parent.iterdir()) == ["home", image.name]
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()
    sent, received = (bytes_ / MIB / KILLS / PART for bytes_ in lost)
    note(
        f"{place.server.name}, {SIZE:,} MiB killed {KILLS} times each way: a kill cost {sent:.2f} parts of {PART} MiB up "
        f"and {received:.2f} down"
    )
    assert sent <= 1 and received <= 1
