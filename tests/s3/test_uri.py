from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as some

from s3tui.errors import BadInput
from s3tui.s3.uri import S3Uri, parse

NAMES = some.text(string.ascii_lowercase + string.digits + ".-", min_size=3, max_size=63)
KEYS = some.text(some.characters(exclude_categories=["Cs"]), max_size=60)


@given(bucket=NAMES, key=KEYS.filter(lambda key: "?versionId=" not in key))
def test_what_is_written_is_read_back(bucket: str, key: str) -> None:
    uri = S3Uri(bucket, key)
    assert parse(str(uri)) == uri
    assert parse(uri.arn) == uri


@given(bucket=NAMES, key=KEYS)
def test_a_url_is_read_back_exactly(bucket: str, key: str) -> None:
    assert parse(S3Uri(bucket, key).url("http://127.0.0.1:9000")).key == key
    assert parse(S3Uri(bucket, key).url("http://127.0.0.1:9000")).bucket == bucket
    assert parse(S3Uri("b-1", key).url(None)) == S3Uri("b-1", key)


@given(bucket=NAMES, key=KEYS)
def test_the_parent_of_anything_is_a_prefix_of_it(bucket: str, key: str) -> None:
    uri = S3Uri(bucket, key)
    assert uri.parent.is_prefix
    assert uri.parent.key + uri.name == key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b-1/a/b.iso", S3Uri("b-1", "a/b.iso")),
        ("s3://b-1", S3Uri("b-1")),
        ("S3://b-1/", S3Uri("b-1")),
        ("s3a://b-1//lead", S3Uri("b-1", "/lead")),
        ("b-1/a b ", S3Uri("b-1", "a b ")),
        ("s3://b-1/a%20b+c?x", S3Uri("b-1", "a%20b+c?x")),
        ("s3://b-1/a?versionId=v1", S3Uri("b-1", "a", "v1")),
        ("arn:aws:s3:::b-1/a:b/c", S3Uri("b-1", "a:b/c")),
        ("arn:aws-cn:s3:::b-1", S3Uri("b-1")),
        ("https://b.1.s3.eu-west-1.amazonaws.com/a%20b", S3Uri("b.1", "a b", region="eu-west-1")),
        ("https://s3.eu-west-1.amazonaws.com/b-1/a+b", S3Uri("b-1", "a+b", region="eu-west-1")),
        ("https://s3-eu-west-1.amazonaws.com/b-1/a", S3Uri("b-1", "a", region="eu-west-1")),
        ("https://s3.amazonaws.com/b-1/a", S3Uri("b-1", "a")),
        ("https://b-1.s3.dualstack.us-east-2.amazonaws.com/", S3Uri("b-1", region="us-east-2")),
        ("https://b-1.s3.cn-north-1.amazonaws.com.cn/a", S3Uri("b-1", "a", region="cn-north-1")),
        ("http://b-1.s3-website.eu-central-1.amazonaws.com/a", S3Uri("b-1", "a", region="eu-central-1")),
        ("http://b-1.s3-website-us-east-1.amazonaws.com/a", S3Uri("b-1", "a", region="us-east-1")),
        ("http://host:9000/b-1/a?versionId=v1", S3Uri("b-1", "a", "v1", endpoint="http://host:9000")),
        ("http://b-1.host:9000/a/b", S3Uri("b-1", "a/b", endpoint="http://host:9000")),
    ],
)
def test_every_way_to_write_a_place(text: str, expected: S3Uri) -> None:
    assert parse(text, "http://host:9000") == expected


def test_a_presigned_url_loses_its_signature_and_its_user() -> None:
    url = "https://AKIA:hidden@host/b-1/a?X-Amz-Credential=AKIA&X-Amz-Signature=abc&versionId=v1"
    uri = parse(url)
    assert uri == S3Uri("b-1", "a", "v1", endpoint="https://host")
    assert not any(word in repr(uri) for word in ("AKIA", "hidden", "abc"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3://",
        "/",
        "ftp://b/a",
        "http://",
        "https://host:port/b",
        "http://[::1/b",
        "some words",
        "s3://b\x1b[31m/a",
    ],
)
def test_what_is_no_place_is_said_so(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)


def test_an_access_point_is_not_taken_for_a_bucket() -> None:
    with pytest.raises(BadInput, match="access point"):
        parse("arn:aws:s3:eu-west-1:123456789012:accesspoint/mine/object/a")
