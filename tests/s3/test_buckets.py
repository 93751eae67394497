from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from s3tui.errors import BadInput
from s3tui.profiles.model import Profile
from s3tui.s3 import buckets, errors, regions
from s3tui.s3.buckets import Bucket, Contents
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Asked, Stub, stub

DENIED = Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
NOT_DONE = Answer(501, b"<Error><Code>NotImplemented</Code></Error>")
KEPT = {"Status": "Enabled"}


def names(found: list[Bucket]) -> list[str]:
    return [bucket.name for bucket in found]


def test_buckets_are_listed_with_their_time(connection: Connection, bucket: str) -> None:
    found = {entry.name: entry for entry in buckets.list_buckets(connection)}
    assert found[bucket].created is not None
    assert found[bucket].created.tzinfo is not None


def test_the_profile_adds_buckets_that_are_not_listed(profile: Profile, bucket: str) -> None:
    found = buckets.list_buckets(Connection(replace(profile, buckets=(bucket, "zzz-of-someone-else"))))
    assert names(found).count(bucket) == 1
    assert found[-1] == Bucket("zzz-of-someone-else")


def test_where_listing_is_denied_the_profile_says_which() -> None:
    with stub(lambda asked: DENIED) as server:
        assert names(buckets.list_buckets(Connection(replace(server.profile, buckets=("b2", "b1"))))) == ["b1", "b2"]
        with pytest.raises(errors.AccessDenied):
            buckets.list_buckets(Connection(server.profile))


def pages(asked: Asked) -> Answer:
    entry = "<Bucket><Name>{}</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>"
    first = "continuation-token=t1" not in asked.path
    page = entry.format("b1") if first else entry.format("b2")
    more = "<ContinuationToken>t1</ContinuationToken>" if first else ""
    return Answer(200, f"<ListAllMyBucketsResult><Buckets>{page}</Buckets>{more}</ListAllMyBucketsResult>".encode())


def test_every_page_of_buckets_is_read() -> None:
    with stub(pages) as server:
        found = buckets.list_buckets(Connection(server.profile))
    assert found == [Bucket("b1", region="eu-west-1"), Bucket("b2", region="eu-west-1")]


def test_an_endless_list_of_buckets_is_not_called_a_list() -> None:
    body = b"<ListAllMyBucketsResult><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>"
    with stub(lambda asked: Answer(200, body)) as server, pytest.raises(errors.ServerFault):
        buckets.list_buckets(Connection(server.profile))


def test_create_and_its_region(connection: Connection, bucket: str) -> None:
    buckets.create(connection, f"{bucket}-new", "eu-west-1")
    assert buckets.region_of(connection, f"{bucket}-new") == "eu-west-1"
    assert buckets.region_of(connection, bucket) == "us-east-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A stand-in for AWS: the proxy through which its address is reached."""
    with stub(lambda asked: Answer(404 if asked.method == "HEAD" else 200)) as server:
        monkeypatch.setenv("HTTP_PROXY", server.endpoint)
        server.profile = replace(server.profile, endpoint="http://s3.us-east-1.amazonaws.com")
        yield server


@pytest.mark.parametrize(("region", "constraint"), [("us-east-1", b""), ("eu-west-1", b"eu-west-1")])
def test_aws_wants_a_location_for_all_regions_but_its_first(aws: Stub, region: str, constraint: bytes) -> None:
    buckets.create(Connection(replace(aws.profile, region=region)), "new-bucket")
    put = aws.asked[-1]
    assert (put.method, f"/{region}/s3/" in put.headers["authorization"]) == ("PUT", True)
    assert (constraint in put.body) if constraint else put.body == b""


def test_aws_is_asked_for_pages_and_never_anonymously(aws: Stub) -> None:
    buckets.list_buckets(Connection(aws.profile))
    assert "max-buckets=1000" in aws.asked[-1].path
    before = len(aws.asked)
    with pytest.raises(errors.AccessDenied):
        buckets.list_buckets(Connection(replace(aws.profile, credentials="anonymous")))
    assert len(aws.asked) == before


def test_a_bucket_that_exists_is_not_created_again(connection: Connection, bucket: str) -> None:
    """A second CreateBucket succeeds on AWS's oldest region and on Ceph, and resets the ACL."""
    with pytest.raises(errors.Conflict):
        buckets.create(connection, bucket)
    assert [logged.operation for logged in connection.log.newest()].count("CreateBucket") == 1


def test_a_bad_name_is_refused_before_anything_is_sent(connection: Connection) -> None:
    with pytest.raises(BadInput, match="Capital"):
        buckets.create(connection, "Bad_Name")
    assert connection.log.newest() == []


@pytest.mark.parametrize("refusal", [DENIED, Answer(501, b"<Error><Code>NotImplemented</Code></Error>")])
def test_a_region_that_is_not_told_is_empty(refusal: Answer) -> None:
    with stub(lambda asked: Answer(200) if asked.method == "HEAD" else refusal) as server:
        assert buckets.region_of(Connection(server.profile), "bucket") == ""


