"""Who may do what: signatures, TLS, policies, and our own read-only."""

from __future__ import annotations

from typing import Any

import pytest

from s3tui.s3 import errors, objects
from s3tui.s3.check import check
from tests.servers.conftest import Place
from tests.servers.launch import READER, STRANGER


@pytest.mark.capability("buckets")
def test_the_owner_sees_the_bucket(place: Place) -> None:
    assert place.bucket in {bucket["Name"] for bucket in place.connection.call("list_buckets")["Buckets"]}


@pytest.mark.capability("signatures checked")
def test_a_wrong_secret_is_told_from_a_missing_right(place: Place) -> None:
    with pytest.raises(errors.BadCredentials):
        place.server.connection(STRANGER).call("list_buckets")


@pytest.mark.capability("signatures checked")
def test_the_test_of_a_profile_says_what_works_and_what_does_not(place: Place) -> None:
    steps = list(check(place.server.profile()))
    assert {step.state for step in steps} <= {"ok", "skipped"}, steps
    wrong = list(check(place.server.profile(STRANGER)))
    failed = [step for step in wrong if step.state == "failed"]
    if not failed:
        pytest.fail("every key is accepted")
    assert ["ignature" in step.name for step in failed] == [True]


@pytest.mark.capability("tls")
@pytest.mark.needs("tls")
def test_tls_with_the_right_ca_the_wrong_one_and_none(place: Place) -> None:
    there, certificate = place.server.tls_endpoint, place.server.certificate
    trusting = place.server.connection(endpoint=there, ca_file=certificate)
    # The checksums that boto3 adds by itself over TLS are what this server can't take.
    trusting.call("put_object", Bucket=place.bucket, Key="over tls", Body=b"1" * 100_000)
    assert objects.head(trusting, place.at("over tls")).size == 100_000
    with pytest.raises(errors.Unreachable, match="certificate") as refused:
        place.server.connection(endpoint=there).call("list_buckets")
    assert refused.value.what == "tls"
    careless = place.server.connection(endpoint=there, verify_tls=False)
    assert objects.head(careless, place.at("over tls")).size == 100_000


@pytest.mark.capability("policies")
@pytest.mark.needs("policies")
def test_a_reader_may_do_what_the_policy_says_and_no_more(place: Place) -> None:
    reader = place.server.connection(READER)
    with pytest.raises(errors.AccessDenied):
        objects.head(reader, place.at("canary/one.txt"))
    place.let(reader="GetObject")
    assert objects.head(reader, place.at("canary/one.txt")).size == len(b"still here")
    with pytest.raises(errors.AccessDenied):
        reader.call("list_objects_v2", Bucket=place.bucket)
    with pytest.raises(errors.AccessDenied):
        objects.head(reader, place.at("canary/nowhere"))  # without ListBucket a missing key is a 403


WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("put_object", {"Key": "canary/one.txt", "Body": b"overwritten"}),
    ("copy_object", {"Key": "canary/one.txt", "CopySource": "x/y"}),
    ("delete_object", {"Key": "canary/one.txt"}),
    ("delete_objects", {"Delete": {"Objects": [{"Key": "canary/one.txt"}]}}),
    ("put_object_tagging", {"Key": "canary/one.txt", "Tagging": {"TagSet": []}}),
    ("delete_object_tagging", {"Key": "canary/one.txt"}),
    ("put_object_acl", {"Key": "canary/one.txt", "ACL": "private"}),
    ("create_multipart_upload", {"Key": "canary/one.txt"}),
    ("restore_object", {"Key": "canary/one.txt"}),
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": []}}),
    ("delete_bucket_lifecycle", {}),
    ("put_bucket_cors", {"CORSConfiguration": {"CORSRules": []}}),
    ("delete_bucket_cors", {}),
    ("delete_bucket_website", {}),
    ("delete_bucket", {}),
    ("create_bucket", {}),
)


@pytest.mark.capability("read-only")
def test_a_read_only_profile_sends_no_write(place: Place) -> None:
    careful = place.server.connection(read_only=True)
    careful.read_only = False  # the profile says so: it can't be turned off
    for operation, parameters in WRITES:
        with pytest.raises(errors.ReadOnly):
            careful.call(operation, Bucket=place.bucket, **parameters)
    assert {request.status for request in careful.log.newest()} == {0}
    assert objects.head(careful, place.at("canary/one.txt")).size == len(b"still here")
