"""A file of 1 GiB by the command line, there and back, with little memory."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.conftest import Place
from tests.servers.launch import OWNER

MIB = 1 << 20
MOST_MEMORY = 300 * MIB  # DESIGN says so of 5 GiB; it must not grow with the file
# Linux counts as a child's memory what its parent had when it forked, and this suite has had much: a small process
# in between starts the program, and prints last on stderr what that took, in KiB.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
sys.exit(code or print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr))
"""


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """1 GiB in which no two parts are the same."""
    path = tmp_path / "large.iso"
    noise = os.urandom(MIB - 8)
    with path.open("wb") as file:
        for number in range(1024):
            file.write(number.to_bytes(8, "big") + noise)
    yield path
    path.unlink()


def s3tui(place: Place, *words: str) -> list[dict[str, object]]:
    """Run the command with nothing but AWS's variables; what it printed as JSON."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": place.server.endpoint,
        "AWS_ACCESS_KEY_ID": OWNER.access_key_id,
        "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key,
        "AWS_DEFAULT_REGION": place.server.region,
    }
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "s3tui", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stderr.splitlines()[-1]) * 1024 < MOST_MEMORY
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.capability("1 GiB there and back")
@pytest.mark.needs("room")
def test_a_gibibyte_goes_there_and_comes_back(place: Place, image: Path) -> None:
    target = f"s3://{place.bucket}/isos/large.iso"
    [sent] = s3tui(place, "put", "--json", str(image), target)
    assert sent["state"] == "verified"
    back = image.with_name("back.iso")
    [received] = s3tui(place, "get", "--json", target, str(back))
    assert received["state"] == "verified"
    assert filecmp.cmp(image, back, shallow=False)
    back.unlink()
