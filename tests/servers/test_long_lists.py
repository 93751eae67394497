"""Long lists on real servers: read by child processes over many streams, and equal to what s5cmd lists, key for key."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from s3tui.s3 import listing, reader
from s3tui.s3.columns import Columns
from tests.servers.conftest import CANARIES, Place
from tests.servers.launch import OWNER

# In the matrix enough for children and many streams; a longer run is asked for by number.
COUNT = int(os.environ.get("S3TUI_LONG_LIST", "12000"))
FOLDERS = 3000


def keys_of(count: int) -> list[str]:
    """Numbers below one prefix, dates with UUIDs below another, and many small folders."""
    numbers = [f"numbers/{number:09}.bin" for number in range(count // 2)]
    names = [uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)) for number in range(count // 4)]
    dates = [f"logs/2026/{number % 12 + 1:02}/{number % 28 + 1:02}/{name}.gz" for number, name in enumerate(names)]
    rest = count - len(numbers) - len(dates)
    folders = [f"folders/{number % FOLDERS:05}/ü {number // FOLDERS:04}+&.txt" for number in range(rest)]
    return numbers + dates + folders


def s5cmd(place: Place, *words: str) -> str:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": OWNER.access_key_id,
        "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key,
        "AWS_REGION": place.server.region,
    }
    program = str(Path(sys.executable).with_name("s5cmd"))
    command = [program, "--endpoint-url", place.server.endpoint, "--numworkers", "16", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def fill(place: Place, folder: Path) -> list[str]:
    body = folder / "body"
    body.write_bytes(b"x")
    keys = keys_of(COUNT)
    orders = folder / "orders"
    orders.write_text("".join(f'cp {body} "s3://{place.bucket}/{key}"\n' for key in keys), encoding="utf-8")
    s5cmd(place, "run", str(orders))
    return keys


def keys_in(pages: list[Columns]) -> list[str]:
    return [page.key(index) for page in pages for index in range(len(page))]


@pytest.mark.capability("long lists")
@pytest.mark.needs("room")
def test_long_lists_are_complete_and_equal_to_those_of_s5cmd(place: Place, tmp_path: Path) -> None:
    keys = fill(place, tmp_path)
    connection, bucket = place.connection, place.bucket
    canaries = set(CANARIES)
    ours = keys_in(list(listing.stream(connection, bucket)))
    asked = [entry for entry in connection.log.newest() if entry.operation == "ListObjectsV2"]
    theirs = [line.split(maxsplit=3)[3] for line in s5cmd(place, "ls", f"s3://{bucket}/*").splitlines()]
    assert ours == theirs
    assert set(ours) - canaries == set(keys)
    assert ours == sorted(ours, key=str.encode)
    assert len(ours) == len(set(ours))
    assert len(asked) > reader.ALONE
    unordered = keys_in(list(listing.stream(connection, bucket, in_order=False)))
    assert sorted(unordered) == sorted(ours)


@pytest.mark.capability("long lists")
@pytest.mark.needs("room")
def test_a_prefix_with_many_prefixes_is_complete(place: Place, tmp_path: Path) -> None:
    keys = fill(place, tmp_path)
    read = listing.Listing(place.bucket, "folders/")
    listing.read(read, place.connection)
    assert read.completeness.is_complete
    assert [read.columns.key(row) for row in range(len(read.columns))] == sorted(
        {key.rpartition("/")[0] + "/" for key in keys if key.startswith("folders/")}
    )
