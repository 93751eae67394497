"""What a person is told: answers of servers as they were seen, and failures without an answer."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s3tui.background import Cancelled
from s3tui.demo import server as demo_server
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.errors import from_response
from tests.s3.stub_server import Answer, stub


def response(status: int, code: str = "", message: str | None = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": named},
    }


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "NoSuchKey", errors.NoSuchKey),
        (404, "404", errors.NoSuchKey),
        (404, "NoSuchLifecycleConfiguration", errors.NotSet),
        (404, "NoSuchConfiguration", errors.NotSet),
        (404, "SomethingNotFoundError", errors.NotSet),
        (404, "TotallyUnknown", errors.Refused),
        (403, "403", errors.AccessDenied),
        (403, "SignatureDoesNotMatch", errors.BadCredentials),
        (400, "ExpiredToken", errors.ExpiredCredentials),
        (403, "RequestTimeTooSkewed", errors.ClockSkew),
        (403, "InvalidObjectState", errors.Archived),
        (412, "412", errors.Changed),
        (409, "BucketNotEmpty", errors.Conflict),
        (416, "InvalidRange", errors.Refused),
        (429, "429", errors.Throttled),
        (429, "TooManyRequestsException", errors.Throttled),
        (400, "Throttling", errors.Throttled),
        (408, "408", errors.Throttled),
        (400, "RequestTimeout", errors.Throttled),
        (400, "IncompleteBody", errors.Throttled),
        (400, "BadDigest", errors.Damaged),
        (501, "NotImplemented", errors.Unsupported),
        (501, "A header you provided implies functionality that is not implemented", errors.Unsupported),
        (503, "SlowDown", errors.Throttled),
        (500, "InternalError", errors.ServerFault),
        (502, "502", errors.Throttled),
        (507, "Weird", errors.ServerFault),
        (400, "InvalidArgument", errors.Refused),
    ],
)
def test_each_answer_has_its_type(status: int, code: str, kind: type[errors.S3Error]) -> None:
    error = from_response("GetObject", "bucket", "key", response(status, code))
    assert type(error) is kind
    assert error.sentence.endswith(".")
    assert error.request.code == code


def test_a_silent_404_for_a_bucket() -> None:
    assert isinstance(from_response("HeadBucket", "bucket", "", response(404, "404")), errors.NoSuchBucket)


def test_a_head_to_the_wrong_region_says_which_is_right() -> None:
    error = from_response("HeadObject", "b", "k", response(400, "400", x_amz_bucket_region="eu-west-1"))
    assert isinstance(error, errors.WrongRegion)
    assert error.region == "eu-west-1"
    assert "eu-west-1" in str(error)


def test_a_silent_400_is_a_refusal() -> None:
    assert type(from_response("HeadObject", "b", "k", response(400, "400", "Bad Request"))) is errors.Refused


def test_a_code_without_error_element() -> None:
    """Ceph's STS: the code stands beside, not inside, the error."""
    error = from_response(
        "X", "b", "", {"Code": "MalformedPolicyDocument", "ResponseMetadata": {"HTTPStatusCode": 400}}
    )
    assert error.request.code == "MalformedPolicyDocument"


def test_braces_and_missing_messages_do_no_harm() -> None:
    error = from_response("GetObject", "b", "{key}{0}", response(404, "NoSuchKey", None))
    assert "{key}{0}" in error.sentence
    assert error.evidence == "GetObject b/{key}{0}: HTTP 404 NoSuchKey"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unreachable(profile: Profile) -> errors.Unreachable:
    with pytest.raises(errors.Unreachable) as raised:
        Connection(profile).call("list_buckets")
    assert raised.value.retryable
    return raised.value


def test_a_name_that_can_not_be_resolved(profile: Profile) -> None:
    assert unreachable(replace(profile, endpoint="http://nowhere.invalid")).what == "name"


def test_a_port_where_nothing_listens(profile: Profile) -> None:
    assert unreachable(replace(profile, endpoint=f"http://127.0.0.1:{free_port()}")).what == "port"


def test_https_to_a_port_that_speaks_http(profile: Profile, endpoint: str) -> None:
    error = unreachable(replace(profile, endpoint=endpoint.replace("http:", "https:")))
    assert error.what == "tls"
    assert "http://" in error.advice


