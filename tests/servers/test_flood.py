"""Many small objects at once, signed here and not by boto3: taken by each server, and nothing replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3tui.s3 import objects, tags
from s3tui.s3.metadata import readable
from s3tui.transfers.copy import CopyRequest
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import End, upload_all
from s3tui.transfers.flood_copy import copy_all
from s3tui.transfers.move import MoveRequest
from s3tui.transfers.stored import find
from s3tui.transfers.upload import UploadRequest
from tests.floods import ends_of
from tests.servers.conftest import Place

KEYS = [
    "floods/a b+c.txt",
    "floods/%2B é 日本.txt",
    "floods/~'()!&=;,@$.txt",
    *(f"floods/{n:02}.txt" for n in range(20)),
]


def flood(place: Place, path: Path) -> list[End]:
    requests = [UploadRequest(path, place.at(key), metadata={"version": "4.14 é"}) for key in KEYS]
    return ends_of(upload_all, place.connection, requests)


@pytest.mark.capability("upload, download")
def test_many_small_files_go_there_and_are_not_replaced(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(os.urandom(4096))
    ends = flood(place, path)
    assert {getattr(end, "state", str(end)) for end in ends} == {"verified"}
    first = path.read_bytes()
    path.write_bytes(os.urandom(4096))
    assert all(isinstance(end, AlreadyExists) for end in flood(place, path))
    for key in KEYS:
        answer = place.connection.quickly("get_object", Bucket=place.at(key).bucket, Key=key)
        assert answer["Body"].read() == first
        told = dict(objects.head(place.connection, place.at(key)).metadata.user)
        assert [readable(value) for value in told.values()] == ["4.14 é"]
    sent = [each for each in place.connection.log.newest() if each.operation in ("PutObject", "GetObject")]
    assert {each.attempts for each in sent} == {1}  # nothing was left to boto3 after a failure


def copies(place: Place, kind: type[CopyRequest] | type[MoveRequest]) -> list[End]:
    requests = [kind(place.at(key), place.at(f"copies/{key}")) for key in KEYS]
    return ends_of(copy_all, place.connection, requests)


@pytest.mark.capability("copy, move")
def test_many_are_copied_and_moved_and_nothing_is_replaced(place: Place) -> None:
    for key in KEYS:
        place.put(key, key.encode(), ContentType="text/x-odd", Metadata={"version": "4.14"})
    ends = copies(place, CopyRequest)
    assert {getattr(end, "state", str(end)) for end in ends} == {"verified"}
    sent = [each for each in place.connection.log.newest() if each.operation == "CopyObject" and each.status == 200]
    assert {each.attempts for each in sent} == {1}  # nothing was left to boto3 after a failure
    assert all(isinstance(end, AlreadyExists) for end in copies(place, MoveRequest))
    for key in KEYS[::2]:
        place.connection.call("delete_object", **place.at(f"copies/{key}").parameters)
    ends = copies(place, MoveRequest)
    assert {getattr(end, "state", str(end)) for end in ends[::2]} == {"verified"}
    assert all(isinstance(end, AlreadyExists) for end in ends[1::2])
    for number, key in enumerate(KEYS):
        assert place.read(f"copies/{key}") == key.encode()
        told = objects.head(place.connection, place.at(f"copies/{key}")).metadata
        assert told.content_type == "text/x-odd" and ("version", "4.14") in {(n.lower(), v) for n, v in told.user}
        assert (find(place.connection, place.at(key)) is None) == (number % 2 == 0)


@pytest.mark.capability("tags")
def test_tags_come_along_with_many(place: Place) -> None:
    for number, key in enumerate(KEYS):
        place.put(key, key.encode())
        if number % 2:
            tags.replace(place.connection, place.at(key), {}, {"number": str(number)})
    ends = copies(place, CopyRequest)
    assert {getattr(end, "state", str(end)) for end in ends} == {"verified"}
    for number, key in enumerate(KEYS):
        wanted = {"number": str(number)} if number % 2 else {}
        assert tags.read(place.connection, place.at(f"copies/{key}")) == wanted
