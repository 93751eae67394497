"""Files with hostile names, there and back: each arrives as what it was, or is said not to.

In the matrix 200 of them; `make test-servers MANY_NAMES=10000` is the long form.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from s3tui.s3 import uploads
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.flood import End, upload_all
from s3tui.transfers.flood_down import download_all
from s3tui.transfers.names import local_paths
from s3tui.transfers.progress import OVER, Outcome
from s3tui.transfers.upload import UploadRequest
from tests.floods import ends_of
from tests.hostile import NAMES
from tests.servers.conftest import Place, note

COUNT = int(os.environ.get("S3TUI_MANY_NAMES") or 200)
_LONGEST = 250  # bytes of one name that every disk takes


def hostile_names(count: int) -> list[str]:
    """What may be the name of a file here, no two alike."""
    chance = random.Random(4711)
    found: dict[str, None] = {}
    for name in NAMES:
        if "/" not in name and "\0" not in name and name not in (".", "..") and len(os.fsencode(name)) <= _LONGEST:
            found[name] = None
    several = list(found)
    while len(found) < count:
        name = "".join(chance.choices(several, k=2)) + str(len(found))
        if len(os.fsencode(name)) <= _LONGEST:
            found[name] = None
    return list(found)[:count]


def well(end: End) -> bool:
    """Also where the server lists it under another name, so that it could not be compared."""
    return isinstance(end, Outcome) and end.state in OVER


def content(name: str) -> bytes:
    return f"the content of {name!a}".encode()


@pytest.mark.capability("odd keys")
@pytest.mark.needs("room")
def test_files_with_hostile_names_go_there_and_come_back(place: Place, tmp_path: Path) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.mkdir()
    names = hostile_names(COUNT)
    for name in names:
        (sent / name).write_bytes(content(name))
    keys = [f"hostile/{name}" for name in names]
    up = ends_of(
        upload_all, place.connection, [UploadRequest(sent / name, place.at(f"hostile/{name}")) for name in names]
    )
    paths = local_paths(received, keys)
    down = ends_of(
        download_all, place.connection, [DownloadRequest(place.at(key), paths[key], root=received) for key in keys]
    )
    refused = [name for number, name in enumerate(names) if not well(up[number])]
    for number, (name, key) in enumerate(zip(names, keys, strict=True)):
        if well(up[number]):
            assert well(down[number]), f"{name!r}: {up[number]}; {down[number]}"
            assert paths[key].read_bytes() == content(name)
    assert {path for path in received.rglob("*") if path.is_file()} == {
        paths[key] for number, key in enumerate(keys) if well(down[number])
    }
    assert uploads.unfinished(place.connection, place.bucket).uploads == ()
    # SeaweedFS makes a folder of a name that ends with a backslash, and drops what is in it.
    note(f"{place.server.name}, {COUNT:,} hostile names there and back: {len(refused)} were said not to have arrived")
    assert len(refused) < COUNT / 2
