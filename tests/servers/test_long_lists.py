"""Long lists on real servers: read by child processes over many streams, and equal to what s5cmd lists, key for key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import listing, reader
from s3tui.s3.listing import Listing
from tests.servers.conftest import CANARIES, Place, note, place_on
from tests.servers.launch import OWNER, Server

# In the matrix just enough for children and several streams; a longer run is asked for by number.
COUNT = int(os.environ.get("S3TUI_LONG_LIST") or 9000)
FOLDERS = 2000
# A key beside a folder of the same name. S3 has `!` before `/`; who walks through folders has the folder first.
BESIDE = ("folders/00007! beside", "numbers/zz/within", "numbers/zz! beside")


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


def listed_by_s5cmd(place: Place) -> list[str]:
    return [line.split(maxsplit=3)[3] for line in s5cmd(place, "ls", f"s3://{place.bucket}/*").splitlines()]


@dataclass(frozen=True)
class Long:
    """A bucket with many keys: `keys` is all of them, in the order of S3."""

    place: Place
    keys: list[str]

    def read(self, prefix: str = "", delimiter: str = "") -> Listing:
        made = Listing(self.place.bucket, prefix, delimiter)
        listing.read(made, self.place.connection)
        return made


@pytest.fixture(scope="module")
def long(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Long]:
    """Filled once for all tests of this module."""
    folder = tmp_path_factory.mktemp("long")
    body, orders = folder / "body", folder / "orders"
    body.write_bytes(b"x")
    keys = keys_of(COUNT)
    with place_on(server) as place:
        orders.write_text("".join(f'cp {body} "s3://{place.bucket}/{key}"\n' for key in keys), encoding="utf-8")
        began = time.monotonic()
        s5cmd(place, "run", str(orders))
        note(f"{server.name}, {COUNT:,} keys: filled by s5cmd run in {time.monotonic() - began:.1f} s")
        yield Long(place, sorted([*keys, *CANARIES], key=str.encode))


def keys_in(read: Listing) -> list[str]:
    return [read.columns.key(row) for row in range(len(read.columns))]


@pytest.mark.capability("long lists")
@pytest.mark.needs("room")
def test_long_lists_are_complete_and_equal_to_those_of_s5cmd(long: Long) -> None:
    began = time.monotonic()
    read = long.read()
    seconds = time.monotonic() - began
    began = time.monotonic()
    theirs = listed_by_s5cmd(long.place)
    note(
        f"{long.place.server.name}, {COUNT:,} keys: listed in {seconds:.1f} s, {read.plan.requests} requests, "
        f"{read.plan.splits} splits; s5cmd ls {time.monotonic() - began:.1f} s"
    )
    assert keys_in(read) == theirs
    assert theirs == long.keys
    assert read.plan.requests > reader.ALONE
    assert read.plan.splits > 0
    assert read.completeness.is_complete


@pytest.mark.capability("long lists")
@pytest.mark.needs("room")
def test_a_prefix_with_many_prefixes_is_complete(long: Long) -> None:
    read = long.read("folders/", "/")
    assert read.completeness.is_complete
    prefixes = {key.rpartition("/")[0] + "/" for key in long.keys if key.startswith("folders/")}
    assert keys_in(read) == sorted(prefixes)


@pytest.mark.capability("cancel and go on")
@pytest.mark.needs("room")
@pytest.mark.parametrize("pages", [2, reader.ALONE + 1])
def test_a_cancelled_list_goes_on_where_it_stopped(long: Long, pages: int) -> None:
    """Once while one stream reads alone, once while children do."""
    read, token = Listing(long.place.bucket, "", ""), CancelToken()
    left = iter(range(pages - 1))

    def cancel(_: Listing) -> None:
        if next(left, None) is None:
            token.cancel()

    with pytest.raises(Cancelled):
        listing.read(read, long.place.connection, token, cancel)
    before = keys_in(read)
    assert not read.completeness.is_complete
    assert 0 < len(before) < len(long.keys)
    listing.read(read, long.place.connection)
    assert keys_in(read)[: len(before)] == before
    assert keys_in(read) == long.keys
    assert read.completeness.is_complete


# The last one: it adds keys.
@pytest.mark.capability("long lists")
@pytest.mark.needs("room")
def test_keys_beside_folders_of_the_same_name(long: Long) -> None:
    """Not every server has these in the order of S3. Then the list is in the server's order, and as complete."""
    for count in range(len(BESIDE), 0, -1):
        for key in BESIDE[count - 1 :]:
            long.place.put(key)
        read = long.read()
        theirs = listed_by_s5cmd(long.place)
        expected = sorted([*long.keys, *BESIDE[count - 1 :]], key=str.encode)
        assert sorted(theirs, key=str.encode) == expected
        assert sorted(keys_in(read), key=str.encode) == expected
        assert read.completeness.is_complete
        in_order = "in" if theirs == expected else "not in"
        note(f"{long.place.server.name}, keys beside folders: {in_order} the order of S3, {read.plan.splits} splits")
