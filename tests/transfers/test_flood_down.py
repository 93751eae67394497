"""Many small objects at once: one request each, compared before they are written, and never over a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.download import DownloadRequest
from s3tui.transfers.failures import AlreadyExists
from s3tui.transfers.flood import SMALL, End
from s3tui.transfers.flood_down import download_all
from s3tui.transfers.names import local_paths
from tests.floods import ends_of
from tests.hostile import NAMES
from tests.transfers.proxy import Asked, Proxy, Treatment

KEYS = [f"files/{number:02}.bin" for number in range(30)]


def flood(
    connection: Connection, bucket: str, paths: dict[str, Path], token: CancelToken | None = None, **more: bool
) -> dict[str, End]:
    requests = [DownloadRequest(S3Uri(bucket, key), path, **more) for key, path in paths.items()]
    return dict(zip(paths, ends_of(download_all, connection, requests, token), strict=True))


def states(ends: dict[str, End]) -> set[str]:
    return {getattr(end, "state", type(end).__name__) for end in ends.values()}


@pytest.fixture
def paths(connection: Connection, bucket: str, tmp_path: Path) -> dict[str, Path]:
    """Where what is in the bucket shall go."""
    for key in KEYS:
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode() * 20)
    return local_paths(tmp_path / "there", KEYS)


def test_each_comes_in_one_request(through: Connection, proxy: Proxy, bucket: str, paths: dict[str, Path]) -> None:
    assert states(flood(through, bucket, paths)) == {"verified"}
    assert {key: path.read_bytes() for key, path in paths.items()} == {key: key.encode() * 20 for key in KEYS}
    assert [asked.method for asked in proxy.asked if "list-type=2" not in asked.path] == ["GET"] * len(KEYS)
    told = through.call("head_object", Bucket=bucket, Key=KEYS[0])["LastModified"]
    assert paths[KEYS[0]].stat().st_mtime == told.timestamp()


def test_any_name(connection: Connection, bucket: str, tmp_path: Path) -> None:
    keys = [name for name in NAMES if "\x0b" not in name]  # which moto can't hold, whoever sends it
    for key in keys:
        connection.call("put_object", Bucket=bucket, Key=key, Body=key.encode())
    paths = local_paths(tmp_path / "there", keys)
    assert states(flood(connection, bucket, paths)) == {"verified"}
    assert {key: path.read_bytes() for key, path in paths.items()} == {key: key.encode() for key in keys}


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1])
def test_any_size(connection: Connection, bucket: str, tmp_path: Path, size: int) -> None:
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x" * size)
    path = tmp_path / "k"
    assert states(flood(connection, bucket, {"k": path})) == {"verified"}
    assert path.read_bytes() == b"x" * size


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_replaced_only_if_that_was_chosen(
    connection: Connection, bucket: str, paths: dict[str, Path], overwrite: bool
) -> None:
    there = paths[KEYS[4]]
    there.parent.mkdir(parents=True)
    there.write_bytes(b"old")
    ends = flood(connection, bucket, paths, overwrite=overwrite)
    assert [key for key in KEYS if isinstance(ends[key], AlreadyExists)] == ([] if overwrite else [KEYS[4]])
    assert there.read_bytes() == (KEYS[4].encode() * 20 if overwrite else b"old")


@pytest.mark.parametrize("treatment", [Treatment(cut_after=100), Treatment(lose=True), Treatment(instead=(503, b""))])
def test_a_bad_line(
    through: Connection, proxy: Proxy, bucket: str, paths: dict[str, Path], treatment: Treatment
) -> None:
    """What is cut, and what got no answer, is asked for again."""
    proxy.once(lambda asked: treatment if asked.path.startswith(f"/{bucket}/{KEYS[7]}") else None)
    assert states(flood(through, bucket, paths)) == {"verified"}
    assert {key: path.read_bytes() for key, path in paths.items()} == {key: key.encode() * 20 for key in KEYS}
    assert sorted(paths[KEYS[0]].parent.iterdir()) == sorted(paths.values())


def test_an_object_that_changed_meanwhile_is_refused(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str, paths: dict[str, Path]
) -> None:
    def change(asked: Asked) -> Treatment | None:
        again = Treatment(before=lambda: connection.call("put_object", Bucket=bucket, Key=KEYS[7], Body=b"another"))
        return again if asked.path.startswith(f"/{bucket}/{KEYS[7]}") else None

    proxy.rules.append(change)
    ends = flood(through, bucket, paths)
    assert [key for key in KEYS if isinstance(ends[key], errors.Changed)] == [KEYS[7]]
    assert not paths[KEYS[7]].exists()


def test_damage_is_found(through: Connection, proxy: Proxy, bucket: str, paths: dict[str, Path]) -> None:
    """An ETag that is no MD5 of what came: the ordinary way looks closer, and doesn't call it verified."""
    wrong = "0" * 32
    proxy.rules.append(
        lambda asked: (
            Treatment(headers={"ETag": f'"{wrong}"'}) if asked.path.startswith(f"/{bucket}/{KEYS[7]}") else None
        )
    )
    ends = flood(through, bucket, paths)
    assert getattr(ends[KEYS[7]], "state", "failed") != "verified"
    assert getattr(ends[KEYS[8]], "state", "failed") == "verified"


def test_cancelled_before_it_began(connection: Connection, bucket: str, paths: dict[str, Path]) -> None:
    token = CancelToken()
    token.cancel()
    ends = flood(connection, bucket, paths, token)
    assert all(isinstance(end, Cancelled) for end in ends.values())
    assert not any(path.exists() for path in paths.values())


def test_a_key_that_can_not_be_asked_for_fails_alone(
    connection: Connection, bucket: str, paths: dict[str, Path]
) -> None:
    bad = "files/\udcff.bin"
    ends = flood(connection, bucket, {**paths, bad: paths[KEYS[0]].with_name("bad.bin")})
    assert "UTF-8" in str(ends.pop(bad))
    assert states(ends) == {"verified"}
