"""What was seen, and chosen to be replaced or deleted, is all that is: whatever the server makes of conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from s3tui.background import CancelToken
from s3tui.s3.uri import S3Uri
from s3tui.transfers import move
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.delete import DeleteRequest
from s3tui.transfers.download import DownloadRequest, seen_at
from s3tui.transfers.failures import ChangedSinceSeen
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.stored import bare, find
from tests.servers.conftest import Place


def run(place: Place, request: Any) -> Outcome:
    outcome: Outcome = request.run(place.connection, Progress(), CancelToken(), Notes())
    return outcome


def etag(place: Place, uri: S3Uri) -> str:
    found = find(place.connection, uri)
    assert found
    return bare(found.etag)


@pytest.mark.capability("copy, move")
def test_a_copy_and_a_move_replace_only_what_was_seen(place: Place) -> None:
    source, target = place.put("source", b"new"), place.put("target", b"seen")
    seen = etag(place, target)
    assert run(place, CopyRequest(source, target, overwrite=True, replaces=seen)).state == "verified"
    assert place.read("target") == b"new"
    place.put("target", b"theirs")
    for kind in (CopyRequest, MoveRequest):
        with pytest.raises(ChangedSinceSeen):
            run(place, kind(source, target, overwrite=True, replaces=seen))
    assert place.read("target") == b"theirs" and place.read("source") == b"new"
    moved = run(place, MoveRequest(source, target, overwrite=True, replaces=etag(place, target)))
    assert moved.state == "verified" and place.read("target") == b"new" and not find(place.connection, source)


@pytest.mark.capability("copy, move")
def test_an_original_that_changed_after_the_copy_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = place.put("source", b"copied"), place.at("target")
    delete = move.delete_original

    def changed(*details: Any) -> Outcome:
        place.put("source", b"newer than the copy")
        return delete(*details)

    monkeypatch.setattr(move, "delete_original", changed)
    outcome = run(place, MoveRequest(source, target))
    assert outcome.state == "sent but not verified" and "changed meanwhile" in outcome.detail
    assert place.read("source") == b"newer than the copy" and place.read("target") == b"copied"


def test_only_what_was_seen_is_deleted(place: Place) -> None:
    keys, seen = ("a", "b", "c"), []
    for key in keys:
        found = find(place.connection, place.put(key, b"seen"))
        assert found
        seen.append((found.size, found.etag))
    place.put("b", b"theirs")
    named = tuple(place.at(key).key for key in keys)
    outcome = run(place, DeleteRequest(place.at("a").bucket, named, seen=tuple(seen)))
    assert outcome.state == "done in part" and "has changed since" in outcome.detail
    assert [key for key in keys if find(place.connection, place.at(key))] == ["b"]
    assert place.read("b") == b"theirs"


def test_a_download_replaces_only_the_file_that_was_seen(place: Place, tmp_path: Path) -> None:
    uri, path = place.put("stored", b"stored"), tmp_path / "file"
    path.write_bytes(b"seen")
    request = DownloadRequest(uri, path).replacing(seen_at(path))
    assert run(place, request).state == "verified" and path.read_bytes() == b"stored"
    with pytest.raises(ChangedSinceSeen):
        run(place, request)
    assert path.read_bytes() == b"stored"
