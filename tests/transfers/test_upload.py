"""Uploading against a real server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.errors import BadInput
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.uri import S3Uri
from s3tui.transfers.failures import Differs, FileChanged, LeftBehind, LocalFailure
from s3tui.transfers.notes import Notes
from s3tui.transfers.progress import Progress
from s3tui.transfers.upload import UploadRequest, upload
from tests.transfers.conftest import MIB, content, send, unfinished
from tests.transfers.proxy import Asked, Proxy, Treatment

Make = Callable[..., Path]


def test_a_small_file_arrives_with_all_that_was_said_of_it(connection: Connection, bucket: str, make: Make) -> None:
    path = make(1000)
    outcome = send(
        connection,
        path,
        bucket,
        "a/image.iso",
        storage_class="STANDARD_IA",
        metadata={"machine": "rack 7"},
        tags={"team": "lab + co", "tier": "1"},
    )
    assert outcome.state == "verified" and outcome.size == 1000
    assert outcome.etag == hashlib.md5(path.read_bytes()).hexdigest()
    head = connection.call("head_object", Bucket=bucket, Key="a/image.iso")
    assert head["ContentType"] == "application/x-iso9660-image"
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["Metadata"] == {"machine": "rack 7"}
    tags = connection.call("get_object_tagging", Bucket=bucket, Key="a/image.iso")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "lab + co", "tier": "1"}
    assert content(connection, bucket, "a/image.iso") == path.read_bytes()


def test_an_empty_file_arrives(connection: Connection, bucket: str, make: Make) -> None:
    assert send(connection, make(0), bucket).state == "verified"


def test_a_large_file_goes_in_parts_and_its_etag_is_checked(connection: Connection, bucket: str, make: Make) -> None:
    path = make(11 * MIB + 17)
    progress = Progress()
    request = UploadRequest(path, S3Uri(bucket, "image.iso"), tags={"a": "b"}, content_type="x/y")
    outcome = upload(connection, request, progress, CancelToken(), Notes())
    assert outcome.state == "verified" and outcome.etag.endswith("-3") and "Size" in outcome.detail
    assert (progress.done, progress.total) == (11 * MIB + 17, 11 * MIB + 17)
    assert content(connection, bucket) == path.read_bytes()
    assert connection.call("head_object", Bucket=bucket, Key="image.iso")["ContentType"] == "x/y"
    assert not unfinished(connection, bucket)


@pytest.mark.parametrize("size", [1000, 6 * MIB])
def test_with_checksums_as_aws_wants_them(profile: Profile, bucket: str, make: Make, size: int) -> None:
    connection = Connection(replace(profile, checksums="when_supported"))
    path = make(size)
    outcome = send(connection, path, bucket)
    assert outcome.state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def test_progress_counts_what_is_sent_not_what_is_hashed(
    connection: Connection, bucket: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    counted = Progress.add

    def add(self: Progress, count: int) -> None:
        counted(self, count)
        seen.append(self.done)

    monkeypatch.setattr(Progress, "add", add)
    send(connection, make(3 * MIB), bucket)
    assert seen == sorted(seen) and seen[-1] == 3 * MIB and len(seen) > 1


@pytest.mark.parametrize("size", [3 * MIB, 12 * MIB])
def test_a_file_that_changes_while_it_is_sent_is_refused(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, size: int
) -> None:
    path = make(size)

    def rule(asked: Asked) -> Treatment | None:
        creating = asked.method == "POST" and "uploads" in asked.path
        if creating or (size < 5 * MIB and asked.method == "HEAD"):
            return Treatment(before=lambda: path.write_bytes(b"x" * size))
        return None

    proxy.once(rule)
    with pytest.raises(FileChanged):
        send(through, path, bucket)
    with pytest.raises(errors.NoSuchKey):
        connection.call("head_object", Bucket=bucket, Key="image.iso")
    assert not unfinished(connection, bucket)


def test_a_file_that_is_replaced_by_another_of_its_size_and_time_is_refused(
    through: Connection, proxy: Proxy, bucket: str, make: Make, tmp_path: Path
) -> None:
    import os

    path = make(100)
    other = make(100, "other")
    seen = path.stat()
    os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    proxy.once(lambda asked: Treatment(before=lambda: other.replace(path)) if asked.method == "HEAD" else None)
    with pytest.raises(FileChanged):
        send(through, path, bucket)


def test_cancel_aborts_the_multipart_upload(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if "partNumber=2" in asked.path else None)
    request = UploadRequest(make(12 * MIB), S3Uri(bucket, "image.iso"))
    with pytest.raises(Cancelled):
        upload(through, request, Progress(), token, Notes())
    assert not unfinished(connection, bucket)
    with pytest.raises(errors.NoSuchKey):
        connection.call("head_object", Bucket=bucket, Key="image.iso")


def test_an_interrupt_of_the_calling_thread_aborts_too(
    connection: Connection, bucket: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C on the command line arrives where the parts are waited for."""
    from s3tui.transfers import parts

    waited = parts._wait

    def interrupted(running: object) -> object:
        waited(running)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(parts, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        send(connection, make(12 * MIB), bucket)
    assert not unfinished(connection, bucket)


def test_an_upload_that_cannot_be_aborted_is_named(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    token = CancelToken()
    proxy.once(lambda asked: Treatment(before=token.cancel) if "partNumber=1" in asked.path else None)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if asked.method == "DELETE" else None)
    request = UploadRequest(make(6 * MIB), S3Uri(bucket, "image.iso"))
    with pytest.raises(LeftBehind) as failure:
        upload(through, request, Progress(), token, Notes())
    upload_id = connection.call("list_multipart_uploads", Bucket=bucket)["Uploads"][0]["UploadId"]
    assert upload_id in failure.value.advice


@pytest.mark.parametrize("fault", [Treatment(lose=True), Treatment(instead=(503, b"")), Treatment(instead=(500, b""))])
@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_a_part_is_sent_again_when_the_line_or_the_server_fails(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make, fault: Treatment, size: int
) -> None:
    path = make(size)
    proxy.once(lambda asked: fault if asked.method == "PUT" else None)
    progress = Progress()
    assert (
        upload(through, UploadRequest(path, S3Uri(bucket, "image.iso")), progress, CancelToken(), Notes()).state
        == "verified"
    )
    assert content(connection, bucket) == path.read_bytes()
    assert progress.done == size


def test_a_lost_answer_to_complete_is_settled_by_looking(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    path = make(6 * MIB)
    # The server does it, and its answer is lost; what botocore then sends again is refused.
    proxy.rules.append(lambda asked: Treatment(lose=True) if _completes(asked) else None)
    assert send(through, path, bucket).state == "verified"
    assert content(connection, bucket) == path.read_bytes()


def _completes(asked: Asked) -> bool:
    return asked.method == "POST" and "uploadId=" in asked.path


def test_when_nobody_can_look_the_outcome_is_unknown_and_nothing_is_aborted(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    def rule(asked: Asked) -> Treatment | None:
        if _completes(asked):
            completed.append(asked)
            return Treatment(lose=True)
        # From the first loss on, looking fails.
        return Treatment(instead=(403, b"")) if completed and asked.method == "HEAD" else None

    completed: list[Asked] = []
    proxy.rules.append(rule)
    outcome = send(through, make(6 * MIB), bucket, overwrite=True)
    assert outcome.state == "outcome unknown" and "image.iso" in outcome.detail
    assert not any(asked.method == "DELETE" for asked in proxy.asked)


def test_a_complete_that_is_refused_for_good_fails_and_aborts(
    through: Connection, connection: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    proxy.rules.append(lambda asked: Treatment(instead=(503, b"")) if _completes(asked) else None)
    with pytest.raises(errors.Throttled):
        send(through, make(6 * MIB), bucket)
    assert not unfinished(connection, bucket)


def test_what_arrived_shorter_is_called_damaged(
    through: Connection, proxy: Proxy, connection: Connection, bucket: str, make: Make
) -> None:
    def shorten(asked: Asked) -> Treatment | None:
        if asked.method == "PUT":
            asked.body = asked.body[:-1]
            asked.headers["content-length"] = str(len(asked.body))
            asked.headers.pop("content-md5")
        return None

    proxy.rules.append(shorten)
    with pytest.raises(Differs):
        send(through, make(10), bucket)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ETag": '"0123456789abcdef0123456789abcdef"', "x-amz-server-side-encryption": "aws:kms"}, "KMS"),
        ({"ETag": '"0123456789abcdef0123456789abcdef"'}, "not the MD5"),
        ({"ETag": '"0123456789abcdef0123456789abcdef-7"'}, "parts"),
    ],
)
def test_an_etag_that_proves_nothing_is_said_to(
    through: Connection, proxy: Proxy, bucket: str, make: Make, headers: dict[str, str], said: str
) -> None:
    proxy.rules.append(lambda asked: Treatment(headers=headers) if asked.method in ("HEAD", "PUT") else None)
    outcome = send(through, make(10), bucket, overwrite=True)
    assert outcome.state == "sent but not verified" and said in outcome.detail


@pytest.mark.parametrize(
    ("header", "said"), [("x-amz-tagging", "did not keep the tags"), ("x-amz-meta-by", "did not keep the metadata By")]
)
def test_what_the_endpoint_drops_without_a_word_is_said(
    through: Connection, proxy: Proxy, bucket: str, make: Make, header: str, said: str
) -> None:
    """rclone does, with tags."""

    def drop(asked: Asked) -> None:
        asked.headers.pop(header, None)

    proxy.rules.append(drop)
    outcome = send(through, make(10), bucket, metadata={"By": "us, Zoë"}, tags={"a b": "c+d"})
    assert outcome.state == "sent but not verified" and said in outcome.detail
    proxy.rules.clear()
    assert send(through, make(10), bucket, "two", metadata={"By": "us, Zoë"}, tags={"a b": "c+d"}).state == "verified"


def test_a_server_that_gives_the_md5_of_the_whole_to_parts_is_verified(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    """rclone does."""
    path = make(6 * MIB)
    whole = hashlib.md5(path.read_bytes()).hexdigest()
    proxy.rules.append(lambda asked: Treatment(headers={"ETag": f'"{whole}"'}) if asked.method == "HEAD" else None)
    outcome = send(through, path, bucket, overwrite=True)
    assert outcome.state == "verified" and "MD5" in outcome.detail


def test_a_checksum_that_differs_is_damage(through: Connection, proxy: Proxy, bucket: str, make: Make) -> None:
    headers = {"ETag": '"x"', "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "FULL_OBJECT"}
    proxy.rules.append(lambda asked: Treatment(headers=headers) if asked.method == "HEAD" else None)
    with pytest.raises(Differs):
        send(through, make(10), bucket, overwrite=True)


def test_a_read_only_connection_sends_nothing(connection: Connection, bucket: str, make: Make) -> None:
    connection.read_only = True
    with pytest.raises(errors.ReadOnly):
        send(connection, make(10), bucket)
    with pytest.raises(errors.ReadOnly):
        send(connection, make(6 * MIB), bucket)


def test_what_is_no_file_is_refused_before_anything_is_asked(
    connection: Connection, bucket: str, tmp_path: Path
) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for path, error in [(tmp_path, BadInput), (tmp_path / "pipe", BadInput), (tmp_path / "none", LocalFailure)]:
        with pytest.raises(error):
            send(connection, path, bucket)


@pytest.mark.parametrize("key", ["", "folder/", "é" * 513, "half \udc80"])
def test_keys_that_cannot_be_are_refused(connection: Connection, bucket: str, make: Make, key: str) -> None:
    with pytest.raises(BadInput):
        send(connection, make(1), bucket, key)


def test_of_an_unknown_outcome_nothing_counts_as_moved(
    through: Connection, proxy: Proxy, bucket: str, make: Make
) -> None:
    proxy.rules.append(lambda asked: Treatment(lose=True) if asked.method == "PUT" else None)
    proxy.rules.append(lambda asked: Treatment(instead=(403, b"")) if sent() else None)

    def sent() -> bool:
        return any(asked.method == "PUT" for asked in proxy.asked)

    progress = Progress()
    request = UploadRequest(make(1000), S3Uri(bucket, "image.iso"), overwrite=True)
    assert upload(through, request, progress, CancelToken(), Notes()).state == "outcome unknown"
    assert progress.done == 0