def test_a_connection_that_is_cut() -> None:
    with stub(lambda asked: Answer(0)) as server:
        assert unreachable(server.profile).what == "cut"


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch, profile: Profile) -> None:
    monkeypatch.setattr("s3tui.s3.session.READ_SECONDS", 0.2)
    monkeypatch.setattr("s3tui.s3.session.ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert unreachable(replace(profile, endpoint=endpoint)).what == "timeout"


@pytest.mark.parametrize("endpoint", ["localhost", "http://", "http://a b"])
def test_what_is_no_endpoint(profile: Profile, endpoint: str) -> None:
    assert unreachable(replace(profile, endpoint=endpoint)).what == "name"


def test_an_endpoint_that_is_a_web_site() -> None:
    with (
        stub(lambda asked: Answer(200, b"<html><body>Welcome<br></html>")) as server,
        pytest.raises(errors.ServerFault),
    ):
        Connection(server.profile).call("list_buckets")


@pytest.mark.parametrize("size", [b"<Size>1</Size><Size>2</Size>", b"<Size>many</Size>"])
def test_a_page_that_botocore_falls_over(size: bytes) -> None:
    """It raises TypeError and ValueError there, which are no faults of ours."""
    page = b"<ListBucketResult><Contents><Key>k</Key>" + size + b"</Contents></ListBucketResult>"
    with stub(lambda asked: Answer(200, page)) as server, pytest.raises(errors.ServerFault):
        Connection(server.profile).call("list_objects_v2", Bucket="bucket")


def test_parameters_that_boto3_refuses(connection: Connection) -> None:
    with pytest.raises(errors.Refused, match="can't be the name"):
        connection.call("head_bucket", Bucket="no bucket")
    with pytest.raises(errors.Refused, match="not valid UTF-8"):
        connection.call("head_object", Bucket="bucket", Key="a\udcff")
    with pytest.raises(errors.Refused, match="was not sent"):
        connection.call("head_object", Bucket="bucket")


def test_no_credentials_anywhere() -> None:
    with pytest.raises(errors.BadCredentials, match="No credentials were found"):
        Connection(Profile("env", endpoint="http://127.0.0.1:9", credentials="env")).call("list_buckets")


def aws_files(text: str) -> None:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(text)


def aws(name: str) -> Connection:
    return Connection(Profile(name, endpoint="http://127.0.0.1:9", region="us-east-1", credentials=f"aws:{name}"))


def test_an_aws_profile_that_is_not_there() -> None:
    with pytest.raises(errors.BadCredentials, match="hold no profile “gone”"):
        aws("gone").call("list_buckets")


def test_an_sso_session_that_has_run_out() -> None:
    aws_files(
        "[profile mine]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_start_url = https://sso.invalid/start\nsso_region = us-east-1\n"
    )
    with pytest.raises(errors.SsoLoginNeeded) as raised:
        aws("mine").call("list_buckets")
    assert raised.value.profile == "mine"
    assert "aws sso login --profile mine" in raised.value.advice


def test_a_credential_process_that_fails() -> None:
    aws_files("[profile mine]\ncredential_process = /bin/sh -c 'echo vault is sealed >&2; exit 1'\n")
    with pytest.raises(errors.BadCredentials, match="vault is sealed"):
        aws("mine").call("list_buckets")


def role(endpoint: str, serial: str = "", sts: str = "") -> None:
    keys = f"aws_access_key_id = {demo_server.ACCESS_KEY_ID}\naws_secret_access_key = {demo_server.SECRET_ACCESS_KEY}"
    mfa = f"mfa_serial = {serial}\n" if serial else ""
    aws_files(
        f"[profile base]\n{keys}\n[profile mine]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        f"services = local\n{mfa}[services local]\nsts =\n  endpoint_url = {sts or endpoint}\n"
    )


def test_an_assumed_role_asks_for_the_code_once(endpoint: str, bucket: str) -> None:
    role(endpoint, "arn:aws:iam::123456789012:mfa/me")
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        return "123456"

    connection = Connection(Profile("mine", endpoint=endpoint, region="us-east-1", credentials="aws:mine"), code)
    connection.call("head_bucket", Bucket=bucket)
    connection.call("head_bucket", Bucket=bucket)
    assert asked == ["arn:aws:iam::123456789012:mfa/me"]


def test_a_stray_endpoint_is_not_asked_for_the_role(
    endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role(endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    Connection(Profile("mine", endpoint=endpoint, region="us-east-1", credentials="aws:mine")).call(
        "head_bucket", Bucket=bucket
    )


def test_without_someone_to_ask_the_need_is_told_and_asking_works_later(endpoint: str, bucket: str) -> None:
    role(endpoint, "arn:aws:iam::123456789012:mfa/me")
    connection = Connection(Profile("mine", endpoint=endpoint, region="us-east-1", credentials="aws:mine"))
    with pytest.raises(errors.MfaNeeded) as raised:
        connection.call("head_bucket", Bucket=bucket)
    assert raised.value.serial == "arn:aws:iam::123456789012:mfa/me"
    connection.mfa_code = lambda serial: "123456"
    connection.call("head_bucket", Bucket=bucket)


def test_a_cancelled_code_is_asked_for_again_the_next_time(endpoint: str, bucket: str) -> None:
    role(endpoint, "arn:aws:iam::123456789012:mfa/me")
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        if len(asked) == 1:
            raise Cancelled
        return "123456"

    connection = Connection(Profile("mine", endpoint=endpoint, region="us-east-1", credentials="aws:mine"), code)
    with pytest.raises(Cancelled):
        connection.call("head_bucket", Bucket=bucket)
    connection.call("head_bucket", Bucket=bucket)
    assert len(asked) == 2


def test_a_role_that_may_not_be_assumed(endpoint: str) -> None:
    refusal = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
    with stub(lambda asked: Answer(403, refusal)) as sts:
        role(endpoint, sts=sts.endpoint)
        with pytest.raises(errors.BadCredentials, match="AssumeRole was refused: not you"):
            aws("mine").call("head_bucket", Bucket="bucket")
