"""Connections against a real server, and against stubs for what a good server never does."""

from __future__ import annotations

import io
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError

from s3tui.errors import S3tuiError
from s3tui.profiles.credentials import Keys, remember
from s3tui.profiles.model import Profile
from s3tui.s3 import errors
from s3tui.s3.client import Connection
from s3tui.s3.session import new_session
from tests.s3.stub_server import Answer, Asked, stub

ELSEWHERE = "eu-west-9"


def test_every_request_is_logged_without_secrets(connection: Connection, bucket: str) -> None:
    with pytest.raises(errors.NoSuchKey):
        connection.call("head_object", Bucket=bucket, Key="a")
    made, missed = connection.log.newest(2)
    assert (made.operation, made.bucket, made.status, made.attempts, made.error) == ("CreateBucket", bucket, 200, 1, "")
    assert (missed.operation, missed.key, missed.status, missed.error) == ("HeadObject", "a", 404, "404")
    assert missed.request_id
    assert "demo-secret-key" not in repr(connection.log.newest())


def test_the_names_in_the_log_are_those_of_s3(connection: Connection) -> None:
    mapping = connection.client().meta.method_to_api_mapping
    assert {name: "".join(word.capitalize() for word in name.split("_")) for name in mapping} == mapping


def test_a_body_is_read_in_pieces_and_its_cut_is_our_error() -> None:
    short = Answer(200, b"x" * 10, {"Content-Length": "20", "Connection": "close"})
    with stub(lambda asked: replace(short)) as server:
        body = Connection(server.profile).call("get_object", Bucket="bucket", Key="k")["Body"]
        with pytest.raises(errors.Unreachable) as raised:
            while body.read(4):
                pass
    assert raised.value.what == "cut"


def test_a_body_is_whole(connection: Connection, bucket: str) -> None:
    connection.call("put_object", Bucket=bucket, Key="k", Body=b"abcdefgh")
    with connection.call("get_object", Bucket=bucket, Key="k")["Body"] as body:
        buffer = bytearray(3)
        assert (body.readinto(buffer), bytes(buffer)) == (3, b"abc")
        assert list(body.iter_chunks(4)) == [b"defg", b"h"]


def redirecting(asked: Asked) -> Answer:
    if f"/{ELSEWHERE}/s3/aws4_request" in asked.headers["authorization"]:
        return Answer(200, b"<ListBucketResult><Name>bucket</Name></ListBucketResult>")
    return Answer(301, b"<Error><Code>PermanentRedirect</Code></Error>", {"x-amz-bucket-region": ELSEWHERE})


def test_a_bucket_in_another_region_is_found_once_and_remembered() -> None:
    with stub(redirecting) as server:
        connection = Connection(server.profile)
        connection.call("list_objects_v2", Bucket="bucket")
        assert len(server.asked) == 2
        connection.call("list_objects_v2", Bucket="bucket")
        assert len(server.asked) == 3
        assert Connection(server.profile).probe("GET", "bucket", "", "lifecycle").status == 200
        assert {asked.path for asked in server.asked[3:]} == {"/bucket?lifecycle"}


