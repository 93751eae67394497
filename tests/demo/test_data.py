"""The demo's data is what it says, and quick to make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from s3tui.demo import data, server
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import listing
from s3tui.s3.client import Connection
from s3tui.s3.errors import NoSuchKey


@pytest.fixture(scope="module")
def demo() -> Iterator[Connection]:
    with server.start(sample_data=True) as running:
        remember("filled", Keys(server.ACCESS_KEY_ID, server.SECRET_ACCESS_KEY))
        yield Connection(Profile("filled", endpoint=running.endpoint, region=server.REGION, credentials="session"))


def test_the_buckets_of_the_five_systems_are_there(demo: Connection) -> None:
    names = {bucket["Name"] for bucket in demo.call("list_buckets")["Buckets"]}
    switchbot = {f"r630-switchbot-{what}" for what in ("isos", "binaries", "temp", "private", "public")}
    assert names >= switchbot | {"default", "cyn-org", "cyn-org2", "cubicweb-files", "odd-names"}


def test_an_iso_looks_like_one_that_was_sent_in_parts(demo: Connection) -> None:
    head = demo.call("head_object", Bucket="r630-switchbot-isos", Key="openshift/4.16/agent.x86_64.iso")
    assert head["ContentType"] == "application/x-iso9660-image"
    assert head["Metadata"]["version"] == "4.16"
    assert head["TagCount"] == 2
    assert head["ContentLength"] == 72 * 1024 * 1024
    assert head["ETag"].endswith('-9"')
    sector = demo.call(
        "get_object",
        Bucket="r630-switchbot-isos",
        Key="openshift/4.16/agent.x86_64.iso",
        Range="bytes=32768-32773",
    )
    assert sector["Body"].read() == b"\x01CD001"


def test_old_images_are_archived(demo: Connection) -> None:
    head = demo.call("head_object", Bucket="r630-switchbot-isos", Key="openshift/4.12/agent.x86_64.iso")
    assert head["StorageClass"] == "GLACIER"


def test_one_prefix_holds_twenty_thousand_objects(demo: Connection) -> None:
    found = sum(len(page) for page in listing.pages(demo, data.MANY_BUCKET, data.MANY_PREFIX))
    assert found == data.MANY == 20_000


def test_there_are_versions_and_a_deleted_object(demo: Connection) -> None:
    found = demo.call("list_object_versions", Bucket="r630-switchbot-private", Prefix="artifacts/config/r630-01.yaml")
    assert len(found["Versions"]) == 4
    with pytest.raises(NoSuchKey):
        demo.call("head_object", Bucket="r630-switchbot-private", Key="isos/server-02/agent.x86_64.iso")
    found = demo.call("list_object_versions", Bucket="r630-switchbot-private", Prefix="isos/server-02/")
    assert found["DeleteMarkers"][0]["IsLatest"]


def test_an_upload_was_never_finished(demo: Connection) -> None:
    uploads = demo.call("list_multipart_uploads", Bucket="r630-switchbot-isos")["Uploads"]
    assert [upload["Key"] for upload in uploads] == ["openshift/4.18/agent.x86_64.iso"]


def test_lifecycle_and_cors_are_set_with_the_numbers_of_those_systems(demo: Connection) -> None:
    [rule] = demo.call("get_bucket_lifecycle_configuration", Bucket="r630-switchbot-isos")["Rules"]
    assert rule["Transitions"] == [{"Days": 60, "StorageClass": "GLACIER"}]
    [rule] = demo.call("get_bucket_lifecycle_configuration", Bucket="r630-switchbot-binaries")["Rules"]
    assert rule["Expiration"] == {"Days": 30}
    [rule] = demo.call("get_bucket_cors", Bucket="default")["CORSRules"]
    assert rule["AllowedMethods"] == ["GET"]


def test_every_odd_name_is_listed_exactly(demo: Connection) -> None:
    listed = demo.call("list_objects_v2", Bucket="odd-names")["Contents"]
    assert {entry["Key"] for entry in listed} == set(data.ODD_NAMES)
    assert max(len(name.encode()) for name in data.ODD_NAMES) == 1024


def test_the_same_data_at_every_start(demo: Connection) -> None:
    once, again = (
        [list(bucket.contents) for bucket in data.buckets() if bucket.name != data.MANY_BUCKET] for _ in "12"
    )
    assert once == again
