"""Read-only holds for every operation that boto3's S3 client has, and can't be undone from above."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import Shape
from botocore.session import Session

from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from tests.s3.stub_server import Answer, Stub, stub

MODEL = Session().get_service_model("s3")
SCALARS = {
    "blob": b"x",
    "boolean": True,
    "integer": 1,
    "long": 1,
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
}


def value(shape: Shape) -> Any:
    """The smallest value that botocore's validation lets through."""
    if shape.type_name == "structure":
        wanted = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
        return {name: value(shape.members[name]) for name in wanted}
    if shape.type_name == "list":
        return [value(shape.member)]
    if shape.type_name == "map":
        return {"a": "b"}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "bucket".ljust(shape.metadata.get("min", 0), "x")
    return SCALARS[shape.type_name]


def parameters(operation: str) -> dict[str, Any]:
    shape = MODEL.operation_model(operation).input_shape
    found = value(shape) if shape else {}
    return {**found, "CopySource": "bucket/other"} if "CopySource" in found else found


def operations(*methods: str) -> list[str]:
    names = [str(name) for name in MODEL.operation_names]
    return [name for name in names if MODEL.operation_model(name).http["method"] in methods]


WRITING = operations("PUT", "POST", "DELETE", "PATCH")
READING = operations("GET", "HEAD")


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    with stub(lambda asked: Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")) as running:
        yield running


@pytest.fixture(scope="module")
def read_only(server: Stub) -> Connection:
    return Connection(replace(server.profile, read_only=True))


@pytest.fixture(scope="module")
def writing(server: Stub) -> Connection:
    return Connection(server.profile)


def test_the_two_lists_are_all_there_is() -> None:
    assert len(WRITING) > 50
    assert sorted(WRITING + READING) == sorted(MODEL.operation_names)


@pytest.mark.parametrize("operation", WRITING)
def test_nothing_that_writes_leaves(operation: str, read_only: Connection, server: Stub) -> None:
    before = len(server.asked)
    with pytest.raises(errors.ReadOnly):
        read_only.call(xform_name(operation), **parameters(operation))
    assert len(server.asked) == before
    assert read_only.log.newest()[-1].error == "ReadOnly"
    assert read_only.log.newest()[-1].attempts == 0


@pytest.mark.parametrize("operation", WRITING)
def test_the_same_call_leaves_when_writing_is_allowed(operation: str, writing: Connection, server: Stub) -> None:
    """Or the test above would prove nothing: the call might fail before it gets that far."""
    before = len(server.asked)
    with contextlib.suppress(errors.S3Error):
        writing.call(xform_name(operation), **parameters(operation))
    if operation != "WriteGetObjectResponse":  # goes to a host of its own: bucket.127.0.0.1
        assert server.asked[before:]
        assert server.asked[before].method not in ("GET", "HEAD")


@pytest.mark.parametrize("operation", READING)
def test_everything_that_reads_leaves(operation: str, read_only: Connection, server: Stub) -> None:
    before = len(server.asked)
    try:
        read_only.call(xform_name(operation), **parameters(operation))
    except errors.ReadOnly:
        pytest.fail(f"{operation} only reads")
    except errors.S3Error:
        assert server.asked[before:]


def test_the_bucket_stays_as_it_was(profile: Profile, connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x")
    careful = Connection(replace(profile, read_only=True))
    with pytest.raises(errors.ReadOnly):
        careful.call("delete_object", Bucket=bucket, Key="k")
    assert careful.call("head_object", Bucket=bucket, Key="k")["ContentLength"] == 1


def test_it_can_be_put_on_for_a_session_and_taken_off_again(connection: Connection, bucket: str) -> None:
    connection.read_only = True
    with pytest.raises(errors.ReadOnly):
        connection.call("put_object", Bucket=bucket, Key="k", Body=b"x")
    connection.read_only = False
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"x")


def test_it_can_not_be_taken_off_a_read_only_profile(profile: Profile, bucket: str) -> None:
    careful = Connection(replace(profile, read_only=True))
    careful.read_only = False
    assert careful.read_only
    careful.close()  # new clients are guarded as well
    with pytest.raises(errors.ReadOnly):
        careful.call("put_object", Bucket=bucket, Key="k", Body=b"x")