def expecting_region(asked: Asked) -> Answer:
    """As MinIO does when the region of the signature is not its own."""
    if f"/{ELSEWHERE}/s3/aws4_request" in asked.headers["authorization"]:
        return Answer(200, b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")
    fields = f"<Code>AuthorizationHeaderMalformed</Code><Region>{ELSEWHERE}</Region>"
    return Answer(400, f"<Error>{fields}</Error>".encode())


def test_an_endpoint_that_wants_another_region_gets_it() -> None:
    with stub(expecting_region) as server:
        connection = Connection(server.profile)
        connection.call("list_buckets")
        before = len(server.asked)
        connection.call("list_buckets")
        assert len(server.asked) == before + 1


def test_a_bucket_redirected_to_nowhere_ends() -> None:
    with stub(lambda asked: Answer(301)) as server:
        with pytest.raises(errors.WrongRegion):
            Connection(server.profile).call("head_bucket", Bucket="elsewhere")
        assert len(server.asked) <= 2


def test_an_endless_redirect_ends() -> None:
    answer = Answer(301, b"<Error><Code>PermanentRedirect</Code></Error>", {"x-amz-bucket-region": ELSEWHERE})
    with stub(lambda asked: answer) as server, pytest.raises(errors.WrongRegion) as raised:
        Connection(server.profile).call("head_bucket", Bucket="bucket")
    assert raised.value.region == ELSEWHERE
    assert len(server.asked) < 8


def test_a_busy_endpoint_is_asked_three_times_and_the_log_says_so() -> None:
    with stub(lambda asked: Answer(503, b"<Error><Code>SlowDown</Code></Error>")) as server:
        connection = Connection(server.profile)
        with pytest.raises(errors.Throttled) as raised:
            connection.call("list_buckets")
    assert raised.value.retryable
    assert connection.log.newest()[-1].attempts == len(server.asked) == 3


def test_one_client_serves_all_threads(connection: Connection, bucket: str) -> None:
    clients: list[object] = []
    start = threading.Barrier(8)

    def use(number: int) -> None:
        start.wait()
        connection.call("put_object", Bucket=bucket, Key=f"k{number}", Body=b"x")
        clients.append(connection.client(bucket))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert len({id(client) for client in clients}) == 1
    assert sum(logged.operation == "PutObject" and logged.attempts == 1 for logged in connection.log.newest()) == 8


@pytest.mark.parametrize("credentials", ["session", "keyring", "vault:somewhere"])
def test_a_profile_never_borrows_keys_that_are_not_its_own(credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stray")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stray")
    with stub(lambda asked: Answer(200)) as server:
        connection = Connection(Profile("nobody-knows", endpoint=server.endpoint, credentials=credentials))
        with pytest.raises(S3tuiError):
            connection.call("list_buckets")
        assert server.asked == []
        assert connection.log.newest()[-1].status == 0


LOOKED = """
import sys
looked = []
sys.addaudithook(lambda name, told: looked.append(told[0]) if name == "os.listdir" and "botocore" in str(told[0]) else None)
from s3tui.profiles.model import Profile
from s3tui.s3.client import Connection
Connection(Profile("none", endpoint="http://127.0.0.1:9", region="us-east-1", credentials="anonymous")).client()
print(len(looked))
"""


def test_a_client_does_not_look_through_the_models_of_all_services() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKED], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 20  # there are four hundred


def test_a_service_that_is_not_there_is_said_not_to_be() -> None:
    profile = Profile("none", region="us-east-1", credentials="anonymous")
    with pytest.raises(DataNotFoundError):
        new_session(profile, None).client("nothing")


def test_anonymous_requests_are_not_signed() -> None:
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>")) as server:
        Connection(replace(server.profile, credentials="anonymous")).call("list_buckets")
    assert "authorization" not in server.asked[0].headers


def stray_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "aws-config"
    config.write_text(
        "[default]\nregion = ap-south-9\ns3 =\n  addressing_style = virtual\n"
        "[profile stray]\nregion = ap-south-9\nendpoint_url = http://127.0.0.1:9\n"
    )
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "stray",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_CA_BUNDLE": str(tmp_path / "no-such-file.pem"),
        "REQUESTS_CA_BUNDLE": str(tmp_path / "no-such-file.pem"),
        "AWS_DEFAULT_REGION": "ap-south-9",
        "AWS_REGION": "ap-south-9",
        "AWS_ACCESS_KEY_ID": "stray",
        "AWS_SECRET_ACCESS_KEY": "stray",
        "AWS_SESSION_TOKEN": "stray",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
    }.items():
        monkeypatch.setenv(name, value)


def test_the_environment_does_not_beat_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stray_environment(monkeypatch, tmp_path)
    with stub(lambda asked: Answer(200, b"")) as server:
        Connection(replace(server.profile, region=None)).call("put_object", Bucket="bucket", Key="k", Body=b"x")
    (asked,) = server.asked
    assert asked.path == "/bucket/k"
    assert "Credential=AKIASTUB/" in asked.headers["authorization"]
    assert "/us-east-1/s3/" in asked.headers["authorization"]
    assert not [name for name in asked.headers if "checksum" in name or "token" in name]


