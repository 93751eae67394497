"""A sync in both directions and from bucket to bucket: a second one finds everything the same, on each server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from s3tui.background import CancelToken
from s3tui.s3.uri import S3Uri
from s3tui.transfers import parts, sync
from s3tui.transfers.notes import Notes
from s3tui.transfers.plan import Plan
from s3tui.transfers.progress import Progress
from s3tui.transfers.sync import Prefix, Side, Sync
from tests.servers.conftest import Place

MIB = 1 << 20
FILES = {"a": b"1", "sub/ü b.txt": b"22", "x:y": b"333", "%2F": b"4", "empty": b"", "sub/deep/b": b"5"}


def plan(source: Side, target: Side) -> Plan:
    return sync.plan(Sync(source, target, delete=True), CancelToken(), lambda *_: None)


def carry_out(made: Plan, place: Place) -> None:
    brings, deletes = sync.in_turn(made.requests())
    for request in (*brings, *deletes):
        outcome = request.run(place.connection, Progress(), CancelToken(), Notes())
        assert outcome.state in ("verified", "sent but not verified"), outcome.detail


@pytest.mark.capability("sync")
def test_a_second_sync_finds_everything_the_same(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)
    folder, back = tmp_path / "folder", tmp_path / "back"
    for name, body in {**FILES, "large.iso": os.urandom(11 * MIB)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    up = Prefix(place.connection, place.at("up/"))
    other = Prefix(place.connection, S3Uri(place.make_bucket(), "copied/"))
    ways: tuple[tuple[Side, Side], ...] = ((folder, up), (up, back), (up, other))
    for source, target in ways:
        carry_out(plan(source, target), place)
        assert plan(source, target).counts() == {"same": len(FILES) + 1}
        if isinstance(target, Path) or isinstance(source, Path):
            assert plan(target, source).counts() == {"same": len(FILES) + 1}
    # What can only be compared by time, as an object in parts on MinIO, is told apart by whole seconds.
    written = int(time.time())
    while int(time.time()) <= written:
        time.sleep(0.01)
    (folder / "a").write_bytes(b"2")
    os.utime(folder / "a", (1, 1))
    with (folder / "large.iso").open("r+b") as file:
        file.seek(7 * MIB)
        file.write(b"changed")
    (folder / "sub/deep/b").unlink()
    (folder / "sub/new").write_bytes(b"new")
    for source, target in ways:
        made = plan(source, target)
        assert made.counts() == {"replace": 2, "delete": 1, "new": 1, "same": len(FILES) - 2}
        carry_out(made, place)
        assert plan(source, target).counts() == {"same": len(FILES) + 1}
    assert place.connection.call("get_object", Bucket=other.uri.bucket, Key="copied/a")["Body"].read() == b"2"
    assert (back / "large.iso").read_bytes() == (folder / "large.iso").read_bytes()