def test_the_region_of_an_old_location() -> None:
    assert [regions.of_location(name) for name in (None, "", "EU", "eu-west-2")] == [
        "us-east-1",
        "us-east-1",
        "eu-west-1",
        "eu-west-2",
    ]
    assert {"us-east-1", "eu-central-1", "cn-north-1"} <= set(regions.aws_regions())


def test_an_empty_bucket_is_deleted(connection: Connection, bucket: str) -> None:
    assert buckets.contents(connection, bucket).empty
    buckets.delete_empty(connection, bucket)
    with pytest.raises(errors.NoSuchBucket):
        connection.call("head_bucket", Bucket=bucket)


def refused(connection: Connection, bucket: str, said: str) -> None:
    with pytest.raises(errors.Conflict, match=said):
        buckets.delete_empty(connection, bucket)
    assert "DeleteBucket" not in [logged.operation for logged in connection.log.newest()]


def test_a_bucket_with_an_object_is_kept(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x")
    assert buckets.contents(connection, bucket) == Contents(objects=1)
    refused(connection, bucket, "1 object")


def test_a_bucket_with_older_versions_and_markers_is_kept(connection: Connection, bucket: str) -> None:
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration=KEPT)
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x")
    connection.call("delete_object", Bucket=bucket, Key="k")
    assert buckets.contents(connection, bucket) == Contents(versions=1, markers=1)
    refused(connection, bucket, "1 older version, 1 delete marker")


def test_a_bucket_with_an_unfinished_upload_is_kept(connection: Connection, bucket: str) -> None:
    connection.call("create_multipart_upload", Bucket=bucket, Key="k")
    assert buckets.contents(connection, bucket) == Contents(uploads=1)
    refused(connection, bucket, "1 unfinished upload")


LISTINGS = {
    "list-type": "<ListBucketResult><Name>bucket</Name>{}</ListBucketResult>",
    "versions": "<ListVersionsResult><Name>bucket</Name>{}</ListVersionsResult>",
    "uploads": "<ListMultipartUploadsResult><Bucket>bucket</Bucket>{}</ListMultipartUploadsResult>",
}


def empty_but(kind: str, answer: Answer):  # type: ignore[no-untyped-def]
    """A server whose bucket is empty, but for how it answers one kind of listing. DELETE always succeeds."""

    def reply(asked: Asked) -> Answer:
        if asked.method == "DELETE":
            return Answer(204)
        asked_for = next(name for name in LISTINGS if name in asked.path)
        return answer if asked_for == kind else Answer(200, LISTINGS[asked_for].format("").encode())

    return reply


@pytest.mark.parametrize("kind", ["list-type", "versions", "uploads"])
def test_what_may_not_be_seen_is_not_called_empty(kind: str) -> None:
    with stub(empty_but(kind, DENIED)) as server:
        connection = Connection(server.profile)
        assert not buckets.contents(connection, "bucket").empty
        refused(connection, "bucket", "may not")
        assert not [asked for asked in server.asked if asked.method == "DELETE"]


def test_a_listing_that_is_no_listing_is_not_called_empty() -> None:
    with stub(empty_but("list-type", Answer(200, b"<html>welcome</html>"))) as server:
        refused(Connection(server.profile), "bucket", "does not know")


def test_a_page_without_entries_that_has_a_next_one_is_not_called_empty() -> None:
    body = LISTINGS["list-type"].format("<IsTruncated>true</IsTruncated>").encode()
    with stub(empty_but("list-type", Answer(200, body))) as server:
        refused(Connection(server.profile), "bucket", "or more")


NO_UPLOAD = Answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")  # rclone


@pytest.mark.parametrize(("kind", "answer"), [("versions", NOT_DONE), ("uploads", NOT_DONE), ("uploads", NO_UPLOAD)])
def test_a_server_without_versions_or_uploads_can_lose_its_empty_buckets(kind: str, answer: Answer) -> None:
    with stub(empty_but(kind, answer)) as server:
        buckets.delete_empty(Connection(server.profile), "bucket")
        assert server.asked[-1].method == "DELETE"


def test_contents_in_words() -> None:
    assert str(Contents()) == "nothing"
    assert str(Contents(objects=1000, uploads=2, complete=False)) == "1,000 objects, 2 unfinished uploads or more"


def test_versioning_in_its_states(connection: Connection, bucket: str) -> None:
    assert buckets.versioning(connection, bucket) == "Off"
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration=KEPT)
    assert buckets.versioning(connection, bucket) == "Enabled"
    connection.call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert buckets.versioning(connection, bucket) == "Suspended"


@pytest.mark.parametrize("answer", [DENIED, NOT_DONE, Answer(200, LISTINGS["list-type"].format("").encode())])
def test_versioning_that_is_not_told_is_unknown(answer: Answer) -> None:
    with stub(lambda asked: answer) as server:
        assert buckets.versioning(Connection(server.profile), "bucket") == "unknown"
