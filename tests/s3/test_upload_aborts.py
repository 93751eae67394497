"""Aborting what was found in a list of unfinished uploads, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, upload_aborts, uploads
from s3tui.s3.client import Connection
from s3tui.s3.uploads import Upload
from s3tui.s3.uri import S3Uri
from tests.s3.stub_server import Answer, Asked, stub

STARTED = datetime(2026, 11, 20, tzinfo=UTC)
LIST = b"<ListMultipartUploadsResult></ListMultipartUploadsResult>"
PARTS = b"<ListPartsResult><Part><PartNumber>1</PartNumber><Size>5</Size></Part></ListPartsResult>"
GONE = Answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
DENIED = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")


def begin(connection: Connection, bucket: str, key: str, parts: int = 0) -> Upload:
    name = {"Bucket": bucket, "Key": key}
    identity = connection.call("create_multipart_upload", **name)["UploadId"]
    for number in range(1, parts + 1):
        connection.call("upload_part", **name, UploadId=identity, PartNumber=number, Body=b"x" * 10)
    return Upload(key, identity, STARTED)


@pytest.mark.parametrize("key", ["a", "a/../b", "..", "a//b/", "é\u202e<&>", "x?uploads", " "])
def test_an_upload_is_aborted_and_the_object_of_its_key_stays(connection: Connection, bucket: str, key: str) -> None:
    connection.call("put_object", Bucket=bucket, Key=key, Body=b"the object")
    one, other = begin(connection, bucket, key, parts=2), begin(connection, bucket, key)
    [aborted] = upload_aborts.abort_all(connection, bucket, [one])
    assert aborted == upload_aborts.Aborted(one)
    left = connection.call("list_multipart_uploads", Bucket=bucket)["Uploads"]
    assert [item["UploadId"] for item in left] == [other.upload_id]
    assert connection.call("get_object", Bucket=bucket, Key=key)["Body"].read() == b"the object"


def test_one_that_has_ended_is_said_to_and_the_others_go(connection: Connection, bucket: str) -> None:
    gone, there = begin(connection, bucket, "gone"), begin(connection, bucket, "there")
    connection.call("abort_multipart_upload", Bucket=bucket, Key="gone", UploadId=gone.upload_id)
    ends = {each.upload.key: each.had_ended for each in upload_aborts.abort_all(connection, bucket, [gone, there])}
    assert ends == {"gone": True, "there": False}
    assert uploads.unfinished(connection, bucket).uploads == ()


def test_it_is_done_again_while_parts_still_arrive() -> None:
    lists = [Answer(200, PARTS), GONE]

    def answer(asked: Asked) -> Answer:
        return Answer(204) if asked.method == "DELETE" else lists.pop(0)

    with stub(answer) as running:
        assert upload_aborts.abort(Connection(running.profile), "bucket", "key", "id")
    assert [asked.method for asked in running.asked] == ["DELETE", "GET", "DELETE", "GET"]


def test_parts_that_stay_are_a_failure() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(204) if asked.method == "DELETE" else Answer(200, PARTS)

    with stub(answer) as running, pytest.raises(errors.Conflict, match="still there"):
        upload_aborts.abort(Connection(running.profile), "bucket", "key", "id")
    assert len(running.asked) == 6


def test_who_may_not_list_parts_takes_the_endpoints_word() -> None:
    with stub(lambda asked: Answer(204) if asked.method == "DELETE" else DENIED) as running:
        assert upload_aborts.abort(Connection(running.profile), "bucket", "key", "id")


def test_a_server_that_does_not_know_uploads_is_never_sent_a_delete() -> None:
    """It would take `DELETE /key?uploadId=…` for `DELETE /key`."""
    with stub(lambda _: Answer(200, b"<ListBucketResult></ListBucketResult>")) as running:
        connection = Connection(running.profile)
        with pytest.raises(errors.Unsupported):
            uploads.at(connection, S3Uri("bucket"))
        with pytest.raises(errors.Unsupported, match="uploads"):
            list(upload_aborts.abort_all(connection, "bucket", [Upload("key", "id", STARTED)]))
    assert {asked.method for asked in running.asked} == {"GET"}


@pytest.mark.parametrize(("key", "identity"), [("", "id"), ("key", ""), ("", "")])
def test_an_upload_without_a_name_is_left_alone(key: str, identity: str) -> None:
    """`DELETE /key?uploadId=` is `DELETE /key` to some."""
    with stub(lambda _: Answer(200, LIST)) as running:
        [aborted] = upload_aborts.abort_all(Connection(running.profile), "bucket", [Upload(key, identity, STARTED)])
    assert isinstance(aborted.error, errors.Unsafe)
    assert {asked.method for asked in running.asked} == {"GET"}


def test_denied_and_read_only(connection: Connection, bucket: str) -> None:
    upload = begin(connection, bucket, "key")
    connection.read_only = True
    with pytest.raises(errors.ReadOnly):
        list(upload_aborts.abort_all(connection, bucket, [upload]))
    with stub(lambda asked: DENIED if asked.method == "DELETE" else Answer(200, LIST)) as running:
        [aborted] = upload_aborts.abort_all(Connection(running.profile), "bucket", [upload])
    assert isinstance(aborted.error, errors.AccessDenied)
    assert len(uploads.unfinished(connection, bucket).uploads) == 1


def test_after_a_cancel_no_more_are_aborted() -> None:
    token = CancelToken()

    def answer(asked: Asked) -> Answer:
        if asked.method == "DELETE":
            token.cancel()
            return Answer(204)
        return GONE if "uploadId" in asked.path else Answer(200, LIST)

    some = [Upload(f"key{number}", "id", STARTED) for number in range(100)]
    with stub(answer) as running, pytest.raises(Cancelled):
        list(upload_aborts.abort_all(Connection(running.profile), "bucket", some, token))
    assert sum(asked.method == "DELETE" for asked in running.asked) < 20


def test_a_place_is_a_prefix_or_one_key(connection: Connection, bucket: str) -> None:
    for key in ("photos/2024", "photos/2024-old", "photos/2024/a"):
        begin(connection, bucket, key)

    def found(key: str) -> list[str]:
        return [upload.key for upload in uploads.at(connection, S3Uri(bucket, key)).uploads]

    assert found("photos/2024") == ["photos/2024"]
    assert found("photos/2024/") == ["photos/2024/a"]
    assert len(found("")) == 3


def test_who_may_not_list_uploads_is_told_so() -> None:
    with stub(lambda _: DENIED) as running, pytest.raises(errors.AccessDenied, match="may not read"):
        uploads.at(Connection(running.profile), S3Uri("bucket"))


def test_a_later_page_that_fails_leaves_an_incomplete_list() -> None:
    first = (
        b"<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>1</UploadId>"
        b"<Initiated>2026-11-20T16:03:04.000Z</Initiated></Upload><IsTruncated>true</IsTruncated>"
        b"<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker></ListMultipartUploadsResult>"
    )

    def answer(asked: Asked) -> Answer:
        return DENIED if "key-marker=a" in urlsplit(asked.path).query else Answer(200, first)

    with stub(answer) as running:
        found = uploads.unfinished(Connection(replace(running.profile)), "bucket")
    assert [upload.key for upload in found.uploads] == ["a"]
    assert found.completeness.state == "stopped" and found.completeness.reason
