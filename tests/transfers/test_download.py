"""Downloading from a real server."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.new_file import rename_to_new
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest, download
from s3tui.transfers.failures import AlreadyExists, Differs, LocalFailure, NoSpace
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Outcome, Progress
from tests.transfers.conftest import MIB, send
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "received"
    folder.mkdir()
    return folder


def put(connection: Connection, bucket: str, data: bytes, key: str = "image.iso", **more: object) -> None:
    connection.call("put_object", Bucket=bucket, Key=key, Body=data, **more)


def receive(connection: Connection, bucket: str, path: Path, key: str = "image.iso", **more: object) -> Outcome:
    request = DownloadRequest(S3Uri(bucket, key), path, **more)  # type: ignore[arg-type]
    return download(connection, request, Progress(), CancelToken(), Notes())


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("size", [0, 1, 1000, 5 * MIB, 5 * MIB + 1, 12 * MIB])
def test_what_arrives_is_what_is_stored(connection: Connection, bucket: str, folder: Path, size: int) -> None:
    data = os.urandom(size)
    put(connection, bucket, data)
    progress = Progress()
    request = DownloadRequest(S3Uri(bucket, "image.iso"), folder / "a.iso")
    outcome = download(connection, request, progress, CancelToken(), Notes())
    assert outcome.state == "verified"
    assert (folder / "a.iso").read_bytes() == data
    assert (progress.done, progress.total) == (size, size)
    assert left(folder) == ["a.iso"]
    modified = connection.call("head_object", Bucket=bucket, Key="image.iso")["LastModified"]
    assert (folder / "a.iso").stat().st_mtime == modified.timestamp()


def test_the_etag_of_many_parts_is_checked(connection: Connection, bucket: str, folder: Path, make: Make) -> None:
    path = make(12 * MIB)
    assert send(connection, path, bucket).etag.endswith("-3")
    outcome = receive(connection, bucket, folder / "a.iso")
    assert outcome.state == "verified" and "ETag" in outcome.detail
    assert (folder / "a.iso").read_bytes() == path.read_bytes()


def test_one_version_is_received(connection: Connection, bucket: str, folder: Path) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(connection, bucket, b"old")
    old = connection.call("head_object", Bucket=bucket, Key="image.iso")["VersionId"]
    put(connection, bucket, b"new")
    request = DownloadRequest(S3Uri(bucket, "image.iso", old), folder / "old")
    assert download(connection, request, Progress(), CancelToken(), Notes()).version_id == old
    assert (folder / "old").read_bytes() == b"old"


def test_an_existing_file_is_kept_unless_chosen(connection: Connection, bucket: str, folder: Path) -> None:
    put(connection, bucket, b"theirs")
    (folder / "a").write_bytes(b"mine")
    (folder / "dangling").symlink_to("nowhere")
    for name in ("a", "dangling"):
        with pytest.raises(AlreadyExists):
            receive(connection, bucket, folder / name)
    assert (folder / "a").read_bytes() == b"mine"
    receive(connection, bucket, folder / "a", overwrite=True)
    assert (folder / "a").read_bytes() == b"theirs"


def test_a_file_that_appears_meanwhile_is_kept(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"theirs")
    appear = Treatment(before=lambda: (folder / "a").write_bytes(b"mine"))
    proxy.rules.append(lambda asked: appear if asked.method == "GET" else None)
    with pytest.raises(AlreadyExists):
        receive(through, bucket, folder / "a")
    assert (folder / "a").read_bytes() == b"mine" and left(folder) == ["a"]


def test_a_disk_without_hard_links_is_no_reason_to_replace(
    connection: Connection, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    put(connection, bucket, b"theirs")
    receive(connection, bucket, folder / "a")
    assert (folder / "a").read_bytes() == b"theirs" and left(folder) == ["a"]
    (folder / "b").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        rename_to_new(folder / "a", folder / "b")
    assert (folder / "b").read_bytes() == b"mine"


def test_two_downloads_to_one_name(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    """The second is refused while the first is still moving, not after it has moved everything too."""
    put(connection, bucket, b"first", "one")
    put(connection, bucket, b"second", "two")
    held, tried = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        tried.wait(10)

    proxy.once(lambda asked: Treatment(before=hold) if asked.method == "GET" else None)
    first: list[Outcome] = []
    thread = threading.Thread(target=lambda: first.append(receive(through, bucket, folder / "a", "one")))
    thread.start()
    held.wait(10)
    with pytest.raises(AlreadyExists):
        receive(connection, bucket, folder / "a", "two", overwrite=True)
    tried.set()
    thread.join()
    assert first[0].state == "verified" and (folder / "a").read_bytes() == b"first"


def test_an_object_that_changes_meanwhile_is_not_mixed(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"a" * 12 * MIB)
    change = Treatment(before=lambda: put(connection, bucket, b"b" * 12 * MIB))
    proxy.once(lambda asked: change if "range" in asked.headers and not asked.headers["range"].endswith("-0") else None)
    with pytest.raises(errors.Changed):
        receive(through, bucket, folder / "a")
    assert left(folder) == []


def test_a_server_that_ignores_if_match_is_not_mixed_either(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"a" * 12 * MIB)
    change = Treatment(before=lambda: put(connection, bucket, b"b" * 12 * MIB))

    def rule(asked: Asked) -> Treatment | None:
        asked.headers.pop("if-match", None)
        return None

    proxy.rules.append(rule)
    proxy.once(lambda asked: change if "range" in asked.headers and not asked.headers["range"].endswith("-0") else None)
    with pytest.raises(errors.Changed):
        receive(through, bucket, folder / "a")
    assert left(folder) == []


@pytest.mark.parametrize("size", [3 * MIB, 12 * MIB])
def test_a_cut_connection_goes_on_where_it_was_cut(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path, size: int
) -> None:
    data = os.urandom(size)
    put(connection, bucket, data)
    cut = [Treatment(cut_after=100_000), Treatment(cut_after=MIB), Treatment(cut_after=0), Treatment(lose=True)]

    def rule(asked: Asked) -> Treatment | None:
        return cut.pop() if cut and asked.method == "GET" else None

    proxy.rules.append(rule)
    progress = Progress()
    request = DownloadRequest(S3Uri(bucket, "image.iso"), folder / "a")
    assert download(through, request, progress, CancelToken(), Notes()).state == "verified"
    assert (folder / "a").read_bytes() == data and progress.done == size and not cut


def test_a_line_that_stays_cut_fails_and_leaves_nothing(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"x" * 1000)
    proxy.rules.append(lambda asked: Treatment(cut_after=0) if asked.method == "GET" else None)
    with pytest.raises(errors.Unreachable):
        receive(through, bucket, folder / "a")
    assert left(folder) == []


@pytest.mark.parametrize("cut", [None, 6 * MIB])
def test_a_server_that_ignores_range(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path, cut: int | None
) -> None:
    data = os.urandom(12 * MIB)
    put(connection, bucket, data)

    def rule(asked: Asked) -> Treatment | None:
        asked.headers.pop("range", None)
        return None

    proxy.rules.append(rule)
    if cut:
        seen: list[Asked] = []
        proxy.once(lambda asked: Treatment(cut_after=cut) if asked.method == "GET" and _second(seen, asked) else None)
    assert receive(through, bucket, folder / "a").state == "verified"
    assert (folder / "a").read_bytes() == data
    assert len([asked for asked in proxy.asked if asked.method == "GET"]) == (3 if cut else 2)


def _second(seen: list[Asked], asked: Asked) -> bool:
    seen.append(asked)
    return len(seen) == 2


def test_damage_on_the_way_is_found(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    headers = {"ETag": '"x"', "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "FULL_OBJECT"}
    put(connection, bucket, b"content")
    proxy.rules.append(lambda asked: asked.headers.pop("if-match", None) and None)
    proxy.rules.append(lambda asked: Treatment(headers=headers))
    with pytest.raises(Differs):
        receive(through, bucket, folder / "a")
    assert left(folder) == []


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [("crc32", "/ok8tA=="), ("sha256", "7XACtDnpcIRvVHOw/TNHHXTzV+1NBBWkAqv9kgWDKws="), ("crc32c", "")],
)
def test_a_checksum_is_enough(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path, algorithm: str, value: str
) -> None:
    import base64
    import zlib

    from awscrt import checksums

    data = b"content"
    values = {
        "crc32": zlib.crc32(data).to_bytes(4, "big"),
        "sha256": hashlib.sha256(data).digest(),
        "crc32c": checksums.crc32c(data).to_bytes(4, "big"),
    }
    told = base64.b64encode(values[algorithm]).decode()
    put(connection, bucket, data)
    proxy.rules.append(lambda asked: asked.headers.pop("if-match", None) and None)
    headers = {"ETag": '"opaque"', f"x-amz-checksum-{algorithm}": told}
    proxy.rules.append(lambda asked: Treatment(headers=headers))
    outcome = receive(through, bucket, folder / "a")
    assert outcome.state == "verified" and algorithm.upper() in outcome.detail


def test_what_cannot_be_checked_is_kept_and_said(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"content")
    proxy.rules.append(lambda asked: asked.headers.pop("if-match", None) and None)
    proxy.rules.append(lambda asked: Treatment(headers={"ETag": '"opaque"'}))
    outcome = receive(through, bucket, folder / "a")
    assert outcome.state == "received but not verified" and (folder / "a").read_bytes() == b"content"


def test_cancel_leaves_nothing(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"x" * 12 * MIB)
    token = CancelToken()
    proxy.rules.append(lambda asked: Treatment(before=token.cancel) if asked.method == "GET" else None)
    with pytest.raises(Cancelled):
        download(through, DownloadRequest(S3Uri(bucket, "image.iso"), folder / "a"), Progress(), token, Notes())
    assert left(folder) == []


def test_no_room_is_found_before_anything_is_written(
    connection: Connection, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    put(connection, bucket, b"x" * 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10_000, 9_001, 999))
    with pytest.raises(NoSpace, match=r"1000 B.*999 B"):
        receive(connection, bucket, folder / "a")
    assert left(folder) == []


def test_a_disk_that_fills_up_meanwhile(connection: Connection, bucket: str, tmp_path: Path) -> None:
    """A limit on the size of files is how a full disk looks to one process."""
    import resource
    import signal

    put(connection, bucket, b"x" * 3 * MIB)
    folder = tmp_path / "full"
    folder.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        with pytest.raises(LocalFailure):
            receive(connection, bucket, folder / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert left(folder) == []


def test_a_full_disk_says_so(
    connection: Connection, bucket: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    put(connection, bucket, b"x")
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(NoSpace, match="no room left"):
        receive(connection, bucket, folder / "a")
    assert left(folder) == []


def test_an_archived_object_is_said_to_be(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, folder: Path
) -> None:
    put(connection, bucket, b"x", StorageClass="GLACIER")
    with pytest.raises(errors.Archived):
        receive(connection, bucket, folder / "a")
    proxy.rules.append(
        lambda asked: Treatment(headers={"x-amz-restore": 'ongoing-request="true"'}) if asked.method == "HEAD" else None
    )
    with pytest.raises(errors.Archived, match="under way"):
        receive(through, bucket, folder / "a")
    assert left(folder) == []


def test_links_do_not_lead_out_of_the_folder(connection: Connection, bucket: str, folder: Path, tmp_path: Path) -> None:
    put(connection, bucket, b"x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    for path in (folder / "link" / "a", folder / "link" / "b" / "a", folder / ".." / "a"):
        with pytest.raises(BadInput):
            receive(connection, bucket, path, root=folder)
    assert left(outside) == []
    receive(connection, bucket, folder / "new" / "deep" / "a", root=folder)
    assert (folder / "new" / "deep" / "a").read_bytes() == b"x"


def test_a_folder_in_the_way_is_no_target(connection: Connection, bucket: str, folder: Path) -> None:
    put(connection, bucket, b"x")
    (folder / "a").mkdir()
    (folder / "file").write_bytes(b"")
    for path in (folder / "a", folder / "file" / "b"):
        with pytest.raises(LocalFailure):
            receive(connection, bucket, path, overwrite=True)


def test_what_is_not_there_makes_no_file(connection: Connection, bucket: str, folder: Path) -> None:
    with pytest.raises(errors.NoSuchKey):
        receive(connection, bucket, folder / "new" / "a")
    assert left(folder) == []
