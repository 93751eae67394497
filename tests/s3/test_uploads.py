from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from s3tui.background import Cancelled, CancelToken
from s3tui.s3 import errors, uploads
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Asked, stub


def test_unfinished_uploads_are_found_by_prefix(connection: Connection, bucket: str) -> None:
    started = {
        key: connection.call("create_multipart_upload", Bucket=bucket, Key=key)["UploadId"]
        for key in ("iso/a b+é.iso", "iso/c.iso", "other")
    }
    found = uploads.unfinished(connection, bucket, "iso/")
    assert {upload.key: upload.upload_id for upload in found.uploads} == {
        key: identity for key, identity in started.items() if key.startswith("iso/")
    }
    assert found.completeness.is_complete
    assert all(upload.started.utcoffset() is not None for upload in found.uploads)
    assert len(uploads.unfinished(connection, bucket).uploads) == 3


def test_an_aborted_upload_is_gone(connection: Connection, bucket: str) -> None:
    identity = connection.call("create_multipart_upload", Bucket=bucket, Key="a")["UploadId"]
    connection.call("abort_multipart_upload", Bucket=bucket, Key="a", UploadId=identity)
    assert uploads.unfinished(connection, bucket).uploads == ()


def test_cancelled_and_failed(connection: Connection, bucket: str) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        uploads.unfinished(connection, bucket, token=token)
    with pytest.raises(errors.NoSuchBucket):
        uploads.unfinished(connection, "no-such-bucket-here")


def page(keys: list[str], tail: str) -> bytes:
    rows = "".join(
        f"<Upload><Key>{key}</Key><UploadId>{number}</UploadId><Initiated>2026-11-20T16:03:04.000Z</Initiated>"
        "<Owner><ID>me</ID></Owner></Upload>"
        for number, key in enumerate(keys)
    )
    return f"<ListMultipartUploadsResult>{rows}{tail}</ListMultipartUploadsResult>".encode()


def test_keys_that_xml_cannot_hold_are_asked_for_encoded_and_decoded_on_every_page() -> None:
    def answer(asked: Asked) -> Answer:
        query = parse_qs(urlsplit(asked.path).query)
        if "encoding-type" not in query:
            return Answer(200, page(["b&#1;"], ""))
        encoding = "<EncodingType>url</EncodingType>"
        if "key-marker" not in query:
            tail = "<NextKeyMarker>a+%C3%A9</NextKeyMarker><NextUploadIdMarker>0</NextUploadIdMarker>"
            return Answer(200, page(["a+%C3%A9"], f"{encoding}<IsTruncated>true</IsTruncated>{tail}"))
        assert query["key-marker"] == ["a é"]
        return Answer(200, page(["b%01"], f"{encoding}<IsTruncated>false</IsTruncated>"))

    with stub(answer) as running:
        found = uploads.unfinished(Connection(running.profile), "bucket")
    assert [upload.key for upload in found.uploads] == ["a é", "b\x01"]
    assert found.uploads[0].initiator == "me"
    assert found.completeness.is_complete


def test_keys_of_a_server_that_does_not_encode_stay_as_they_are() -> None:
    with stub(lambda _: Answer(200, page(["a+%41"], ""))) as running:
        found = uploads.unfinished(Connection(running.profile), "bucket")
    assert [upload.key for upload in found.uploads] == ["a+%41"]


@pytest.mark.parametrize("tail", ["", "<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>0</NextUploadIdMarker>"])
def test_pages_that_do_not_add_up_are_not_complete(tail: str) -> None:
    body = page(["a"], f"<IsTruncated>true</IsTruncated>{tail}")
    with stub(lambda _: Answer(200, body)) as running:
        found = uploads.unfinished(Connection(running.profile), "bucket")
    assert found.completeness.state == "stopped"
    assert found.uploads


def test_a_server_that_takes_a_prefix_for_a_key_is_asked_for_everything() -> None:
    """MinIO does."""
    there = ["a/1", "a/12", "b"]

    def answer(asked: Asked) -> Answer:
        [prefix] = parse_qs(urlsplit(asked.path).query, keep_blank_values=True)["prefix"]
        return Answer(200, page([key for key in there if prefix in ("", key)], ""))

    with stub(answer) as running:
        connection = Connection(running.profile)
        for prefix in ("a/", "a/1"):
            found = uploads.unfinished(connection, "bucket", prefix)
            assert [upload.key for upload in found.uploads] == ["a/1", "a/12"]


def test_no_such_upload_means_that_there_are_none() -> None:
    """rclone says so of the list."""
    with stub(lambda _: Answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")) as running:
        assert uploads.unfinished(Connection(running.profile), "bucket").uploads == ()


def test_an_answer_that_is_not_xml_is_an_error_and_no_empty_list() -> None:
    with stub(lambda _: Answer(200, b"&#1;")) as running, pytest.raises(errors.ServerFault):
        uploads.unfinished(Connection(running.profile), "bucket")


@pytest.mark.parametrize("body", [b"", b"<html><body><p>Sign in</p></body></html>"])
def test_what_is_no_list_does_not_say_that_there_are_none(body: bytes) -> None:
    with stub(lambda _: Answer(200, body)) as running:
        connection = Connection(running.profile)
        with pytest.raises(errors.ServerFault, match="not a list"):
            uploads.unfinished(connection, "bucket")
        with pytest.raises(errors.ServerFault, match="not a list"):
            connection.call("list_parts", Bucket="bucket", Key="key", UploadId="1")
