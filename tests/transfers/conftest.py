"""Small parts, a connection through the proxy, and files to send."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from s3tui.background import CancelToken
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers import completing, multipart, parts, ranges, runner
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from s3tui.transfers.upload import UploadRequest, upload
from tests.transfers import proxy as proxies
from tests.transfers.killed import KeptNotes

MIB = 1 << 20
SIZE = 22 * MIB + 3  # of `data`


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest parts that S3 takes, and no patience."""
    monkeypatch.setattr(parts, "PART_SIZE", 5 * MIB)
    monkeypatch.setattr(runner, "LONGEST", 0.0)
    monkeypatch.setattr(multipart, "PART_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(completing, "SETTLE_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(ranges, "PAUSES", (0.01, 0.01))


@pytest.fixture
def proxy(endpoint: str) -> Iterator[proxies.Proxy]:
    with proxies.running(endpoint) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: proxies.Proxy, profile: Profile) -> Connection:
    """A connection through the proxy."""
    remember("proxied", Keys("demo-access-key", "demo-secret-key"))
    return Connection(replace(profile, name="proxied", endpoint=proxy.endpoint))


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Makes a file of so many bytes that don't repeat."""

    def make(size: int, name: str = "image.iso") -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(size))
        return path

    return make


@pytest.fixture
def notes(tmp_path: Path) -> KeptNotes:
    return KeptNotes(tmp_path / "notes.json")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """In a folder of its own."""
    folder = tmp_path / "received"
    folder.mkdir()
    return folder / "image.iso"


@pytest.fixture
def data(connection: Connection, bucket: str) -> bytes:
    """What the object holds."""
    data = os.urandom(SIZE)
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=data)
    return data


@pytest.fixture
def times(proxy: proxies.Proxy) -> None:
    """moto says of every upload that it began in 2010."""

    def now(body: bytes) -> bytes:
        return re.sub(rb"<Initiated>[^<]*", datetime.now(UTC).strftime("<Initiated>%Y-%m-%dT%H:%M:%SZ").encode(), body)

    proxy.rules.append(
        lambda asked: (
            proxies.Treatment(change=now) if asked.method == "GET" and "uploads" in urlsplit(asked.path).query else None
        )
    )


def send(connection: Connection, path: Path, bucket: str, key: str = "image.iso", **more: object) -> Outcome:
    request = UploadRequest(path, S3Uri(bucket, key), **more)  # type: ignore[arg-type]
    return upload(connection, request, Progress(), CancelToken(), Notes())


def content(connection: Connection, bucket: str, key: str = "image.iso") -> bytes:
    return bytes(connection.call("get_object", Bucket=bucket, Key=key)["Body"].read())


def unfinished(connection: Connection, bucket: str) -> list[str]:
    answer = connection.call("list_multipart_uploads", Bucket=bucket)
    return [upload["Key"] for upload in answer.get("Uploads") or ()]
