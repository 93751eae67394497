"""A file is compared with the checksum file beside it before anything of it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import FileChanged, NoSum, SumsDisagree, WrongSum
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.upload import UploadRequest, upload
from tests.transfers.conftest import MIB, content, send, unfinished

Make = Callable[..., Path]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sums(path: Path, text: str, name: str = "SHA256SUMS") -> None:
    path.with_name(name).write_text(text)


def recorded(connection: Connection, bucket: str) -> dict[str, str]:
    return dict(connection.call("head_object", Bucket=bucket, Key="image.iso")["Metadata"])


def is_there(connection: Connection, bucket: str) -> bool:
    try:
        connection.call("head_object", Bucket=bucket, Key="image.iso")
    except errors.NoSuchKey:
        return False
    return True


@pytest.mark.parametrize("size", [0, 1000, 6 * MIB])
def test_what_agrees_is_sent_and_recorded(connection: Connection, bucket: str, make: Make, size: int) -> None:
    path = make(size)
    sums(path, f"{sha256(path).upper()} *image.iso\r\n")
    outcome = send(connection, path, bucket, metadata={"by": "us"}, check_sums="required")
    assert outcome.state == "verified" and "SHA-256 is that of “SHA256SUMS”" in outcome.detail
    assert recorded(connection, bucket) == {"by": "us", "sha256": sha256(path)}
    assert content(connection, bucket) == path.read_bytes()


@pytest.mark.parametrize("size", [1000, 6 * MIB])
def test_a_bad_download_never_goes_up(connection: Connection, bucket: str, make: Make, size: int) -> None:
    path = make(size)
    expected = hashlib.sha256(b"the real one").hexdigest()
    sums(path, f"SHA256 (image.iso) = {expected}\n", "CHECKSUM")
    with pytest.raises(WrongSum) as failure:
        send(connection, path, bucket)
    assert (failure.value.expected, failure.value.found) == (expected, sha256(path))
    assert expected in str(failure.value) and sha256(path) in str(failure.value)
    assert not is_there(connection, bucket) and not unfinished(connection, bucket)
    assert send(connection, path, bucket, check_sums="no").state == "verified"
    assert recorded(connection, bucket) == {}


def test_each_algorithm_that_is_told_must_agree(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    sums(path, f"{sha256(path)}  image.iso\n")
    sums(path, f"{'0' * 32}  image.iso\n", "MD5SUMS")
    with pytest.raises(WrongSum, match="its MD5 is"):
        send(connection, path, bucket)
    sums(path, f"{md5}  image.iso\n", "MD5SUMS")
    detail = send(connection, path, bucket).detail
    assert "MD5 is that of “MD5SUMS”" in detail and "SHA-256 is that of “SHA256SUMS”" in detail


def test_only_a_sha256_is_recorded(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    sums(path, hashlib.sha512(path.read_bytes()).hexdigest(), "image.iso.sha512")
    assert "SHA-512" in send(connection, path, bucket).detail
    assert recorded(connection, bucket) == {}


def test_sums_that_disagree_send_nothing(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    sums(path, f"{sha256(path)}  image.iso\n{'0' * 64}  image.iso\n")
    with pytest.raises(SumsDisagree):
        send(connection, path, bucket)
    assert not is_there(connection, bucket)


def test_without_a_sum_it_goes_unless_one_is_required(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    sums(path, f"{'0' * 64}  another.iso\n")
    with pytest.raises(NoSum):
        send(connection, path, bucket, check_sums="required")
    assert not is_there(connection, bucket)
    assert send(connection, path, bucket).detail == "Size and ETag agree."


def test_metadata_that_says_another_sha256_is_refused(connection: Connection, bucket: str, make: Make) -> None:
    path = make(10)
    sums(path, f"{sha256(path)}  image.iso\n")
    with pytest.raises(BadInput, match="says the SHA-256"):
        send(connection, path, bucket, metadata={"SHA256": "0" * 64})
    with pytest.raises(BadInput, match="can't be recorded"):
        send(connection, path, bucket, metadata={"note": "x" * 2000})
    assert not is_there(connection, bucket)
    assert send(connection, path, bucket, metadata={"SHA256": sha256(path).upper()}).state == "verified"


def test_what_exists_is_found_out_before_a_large_file_is_read(connection: Connection, bucket: str, make: Make) -> None:
    from s3tui.transfers.failures import AlreadyExists

    path = make(10)
    sums(path, f"{'0' * 64}  image.iso\n")
    connection.call("put_object", Bucket=bucket, Key="image.iso", Body=b"there")
    with pytest.raises(AlreadyExists):
        send(connection, path, bucket)


class Looking(Progress):
    """Notes each stage, and does something at the second."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.stages: list[str] = []
        self._then = then
        super().__init__()

    @property
    def stage(self) -> str:
        return self.stages[-1] if self.stages else ""

    @stage.setter
    def stage(self, value: str) -> None:
        self.stages.append(value)
        if len(self.stages) == 3:
            self._then()


def attempt(connection: Connection, bucket: str, path: Path, progress: Progress, token: CancelToken) -> None:
    upload(connection, UploadRequest(path, S3Uri(bucket, "image.iso")), progress, token, Notes())


def test_it_shows_how_far_it_is_and_can_be_cancelled(connection: Connection, bucket: str, make: Make) -> None:
    path = make(8 * MIB)
    sums(path, f"{sha256(path)}  image.iso\n")
    token = CancelToken()
    progress = Looking(token.cancel)
    with pytest.raises(Cancelled):
        attempt(connection, bucket, path, progress, token)
    assert progress.stages == ["", "checking 0%", "checking 25%"]
    assert not is_there(connection, bucket)


def test_a_file_that_changes_while_it_is_checked_is_refused(connection: Connection, bucket: str, make: Make) -> None:
    path = make(8 * MIB)
    sums(path, f"{sha256(path)}  image.iso\n")
    with pytest.raises(FileChanged):
        attempt(connection, bucket, path, Looking(lambda: path.write_bytes(b"x" * 4 * MIB)), CancelToken())
    assert not is_there(connection, bucket)