def test_a_profile_without_endpoint_means_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stray_environment(monkeypatch, tmp_path)
    for name in ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"):
        monkeypatch.delenv(name)
    remember("aws", Keys("AKIA", "hidden"))
    profile = Profile("aws", region="eu-west-1", credentials="session", verify_tls=False)
    assert Connection(profile).client().meta.endpoint_url == "https://s3.eu-west-1.amazonaws.com"


def test_a_named_aws_profile_beats_aws_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stray_environment(monkeypatch, tmp_path)
    keys = "aws_access_key_id = AKIAMINE\naws_secret_access_key = hidden"
    (tmp_path / "aws-config").write_text(f"[profile mine]\n{keys}\nregion = eu-west-1\n[profile stray]\n")
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>")) as server:
        Connection(Profile("mine", endpoint=server.endpoint, credentials="aws:mine")).call("list_buckets")
    assert "Credential=AKIAMINE/" in server.asked[0].headers["authorization"]
    assert "/eu-west-1/s3/" in server.asked[0].headers["authorization"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    path = tmp_path / "stub.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=stub"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "key.pem"), "-out", str(path)]
    subprocess.run([*made, *names], check=True, capture_output=True)
    with path.open("ab") as file:
        file.write((tmp_path / "key.pem").read_bytes())
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_the_ca_file_of_the_profile_beats_aws_ca_bundle(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stray_environment(monkeypatch, tmp_path)
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>"), tls(certificate)) as server:
        Connection(replace(server.profile, ca_file=str(certificate))).call("list_buckets")
        Connection(replace(server.profile, verify_tls=False)).call("list_buckets")
        with pytest.raises(errors.Unreachable, match="CA file") as raised:
            Connection(server.profile).call("list_buckets")
    assert raised.value.what == "tls"
    assert len(server.asked) == 2


def test_a_profile_without_ca_uses_aws_ca_bundle(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>"), tls(certificate)) as server:
        Connection(server.profile).call("list_buckets")
    assert len(server.asked) == 1


def test_a_certificate_nobody_knows(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with stub(lambda asked: Answer(200), tls(certificate)) as server, pytest.raises(errors.Unreachable) as raised:
        Connection(server.profile).call("list_buckets")
    assert raised.value.what == "tls"
    assert "certificate" in raised.value.sentence


def test_unverified_tls_prints_no_warnings(
    certificate: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>"), tls(certificate)) as server:
        Connection(replace(server.profile, verify_tls=False)).call("list_buckets")
    assert capfd.readouterr().err == ""
    assert [str(warning.message) for warning in recwarn] == []


def test_a_stream_is_not_sent_twice() -> None:
    """After a redirect half of it would be gone."""
    with stub(expecting_region) as server:
        connection = Connection(server.profile)
        stream = io.BytesIO(b"x" * 10)
        connection.call("put_object", Bucket="bucket", Key="k", Body=stream)
        assert [asked.body for asked in server.asked if f"/{ELSEWHERE}/" in asked.headers["authorization"]] == [
            b"x" * 10
        ]


def test_the_clock_of_the_endpoint_is_seen() -> None:
    with stub(lambda asked: Answer(200, b"<ListAllMyBucketsResult/>")) as server:
        connection = Connection(server.profile)
        assert connection.clock_ahead is None
        connection.call("list_buckets")
        assert connection.clock_ahead is not None
        assert abs(connection.clock_ahead.total_seconds()) < 60


def test_a_fault_of_ours_is_not_called_an_error_of_the_endpoint(connection: Connection) -> None:
    with pytest.raises(AttributeError):
        connection.call("no_such_operation")
    with pytest.raises(ValueError, match="a probe reads"):
        connection.probe("PUT", "bucket", "", "lifecycle")
