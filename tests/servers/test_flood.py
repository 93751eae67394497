"""Many small files at once, signed here and not by boto3: taken by each server, and nothing replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s3tui.s3 import objects
from s3tui.s3.metadata import readable
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import End, upload_all
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
